import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '../../runtime/log.ts';
import { serveSubgraph } from '../../runtime/serve.ts';
import { minuteMs, sharePlayback } from '../support/playback.ts';

/**
 * A subgraph answers an operation that it has answered before past its Apollo Server. Each request is
 * sent until that is so, and must be answered alike both times: status, head and body.
 */
const playback = sharePlayback({ writeBehindMs: 300_000 });
let served: Awaited<ReturnType<typeof serveSubgraph>>;
/** Requests that went through Apollo Server's pipeline. */
let piped = 0;
let authorization: string;

beforeAll(async () => {
  const { server } = playback.subgraph;
  const byHttp = server.executeHTTPGraphQLRequest.bind(server);
  server.executeHTTPGraphQLRequest = (request) => {
    piped += 1;
    return byHttp(request);
  };
  const log = createLog({ level: 'silent', part: 'test' });
  served = await serveSubgraph(playback.subgraph, { host: '127.0.0.1', port: 0, log });
});
afterAll(() => served.close());

let session: string;
beforeEach(async () => {
  const tv = playback.device({ id: 'tv', kind: 'TV', name: 'Salon été' });
  await tv.play(minuteMs, minuteMs);
  session = tv.session as string;
  authorization = await playback.authorization();
});

interface Asked {
  status: number;
  contentType: string | null;
  cacheControl: string | null;
  /** As text: the order of fields counts too. */
  body: string;
  /** Whether Apollo Server was asked. */
  isPiped: boolean;
}

async function ask(body: object, headers: Record<string, string> = {}): Promise<Asked> {
  const before = piped;
  const response = await fetch(served.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    cacheControl: response.headers.get('cache-control'),
    body: await response.text(),
    isPiped: piped > before,
  };
}

const known = (query: string) => playback.subgraph.known.find(query);

/** As compiled, past the short way to it. */
async function askApollo(body: object): Promise<Asked> {
  const { execute } = playback.subgraph.known;
  playback.subgraph.known.execute = async () => null;
  try {
    const asked = await ask(body);
    expect(asked.isPiped).toBe(true);
    return asked;
  } finally {
    playback.subgraph.known.execute = execute;
  }
}

