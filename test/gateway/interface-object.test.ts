import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientKinds } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

describe.each(shapes)('playheads on every playable, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  afterAll(() => gateway.close());

  it('adds the playhead to movies and episodes, which playback has never heard of', async () => {
    const query = `{ playables(ids: ["mov_1", "epi_1"]) {
      __typename id title playhead { playableId positionMs }
      ... on Movie { releaseYear playhead { progress } }
      ... on Episode { playhead { status } }
    } }`;
    const { data, errors } = await gateway.ask(query, { profileId: 'alice' });
    expect(errors).toBeUndefined();
    expect(data.playables).toMatchObject([
      { __typename: 'Movie', playhead: { playableId: 'mov_1', positionMs: 1_000, progress: 0.01 } },
      { __typename: 'Episode', playhead: { playableId: 'epi_1', status: 'IN_PROGRESS' } },
    ]);
  });

  it('goes from a playhead to its title and back', async () => {
    const query = `{ viewer { playhead(playableId: "epi_1") {
      playable { __typename id title playhead { playable { title } } }
    } } }`;
    const { data } = await gateway.ask(query, { profileId: 'alice' });
    const playable = { __typename: 'Episode', id: 'epi_1', title: 'Title of epi_1' };
    expect(data.viewer.playhead.playable).toMatchObject(playable);
    expect(data.viewer.playhead.playable.playhead.playable.title).toBe('Title of epi_1');
  });

  it('resolves fragments on the concrete types of a row', async () => {
    const query = `{ viewer { continueWatching(first: 2) { edges { node { playable {
      ... on Movie { title releaseYear } ... on Episode { series { title } }
      playhead { positionMs }
    } } } } } }`;
    const { data } = await gateway.ask(query, { profileId: 'alice' });
    expect(data.viewer.continueWatching.edges).toMatchObject([
      { node: { playable: { title: 'Title of mov_0', playhead: { positionMs: 1_000 } } } },
      { node: { playable: { series: { title: 'A series' }, playhead: { positionMs: 1_000 } } } },
    ]);
  });

  it.each(Object.entries(clientKinds))(
    'resolves titles inside pushes, %s',
    async (_kind, subscribe) => {
      const query = `subscription { playheadUpdates { kind playheads {
      positionMs device { id } playable { __typename id title playhead { positionMs } }
    } } }`;
      const stream = subscribe(gateway, query, { token: await gateway.token('alice') });
      await gateway.toys.events.untilLive(1);
      gateway.toys.move('alice', 'mov_1', 7_000);
      const pushed = await stream.next();
      expect(pushed?.errors).toBeUndefined();
      expect(pushed?.data.playheadUpdates.playheads).toEqual([
        {
          positionMs: 7_000,
          device: { id: 'device-of-alice' },
          playable: {
            __typename: 'Movie',
            id: 'mov_1',
            title: 'Title of mov_1',
            playhead: { positionMs: 7_000 },
          },
        },
      ]);
      await stream.leave();
      await gateway.toys.events.untilLive(0);
    },
  );
});
