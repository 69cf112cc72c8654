import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../domain/errors.ts';
import { untilForwarded } from './lane-waits.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';
import type { ToyName } from './toy-subgraphs.ts';

const own = '{ viewer { playhead(playableId: "mov_1") { positionMs device { id } } } }';
const title = '{ playable(id: "mov_1") { title } }';
const list = '{ viewer { continueWatching { rankingId } } }';
const forget = 'mutation { forgetAllPlayheads { forgottenAt } }';
const begin = `mutation { beginSession(input: {
  playableId: "mov_1", sessionId: "a", deviceId: "tv", deviceKind: TV
}) { __typename } }`;
const withVariable = 'query ($id: ID!) { viewer { playhead(playableId: $id) { positionMs } } }';

/** What the normal lane answers is what must be answered: statuses, headers and bodies. */
describe.each(shapes)('answers of the fast lane are those of the normal lane, %s', (shape) => {
  let fast: ToyGateway;
  let normal: ToyGateway;
  const both = () => [fast, normal];
  beforeAll(async () => {
    [fast, normal] = await Promise.all([
      openToyGateway(shape, { upstreamTimeoutMs: 1_000 }),
      openToyGateway(shape, { upstreamTimeoutMs: 1_000, lane: 'off' }),
    ]);
  });
  afterEach(() => {
    for (const { toys } of both()) {
      toys.down.clear();
      toys.held.clear();
      toys.fault = undefined;
    }
  });
  afterAll(async () => {
    for (const gateway of both()) await gateway.close();
  });

  interface Sent {
    body: object;
    headers?: Record<string, string>;
  }

  async function send(gateway: ToyGateway, { body, headers }: Sent) {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await gateway.token('alice')}`,
        'x-request-id': 'as-the-client-says',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    const {
      date: _date,
      'content-length': _length,
      ...rest
    } = Object.fromEntries(response.headers);
    return { status: response.status, headers: rest, body: comparable(await response.json()) };
  }

  /** From a lane that has decided before. */
  async function answers(sent: Sent) {
    await untilForwarded(fast, sent.body);
    return { fast: await send(fast, sent), normal: await send(normal, sent) };
  }

  const accepts = [
    undefined,
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'application/graphql-response+json, application/json',
    'application/graphql-response+json,application/json;q=0.9',
    'application/json, */*',
    'text/event-stream, application/json',
    'text/html, */*',
  ];
  it.each(accepts)('have the headers of what a client accepts: %s', async (accept) => {
    const headers: Record<string, string> = { origin: 'http://localhost' };
    if (accept !== undefined) headers.accept = accept;
    const answered = await answers({ body: { query: own }, headers });
    expect(answered.fast).toEqual(answered.normal);
  });

  it.each([own, title, list, forget])('are the data: %s', async (query) => {
    const answered = await answers({ body: { query } });
    expect(answered.fast).toEqual(answered.normal);
    expect(answered.fast.body.errors).toBeUndefined();
  });

  const faults: [string, Error][] = [
    [
      'coded',
      new PlatformError('Neither store answers.', {
        code: 'STATE_UNAVAILABLE',
        retryAfterMs: 1_500,
      }),
    ],
    ['refused', new PlatformError('Nobody is signed in.', { code: 'UNAUTHENTICATED' })],
    ['unforeseen', new Error('connect ECONNREFUSED 10.0.0.1:6379')],
  ];
  it.each(faults)('word what a subgraph finds wrong: %s', async (_what, fault) => {
    for (const { toys } of both()) toys.fault = fault;
    for (const query of [own, begin]) {
      const answered = await answers({ body: { query } });
      expect(answered.fast).toEqual(answered.normal);
    }
  });

  const patience: [ToyName, string][] = [
    ['playback', own],
    ['playback', forget],
    ['catalog', title],
    ['recommendations', list],
  ];
  it.each(patience)('word that %s does not answer: %s', async (name, query) => {
    await untilForwarded(fast, { query });
    for (const { toys } of both()) toys.down.add(name);
    expect(await send(fast, { body: { query } })).toEqual(await send(normal, { body: { query } }));
  });

  it.each(patience)('word that %s takes too long: %s', async (name, query) => {
    await untilForwarded(fast, { query });
    const { promise, resolve: release } = Promise.withResolvers<void>();
    for (const { toys } of both()) toys.held.set(name, promise);
    expect(await send(fast, { body: { query } })).toEqual(await send(normal, { body: { query } }));
    release();
  });

  it.each([{ id: 'mov_1' }, { id: null }, {}, { id: { a: 1 } }, { id: 'mov_1', more: 1 }])(
    'refuse variables in the same words: %j',
    async (variables) => {
      await untilForwarded(fast, { query: withVariable, variables: { id: 'mov_1' } });
      const sent = { body: { query: withVariable, variables } };
      expect(await send(fast, sent)).toEqual(await send(normal, sent));
    },
  );
});

/** Without what differs with every answer. */
function comparable(answer: unknown) {
  const text = JSON.stringify(answer, (key, value) => (key === 'requestId' ? 'any' : value));
  return JSON.parse(text) as { data?: unknown; errors?: unknown };
}
