import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Action, actOut, type Line, readTranscript } from './scene.ts';

const isAction = (line: Line): line is Action => 'does' in line;
const isAnswer = (line: Line): line is Extract<Line, { gets: unknown }> => 'gets' in line;

/** A server that says what the transcript says, device by device, whatever it is asked. */
function readOut(transcript: readonly Line[]) {
  const answers = transcript.filter(isAnswer);
  return async ({ device }: { device: string }) => {
    const index = answers.findIndex((answer) => answer.device === device);
    const [answer] = answers.splice(index, index < 0 ? 0 : 1);
    // What was lost on its way is no matter: the client never gets it.
    return answer === undefined || answer.gets === 'nothing' ? {} : answer.gets;
  };
}

describe('the reference transcript', () => {
  it('is what the SDK says, word for word, to a server that answers like it', async () => {
    const transcript = readTranscript();
    const lines = await actOut(transcript.filter(isAction), readOut(transcript));
    expect(lines).toEqual(transcript);
  });

  it('shows the SDK another server by what it says next', async () => {
    const transcript = readTranscript();
    const other = transcript.map((line) =>
      JSON.parse(JSON.stringify(line).replace('"resumePositionMs":12000', '"resumePositionMs":0')),
    ) as Line[];
    expect(other).not.toEqual(transcript);
    const lines = await actOut(other.filter(isAction), readOut(other));
    expect(lines).not.toEqual(other);
  });

  it('is what PROTOCOL.md shows of it', () => {
    const [, example = ''] = readFileSync('PROTOCOL.md', 'utf8').split('## An exchange');
    const blocks = [...example.matchAll(/```json\n(.*?)```/gs)];
    const shown = blocks.map(([, json = '']) => JSON.parse(json) as Line);
    expect(shown.length).toBeGreaterThan(0);
    const transcript = readTranscript();
    for (const line of shown) expect(transcript).toContainEqual(line);
  });
});
