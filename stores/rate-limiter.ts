import type { RateTake } from '../domain/rate-limit.ts';

/**
 * Token buckets by kind and id.
 *
 * Shape: a take is one atomic step; a bucket that nobody knows is full, and one that is full is forgotten.
 * Errors: StoreUnreachable or StoreTakesNoWrites of one that is shared; a repeated take counts twice.
 * Cost: one look-up, or one round trip.
 */
export interface RateLimiter {
  /** 0: it was taken. Otherwise the ms until it can be, and nothing was taken. */
  take(take: RateTake): number | Promise<number>;
  close(): Promise<void>;
}

/** Of one process: nobody has to be asked. */
export interface LocalRateLimiter extends RateLimiter {
  take(take: RateTake): number;
}
