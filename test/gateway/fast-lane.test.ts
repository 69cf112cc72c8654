import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { forwarded, refused, untilForwarded } from './lane-waits.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

const own = 'query Own($id: ID!) { viewer { playhead(playableId: $id) { device { id } } } }';
const variables = { id: 'mov_1' };

describe.each(shapes)('the fast lane, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  afterEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  it('answers what the normal lane has answered before, each with its own identity', async () => {
    await untilForwarded(gateway, { query: own, variables });
    const before = await forwarded(gateway);
    gateway.toys.forget();
    for (const profileId of ['alice', 'bob']) {
      const answer = await gateway.ask(own, { profileId, variables });
      expect(answer.data.viewer.playhead.device.id).toBe(`device-of-${profileId}`);
    }
    expect(await forwarded(gateway)).toBe(before + 2);
    expect(gateway.toys.fetches).toMatchObject({ playback: 2, catalog: 0, recommendations: 0 });
  });

  it('leaves a document that is new to the normal lane', async () => {
    const before = [await forwarded(gateway), await refused(gateway, 'unknown-document')];
    await gateway.ask(`${own} # new`, { profileId: 'alice', variables });
    const after = [await forwarded(gateway), await refused(gateway, 'unknown-document')];
    expect(after).toEqual([before[0], Number(before[1]) + 1]);
  });

  it('leaves what several subgraphs answer to the normal lane', async () => {
    const query =
      '{ viewer { continueWatching(first: 1) { edges { node { playable { title } } } } } }';
    const isRefused = async () => (await refused(gateway, 'several-fetches')) > 0;
    for (let tries = 0; tries < 20 && !(await isRefused()); tries += 1) {
      await gateway.ask(query, { profileId: 'alice' });
    }
    expect(await refused(gateway, 'several-fetches')).toBeGreaterThan(0);
  });

  it('never lets in whom the normal lane keeps out', async () => {
    await untilForwarded(gateway, { query: own, variables });
    const before = await forwarded(gateway);
    const bad = await gateway.ask(own, { variables, headers: { authorization: 'Bearer a.b.c' } });
    expect(bad).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const nobody = await gateway.ask('mutation { forgetAllPlayheads { forgottenAt } }');
    expect(nobody.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(await forwarded(gateway)).toBe(before);
  });
});

it('is left out by FAST_LANE=off, and where the planner is another one', async () => {
  for (const options of [{ lane: 'off' }, { planner: 'portable' }] as const) {
    const gateway = await openToyGateway('embedded', options);
    for (const _ of [1, 2, 3]) await gateway.ask(own, { profileId: 'alice', variables });
    expect(await gateway.scrape()).not.toMatch(/playhead_lane_\w+\{/);
    await gateway.close();
  }
});
