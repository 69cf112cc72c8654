import type { Rate } from './connection-limits.ts';

/**
 * Lets `burst` through at once, and `perSecond` from then on.
 *
 * Cost: O(1), two numbers and no timer.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAtMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Whether one more is within the rate; it is counted if so. */
  take(nowMs: number): boolean {
    // A clock that is set back fills nothing, and takes nothing away.
    const sinceMs = Math.max(0, nowMs - this.#filledAtMs);
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (sinceMs * perSecond) / 1_000);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
