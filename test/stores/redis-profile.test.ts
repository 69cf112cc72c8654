import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { dirtyOf, hydrate, lastMs, merge, put, read, settleAll } from '../contract/hot-subject.ts';
import { beatOf, hiddenAt, msAt, phone, playheadAt, shownAt, tv } from '../contract/writes.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const partitions = 4;
const home = partitionOf('demo', partitions);
const profileKey = `ph:{${home}}:p:demo`;
const sessionsKey = `ph:{${home}}:live:demo`;
const hoursMs = 3_600_000;
const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('a profile in Redis', () => {
  let server: RedisServer;
  let redis: Redis;
  let hot: HotStore;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    hot = await openHot(server.url);
  });
  beforeEach(async () => {
    await redis.flushall();
    await redis.config('SET', 'maxmemory', '0');
  });
  afterAll(async () => {
    await hot?.close();
    redis?.disconnect();
    await server?.close();
  });

  it('of 100 titles and their devices is one listpack', async () => {
    const titles = Array.from({ length: 100 }, (_, number) => `episode-${number}`);
    await merge(hot, {
      writes: titles.map((title, second) => ({
        title,
        playhead: playheadAt(second),
        visibility: hiddenAt(second),
      })),
      device: { id: '0b9e6c1c-6f3e-4d0e-9a39-1f2d3c4b5a69', kind: 'TABLET', name: 'Kitchen' },
    });
    await merge(hot, { device: phone });
    await hydrate(hot, { markMs: 600_000 });
    expect(await redis.object('ENCODING', profileKey)).toBe('listpack');
    const values = Object.values(await redis.hgetall(profileKey));
    expect(Math.max(...values.map((value) => Buffer.byteLength(value)))).toBeLessThanOrEqual(64);
  });

  it('keeps what a session writes to its title in one field, and sessions in a listpack', async () => {
    const longest = { id: '0b9e6c1c-6f3e-4d0e-9a39-1f2d3c4b5a69', kind: 'CONSOLE', name: 'Attic' };
    for (let number = 0; number < 12; number += 1) {
      const sessionId = `9a39-1f2d3c4b5a69-0b9e6c1c-6f3e-4d${number}`;
      const session = { title: 'mov_tears_of_steel', device: longest, sessionId };
      const atMs = msAt(20 * number);
      await hot.merge(beatOf({ ...session, event: 'START', atMs, sequence: 2 ** 31 - 2 }));
      await hot.merge(beatOf({ ...session, atMs: atMs + 5_000, sequence: 2 ** 31 - 1 }));
    }
    const fields = await redis.hgetall(profileKey);
    expect(Object.keys(fields).filter((field) => /^[tv]:/.test(field))).toHaveLength(1);
    expect(await redis.object('ENCODING', profileKey)).toBe('listpack');
    expect((await read(hot)).sessions).toHaveLength(12);
    const sessions = await redis.hgetall(sessionsKey);
    for (const texts of [Object.values(fields), Object.keys(sessions), Object.values(sessions)]) {
      expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(64);
    }
    expect(await redis.object('ENCODING', sessionsKey)).toBe('listpack');
  });

  it('remembers twenty sessions, without those that were over first', async () => {
    for (let number = 0; number < 25; number += 1) {
      const sequence = 0;
      await hot.merge(beatOf({ sessionId: `session-${number}`, atMs: msAt(number), sequence }));
    }
    const { sessions } = await read(hot);
    expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(
      Array.from({ length: 20 }, (_, number) => `session-${number + 5}`).sort(),
    );
    expect(await redis.pttl(sessionsKey)).toBeGreaterThan(23 * hoursMs);
  });

  it('takes a plain heartbeat with five commands', async () => {
    const beat = (count: number) => hot.merge(beatOf({ atMs: msAt(5 * count), sequence: count }));
    await hot.merge(beatOf({ event: 'START', atMs: msAt(0), sequence: 0 }));
    await beat(1);
    await redis.config('RESETSTAT');
    for (const count of [2, 4, 5]) await beat(count);
    const stats = await redis.info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, ...call]) => call);
    // One of the three is a progress event.
    const expected = { evalsha: '3', hget: '6', hset: '6', spublish: '4', xadd: '1' };
    expect(Object.fromEntries(calls)).toEqual(expected);
  });

  it('has no TTL while it owes a title, and three days once it owes none', async () => {
    const ttlMs = () => redis.pttl(profileKey);
    await put(hot, { title: 'sintel', playhead: playheadAt(1) });
    await put(hot, { title: 'spring', playhead: playheadAt(1) });
    expect(await ttlMs()).toBe(-1);
    const [sintel, spring] = await dirtyOf(hot);
    await settleAll(hot, [sintel!]);
    expect(await ttlMs()).toBe(-1);
    await settleAll(hot, [spring!]);
    expect(await ttlMs()).toBeGreaterThan(71 * hoursMs);
    await put(hot, { title: 'sintel', playhead: playheadAt(2) });
    expect(await ttlMs()).toBe(-1);
    await hot.quarantine({ partition: home, profileId: 'demo', title: 'sintel' });
    await hydrate(hot, {});
    expect(await ttlMs()).toBe(-1);
  });

  it('has a TTL again when what an erasure left is settled', async () => {
    await put(hot, { playhead: playheadAt(25), visibility: shownAt(25) });
    const fence = playheadAt(20).version;
    await hot.erase({ profileId: 'demo', fence, nowMs: lastMs });
    expect(await redis.pttl(profileKey)).toBe(-1);
    await settleAll(hot, await dirtyOf(hot));
    expect(await redis.pttl(profileKey)).toBeGreaterThan(71 * hoursMs);
  });

  it('has a TTL when it was only compared, or only named a device', async () => {
    await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
    expect(await redis.pttl(profileKey)).toBeGreaterThan(71 * hoursMs);
    await redis.del(profileKey);
    await merge(hot, { device: tv });
    expect(await redis.pttl(profileKey)).toBeGreaterThan(71 * hoursMs);
  });

  it('is not evicted while it owes anything, when Redis is full, while clean ones are', async () => {
    const clean = await fill(hot, { prefix: 'clean', length: 400 });
    await settleEverything(hot);
    const dirty = await fill(hot, { prefix: 'dirty', length: 100 });
    const usedBytes = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', String(usedBytes - 200_000));
    // Writing is what makes Redis look for room.
    await redis.set('elsewhere', '1').catch(() => {});
    const kept = async (profileIds: readonly string[]) => {
      const found = await Promise.all(profileIds.map((id) => read(hot, { profileId: id })));
      return found.filter(({ titles }) => titles.size > 0).length;
    };
    await until(async () => (await kept(clean)) < clean.length, { what: 'clean ones are evicted' });
    expect(await kept(dirty)).toBe(dirty.length);
  });

  it('full of what it owes refuses writes, says so, and drops marks all the same', async () => {
    await hydrate(hot, {});
    await put(hot, { playhead: playheadAt(1) });
    await redis.config('SET', 'maxmemory', '1');
    await expect(put(hot, { playhead: playheadAt(2) })).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      cause: { message: expect.stringContaining('OOM') },
    });
    expect(await read(hot)).toMatchObject({ mark: 'valid' });
    await hot.dropMark('demo');
    expect(await read(hot)).toMatchObject({ mark: 'absent' });
    expect((await read(hot)).titles.get('sintel')).toMatchObject({ playhead: playheadAt(1) });
  });

  it('full of what it owes is rid of that, by drains and by quarantine', async () => {
    const titles = ['sintel', 'spring', 'charge'];
    for (const [number, title] of titles.entries()) {
      const session = { title, sessionId: `session-${number}` };
      await hot.merge(beatOf({ ...session, event: 'START', atMs: msAt(0), sequence: 0 }));
      await hot.merge(beatOf({ ...session, atMs: msAt(5), sequence: 1 }));
    }
    await redis.config('SET', 'maxmemory', '1');
    await hot.quarantine({ partition: home, profileId: 'demo', title: 'charge' });
    const older = { profileId: 'demo', playheadVersion: null, visibilityVersion: null };
    const nowMs = msAt(9);
    await hot.settle({ partition: home, titles: [{ ...older, title: 'sintel' }], nowMs });
    expect(await dirtyOf(hot)).toMatchObject([
      { title: 'spring', sinceMs: msAt(0) },
      { title: 'sintel', sinceMs: nowMs },
    ]);
    await settleAll(hot, await dirtyOf(hot));
    expect(await hot.backlog(home)).toMatchObject({ dirty: 0, quarantined: 1 });
    await redis.config('SET', 'maxmemory', '0');
    for (const [number, title] of titles.entries()) {
      await hot.merge(
        beatOf({ title, sessionId: `session-${number}`, atMs: msAt(10), sequence: 2 }),
      );
    }
    expect((await dirtyOf(hot)).map(({ title }) => title).sort()).toEqual(titles.sort());
  });

  it('is written by a script that Redis has forgotten', async () => {
    await put(hot, { playhead: playheadAt(1) });
    await redis.script('FLUSH');
    const both = [put(hot, { playhead: playheadAt(2) }), read(hot)];
    await Promise.all(both);
    expect((await read(hot)).titles.get('sintel')).toMatchObject({ playhead: playheadAt(2) });
  });

  it('sends nothing to other regions where there are none', async () => {
    for (const sequence of [0, 1, 2]) await hot.merge(beatOf({ atMs: msAt(sequence), sequence }));
    const by = { sessionId: 'on-phone', device: phone, at: playheadAt(9).version };
    await hot.takeOver({ profileId: 'demo', from: 'evening', by });
    await hot.erase({ profileId: 'demo', fence: playheadAt(20).version, nowMs: lastMs });
    expect(await redis.exists(`ph:{${home}}:out`)).toBe(0);
  });

  describe('with a value that cannot be read', () => {
    beforeEach(async () => {
      await hydrate(hot, { titles: { spring: { playhead: playheadAt(1) } } });
      await put(hot, { title: 'sintel', playhead: playheadAt(5) });
    });

    it('goes on without one that no release packed, which is kept and counted', async () => {
      await redis.hset(profileKey, 't:spring', 'zzz');
      const { titles, mark } = await read(hot);
      expect([...titles.keys()]).toEqual(['sintel']);
      // What the durable store has of it is asked for before anybody believes that it is new.
      expect(mark).toBe('absent');
      expect(await redis.hgetall(`ph:{${home}}:aside`)).toEqual({ 'demo|t:spring': 'zzz' });
      expect(await hot.backlog(home)).toMatchObject({ quarantined: 1 });
    });

    it('takes a new write in its place', async () => {
      await redis.hset(profileKey, 't:spring', 'zzz');
      const result = await put(hot, { title: 'spring', playhead: playheadAt(9) });
      expect(result).toMatchObject({
        kind: 'merged',
        titles: [{ after: { playhead: playheadAt(9) } }],
      });
    });

    it('leaves one of a later release where it is, and says so', async () => {
      const later = `${playheadAt(9).version}x?`;
      await redis.hset(profileKey, 't:spring', later);
      await expect(read(hot)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
      expect(await read(hot, { titles: ['sintel'] })).toMatchObject({ mark: 'valid' });
      expect(await redis.hget(profileKey, 't:spring')).toBe(later);
    });

    it('lets the rest of a drain flow on, and keeps the poisoned title for an operator', async () => {
      await put(hot, { title: 'spring', playhead: playheadAt(6) });
      await redis.hset(profileKey, 't:sintel', 'zzz');
      const due = () => hot.due({ partition: home, sinceMs: lastMs, skip: 0, limit: 10 });
      expect((await due()).map(({ title }) => title)).toEqual(['spring']);
      expect(await hot.backlog(home)).toMatchObject({ dirty: 1, quarantined: 1 });
      await settleAll(hot, await due());
      expect(await redis.pttl(profileKey)).toBe(-1);
    });

    it('clears a title from the dirty set that has no value at all', async () => {
      const sibling = siblingOfDemo();
      await redis.zadd(`ph:{${home}}:dirty`, String(msAt(0)), `${sibling}|nothing`);
      expect(await dirtyOf(hot)).toContainEqual(
        expect.objectContaining({ profileId: sibling, playhead: null, visibility: null }),
      );
      await settleAll(hot, await dirtyOf(hot));
      expect(await dirtyOf(hot)).toEqual([]);
      expect(await redis.exists(`ph:{${home}}:p:${sibling}`)).toBe(0);
    });

    it('spares the neighbours in one script when a key is not what it should be', async () => {
      const sibling = siblingOfDemo();
      await redis.set(`ph:{${home}}:p:${sibling}`, 'not a hash');
      const [broken, brokenToo, whole] = await Promise.allSettled([
        put(hot, { profileId: sibling, playhead: playheadAt(1) }),
        hot.merge(beatOf({ profileId: sibling, atMs: msAt(1), sequence: 1 })),
        put(hot, { title: 'sintel', playhead: playheadAt(8) }),
      ]);
      for (const outcome of [broken, brokenToo]) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { code: 'STATE_UNAVAILABLE', cause: { message: expect.stringMatching('WRONG') } },
        });
      }
      expect(whole).toMatchObject({ status: 'fulfilled' });
    });
  });

  it('is in no store that evicts what nobody else has', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(openHot(server.url)).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      cause: { message: expect.stringContaining('allkeys-lru') },
    });
    await redis.config('SET', 'maxmemory-policy', 'volatile-ttl');
  });
});

