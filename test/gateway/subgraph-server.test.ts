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

  it('answers operations by POST, as whom the token says', async () => {
    const query = '{ viewer { playhead(playableId: "mov_1") { device { id } } } }';
    const headers = { authorization: `Bearer ${await gateway.token('alice')}` };
    const { data } = await post(url, { query }, headers);
    expect(data.viewer.playhead.device.id).toBe('device-of-alice');
    expect((await post(url, { query })).data.viewer).toBeNull();
  });

  it('verifies the token again', async () => {
    const { errors } = await post(
      url,
      { query: '{ viewer { id } }' },
      { authorization: 'Bearer x.y.z' },
    );
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
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
    const response = await fetch(url, init);
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
    const stream = overWebSocket(live(), query);
    await expect(stream.next()).rejects.toMatchObject([{ extensions: { code } }]);
    await stream.leave();
  });

  it('refuses a subscription nobody is signed in for', async () => {
    const stream = overWebSocket(live(), 'subscription { playheadUpdates { kind } }', {
      // Only what an operation says counts, never what the socket was opened with.
      token: await gateway.token('alice'),
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
