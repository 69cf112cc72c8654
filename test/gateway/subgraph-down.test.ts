import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../domain/errors.ts';
import { overWebSocket } from './live-clients.ts';
import { type Answer, openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';
import type { ToyName } from './toy-subgraphs.ts';

const codesOf = ({ errors }: Answer) => errors?.map((error) => error.extensions.code);

describe.each(shapes)('a subgraph that does not answer, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  beforeEach(() => gateway.toys.forget());
  afterEach(() => {
    gateway.toys.down.clear();
    gateway.toys.fault = undefined;
    gateway.toys.unknownIds.clear();
  });
  afterAll(() => gateway.close());

  const cases: { down: ToyName; query: string; code: string }[] = [
    {
      down: 'playback',
      query: '{ viewer { playhead(playableId: "mov_1") { positionMs } } }',
      code: 'STATE_UNAVAILABLE',
    },
    {
      down: 'playback',
      query: 'mutation { forgetAllPlayheads { forgottenAt } }',
      code: 'STATE_UNAVAILABLE',
    },
    {
      down: 'recommendations',
      query: '{ viewer { continueWatching { rankingId } } }',
      code: 'RANKING_UNAVAILABLE',
    },
    {
      down: 'catalog',
      query: '{ playable(id: "mov_1") { title } }',
      code: 'CATALOG_UNAVAILABLE',
    },
  ];

  // What breaks: the only subgraph a request needs.
  // How: it breaks off every operation.
  // What must hold: HTTP 200 with `data: null` and a code of the closed list that says who is missing.
  it.each(cases)(
    'answers $code when $down is needed alone: $query',
    async ({ down, query, code }) => {
      gateway.toys.down.add(down);
      const answer = await gateway.ask(query, { profileId: 'alice' });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toMatchObject({
        data: null,
        errors: [{ extensions: { code } }],
      });
      expect(answer.errors?.[0]?.extensions.retryable).toBe(true);
    },
  );

  const page = `{ viewer {
    id inProgress { edges { cursor } }
    continueWatching(first: 1) { edges { node { playableId playable { title playhead { positionMs } } } } }
  } }`;

  it('leaves the row of a page whose playback is down', async () => {
    gateway.toys.down.add('playback');
    const answer = await gateway.ask(page, { profileId: 'alice' });
    const node = { playableId: 'mov_0', playable: { title: 'Title of mov_0', playhead: null } };
    expect(answer.data.viewer).toMatchObject({
      inProgress: null,
      continueWatching: { edges: [{ node }] },
    });
    expect(new Set(codesOf(answer))).toEqual(new Set(['STATE_UNAVAILABLE']));
  });

  it('leaves the lists of a page whose recommendations are down', async () => {
    gateway.toys.down.add('recommendations');
    const answer = await gateway.ask(page, { profileId: 'alice' });
    expect(answer.data.viewer).toMatchObject({ inProgress: { edges: [] }, continueWatching: null });
    expect(codesOf(answer)).toEqual(['RANKING_UNAVAILABLE']);
  });

  it('leaves the cards of a page whose catalog is down', async () => {
    gateway.toys.down.add('catalog');
    const answer = await gateway.ask(page, { profileId: 'alice' });
    const edges = [{ node: { playableId: 'mov_0', playable: null } }];
    expect(answer.data.viewer.continueWatching.edges).toEqual(edges);
    expect(codesOf(answer)).toEqual(['CATALOG_UNAVAILABLE']);
  });

  // What breaks: the catalog cannot say what a playable is, so the planner returns its interface's name.
  // How: the id is unknown, or the catalog down; the selection holds no field of the catalog.
  // What must hold: null, for no client can file an object of type `Playable`.
  it.each(['an unknown id', 'the catalog down'])(
    'never shows an object of an interface type: %s',
    async (why) => {
      if (why === 'an unknown id') gateway.toys.unknownIds.add('mov_0');
      else gateway.toys.down.add('catalog');
      const selection = 'playable { __typename id playhead { positionMs } }';
      const answer = await gateway.ask(
        `{ viewer { playhead(playableId: "mov_0") { ${selection} }
         continueWatching(first: 1) { edges { node { playableId ${selection} } } } } }`,
        { profileId: 'alice' },
      );
      expect(answer.text).not.toContain('"__typename":"Playable"');
      expect(answer.data.viewer.playhead.playable).toBeNull();
      const [card] = answer.data.viewer.continueWatching.edges;
      expect(card.node).toEqual({ playableId: 'mov_0', playable: null });
    },
  );

  it('never shows an object of an interface type inside a push', async () => {
    gateway.toys.unknownIds.add('mov_1');
    const stream = overWebSocket(
      gateway,
      'subscription { playheadUpdates { playheads { positionMs playable { __typename id } } } }',
      { token: await gateway.token('alice') },
    );
    await gateway.toys.events.untilLive(1);
    for (const positionMs of [3_000, 4_000]) {
      gateway.toys.move('alice', 'mov_1', positionMs);
      const push = await stream.next();
      expect(push?.data.playheadUpdates.playheads).toEqual([{ positionMs, playable: null }]);
    }
    await stream.leave();
  });

  it('passes on the code, the message and the patience of a fault (ERR-8)', async () => {
    gateway.toys.fault = new PlatformError('Neither store answers.', {
      code: 'STATE_UNAVAILABLE',
      retryAfterMs: 1_500,
    });
    const answer = await gateway.ask(
      '{ viewer { playhead(playableId: "mov_1") { positionMs } } }',
      {
        profileId: 'alice',
      },
    );
    expect(answer.data).toEqual({ viewer: { playhead: null } });
    expect(answer.errors).toMatchObject([
      {
        message: 'Neither store answers.',
        extensions: { code: 'STATE_UNAVAILABLE', retryable: true, retryAfterMs: 1_500 },
      },
    ]);
  });

  it('says nothing of a bug but a request id', async () => {
    gateway.toys.fault = new Error('connect ECONNREFUSED 10.0.0.1:6379');
    const answer = await gateway.ask(
      '{ viewer { playhead(playableId: "mov_1") { positionMs } } }',
      {
        profileId: 'alice',
      },
    );
    expect(answer.text).not.toMatch(/10\.0\.0\.1|stack|\.ts/);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      retryable: true,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('never sends a mutation twice', async () => {
    gateway.toys.down.add('playback');
    await gateway.ask('mutation { forgetAllPlayheads { forgottenAt } }', { profileId: 'alice' });
    expect(gateway.toys.fetches.playback).toBe(1);
  });
});

describe.each(shapes)('what errors give away in production, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape, { isProduction: true, upstreamTimeoutMs: 300 });
  });
  afterAll(() => gateway.close());

  const allowedKeys = ['code', 'requestId', 'retryAfterMs', 'retryable'];

  it.each(['down', 'hung', 'faulty'])('is neither the request nor a subgraph: %s', async (how) => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const { toys } = gateway;
    if (how === 'down') toys.down.add('playback');
    if (how === 'hung') toys.held.set('playback', promise);
    if (how === 'faulty') toys.fault = new Error('secret');
    const answer = await gateway.ask(
      '{ viewer { continueWatching { rankingId } playhead(playableId: "mov_1") { positionMs } } }',
      { profileId: 'alice' },
    );
    release();
    toys.held.clear();
    toys.down.clear();
    toys.fault = undefined;
    expect(answer.data.viewer.continueWatching.rankingId).toBe('ranking_1');
    expect(answer.text).not.toMatch(/serviceName|"request"|authorization|127\.0\.0\.1|query/);
    const keys = answer.errors?.flatMap((error) => Object.keys(error.extensions));
    expect(allowedKeys).toEqual(expect.arrayContaining(keys ?? ['none']));
  });

  it('is no schema: introspection is off', async () => {
    const answer = await gateway.ask('{ __schema { queryType { name } } }', { profileId: 'alice' });
    expect(answer.data).toBeUndefined();
    expect(codesOf(answer)).toContain('GRAPHQL_VALIDATION_FAILED');
  });

  it('is no GraphiQL', async () => {
    const page = await fetch(gateway.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('<html');
  });
});

describe('a subscription whose subgraph refuses it', () => {
  // What breaks: over a socket a subgraph's refusal reaches the gateway as a plain object.
  // How: the token is good at the gateway and has ended for the subgraph.
  // What must hold: the client gets the code, not "e.toJSON is not a function".
  it.each(shapes)('says why, %s', async (shape) => {
    const lateClock = { nowMs: () => Date.now() - 3_600_000, after: () => () => {} };
    const gateway = await openToyGateway(shape, { clock: lateClock });
    const stream = overWebSocket(gateway, 'subscription { playheadUpdates { kind } }', {
      token: await gateway.token('alice', 60),
    });
    const refused = await stream.next();
    expect(refused?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await stream.leave();
    await gateway.close();
  });
});
