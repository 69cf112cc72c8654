import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RateTake, takeFrom } from '../../domain/rate-limit.ts';
import type { RateLimiter } from '../../stores/rate-limiter.ts';
import '../support/seeds.ts';
import { eachTime } from './subject.ts';

export interface RateLimiterUnderTest {
  limiter: RateLimiter;
  /** Lets the buckets fill for so long, by their own clock. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** One in ten seconds: no machine is so slow that a case takes as long. */
const limit = { perS: 0.1, burst: 5 };
/** Of a clock that goes on by itself. */
const toleranceMs = 9_000;

export function describeRateLimiter(name: string, open: () => Promise<RateLimiterUnderTest>): void {
  const subject = eachTime(open);
  const take = (more: Partial<RateTake> = {}) =>
    subject().limiter.take({ kind: 'device', id: 'tv', count: 1, limit, ...more });
  const empty = async () => {
    for (let taken = 0; taken < limit.burst; taken += 1) expect(await take()).toBe(0);
  };

  describe(`rate limiter contract: ${name}`, () => {
    it('gives as many at once as a bucket holds, and says how long the next one takes', async () => {
      await empty();
      const waitMs = await take();
      expect(waitMs).toBeGreaterThan(10_000 - toleranceMs);
      expect(waitMs).toBeLessThanOrEqual(10_000);
    });

    it('gives one more once it has filled that far, and no second', async () => {
      await empty();
      await subject().pass(await take());
      expect(await take()).toBe(0);
      expect(await take()).toBeGreaterThan(0);
    });

    it('is never fuller than it was at first, however long nobody takes', async () => {
      await empty();
      await subject().pass(3_600_000);
      await empty();
      expect(await take()).toBeGreaterThan(0);
    });

    it('takes several in one step, or none of them', async () => {
      expect(await take({ count: 3 })).toBe(0);
      expect(await take({ count: 3 })).toBeGreaterThan(0);
      expect(await take({ count: 2 })).toBe(0);
      expect(await take()).toBeGreaterThan(0);
    });

    it('gives all that it holds for more than it ever holds', async () => {
      expect(await take({ count: 1_000 })).toBe(0);
      const waitMs = await take({ count: 1_000 });
      expect(waitMs).toBeGreaterThan(50_000 - toleranceMs);
      expect(waitMs).toBeLessThanOrEqual(50_000);
    });

    it('costs nothing to be refused', async () => {
      await empty();
      const first = await take();
      for (let tries = 0; tries < 20; tries += 1) await take();
      expect(await take()).toBeLessThanOrEqual(first);
    });

    it('keeps kinds and ids apart', async () => {
      await empty();
      expect(await take({ id: 'phone' })).toBe(0);
      expect(await take({ kind: 'profile' })).toBe(0);
      expect(await take({ id: 'tv|device' })).toBe(0);
    });

    it('counts those who come at the same moment one by one', async () => {
      const waits = await Promise.all(Array.from({ length: 20 }, () => take()));
      expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(limit.burst);
    });

    it('is good for more than a thousand a second', async () => {
      const many = { limit: { perS: 1_000_000, burst: 100 } };
      for (let taken = 0; taken < 300; taken += 1) await take(many);
      await subject().pass(1);
      expect(await take({ ...many, count: 100 })).toBe(0);
    });

    it('does what the rule of one bucket says, whatever is taken when', async () => {
      const steps = fc.array(
        fc.record({
          count: fc.integer({ min: 1, max: 8 }),
          passMs: fc.integer({ min: 0, max: 9 }),
        }),
        { maxLength: 30 },
      );
      let bucket = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const id = `bucket-${bucket++}`;
          let nowMs = 0;
          let fullAtMs = 0;
          for (const { count, passMs } of taken) {
            // Steps that no clock which goes on by itself comes near.
            await subject().pass(passMs * 700_000);
            nowMs += passMs * 700_000;
            const slow = { perS: 1 / 6_000, burst: 5 };
            const fast = await take({ id, count, limit: slow });
            const expected = takeFrom(fullAtMs, { count, limit: slow, nowMs });
            if (expected.kind === 'taken') fullAtMs = expected.fullAtMs;
            expect(fast === 0).toBe(expected.kind === 'taken');
          }
        }),
        { numRuns: 20 },
      );
    });
  });
}
