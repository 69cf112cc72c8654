import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { clientKinds } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

/** What must work where the native planner has no binary. */
describe.each(shapes)('the portable planner, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape, { planner: 'portable' });
  });
  afterEach(() => gateway.toys.down.clear());
  afterAll(() => gateway.close());

  it('draws a home page with 3 fetches and one batched read', async () => {
    const { data, errors } = await gateway.ask(
      `{ viewer { id continueWatching(first: 20) { edges { node { playableId
        playable { __typename title ... on Episode { series { title } } playhead { progress } }
      } } } } }`,
      { profileId: 'alice' },
    );
    expect(errors).toBeUndefined();
    expect(data.viewer.continueWatching.edges[1].node).toEqual({
      playableId: 'epi_1',
      playable: {
        __typename: 'Episode',
        title: 'Title of epi_1',
        series: { title: 'A series' },
        playhead: { progress: 0.01 },
      },
    });
    expect(gateway.toys.fetchCount).toBe(3);
    expect(gateway.toys.batches).toHaveLength(1);
  });

  it.each(Object.entries(clientKinds))(
    'pushes playheads with their titles, %s',
    async (_kind, subscribe) => {
      const stream = subscribe(
        gateway,
        'subscription { playheadUpdates { playheads { positionMs playable { title } } } }',
        { token: await gateway.token('alice') },
      );
      await gateway.toys.events.untilLive(1);
      gateway.toys.move('alice', 'mov_1', 7_000);
      const playhead = { positionMs: 7_000, playable: { title: 'Title of mov_1' } };
      expect((await stream.next())?.data.playheadUpdates.playheads).toEqual([playhead]);
      await stream.leave();
      await gateway.toys.events.untilLive(0);
    },
  );

  it('says which subgraph is missing', async () => {
    gateway.toys.down.add('playback');
    const answer = await gateway.ask('mutation { forgetAllPlayheads { forgottenAt } }', {
      profileId: 'alice',
    });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ forgetAllPlayheads: null });
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  it('refuses bad variables and bare mutations', async () => {
    const query = 'query ($id: ID!) { playable(id: $id) { title } }';
    const answer = await gateway.ask(query, { variables: { id: { not: 'an id' } } });
    expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(answer.data).toBeUndefined();
    const bare = await gateway.ask('mutation { forgetAllPlayheads { forgottenAt } }');
    expect(bare.status).toBe(401);
  });
});
