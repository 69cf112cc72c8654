import { writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import {
  beginSessionMutation,
  type Operation,
  playheadQuery,
  recordHeartbeatsMutation,
} from '../../../client/operations.ts';
import { type Action, actOut, readTranscript, transcriptFile } from '../../client/scene.ts';
import { sharePlayback, type TestPlayback } from '../../support/playback.ts';

/** An evening: an answer is lost on its way to the television, and the phone watches to the end. */
const evening: readonly Action[] = [
  { device: 'tv', does: 'open' },
  { device: 'tv', does: 'play' },
  { device: 'tv', does: 'watch 5000' },
  { device: 'tv', does: 'lose an answer' },
  { device: 'tv', does: 'watch 5000' },
  { device: 'tv', does: 'watch 500' },
  { device: 'tv', does: 'watch 4500' },
  { device: 'tv', does: 'pause' },
  { device: 'tv', does: 'wait 30000' },
  { device: 'phone', does: 'open' },
  { device: 'phone', does: 'play' },
  { device: 'phone', does: 'seek 300000' },
  { device: 'phone', does: 'wait 400' },
  { device: 'tv', does: 'wait 29600' },
  { device: 'phone', does: 'end' },
];

const operations: Readonly<Record<string, Operation>> = {
  PlayheadOf: playheadQuery,
  BeginSession: beginSessionMutation,
  RecordHeartbeats: recordHeartbeatsMutation,
};

const playback = sharePlayback();

/** The real server, whose session tokens have a name instead of a signature. */
function serve(server: TestPlayback) {
  const startMs = server.clock.nowMs();
  let firstMs: number | undefined;
  const tokens = new Map<string, string>();
  return async (asked: { asks: string; variables: object }, nowMs: number): Promise<object> => {
    firstMs ??= nowMs;
    await server.clock.advance(startMs + nowMs - firstMs - server.clock.nowMs());
    const variables = structuredClone(asked.variables) as {
      input?: { session?: string; sessionId?: string };
    };
    const { input } = variables;
    if (input?.session !== undefined) input.session = tokens.get(input.session) ?? '';
    const { data } = await server.ask(operations[asked.asks]?.document ?? '', variables);
    if (data.beginSession !== undefined) {
      const name = `token of ${input?.sessionId}`;
      tokens.set(name, data.beginSession.session);
      data.beginSession.session = name;
    }
    return { data };
  };
}

it('the reference transcript is what SDK and server say to each other, word for word', async () => {
  const lines = await actOut(evening, serve(playback));
  // UPDATE_TRANSCRIPT=1 npm test -- test/subgraphs/playback/transcript
  if (process.env.UPDATE_TRANSCRIPT === '1') {
    writeFileSync(transcriptFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  expect(lines).toEqual(readTranscript());
});