/** What means something else when it is compiled, or is not worth it. */
const isLeftToGraphql = (query: string) => /@skip|@include|__type\(/.test(query);

/** Request ids and times of answers differ from one to the next by nature; nothing else may. */
const alike = ({ isPiped: _, ...asked }: Asked) => ({
  ...asked,
  body: asked.body.replaceAll(/"requestId":"[^"]+"/g, '"requestId":"…"'),
});

const playheadId = () => `ph_${Buffer.from(`${playback.profileId}/film`).toString('base64url')}`;
const foreignId = `ph_${Buffer.from('somebody/film').toString('base64url')}`;
const heartbeat = { sequence: 100, elapsedMs: 90_000, positionMs: 125_000 };
const entities = `query ($of: [_Any!]!) { _entities(representations: $of) {
  __typename ... on Playhead { id positionMs } ... on Playable { id playhead { status } } } }`;
const record = `mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) {
  outcome problems { __typename code path } playhead { positionMs device { name } } } }`;

/** Everything that execution could do in two ways. */
const operations: [what: string, query: string, variables?: () => object][] = [
  ['a field', '{ viewer { playhead(playableId: "film") { positionMs version device { name } } } }'],
  [
    'aliases',
    '{ a: viewer { id b: id } c: viewer { d: playhead(playableId: "film") { status } } }',
  ],
  [
    'the name of a type',
    '{ __typename viewer { __typename playhead(playableId: "film") { __typename } } }',
  ],
  [
    'fragments that overlap',
    `query { viewer { ...A ... on Viewer { playhead(playableId: "film") { device { id } } } } }
     fragment A on Viewer { playhead(playableId: "film") { ...B device { kind } } }
     fragment B on Node { id ... on Playhead { hidden } }`,
  ],
  [
    'a condition that holds',
    'query ($yes: Boolean!) { viewer { id @skip(if: $yes) again: id @include(if: $yes) } }',
    () => ({ yes: true }),
  ],
  [
    'a condition by default',
    'query ($no: Boolean = false) { viewer { id @include(if: $no) again: id @skip(if: $no) } }',
  ],
  ['nothing, all of it left out', '{ viewer @skip(if: true) { id } }'],
  ['defaults of arguments', '{ viewer { inProgress { edges { cursor node { status } } } } }'],
  [
    'a default of a variable',
    'query ($first: Int! = 1) { viewer { history(first: $first) { edges { node { id } } pageInfo { hasNextPage } } } }',
  ],
  [
    'a null for a variable',
    'query ($after: String = "x") { viewer { inProgress(after: $after) { edges { cursor } } } }',
    () => ({ after: null }),
  ],
  [
    'a default within an input',
    record,
    () => ({
      input: { session, heartbeats: [{ ...heartbeat, sequence: 200, elapsedMs: 91_000 }] },
    }),
  ],
  [
    'an input in the document',
    `mutation ($session: String!) { recordHeartbeats(input: { session: $session, heartbeats: [
       { sequence: 100, elapsedMs: 90000, positionMs: 125000, durationMs: null }] }) { outcome } }`,
    () => ({ session }),
  ],
  [
    'a problem as data',
    record,
    () => ({ input: { session, heartbeats: [{ ...heartbeat, positionMs: -1 }] } }),
  ],
  [
    'a session that is none',
    record,
    () => ({ input: { session: 'x.y', heartbeats: [heartbeat] } }),
  ],
  [
    'mutations one after the other',
    `mutation { first: hidePlayhead(input: { playableId: "film" }) { playhead { hidden } }
       second: unhidePlayhead(input: { playableId: "film" }) { playhead { hidden } }
       third: hidePlayhead(input: { playableId: "bad id" }) { playhead { hidden } } }`,
  ],
  [
    'an error beside data',
    '{ viewer { id playhead(playableId: "bad id") { id } playheads(playableIds: []) { id } } }',
  ],
  [
    'entities',
    entities,
    () => ({
      of: [
        { __typename: 'Playhead', id: playheadId() },
        { __typename: 'Playable', id: 'film' },
        { __typename: 'Playhead', id: foreignId },
        { __typename: 'Playhead', id: 'nonsense' },
      ],
    }),
  ],
  ['an entity of no type', entities, () => ({ of: [{ __typename: 'Nothing', id: 'x' }] })],
  [
    'an entity that cannot be read',
    entities,
    () => ({ of: [{ __typename: 'Playable', id: 'bad id' }] }),
  ],
  ['the SDL', '{ _service { sdl } }'],
  ['introspection', '{ __type(name: "Playhead") { kind fields { name isDeprecated } } }'],
];

describe('an operation that was answered before', () => {
  const cases = operations.map(([what, query, variables = () => ({})]) => ({
    what,
    query,
    variables,
  }));

  it.each(cases)('is answered alike: $what', async ({ query, variables }) => {
    const body = { query, variables: variables() };
    // What a mutation answers the first time is not what its repetitions are answered.
    await ask({ query: `#${playback.profileId}\n${query}`, variables: variables() });
    const again = { ...body, query: `#${playback.profileId} again\n${query}` };
    const first = await ask(again);
    const second = await ask(again);
    expect([first.isPiped, second.isPiped]).toEqual([true, false]);
    expect(alike(second)).toEqual(alike(first));
    // As if it had been asked often enough.
    Object.assign(known(again.query) ?? {}, { runs: Number.POSITIVE_INFINITY });
    expect(alike(await ask(again))).toEqual(alike(first));
    expect(alike(await askApollo(again))).toEqual(alike(first));
    expect(known(again.query)?.compiled != null).toBe(!isLeftToGraphql(query));
  });

  it('is chosen by its name', async () => {
    const query = 'query A { a: __typename } query B { b: __typename }';
    for (const operationName of ['A', 'A', 'B']) {
      expect((await ask({ query, operationName })).body).toContain(
        `"${operationName.toLowerCase()}":"Query"`,
      );
    }
  });

  it.each([
    ['application/graphql-response+json'],
    ['application/graphql-response+json, application/json, multipart/mixed'],
    ['application/json;q=0.5, */*'],
    ['*/*'],
  ])('is answered in what the request accepts: %s', async (accept) => {
    const query = '{ viewer { id } }';
    await ask({ query }, { accept });
    const first = await ask({ query: `${query}#${accept}` }, { accept });
    const second = await ask({ query: `${query}#${accept}` }, { accept });
    expect([first.isPiped, second.isPiped]).toEqual([true, false]);
    expect(alike(second)).toEqual(alike(first));
  });
});

describe('Apollo Server words', () => {
  const query = 'query Known($id: ID!) { viewer { playhead(playableId: $id) { status } } }';
  const good = { query, variables: { id: 'film' } };

  it.each([
    ['a variable that does not fit', { query, variables: { id: {} } }],
    ['a variable that is missing', { query, variables: {} }],
    ['variables that are no object', { query, variables: [] }],
    ['an operation that is not there', { ...good, operationName: 'Unknown' }],
    ['a name that is no text', { ...good, operationName: 1 }],
    ['a persisted query', { ...good, extensions: { persistedQuery: { version: 2 } } }],
    ['a document that is none', { query: '{' }],
    ['a field that is none', { query: '{ nothing }' }],
    ['a subscription', { query: 'subscription { playheadUpdates { kind } }' }],
  ])('%s, however often', async (_what, body) => {
    for (let times = 0; times < 2; times += 1) expect((await ask(good)).status).toBe(200);
    const first = await ask(body);
    const second = await ask(body);
    expect(JSON.parse(first.body)).toHaveProperty('errors');
    expect(second.isPiped).toBe(true);
    expect(alike(second)).toEqual(alike(first));
  });

  it('a token that does not hold, for an operation that was answered before', async () => {
    for (let times = 0; times < 2; times += 1) expect((await ask(good)).status).toBe(200);
    const refused = await ask(good, { authorization: 'Bearer a.b.c' });
    expect(refused).toMatchObject({ isPiped: true });
    expect(refused.body).toContain('UNAUTHENTICATED');
  });

  it('what a request accepts that nobody can give', async () => {
    for (let times = 0; times < 2; times += 1) {
      expect(await ask(good, { accept: 'image/png' })).toMatchObject({
        status: 406,
        isPiped: true,
      });
    }
  });
});
