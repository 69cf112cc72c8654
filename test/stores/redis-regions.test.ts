import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { packPlayhead } from '../../domain/codec.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { AcceptedStream, ReadPoint } from '../../stores/accepted-stream.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openRedisAcceptedStream } from '../../stores/redis/accepted-stream.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { put, read } from '../contract/hot-subject.ts';
import { beatOf, hiddenAt, msAt, playheadAt } from '../contract/writes.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';

const partitions = 4;
const home = partitionOf('demo', partitions);
const profileKey = `ph:{${home}}:p:demo`;
const sessionsKey = `ph:{${home}}:live:demo`;
const outKey = `ph:{${home}}:out`;
const hoursMs = 3_600_000;
const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('one region beside another, in Redis', () => {
  const servers: RedisServer[] = [];
  const clients: Redis[] = [];
  const stores: HotStore[] = [];
  let accepted: AcceptedStream;

  beforeAll(async () => {
    for (const name of ['here', 'there']) {
      const server = await startRedis();
      servers.push(server);
      clients.push(new Redis(server.url));
      stores.push(await openHot(server.url, name));
    }
    accepted = await openRedisAcceptedStream({ ...optionsOf(urlOf(0)), region: 'here' });
  });
  beforeEach(async () => {
    for (const client of clients) await client.flushall();
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await accepted?.close();
    for (const client of clients) client.disconnect();
    for (const server of servers) await server.close();
  });
  const urlOf = (index: number) => servers[index]?.url as string;
  const here = () => stores[0] as HotStore;
  const there = () => stores[1] as HotStore;
  const redis = (of: 'here' | 'there') => clients[of === 'here' ? 0 : 1] as Redis;

  /** Takes in there, in one step, what was accepted here since. */
  async function replicate(): Promise<number> {
    const after = await there().takenUpTo({ partition: home, region: 'here' });
    const read = await accepted.read({ partition: home, from: after, limit: 1_000 });
    const changes = read.entries.map((entry) => {
      if ('refusal' in entry) throw new Error(`An entry of ours is refused: ${entry.refusal}.`);
      return entry.change;
    });
    const offset = read.entries.at(-1)?.offset;
    if (offset === undefined) return 0;
    const upTo: ReadPoint = { offset, isSeen: true };
    const taken = { partition: home, region: 'here', after, changes, upTo, nowMs: msAt(0) };
    expect(await there().takeIn(taken)).toEqual(upTo);
    return changes.length;
  }

  /** The viewer began it with an act that a plain heartbeat does not know of. */
  const beat = (count: number) => {
    const begins = count === 0 ? ({ event: 'START', acts: 'NOW' } as const) : {};
    return here().merge(beatOf({ atMs: msAt(1 + 5 * count), sequence: count, ...begins }));
  };

  it('sends every entry with three fields, so that Redis keeps their names once', async () => {
    await put(here(), { title: 'spring', playhead: playheadAt(2), visibility: hiddenAt(1) });
    for (const count of [0, 1, 2]) await beat(count);
    const entries = await redis('here').xrange(outKey, '-', '+');
    for (const [, fields] of entries) {
      expect(fields).toEqual(['g', 'here|1|4', 'p', 'demo', 'b', expect.any(String)]);
    }
    const bodies = entries.map(([, fields]) => fields[5] as string);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      w: ['t:spring', packPlayhead(playheadAt(2)), 'v:spring', expect.stringMatching(/h$/)],
    });
    // The one that meets what a plain heartbeat left goes on as it came.
    expect(bodies.map((body) => body[0])).toEqual(['{', '{', '{', 'P']);
  });

  it('takes a plain heartbeat with one command more', async () => {
    for (const count of [0, 1]) await beat(count);
    expect(await commandsOf('here', () => beat(2))).toEqual({
      ...{ evalsha: 1, hget: 2, hset: 2, spublish: 1, xadd: 1 },
    });
  });

  it('takes one in with five commands, and its sessions and devices are there as they are here', async () => {
    for (const count of [0, 1, 2, 3]) {
      await beat(count);
      await replicate();
    }
    await beat(4);
    // Of the three more, two are the read point's: what is there, and what is stored.
    expect(await commandsOf('there', replicate)).toEqual({
      ...{ evalsha: 1, hget: 3, hmget: 1, hset: 3, spublish: 1 },
    });
    const [one, other] = [await read(here()), await read(there())];
    expect(other).toEqual({ ...one, witness: other.witness });
    expect(one.sessions).toHaveLength(1);
  });

  it('keeps what it took in as listpacks, with a TTL until it is owed', async () => {
    const device = { id: '0b9e6c1c-6f3e-4d0e-9a39-1f2d3c4b5a69', kind: 'CONSOLE', name: 'Attic' };
    for (let number = 0; number < 12; number += 1) {
      const session = { sessionId: `9a39-1f2d3c4b5a69-0b9e6c1c-6f3e-4d${number}`, device };
      const of = { ...session, title: `mov_tears_of_steel_${number}` };
      await here().merge(beatOf({ ...of, event: 'START', atMs: msAt(20 * number), sequence: 0 }));
      for (const sequence of [2 ** 31 - 2, 2 ** 31 - 1]) {
        const atMs = msAt(20 * number) + sequence - 2 ** 31 + 5_000;
        await here().merge(beatOf({ ...of, atMs, sequence }));
      }
      await replicate();
    }
    for (const key of [profileKey, sessionsKey]) {
      const fields = Object.entries(await redis('there').hgetall(key)).flat();
      expect(Math.max(...fields.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(64);
      expect(await redis('there').object('ENCODING', key)).toBe('listpack');
    }
    expect(await redis('there').pttl(profileKey)).toBeGreaterThan(71 * hoursMs);
    expect(await redis('there').pttl(sessionsKey)).toBeGreaterThan(23 * hoursMs);
    await there().merge(beatOf({ title: 'spring', atMs: msAt(900), sequence: 9 }));
    expect(await redis('there').pttl(profileKey)).toBe(-1);
    await beat(1_000);
    await replicate();
    expect(await redis('there').pttl(profileKey)).toBe(-1);
  });

  it('takes in the neighbours of a profile whose key is not what it should be', async () => {
    await redis('there').set(profileKey, 'not a hash');
    const neighbour = siblingOfDemo();
    for (const count of [0, 1, 2]) {
      await beat(count);
      await here().merge(beatOf({ profileId: neighbour, atMs: msAt(5 * count), sequence: count }));
    }
    expect(await replicate()).toBe(6);
    expect((await read(there(), { profileId: neighbour })).sessions).toHaveLength(1);
    expect(await redis('there').get(profileKey)).toBe('not a hash');
  });

  it('notes nothing where Redis is full, and takes it in when there is room again', async () => {
    await beat(0);
    await redis('there').config('SET', 'maxmemory', '1');
    await expect(replicate()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    await redis('there').config('SET', 'maxmemory', '0');
    expect(await there().takenUpTo({ partition: home, region: 'here' })).toBeNull();
    expect(await replicate()).toBe(1);
  });

  /** How often each command ran meanwhile, those within scripts among them. */
  async function commandsOf(
    of: 'here' | 'there',
    act: () => Promise<unknown>,
  ): Promise<Record<string, number>> {
    await redis(of).config('RESETSTAT');
    await act();
    const stats = await redis(of).info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)];
    return Object.fromEntries(calls.map(([, name, count]) => [name, Number(count)]));
  }
});

function optionsOf(url: string) {
  return {
    address: { url },
    partitions,
    policy: defaultPolicy,
    commandTimeoutMs: 5_000,
    clock: systemClock,
  };
}

function openHot(url: string, name: string): Promise<HotStore> {
  return openRedisHotStore({ ...optionsOf(url), region: { name, outLengthMax: 1_000 } });
}

function siblingOfDemo(): string {
  const names = Array.from({ length: 1_000 }, (_, number) => `sibling-${number}`);
  return names.find((name) => partitionOf(name, partitions) === home) as string;
}
