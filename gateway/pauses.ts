/** Between attempts to reach a subgraph that is away. */
export interface PauseLimits {
  firstMs: number;
  maxMs: number;
}

/**
 * How long to leave it alone after so many attempts, ms: twice as long each time. Half of that is by chance:
 * gateways that have lost the same subgraph would all come back at once.
 */
export function pauseMs(
  attempts: number,
  { firstMs, maxMs }: PauseLimits,
  random: () => number,
): number {
  return Math.min(firstMs * 2 ** (attempts - 1), maxMs) * (0.5 + random() / 2);
}
