/** Whose requests are counted together. */
export type RateKind = 'device' | 'profile' | 'address';

/** A token bucket: what may be taken at once, and how fast it fills again. */
export interface RateLimit {
  perS: number;
  burst: number;
}

export interface RateTake {
  kind: RateKind;
  /** Within its kind; hashed before it leaves the process. */
  id: string;
  count: number;
  limit: RateLimit;
}

/** When the bucket is full again (Unix ms) once that was taken, or how long to wait until it can be. */
export type Taken = { kind: 'taken'; fullAtMs: number } | { kind: 'short'; waitMs: number };

/**
 * Takes from a bucket.
 *
 * Shape: a bucket is the one number, when it will be full: what it lacks now is the time until then. More
 * than it ever holds counts as all that it holds, or whoever asks would wait for ever; nothing is taken
 * from one that is short. A clock that was set back makes nobody wait longer than for an empty bucket.
 * Units: ms.
 * Cost: pure, O(1). `rate-take.lua` is its twin.
 * Source: generic cell rate algorithm, ITU-T I.371.
 */
export function takeFrom(
  fullAtMs: number,
  take: { count: number; limit: RateLimit; nowMs: number },
): Taken {
  const { count, limit, nowMs } = take;
  const capacityMs = msOf(limit.burst, limit);
  const missingMs = Math.min(capacityMs, Math.max(0, fullAtMs - nowMs));
  const afterMs = missingMs + msOf(Math.min(count, limit.burst), limit);
  const waitMs = Math.ceil(afterMs - capacityMs - slackMs);
  return waitMs > 0 ? { kind: 'short', waitMs } : { kind: 'taken', fullAtMs: nowMs + afterMs };
}

/** Sums of fractions of a ms are off by less. */
export const slackMs = 0.01;

/** How long so many take to come back, ms. */
export function msOf(count: number, { perS }: RateLimit): number {
  return (count * 1_000) / perS;
}
