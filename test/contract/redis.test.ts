import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';
import { describeEventStream } from './event-stream.ts';
import { describeHotStore } from './hot-store.ts';
import { describeLeases } from './leases.ts';
import { describeRateLimiter } from './rate-limiter.ts';
import { partitions, redisSubject } from './redis-subject.ts';
import { describeViewingStore } from './viewing-store.ts';

/** Hundreds of histories, each step a round trip or three: a machine that stands still takes minutes for one case. */
jest.setTimeout(420_000);

const redis = await redisSubject();

if (redis === null) {
  describe('the Redis stores', () => it.skip('need redis-server', () => {}));
} else {
  afterAll(() => redis.close());
  describeHotStore('redis', (region) => redis.openHot(region), 200);
  describeEventStream('redis', () => redis.openEvents());
  describeLeases('redis', () => redis.openLeases());
  describeRateLimiter('redis', () => redis.openRates());
  describe('buckets in Redis', () => {
    it('are keys that end when they are full, and say nothing of whose they are', async () => {
      const { limiter, pass, close } = await redis.openRates();
      const of = { kind: 'address', count: 1, limit: { perS: 0.1, burst: 5 } } as const;
      for (const id of ['192.0.2.1', '192.0.2.2']) await limiter.take({ ...of, id });
      const keys = await redis.keys();
      expect(keys).toHaveLength(2);
      for (const key of keys) expect(key).toMatch(/^rl:\{address:[\w-]{22}\}$/);
      await pass(10_000);
      expect(await redis.keys()).toEqual([]);
      await close();
    });
  });
  describe('the view in Redis', () => {
    it('keeps to keys of its own, all of a profile in the slot of its partition', async () => {
      const store = await redis.openViewings();
      const profiles = Array.from({ length: 20 }, (_, index) => `profile-${index}`);
      for (const profileId of profiles) {
        const partition = partitionOf(profileId, partitions);
        const transitions = [transition({ kind: 'START', profileId })];
        await store.fold({ partition, transitions, offset: '1' });
        await store.putCorrection(profileId, Uint8Array.of(1));
      }
      const keys = await redis.keys();
      expect(keys.length).toBe(4 * profiles.length + 2 * partitions);
      for (const key of keys) {
        const [, partition, rest = ''] = /^cw:\{(\d+)\}:(.+)$/.exec(key) ?? [];
        const [, profileId] = /^[vrpi]:(.+)$/.exec(rest) ?? [];
        expect(partition).toBeDefined();
        if (profileId === undefined) expect(['consumed', 'unclaimed']).toContain(rest);
        else expect(partitionOf(profileId, partitions)).toBe(Number(partition));
      }
      await store.close();
    });

    it('refuses a profile that is not of the partition, rather than to lose it', async () => {
      const store = await redis.openViewings();
      const partition = (partitionOf('demo', partitions) + 1) % partitions;
      const transitions = [transition({ kind: 'START' })];
      await expect(store.fold({ partition, transitions, offset: '1' })).rejects.toMatchObject({
        code: 'INTERNAL_SERVER_ERROR',
      });
      expect(await redis.keys()).toEqual([]);
      await store.close();
    });

    it('is asked twice for a batch of plays that go on, of however many profiles', async () => {
      const store = await redis.openViewings();
      const own = Array.from({ length: 100 }, (_, index) => `profile-${index}`).filter(
        (profileId) => partitionOf(profileId, partitions) === 0,
      );
      const batch = (offset: string, occurredAtMs: number) => ({
        ...{ partition: 0, offset },
        transitions: own.map((profileId) =>
          transition({ kind: 'PROGRESS', profileId, occurredAtMs }),
        ),
      });
      await store.fold(batch('1', noonMs));
      const calls = () => Promise.all(['evalsha', 'hgetall'].map((name) => redis.calls(name)));
      const [scripts = 0, whole] = await calls();
      expect(await store.fold(batch('2', noonMs + 1))).toEqual(own);
      expect(await calls()).toEqual([scripts + 2, whole]);
      await store.close();
    });

    it('refuses a name that would end its text', async () => {
      const store = await redis.openViewings();
      for (const given of [{ title: 'a\0b' }, { sessionId: 'a\0b' }, { profileId: 'a\0b' }]) {
        const told = transition({ kind: 'START', ...given });
        const partition = partitionOf(told.profileId, partitions);
        const batch = { partition, transitions: [told], offset: '1' };
        await expect(store.fold(batch)).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
      }
      expect(await redis.keys()).toEqual([]);
      await store.close();
    });
  });
  describeViewingStore('redis', { open: () => redis.openViewings(), partitions, runs: 60 });
}
