import { takeFrom } from '../../domain/rate-limit.ts';
import type { LocalRateLimiter } from '../rate-limiter.ts';

/** Devices, profiles and addresses that ask a busy process within a minute; about 20 MB. */
const bucketsMax = 100_000;

/**
 * Buckets of one process, in two halves: when one is full, the other is forgotten, and what is touched
 * moves to the newer. What was not touched for so long is full again, or nearly: a stranger with many names
 * takes next to nothing from anybody's limit. (To drop the oldest of one map would cost a walk past all that
 * has moved, each time.)
 */
export function openEmbeddedRateLimiter(options: {
  clock: { nowMs(): number };
  lengthMax?: number;
}): LocalRateLimiter {
  const { clock, lengthMax = bucketsMax } = options;
  /** When each is full, ms. */
  let newer = new Map<string, number>();
  let older = new Map<string, number>();
  return {
    take({ kind, id, count, limit }) {
      const key = `${kind}|${id}`;
      const fullAtMs = newer.get(key) ?? older.get(key) ?? 0;
      const taken = takeFrom(fullAtMs, { count, limit, nowMs: clock.nowMs() });
      if (taken.kind === 'short') return taken.waitMs;
      if (newer.size >= lengthMax / 2 && !newer.has(key)) {
        older = newer;
        newer = new Map();
      }
      newer.set(key, taken.fullAtMs);
      return 0;
    },
    async close() {
      newer.clear();
      older.clear();
    },
  };
}