function openHot(url: string): Promise<HotStore> {
  return openRedisHotStore({
    address: { url },
    partitions,
    policy: defaultPolicy,
    commandTimeoutMs: 5_000,
    clock: systemClock,
  });
}

/** Profiles of two dozen titles each; answers their ids. */
async function fill(
  hot: HotStore,
  profiles: { prefix: string; length: number },
): Promise<string[]> {
  const { prefix, length } = profiles;
  const profileIds = Array.from({ length }, (_, number) => `${prefix}-${number}`);
  const writes = Array.from({ length: 24 }, (_, number) => ({
    title: `title-${number}`,
    playhead: playheadAt(number),
    visibility: null,
  }));
  await Promise.all(profileIds.map((profileId) => merge(hot, { profileId, writes })));
  return profileIds;
}

/** The durable store has taken all that was owed. */
async function settleEverything(hot: HotStore): Promise<void> {
  for (let partition = 0; partition < partitions; partition += 1) {
    const due = await hot.due({ partition, sinceMs: lastMs, skip: 0, limit: 10_000 });
    const titles = due.map(({ profileId, title, playhead }) => ({
      profileId,
      title,
      playheadVersion: playhead?.version ?? null,
      visibilityVersion: null,
    }));
    for (let first = 0; first < titles.length; first += 500) {
      await hot.settle({ partition, titles: titles.slice(first, first + 500), nowMs: msAt(0) });
    }
  }
}

function siblingOfDemo(): string {
  const names = Array.from({ length: 1_000 }, (_, number) => `sibling-${number}`);
  return names.find((name) => partitionOf(name, partitions) === home)!;
}
