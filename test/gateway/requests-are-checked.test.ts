import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bodyBytesMax } from '../../runtime/http-messages.ts';
import { overWebSocket } from './live-clients.ts';
import { openToyGateway, post, type ToyGateway } from './toy-gateway.ts';

const beginSession = `mutation ($input: BeginSessionInput!) { beginSession(input: $input) { stale } }`;
const goodInput = { playableId: 'mov_1', sessionId: 's', deviceId: 'd', deviceKind: 'TV' };
const graphqlJson = { accept: 'application/graphql-response+json' };

describe('requests that do not fit the schema', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded');
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  const badVariables: Record<string, object> = {
    'an Int beyond 32 bits': { input: { ...goodInput, durationMs: 2_592_000_000 } },
    'a fraction for an Int': { input: { ...goodInput, durationMs: 12.7 } },
    'an unknown enum value': { input: { ...goodInput, deviceKind: 'VR' } },
    'an unknown input field': { input: { ...goodInput, colour: 'red' } },
    'a missing input field': { input: { ...goodInput, playableId: undefined } },
    'null for a required variable': { input: null },
    'a string for an object': { input: 'mov_1' },
  };

  it.each(Object.entries(badVariables))(
    'answer BAD_USER_INPUT for %s, and run nothing',
    async (_what, variables) => {
      const options = { profileId: 'alice', variables: variables as Record<string, unknown> };
      const answer = await gateway.ask(beginSession, options);
      expect(answer.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', retryable: false });
      expect(answer.data).toBeUndefined();
      const strict = await gateway.ask(beginSession, { ...options, headers: graphqlJson });
      expect(strict.status).toBe(400);
      expect(gateway.toys.mutations).toBe(0);
    },
  );

  it('answer BAD_USER_INPUT to a socket, too', async () => {
    const stream = overWebSocket(
      gateway,
      'query ($first: Int!) { viewer { inProgress(first: $first) { edges { cursor } } } }',
      {
        token: await gateway.token('alice'),
      },
    );
    expect((await stream.next())?.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    await stream.leave();
  });

  it.each([
    ['GRAPHQL_PARSE_FAILED', '{ viewer '],
    ['GRAPHQL_VALIDATION_FAILED', '{ viewr { id } }'],
    ['GRAPHQL_VALIDATION_FAILED', '{ viewer { inProgress(first: null) { edges { cursor } } } }'],
    ['GRAPHQL_VALIDATION_FAILED', '{ ... @defer { viewer { id } } }'],
    ['GRAPHQL_VALIDATION_FAILED', 'subscription { playheadUpdates @include(if: "no") { kind } }'],
    ['GRAPHQL_VALIDATION_FAILED', '{ _entities(representations: []) { __typename } }'],
  ])('answer %s for %s', async (code, query) => {
    const answer = await gateway.ask(query, { headers: graphqlJson });
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.extensions).toEqual({ code, retryable: false });
    expect(answer.errors?.[0]?.locations).toHaveLength(1);
    expect(answer.data).toBeUndefined();
  });
});

describe('the size and form of requests', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded');
  });
  afterAll(() => gateway.close());

  const padded = (bytes: number) =>
    JSON.stringify({ query: '{ viewer { id } }', pad: 'x'.repeat(bytes) });

  it('may reach the limit of a body', async () => {
    const { status } = await post(gateway.url, { query: '{ viewer { id } }', operationName: null });
    expect(status).toBe(200);
    const filler = bodyBytesMax - padded(0).length;
    const answer = await send({ body: padded(filler) });
    // Refused for its unknown member, and thus read.
    expect(answer.status).toBe(400);
  });

  it.each(['declared', 'streamed'])('may not pass the limit of a body: %s', async (how) => {
    const answer = await send({ body: padded(bodyBytesMax), isStreamed: how === 'streamed' });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text).errors[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      retryable: false,
    });
  });

  it('may be streamed', async () => {
    const answer = await send({
      body: JSON.stringify({ query: '{ viewer { id } }' }),
      isStreamed: true,
    });
    expect(answer).toMatchObject({ status: 200, text: '{"data":{"viewer":null}}' });
  });

  // What breaks: a form can be posted from any page without a preflight.
  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data',
    'application/graphql',
  ])('may not be %s', async (type) => {
    const body = 'query={ viewer { id } }';
    const answer = await send({ body, headers: { 'content-type': type } });
    expect(answer.status).toBe(415);
  });

  it('may not change anything by GET', async () => {
    const query = encodeURIComponent('mutation { forgetAllPlayheads { forgottenAt } }');
    const headers = { authorization: `Bearer ${await gateway.token('alice')}` };
    const response = await fetch(`${gateway.url}?query=${query}`, { headers });
    expect(response.status).toBe(405);
    expect(gateway.toys.mutations).toBe(0);
  });

  it('may not be a batch', async () => {
    const { status } = await post(gateway.url, [{ query: '{ viewer { id } }' }]);
    expect(status).toBe(400);
  });

  it.each(['/nowhere', '/graphql/nowhere'])('is told where the endpoint is: %s', async (path) => {
    const response = await fetch(new URL(path, gateway.url));
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/graphql');
  });

  /** fetch() cannot be told to leave the length away. */
  function send(message: { body: string; isStreamed?: boolean; headers?: Record<string, string> }) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const length = message.isStreamed
        ? {}
        : { 'content-length': Buffer.byteLength(message.body) };
      const headers = { 'content-type': 'application/json', ...length, ...message.headers };
      const request = httpRequest(gateway.url, { method: 'POST', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('error', reject);
      request.end(message.body);
    });
  }
});
