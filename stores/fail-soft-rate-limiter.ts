import { PlatformError } from '../domain/errors.ts';
import type { RateLimit, RateTake } from '../domain/rate-limit.ts';
import type { Breaker } from './breaker.ts';
import type { LocalRateLimiter, RateLimiter } from './rate-limiter.ts';

/** A device that plays sends a fifth of what it may: its heartbeats cost no round trip more. */
const quietShare = 1 / 4;

/**
 * Shared buckets, with those of this process beside them.
 *
 * Shape: whoever is over the limit in this process alone is refused without asking. Whoever stays below a
 * quarter of it here is admitted without asking: with k processes somebody who is careful to spread gets
 * (1 + k/4) times the limit. All others are counted by the shared store; while that does not answer, the
 * buckets of this process decide, which is k times the limit at the most.
 * Errors: none of the store's: a limit protects, and is no reason to fail.
 */
export function failSoftRateLimiter(parts: {
  local: LocalRateLimiter;
  /** Of this process too. */
  quiet: LocalRateLimiter;
  shared: RateLimiter;
  breaker: Breaker;
}): RateLimiter {
  const { local, quiet, shared, breaker } = parts;
  const takeShared = async (take: RateTake): Promise<number> => {
    try {
      return await breaker.run(async () => shared.take(take));
    } catch (error) {
      if (error instanceof PlatformError) return 0;
      throw error;
    }
  };
  return {
    take(take) {
      const waitMs = local.take(take);
      if (waitMs > 0) return waitMs;
      return quiet.take(quieter(take)) === 0 ? 0 : takeShared(take);
    },
    async close() {
      for (const limiter of [local, quiet, shared]) await limiter.close();
    },
  };
}

function quieter(take: RateTake): RateTake {
  const { perS, burst } = take.limit;
  const limit: RateLimit = { perS: perS * quietShare, burst: Math.max(1, burst * quietShare) };
  return { ...take, limit };
}
