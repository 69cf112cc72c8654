import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { viewerId } from '../../../runtime/identity.ts';
import { playheadId } from '../../../subgraphs/playback/playhead-view.ts';
import { ask } from '../../support/ask.ts';
import { minuteMs, openTestPlayback, type TestPlayback } from '../../support/playback.ts';

let playback: TestPlayback;

beforeEach(async () => {
  playback = await openTestPlayback();
  await playback.device({ profileId: 'demo' }).play(minuteMs);
  await playback.device({ profileId: 'guest' }).play(2 * minuteMs);
});
afterEach(() => playback.close());

const query = `query ($of: [_Any!]!) { _entities(representations: $of) { __typename
  ... on Playable { id playhead { id playableId positionMs } }
  ... on Playhead { id playableId positionMs status }
  ... on Viewer { viewerId: id playhead(playableId: "film") { positionMs } } } }`;

async function entities(...of: object[]): Promise<unknown[]> {
  return (await playback.data(query, { of }))._entities;
}

describe('a Playable', () => {
  it('has the playhead of whoever asks', async () => {
    const film = { __typename: 'Playable', id: 'film' };
    expect(await entities(film)).toMatchObject([
      { id: 'film', playhead: { positionMs: minuteMs } },
    ]);
    const { _entities } = await playback.data(query, { of: [film] }, 'guest');
    expect(_entities).toMatchObject([{ playhead: { positionMs: 2 * minuteMs } }]);
  });

  it('has none for nobody, without an error', async () => {
    const of = [{ __typename: 'Playable', id: 'film' }];
    const { data, errors } = await ask(playback.subgraph, query, { variables: { of } });
    expect(data._entities).toEqual([{ __typename: 'Playable', id: 'film', playhead: null }]);
    expect(errors).toEqual([]);
  });

  it('that was never started has one all the same', async () => {
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Playable { playhead { status positionMs progress durationMs updatedAt device { id } } } } }`;
    const of = [{ __typename: 'Playable', id: 'anything' }];
    expect((await playback.data(query, { of }))._entities[0].playhead).toEqual({
      status: 'NOT_STARTED',
      positionMs: 0,
      progress: null,
      durationMs: null,
      updatedAt: null,
      device: null,
    });
  });
});

describe('a Playhead', () => {
  it('is found by its id, which never changes', async () => {
    const { id } = await playback.playhead();
    expect(await entities({ __typename: 'Playhead', id })).toMatchObject([
      { id, playableId: 'film', positionMs: minuteMs },
    ]);
    await playback.change('forgetPlayhead');
    await playback.kill();
    expect((await playback.playhead()).id).toBe(id);
    expect(await entities({ __typename: 'Playhead', id })).toMatchObject([
      { id, status: 'NOT_STARTED' },
    ]);
  });

  it('is found for a title that was never started', async () => {
    const { id } = await playback.playhead('other-film');
    expect(await entities({ __typename: 'Playhead', id })).toMatchObject([
      { playableId: 'other-film', status: 'NOT_STARTED' },
    ]);
  });

  it('of another profile is null', async () => {
    const { id } = await playback.playhead('film', 'guest');
    expect(await entities({ __typename: 'Playhead', id })).toEqual([null]);
  });

  it('is null to nobody', async () => {
    const { id } = await playback.playhead();
    const variables = { of: [{ __typename: 'Playhead', id }] };
    const { data } = await ask(playback.subgraph, query, { variables });
    expect(data).toEqual({ _entities: [null] });
  });

  const demo = (title: string) => playheadId({ profileId: 'demo', title });
  it.each([
    ['nonsense', 'nonsense'],
    ['nothing', ''],
    ['the prefix alone', 'ph_'],
    ['another prefix', demo('film').replace('ph_', 'vwr_')],
    ['no title', demo('')],
    ['a separator in its title', demo('a|b')],
    ['a deeper path', demo('film/film')],
    ['the name of everything', demo('*')],
    ['a title too long', demo('a'.repeat(65))],
    ['a line more', `${demo('film')}\n`],
    ['padding', `${demo('film')}==`],
    ['characters that base64 skips', demo('film').replace('ph_', 'ph_ ')],
  ])('with an id that nobody was given (%s) is null', async (_what, id) => {
    expect(await entities({ __typename: 'Playhead', id })).toEqual([null]);
  });

  it('never fails its neighbours by being another’s', async () => {
    const own = await playback.playhead();
    const others = await playback.playhead('film', 'guest');
    const of = [others.id, own.id, 'nonsense', own.id].map((id) => ({
      __typename: 'Playhead',
      id,
    }));
    const found = await entities(...of);
    expect(found.map((one) => (one as { id: string } | null)?.id ?? null)).toEqual([
      null,
      own.id,
      null,
      own.id,
    ]);
  });
});

describe('the Viewer', () => {
  it('is found by its own id', async () => {
    expect(await entities({ __typename: 'Viewer', id: viewerId('demo') })).toMatchObject([
      { viewerId: viewerId('demo'), playhead: { positionMs: minuteMs } },
    ]);
  });

  it.each([
    ['another’s', viewerId('guest')],
    ['nobody’s', ''],
    ['the bare profile', 'demo'],
  ])('is null by %s id', async (_whose, id) => {
    expect(await entities({ __typename: 'Viewer', id })).toEqual([null]);
  });

  it('is null to nobody', async () => {
    const variables = { of: [{ __typename: 'Viewer', id: viewerId('demo') }] };
    const { data } = await ask(playback.subgraph, query, { variables });
    expect(data).toEqual({ _entities: [null] });
  });
});
