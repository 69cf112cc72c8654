// What breaks: of all connections to a Redis only the one that merges is there; the others are not back yet.
// How: Redis ends them, and takes no new ones.
// What must hold: a merge succeeds all the same, and what is told beside it is in the stream.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import { openRedisHotTier } from '../../stores/redis/hot-tier.ts';
import { partitionKeys } from '../../stores/redis/keys.ts';
import { tellingReplaced } from '../../subgraphs/playback/tell-replaced.ts';
import { beatOf, msAt, phone } from '../contract/writes.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const partitions = 4;
const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('the hot tier in Redis', () => {
  let server: RedisServer;
  let redis: Redis;
  let tier: Awaited<ReturnType<typeof openRedisHotTier>>;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    const options = { address: { url: server.url }, partitions, clock: systemClock };
    tier = await openRedisHotTier({ ...options, commandTimeoutMs: 5_000, policy: defaultPolicy });
  });
  afterAll(async () => {
    await tier?.hot.close();
    await tier?.events.close();
    redis?.disconnect();
    await server?.close();
  });

  it('merges, and tells what took the place of what, over one connection', async () => {
    const hot = tellingReplaced(tier.hot, tier.events);
    // The first one brings the script, the second one runs it.
    await hot.merge(beatOf({ atMs: msAt(10), sequence: 1 }));
    await hot.merge(beatOf({ atMs: msAt(12), sequence: 2 }));

    await endOthersThan('evalsha');
    const later = { device: phone, sessionId: 'night', atMs: msAt(20), sequence: 1 };
    await expect(hot.merge(beatOf(later))).resolves.toMatchObject({ kind: 'merged' });

    const { events } = partitionKeys(partitionOf('demo', partitions));
    expect(JSON.stringify(await redis.xrange(events, '-', '+'))).toContain('REPLACED');
  });

  /** Connections that asked for something else last are gone, and stay away. */
  async function endOthersThan(command: string): Promise<void> {
    const others = async () =>
      (await clients()).filter(({ cmd, id }) => cmd !== command && id !== own);
    const own = String(await redis.client('ID'));
    const [kept] = (await clients()).filter(({ cmd }) => cmd === command);
    expect(kept).toBeDefined();
    await redis.config('SET', 'maxclients', 2);
    for (const { id } of await others()) await redis.call('CLIENT', 'KILL', 'ID', id as string);
    await until(async () => (await others()).length === 0, {
      what: 'only two connections are left',
    });
  }

  async function clients(): Promise<Record<string, string>[]> {
    const list = String(await redis.client('LIST'));
    const lines = list.split('\n').filter((line) => line !== '');
    return lines.map((line) =>
      Object.fromEntries(line.split(' ').map((field) => field.split('=', 2))),
    );
  }
});
