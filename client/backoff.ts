/** First wait after a failure: long enough for a restarted server, short enough for a viewer. */
const backoffFirstMs = 1_000;
/** Longest wait: the slowest heartbeat a server asks for, so an outage costs no more load than play. */
const backoffMaxMs = 60_000;

/**
 * How long to wait before the next try: uniform between nothing and a ceiling that doubles, so that
 * a crowd that failed together does not come back together.
 *
 * Shape: `failures` counts from 1; `atLeastMs` is what the server asked for, and is kept.
 * Source: "full jitter", M. Brooker, Exponential Backoff and Jitter (AWS Architecture Blog, 2015).
 */
export function backoffMs(
  at: { failures: number; atLeastMs: number },
  random: () => number,
): number {
  const doubled = backoffFirstMs * 2 ** (at.failures - 1);
  return Math.max(at.atLeastMs, Math.floor(random() * Math.min(backoffMaxMs, doubled)));
}
