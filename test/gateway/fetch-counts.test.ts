import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';
import { rowLength } from './toy-subgraphs.ts';

const homePage = `{
  viewer {
    id
    continueWatching(first: 20) {
      rankingId
      edges {
        node {
          id kind playableId
          reasons { code text }
          playable {
            __typename id title artworkUrl durationMs
            ... on Episode { seasonNumber episodeNumber series { title } }
            playhead { progress resumePositionMs resumeReason }
          }
        }
      }
    }
  }
}`;

/** How much work a request makes behind the gateway: what a home page costs is decided here. */
describe.each(shapes)('fetch counts, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  it('draws a home page of 20 cards with 3 fetches and one batched read', async () => {
    const { data, errors } = await gateway.ask(homePage, { profileId: 'alice' });
    expect(errors).toBeUndefined();
    expect(data.viewer.continueWatching.edges).toHaveLength(rowLength);
    expect(data.viewer.continueWatching.edges[1].node.playable.playhead.progress).toBe(0.01);
    expect(gateway.toys.fetches).toEqual({ recommendations: 1, playback: 1, catalog: 1 });
    expect(gateway.toys.batches.map((ids) => ids.length)).toEqual([rowLength]);
  });

  it('leaves the catalog out of a row that selects none of its fields', async () => {
    const query =
      '{ viewer { continueWatching { edges { node { playable { id playhead { progress } } } } } } }';
    await gateway.ask(query, { profileId: 'alice' });
    expect(gateway.toys.fetches).toEqual({ recommendations: 1, playback: 1, catalog: 0 });
  });

  it('answers 50 aliases of one field with one fetch and one batched read of distinct ids', async () => {
    const alias = (_: unknown, index: number) =>
      `a${index}: playhead(playableId: "mov_${index % 40}") { positionMs }`;
    const query = `{ viewer { ${Array.from({ length: 50 }, alias).join(' ')} } }`;
    const { data } = await gateway.ask(query, { profileId: 'alice' });
    expect(Object.keys(data.viewer)).toHaveLength(50);
    expect(gateway.toys.fetches).toEqual({ recommendations: 0, playback: 1, catalog: 0 });
    expect(gateway.toys.batches.map((ids) => ids.length)).toEqual([40]);
  });

  it('answers 50 aliases of the viewer with one fetch and one batched read', async () => {
    const alias = (_: unknown, index: number) =>
      `a${index}: viewer { playhead(playableId: "mov_${index}") { positionMs } }`;
    const query = `{ ${Array.from({ length: 50 }, alias).join(' ')} }`;
    await gateway.ask(query, { profileId: 'alice' });
    expect(gateway.toys.fetches).toEqual({ recommendations: 0, playback: 1, catalog: 0 });
    expect(gateway.toys.batches).toHaveLength(1);
  });

  it('draws a grid of 40 titles with 2 fetches and one batched read', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `mov_${index}`);
    const query =
      'query ($ids: [ID!]!) { playables(ids: $ids) { id title playhead { progress } } }';
    const { data } = await gateway.ask(query, { profileId: 'alice', variables: { ids } });
    expect(data.playables).toHaveLength(40);
    expect(gateway.toys.fetches).toEqual({ recommendations: 0, playback: 1, catalog: 1 });
    expect(gateway.toys.batches.map((batch) => batch.length)).toEqual([40]);
  });

  it('starts a player with one fetch, and with two if it wants the credits marker', async () => {
    await gateway.ask('{ viewer { playhead(playableId: "mov_1") { resumePositionMs } } }', {
      profileId: 'alice',
    });
    expect(gateway.toys.fetchCount).toBe(1);
    gateway.toys.forget();
    const query =
      '{ playable(id: "mov_1") { title creditsStartMs playhead { resumePositionMs } } }';
    await gateway.ask(query, { profileId: 'alice' });
    expect(gateway.toys.fetches).toEqual({ recommendations: 0, playback: 1, catalog: 1 });
  });

  it('records heartbeats with one fetch and no read', async () => {
    const query = `mutation { recordHeartbeats(input: { session: "s", heartbeats: [] }) {
        outcome durability nextHeartbeatInMs problems { code } } }`;
    const { data } = await gateway.ask(query, { profileId: 'alice' });
    expect(data.recordHeartbeats.outcome).toBe('ACCEPTED');
    expect(gateway.toys.fetches).toEqual({ recommendations: 0, playback: 1, catalog: 0 });
    expect(gateway.toys.batches).toHaveLength(0);
  });
});
