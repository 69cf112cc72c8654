import { beforeEach, describe, expect, it } from '@jest/globals';
import { minuteMs, sharePlayback } from '../../support/playback.ts';

const playback = sharePlayback();

beforeEach(async () => {
  await playback.device().play(minuteMs);
  await playback.playhead();
  playback.hot.forgetCalls();
  playback.durable.forgetCalls();
});

const fifty = Array.from({ length: 50 }, (_, index) => index);
const aliases = (of: (index: number) => string) => fifty.map((index) => `a${index}: ${of(index)}`);

async function reads(query: string): Promise<number> {
  await playback.data(query);
  return playback.hot.calls('read');
}

describe('one hot read answers', () => {
  it.each([
    ['one playhead', '{ viewer { playhead(playableId: "film") { id } } }'],
    [
      '50 aliases of viewer.playhead',
      `{ viewer { ${aliases((index) => `playhead(playableId: "film-${index}") { id }`)} } }`,
    ],
    [
      '50 aliases of one and the same',
      `{ viewer { ${aliases(() => 'playhead(playableId: "film") { id }')} } }`,
    ],
    [
      '50 viewers',
      `{ ${aliases((index) => `viewer { playhead(playableId: "film-${index}") { id } }`)} }`,
    ],
    [
      '100 playheads in a list',
      `{ viewer { playheads(playableIds: ${JSON.stringify(
        Array.from({ length: 100 }, (_, index) => `film-${index}`),
      )}) { id } } }`,
    ],
    [
      '50 Playables of a page',
      `{ _entities(representations: [${fifty.map(
        (index) => `{ __typename: "Playable", id: "film-${index}" }`,
      )}]) { ... on Playable { playhead { id } } } }`,
    ],
    [
      '50 aliases of inProgress',
      `{ viewer { ${aliases((index) => `inProgress(first: ${index + 1}) { edges { cursor } }`)} } }`,
    ],
    [
      'inProgress, history and activeSessions together',
      `{ viewer { inProgress { edges { cursor } } history { edges { cursor } }
         activeSessions { id } } }`,
    ],
  ])('%s', async (_what, query) => {
    expect(await reads(query)).toBe(1);
    expect(playback.durable.calls('read')).toBe(0);
  });

  it('nothing at all: `viewer { id }` asks no store', async () => {
    expect(await reads('{ viewer { id } }')).toBe(0);
  });
});

describe('a cold profile', () => {
  it('costs one durable read, whoever asks and however many at once', async () => {
    await playback.kill();
    playback.durable.forgetCalls();
    await Promise.all(fifty.map((index) => playback.playhead(`film-${index}`)));
    expect(playback.durable.calls('read')).toBe(1);
  });
});

describe('what was read for one operation', () => {
  it('is read again for the next', async () => {
    const query = '{ viewer { playhead(playableId: "film") { id } } }';
    await reads(query);
    expect(await reads(query)).toBe(2);
  });

  it('is read again after each change of one document', async () => {
    const change = (verb: string) =>
      `${verb}Playhead(input: { playableId: "film" }) { playhead { hidden status } }`;
    const data = await playback.data(
      `mutation { ${change('hide')} ${change('finish')} ${change('unhide')} }`,
    );
    expect(data).toMatchObject({
      hidePlayhead: { playhead: { hidden: true, status: 'IN_PROGRESS' } },
      finishPlayhead: { playhead: { hidden: true, status: 'FINISHED' } },
      unhidePlayhead: { playhead: { hidden: false, status: 'FINISHED' } },
    });
  });
});
