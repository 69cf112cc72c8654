import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { readConfig } from '../../runtime/config.ts';
import { createLog } from '../../runtime/log.ts';
import { noTracer, openTracer } from '../../runtime/tracing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Product, startProduct, startSplit } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { begin, edges, OtlpReceiver } from './otlp-receiver.ts';

const profileId = 'CANARYprofile';
const title = 'mov_tears_of_steel';
const isThere = await hasRedisServer();

describe('without a collector', () => {
  it('nothing is traced', async () => {
    const log = createLog({ level: 'silent', part: 'test' });
    const parts = { part: 'test', clock: new ManualClock(), log };
    expect(await openTracer(readConfig({}), parts)).toBe(noTracer);
  });
});

(isThere ? describe : describe.skip).each([
  ['separate processes', startSplit],
  ['one process', startProduct],
] as const)('the traces of the product as %s', (shape, start) => {
  let redis: RedisServer;
  let receiver: OtlpReceiver;
  let product: Product;
  let token: string;
  const isSplit = shape === 'separate processes';

  async function ask(
    operation: { query: string; variables?: unknown },
    traceparent: string,
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
  ): Promise<any> {
    const response = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        traceparent,
      },
      body: JSON.stringify(operation),
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  }

  const beginSession = (traceparent: string) =>
    ask(
      {
        query: `mutation CANARYname ($input: BeginSessionInput!) { beginSession(input: $input) { session } }`,
        variables: {
          input: {
            ...{ playableId: title, deviceId: 'CANARYdevice', deviceKind: 'TV' },
            ...{ elapsedMs: 0, sessionId: 'CANARYsession' },
          },
        },
      },
      traceparent,
    );

  async function pause(traceparent: string): Promise<void> {
    const { beginSession: begun } = await beginSession(begin('00').traceparent);
    const { recordHeartbeats } = await ask(
      {
        query: `mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome durability } }`,
        variables: {
          input: {
            session: begun.session,
            heartbeats: [
              { event: 'START', positionMs: 0, sequence: 1, elapsedMs: 1 },
              { event: 'PAUSE', positionMs: 60_000, sequence: 2, elapsedMs: 2 },
            ],
          },
        },
      },
      traceparent,
    );
    expect(recordHeartbeats.durability).toBe('DURABLE');
  }

  beforeAll(async () => {
    redis = await startRedis();
    receiver = await OtlpReceiver.open();
    product = await start({
      env: { REDIS_URL: redis.url, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
    });
    token = await product.token(profileId);
  });
  afterAll(async () => {
    await product?.stop();
    await receiver?.close();
    await redis?.close();
  });

  it('lead from a heartbeat to both stores', async () => {
    const client = begin();
    await pause(client.traceparent);
    const spans = await receiver.untilTrace(client.traceId, [
      'redis merge',
      'sqlite write',
      'graphql',
    ]);
    expect(spans.find(({ name }) => name === 'graphql')?.parentSpanId).toBe(client.spanId);
    const home = isSplit ? 'playback playback' : 'gateway ask playback';
    const part = isSplit ? 'playback' : 'gateway';
    expect(edges(spans)).toEqual(
      expect.arrayContaining([
        '– > gateway graphql',
        'gateway graphql > gateway ask playback',
        ...(isSplit ? ['gateway ask playback > playback playback'] : []),
        `${home} > ${part} redis merge`,
        `${home} > ${part} sqlite write`,
      ]),
    );
    expect(edges(spans).filter((edge) => edge.startsWith('–'))).toEqual(['– > gateway graphql']);
    for (const { startTimeUnixNano: from, endTimeUnixNano: to } of spans) {
      expect(BigInt(to) >= BigInt(from)).toBe(true);
    }
  });

  it('lead from a page to every subgraph that it is made of, and to what those ask', async () => {
    await pause(begin('00').traceparent);
    const client = begin();
    const { viewer } = await ask(
      {
        query: `{ viewer { continueWatching { edges { node { playable { title } } } }
          playhead(playableId: "${title}") { playable { title } } } }`,
      },
      client.traceparent,
    );
    expect(viewer.playhead.playable.title).not.toBe('');
    const subgraphs = ['catalog', 'playback', 'recommendations'];
    const asked = subgraphs.map((name) => `ask ${name}`);
    const stores = ['redis read', 'redis recent'];
    const answering = isSplit ? subgraphs : [];
    const names = ['graphql', ...asked, ...answering, ...stores];
    const found = edges(await receiver.untilTrace(client.traceId, names));
    const reader = (name: string) =>
      isSplit ? `${name} ${name} > ${name}` : `gateway ask ${name} > gateway`;
    expect(found).toEqual(
      expect.arrayContaining([
        ...asked.map((name) => `gateway graphql > gateway ${name}`),
        ...answering.map((name) => `gateway ask ${name} > ${name} ${name}`),
        `${reader('playback')} redis read`,
        `${reader('recommendations')} redis recent`,
      ]),
    );
    expect(found.filter((edge) => edge.startsWith('–'))).toEqual(['– > gateway graphql']);
  });

  it('lead from a subscription to the store that it begins with', async () => {
    const client = begin();
    class Traced extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { headers: { traceparent: client.traceparent } });
      }
    }
    const socket = createClient({
      url: `${product.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: Traced,
      connectionParams: { authorization: token },
    });
    const events = socket.iterate({ query: 'subscription { playheadUpdates { kind } }' });
    expect((await events.next()).value).toMatchObject({
      data: { playheadUpdates: { kind: 'SNAPSHOT' } },
    });
    const opened = isSplit
      ? ['graphql', 'ask playback', 'playback subscribe']
      : ['graphql', 'ask playback'];
    const spans = await receiver.untilTrace(client.traceId, opened);
    expect(edges(spans)).toContain('gateway graphql > gateway ask playback');
    if (isSplit)
      expect(edges(spans)).toContain('gateway ask playback > playback playback subscribe');
    await socket.dispose();
  });

  it('are left out where the client records none, and name nobody', async () => {
    const silent = begin('00');
    await pause(silent.traceparent);
    const client = begin();
    await pause(client.traceparent);
    await receiver.untilTrace(client.traceId, ['graphql', 'redis merge']);
    expect(receiver.spans.filter(({ traceId }) => traceId === silent.traceId)).toEqual([]);
    for (const secret of ['CANARY', title, profileId, ...token.split('.')]) {
      expect(receiver.received.includes(secret)).toBe(false);
    }
  });
});
