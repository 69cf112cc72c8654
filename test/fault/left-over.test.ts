import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { openRedisLeases } from '../../stores/redis/lease.ts';
import { put } from '../contract/hot-subject.ts';
import { msAt, playheadAt } from '../contract/writes.ts';
import type { RunningPart } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { partitions } from './final-states.ts';
import { toldOfLeftOver } from './left-over.ts';

const home = partitionOf('demo', partitions);
const violations = ['left-over: 1 titles dirty, 1 quarantined'];

((await hasRedisServer()) ? describe : describe.skip)('of what is left over is told', () => {
  let server: RedisServer;
  let redis: Redis;
  let hot: HotStore;
  const options = () => ({
    address: { url: server.url },
    commandTimeoutMs: 5_000,
    clock: systemClock,
  });
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    hot = await openRedisHotStore({ ...options(), partitions, policy: defaultPolicy });
  });
  afterAll(async () => {
    await hot?.close();
    redis?.disconnect();
    await server?.close();
  });

  it('which titles, in which partition, whose lease it is, and what processes wrote last', async () => {
    const written = Array.from({ length: 30 }, (_, number) => `line ${number}\n`).join('');
    const part = (exitCode: number | null) =>
      ({
        graphqlUrl: 'http://127.0.0.1:4001/graphql',
        process: { pid: 17, exitCode, signalCode: null },
        output: () => written,
      }) as RunningPart;
    const told = () => toldOfLeftOver(violations, { redis, processes: [part(null), part(0)] });
    await put(hot, { title: 'spring', playhead: playheadAt(1) });
    await hot.quarantine({ partition: home, profileId: 'demo', title: 'spring' });
    await put(hot, { title: 'sintel', playhead: playheadAt(1), nowMs: msAt(7) });
    const since = new Date(msAt(7)).toJSON();
    const owed = `demo|sintel dirty since ${since}, demo|spring set aside`;
    expect((await told())[0]).toBe(`partition ${home}, its lease held by nobody: ${owed}`);

    const leases = await openRedisLeases(options());
    await leases.acquire({ partition: home, owner: 'somebody', ttlMs: 60_000 });
    await leases.close();
    const lines = Array.from({ length: 10 }, (_, number) => `line ${number + 20}`).join('\n');
    const process = 'process 17 at http://127.0.0.1:4001/graphql';
    expect(await told()).toEqual([
      `partition ${home}, its lease held by 1|somebody: ${owed}`,
      `${process} runs; it wrote last:\n${lines}`,
      `${process} ended with 0; it wrote last:\n${lines}`,
    ]);
  });

  it('nothing where nothing is', async () => {
    expect(await toldOfLeftOver(['lost: demo|sintel'], { redis, processes: [] })).toEqual([]);
  });
});
