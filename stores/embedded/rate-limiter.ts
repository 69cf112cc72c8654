import { takeFrom } from '../../domain/rate-limit.ts';
import type { RateLimiter } from '../rate-limiter.ts';

/** Devices, profiles and addresses that ask a busy process within a minute; about 20 MB. */
const bucketsMax = 100_000;

/**
 * Buckets of one process. Beyond `lengthMax` those leave that were touched longest ago: they are the
 * fullest, so that a stranger with many names takes next to nothing from anybody's limit.
 */
export function openEmbeddedRateLimiter(options: {
  clock: { nowMs(): number };
  lengthMax?: number;
}): RateLimiter {
  const { clock, lengthMax = bucketsMax } = options;
  /** When each is full, ms, the longest untouched first. */
  const buckets = new Map<string, number>();
  return {
    async take({ kind, id, count, limit }) {
      const key = `${kind}|${id}`;
      const taken = takeFrom(buckets.get(key) ?? 0, { count, limit, nowMs: clock.nowMs() });
      if (taken.kind === 'short') return taken.waitMs;
      buckets.delete(key);
      buckets.set(key, taken.fullAtMs);
      const [oldest] = buckets.keys();
      if (buckets.size > lengthMax && oldest !== undefined) buckets.delete(oldest);
      return 0;
    },
    async close() {
      buckets.clear();
    },
  };
}
