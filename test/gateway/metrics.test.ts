import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../support/until.ts';
import { overSsePost, overWebSocket } from './live-clients.ts';
import { openToyGateway, post, type ToyGateway } from './toy-gateway.ts';

const watch = 'subscription { playheadUpdates { kind } }';

describe('what a gateway measures', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded');
  });
  afterAll(() => gateway.close());

  async function sample(name: string): Promise<number | undefined> {
    const lines = (await gateway.scrape()).split('\n');
    const line = lines.find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  }
  const requests = async (operation: string, code: string) =>
    (await sample(
      `playhead_gateway_request_duration_seconds_count{operation="${operation}",code="${code}"}`,
    )) ?? 0;

  it.each([
    { operation: 'query', code: 'OK', query: '{ viewer { id } }', headers: {} },
    { operation: 'query', code: 'GRAPHQL_VALIDATION_FAILED', query: '{ nothing }', headers: {} },
    { operation: 'unknown', code: 'GRAPHQL_PARSE_FAILED', query: '{', headers: {} },
    {
      ...{ operation: 'query', code: 'UNAUTHENTICATED', query: '{ viewer { id } }' },
      headers: { authorization: 'Bearer a.b.c' },
    },
  ])('counts a $operation that is answered $code', async ({ operation, code, query, headers }) => {
    const before = await requests(operation, code);
    await post(gateway.url, { query }, headers);
    expect(await requests(operation, code)).toBe(before + 1);
  });

  it('counts operations by socket as well, refused ones too', async () => {
    const [answered, refused] = [
      await requests('query', 'OK'),
      await requests('query', 'UNAUTHENTICATED'),
    ];
    const token = await gateway.token('alice');
    const good = overWebSocket(gateway, '{ viewer { id } }', { token });
    expect((await good.next())?.errors).toBeUndefined();
    const bad = overWebSocket(gateway, '{ viewer { id } }', { token: 'a.b.c' });
    await bad.next().catch(() => {});
    await until(async () => (await requests('query', 'UNAUTHENTICATED')) > refused, {
      what: 'the refusal is counted',
    });
    expect(await requests('query', 'OK')).toBe(answered + 1);
    await good.leave();
    await bad.leave();
  });

  it('knows the connections and subscriptions that are open, until they are gone', async () => {
    const open = async () => [
      await sample('playhead_gateway_client_sockets'),
      await sample('playhead_gateway_event_streams'),
      await sample('playhead_gateway_subscriptions{transport="socket"}'),
      await sample('playhead_gateway_subscriptions{transport="stream"}'),
    ];
    const are = (...counts: number[]) =>
      until(async () => String(await open()) === String(counts), {
        what: `open are ${counts}`,
      });
    await are(0, 0, 0, 0);
    const token = await gateway.token('alice');
    const streams = [overWebSocket, overWebSocket, overSsePost].map((subscribe) =>
      subscribe(gateway, watch, { token }),
    );
    await are(2, 1, 2, 1);
    streams[0]?.vanish();
    await are(1, 1, 1, 1);
    for (const stream of streams.slice(1)) await stream.leave();
    await are(0, 0, 0, 0);
    const idle = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws');
    await are(1, 0, 0, 0);
    idle.terminate();
    await are(0, 0, 0, 0);
  });

  it('has no word of a request in any label', async () => {
    const token = await gateway.token('canary-profile');
    await gateway.ask(
      'query CanaryName { viewer { playhead(playableId: "canary-title") { positionMs } } }',
      {
        profileId: 'canary-profile',
        operationName: 'CanaryName',
      },
    );
    const text = await gateway.scrape();
    for (const secret of ['canary-profile', 'canary-title', 'CanaryName', token]) {
      expect(text).not.toContain(secret);
    }
  });
});
