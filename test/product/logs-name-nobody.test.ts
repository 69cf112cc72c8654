// What breaks: everything at once, under load: bad tokens and documents, damaged values, Redis and playback.
// How: each id, name and token that goes in is a canary; Redis and playback are killed on the way, and playback is held.
// What must still hold: no canary in what any process writes, measures or traces.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { partitionOf } from '../../domain/version.ts';
import { type SplitProduct, startSplit } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';
import { OtlpReceiver } from './otlp-receiver.ts';

const profileId = 'CANARYprofile';
const title = 'CANARYtitle';
const badToken = 'CANARYhead.CANARYclaims.CANARYsignature';
const rounds = 10;
const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('what the processes write, measure and trace', () => {
  let redis: RedisServer;
  let receiver: OtlpReceiver;
  let product: SplitProduct;
  let token: string;
  let seen = '';
  let measured = '';

  async function post(body: unknown, authorization = `Bearer ${token}`): Promise<string> {
    const response = await fetch(`${product.url}/graphql?CANARYquery=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return response.text();
  }

  async function subscribe(authorization: string): Promise<void> {
    const client = createClient({
      url: `${product.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization, CANARYparam: 'CANARYvalue' },
      retryAttempts: 0,
    });
    const query = 'subscription CANARYname { playheadUpdates { kind } }';
    const first = await client
      .iterate({ query })
      .next()
      .catch(() => undefined);
    expect(first === undefined || 'value' in first).toBe(true);
    await client.dispose();
  }

  const ofPlayhead = (name: string) =>
    post({
      query: `query CANARY${name} { viewer { playhead(playableId: "${title}") { positionMs } } }`,
    });

  /** Some of it is answered and some refused: what counts is what is written about it. */
  async function load(): Promise<void> {
    const device = new RemoteDevice(product, token);
    const playing = async () => {
      await device.begin({ playableId: title, deviceId: 'CANARYdevice', deviceKind: 'TV' });
      for (const event of ['START', 'HEARTBEAT', 'SEEK', 'PAUSE'] as const) {
        await device.report({ event, positionMs: 1_000 });
      }
    };
    await playing().catch(() => {});
    await Promise.all([
      ofPlayhead('name'),
      post({ query: '{ viewer { continueWatching { edges { node { id } } } } }' }),
      post({ query: `{ viewer { playhead(playableId: "${title} CANARYbad") { id } } }` }),
      post({ query: '{ CANARYfield }' }),
      post({ query: '{ viewer(CANARY: "CANARYliteral' }),
      post('{"query":"CANARYjson'),
      post({
        query:
          'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
        variables: { input: { session: 'CANARYsession', heartbeats: [{ event: 'CANARYevent' }] } },
      }),
      post({
        query:
          'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
        variables: {
          input: {
            session: 'CANARYsession',
            heartbeats: [{ event: 'PAUSE', positionMs: 1, sequence: 1, elapsedMs: 1 }],
          },
        },
      }),
      post({ query: '{ viewer { id } }' }, `Bearer ${badToken}`),
      post({ query: '{ viewer { id } }' }, 'Basic CANARYbasic'),
      subscribe(token),
      subscribe(badToken),
    ]);
  }

  const repeated = async () => {
    for (let round = 0; round < rounds; round += 1) await load();
  };

  /** Of all four processes: the subgraphs' on their own ports, the gateway's on its public one. */
  async function scrape(): Promise<void> {
    const addresses = [...product.output().matchAll(/\bhttp:\/\/127\.0\.0\.1:\d+\/graphql\b/g)];
    for (const [address] of addresses) {
      const text = await fetch(new URL('/metrics', address)).then(
        (response) => response.text(),
        () => '',
      );
      measured += text;
    }
  }

  beforeAll(async () => {
    redis = await startRedis();
    receiver = await OtlpReceiver.open();
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    // Whatever is refused before it reaches a store fails there no more.
    const unlimited = { RATE_LIMIT_DEVICE: 'off', RATE_LIMIT_PROFILE: 'off' };
    product = await startSplit({
      env: { REDIS_URL: redis.url, LOG_LEVEL: 'debug', ...traced, ...unlimited },
    });
    token = await product.token(profileId);
    await repeated();
    await scrape();

    const tag = `ph:{${partitionOf(profileId, 16)}}`;
    await redis.ask('HSET', `${tag}:p:${profileId}`, `t:${title}`, 'CANARYregister');
    await redis.ask('XADD', `${tag}:events`, '*', 'e', 'CANARYentry');
    await load();

    await redis.kill();
    await repeated();
    await scrape();
    await redis.start();
    await product.killSubgraph('playback');
    await load();
    await product.restartSubgraph('playback');
    await load();
    await until(
      () =>
        askGateway(product, token, { query: '{ viewer { id } }' }).then(
          () => true,
          () => false,
        ),
      { what: 'all is well again' },
    );
    await product.holdSubgraph('playback', () => Promise.all(['a', 'b'].map(ofPlayhead)));
    await scrape();
    await product.stop();
    seen = product.output();
  });
  afterAll(async () => {
    await product?.stop();
    await receiver?.close();
    await redis?.close();
  });

  it('is about the failures that there were', () => {
    const written = [
      /"store":"hot store .*a store is given up for now/,
      /"subgraph":"playback","operation":"mutation","code":"STATE_UNAVAILABLE","durationMs":\d+,"msg":"subgraph gave no answer"/,
      /"subgraph":"playback","operation":"query","code":"TIMEOUT","durationMs":(?:39\d\d|[4-9]\d{3}),"msg":"subgraph gave no answer"/,
      /poison entry skipped/,
      /"profileId":"~[\w-]{12}"/,
    ];
    expect(written.filter((words) => !words.test(seen))).toEqual([]);
    const counted = [
      /^playhead_heartbeats_total\{outcome="accepted"\} [1-9]/m,
      /code="UNAUTHENTICATED"/,
    ];
    expect(counted.filter((words) => !words.test(measured))).toEqual([]);
    const traced = new Set(receiver.spans.map(({ service, name }) => `${service} ${name}`));
    expect([...traced]).toEqual(
      expect.arrayContaining(['playhead-gateway graphql', 'playhead-playback redis merge']),
    );
  });

  it('has no profile, title, device, session, name or token in it', () => {
    const secrets = ['CANARY', Buffer.from(profileId).toString('base64url'), ...token.split('.')];
    const lines = `${seen}\n${measured}\n${receiver.received}`.split('\n');
    expect(lines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
  });
});
