import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bodyBytesMax } from '../../runtime/http-messages.ts';
import { createLog } from '../../runtime/log.ts';
import { serveSubgraph } from '../../runtime/serve.ts';
import { overWebSocket } from './live-clients.ts';
import { openToyGateway, post, type ToyGateway } from './toy-gateway.ts';

/** What somebody meets who reaches a subgraph past the gateway. */
describe('a subgraph as a server', () => {
  let gateway: ToyGateway;
  let url: string;
  beforeAll(async () => {
    gateway = await openToyGateway('split');
    url = gateway.relay?.url ?? '';
  });
  afterAll(() => gateway.close());

  const live = () => ({ url, webSocketUrl: `${url.replace(/^http/, 'ws')}/ws` });

  it('answers operations by POST, as whom the gateway says', async () => {
    const query = '{ viewer { playhead(playableId: "mov_1") { device { id } } } }';
    const as = async (profileId: string | null) =>
      post(url, { query }, { authorization: await gateway.statement(profileId) });
    expect((await as('alice')).data.viewer.playhead.device.id).toBe('device-of-alice');
    expect((await as(null)).data.viewer).toBeNull();
  });

  it.each([
    ['nothing', async () => ({})],
    ['an access token', async () => ({ authorization: `Bearer ${await gateway.token('alice')}` })],
    ['rubbish', async () => ({ authorization: 'Bearer x.y.z' })],
  ])('answers nobody who brings %s', async (_what, headers) => {
    gateway.toys.forget();
    for (const query of [
      '{ viewer { id } }',
      '{ __typename }',
      '{ _service { sdl } }',
      '{ __schema { queryType { name } } }',
      '{ _entities(representations: [{ __typename: "Playable", id: "mov_1" }]) { __typename } }',
      'mutation { forgetAllPlayheads { forgottenAt } }',
      '{ no document',
    ]) {
      const { status, data, errors } = await post(url, { query }, await headers());
      expect(status).toBe(401);
      expect(data ?? null).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
    expect(gateway.toys.mutations).toBe(0);
  });

  const json = { 'content-type': 'application/json' };
  const tooLarge = `{"query":"${'x'.repeat(bodyBytesMax)}"}`;
  it.each([
    { status: 405, what: 'a GET', init: { method: 'GET' } },
    { status: 415, what: 'text', init: { method: 'POST', body: '{}' } },
    { status: 400, what: 'half an object', init: { method: 'POST', headers: json, body: '{' } },
    { status: 400, what: 'an array', init: { method: 'POST', headers: json, body: '[]' } },
    { status: 413, what: 'too much', init: { method: 'POST', headers: json, body: tooLarge } },
  ])('answers $status to $what', async ({ status, init }) => {
    const headers = { ...init.headers, authorization: await gateway.statement('alice') };
    const response = await fetch(url, { ...init, headers });
    expect(response.status).toBe(status);
    expect((await response.json()) as object).toHaveProperty('errors');
  });

  it('says that it lives', async () => {
    const response = await fetch(new URL('/health/live', url));
    expect(await response.json()).toEqual({ status: 'live' });
  });

  it.each([
    ['BAD_USER_INPUT', '{ viewer { id } }'],
    ['GRAPHQL_PARSE_FAILED', 'subscription {'],
    ['GRAPHQL_VALIDATION_FAILED', 'subscription { nothing }'],
  ])('answers %s by socket to %s, and keeps the socket', async (code, query) => {
    const authorization = await gateway.statement('alice');
    const stream = overWebSocket(live(), query, { extensions: { headers: { authorization } } });
    await expect(stream.next()).rejects.toMatchObject([{ extensions: { code } }]);
    await stream.leave();
  });

  const watch = 'subscription { playheadUpdates { kind } }';

  it('refuses a subscription nobody is signed in for', async () => {
    const authorization = await gateway.statement(null);
    const stream = overWebSocket(live(), watch, { extensions: { headers: { authorization } } });
    const refused = await stream.next();
    expect(refused?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await stream.leave();
  });

  it.each([
    ['a subscription', watch],
    ['what is no document', 'subscription {'],
  ])('refuses %s that no gateway has signed', async (_what, query) => {
    const stream = overWebSocket(live(), query, {
      // Only what an operation says counts, never what the socket was opened with.
      token: await gateway.statement('alice'),
      extensions: { headers: { authorization: `Bearer ${await gateway.token('alice')}` } },
    });
    const refused = await stream.next();
    expect(refused?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await stream.leave();
  });

  it('rejects when its port is taken', async () => {
    const { port } = new URL(gateway.url);
    const taken = {
      host: '127.0.0.1',
      port: Number(port),
      log: createLog({ level: 'silent', part: 't' }),
    };
    await expect(serveSubgraph(gateway.subgraphs.playback, taken)).rejects.toThrow('EADDRINUSE');
  });
});
