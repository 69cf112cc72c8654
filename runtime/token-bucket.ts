import { type RateLimit, takeFrom } from '../domain/rate-limit.ts';

export type { RateLimit };

/** One bucket of its own: what one socket may say. Cost: O(1), a number and no timer. */
export class TokenBucket {
  readonly #limit: RateLimit;
  #fullAtMs = 0;

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Whether one more is within the rate; it is counted if so. */
  take(nowMs: number): boolean {
    const taken = takeFrom(this.#fullAtMs, { count: 1, limit: this.#limit, nowMs });
    if (taken.kind === 'taken') this.#fullAtMs = taken.fullAtMs;
    return taken.kind === 'taken';
  }
}
