import { beforeEach, describe, expect, it } from '@jest/globals';
import { viewerId } from '../../../runtime/identity.ts';
import { playheadId } from '../../../subgraphs/playback/playhead-view.ts';
import { ask } from '../../support/ask.ts';
import { minuteMs, sharePlayback } from '../../support/playback.ts';

const playback = sharePlayback();

beforeEach(async () => {
  await playback.device().play(minuteMs);
  await playback.device({ profileId: playback.guestId }).play(2 * minuteMs);
});

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
    const { _entities } = await playback.data(query, { of: [film] }, playback.guestId);
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
    const { id } = await playback.playhead('film', playback.guestId);
    expect(await entities({ __typename: 'Playhead', id })).toEqual([null]);
  });

  it('is null to nobody', async () => {
    const { id } = await playback.playhead();
    const variables = { of: [{ __typename: 'Playhead', id }] };
    const { data } = await ask(playback.subgraph, query, { variables });
    expect(data).toEqual({ _entities: [null] });
  });

  const own = (title: string) => playheadId({ profileId: playback.profileId, title });
  it.each<[string, () => string]>([
    ['nonsense', () => 'nonsense'],
    ['nothing', () => ''],
    ['the prefix alone', () => 'ph_'],
    ['another prefix', () => own('film').replace('ph_', 'vwr_')],
    ['no title', () => own('')],
    ['a separator in its title', () => own('a|b')],
    ['a deeper path', () => own('film/film')],
    ['the name of everything', () => own('*')],
    ['a title too long', () => own('a'.repeat(65))],
    ['a line more', () => `${own('film')}\n`],
    ['padding', () => `${own('film')}==`],
    ['characters that base64 skips', () => own('film').replace('ph_', 'ph_ ')],
  ])('with an id that nobody was given (%s) is null', async (_what, id) => {
    expect(await entities({ __typename: 'Playhead', id: id() })).toEqual([null]);
  });

  it('never fails its neighbours by being another’s', async () => {
    const own = await playback.playhead();
    const others = await playback.playhead('film', playback.guestId);
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
    expect(
      await entities({ __typename: 'Viewer', id: viewerId(playback.profileId) }),
    ).toMatchObject([
      { viewerId: viewerId(playback.profileId), playhead: { positionMs: minuteMs } },
    ]);
  });

  it.each<[string, () => string]>([
    ['another’s', () => viewerId(playback.guestId)],
    ['nobody’s', () => ''],
    ['the bare profile', () => playback.profileId],
  ])('is null by %s id', async (_whose, id) => {
    expect(await entities({ __typename: 'Viewer', id: id() })).toEqual([null]);
  });

  it('is null to nobody', async () => {
    const variables = { of: [{ __typename: 'Viewer', id: viewerId(playback.profileId) }] };
    const { data } = await ask(playback.subgraph, query, { variables });
    expect(data).toEqual({ _entities: [null] });
  });
});
