import type { Clock } from './clock.ts';
import type { Config } from './config.ts';

/** How live connections are ended: each at a moment of its own within `overMs`. */
export interface Drain {
  overMs: number;
  /** From 0 to 1, 1 left out. */
  random: () => number;
  clock: Clock;
}

/** The one that is configured. */
export function drainOf(config: Pick<Config, 'DRAIN_MS'>, clock: Clock): Drain {
  return { overMs: config.DRAIN_MS, random: Math.random, clock };
}

/**
 * Ends each of them once, spread evenly by chance: whoever is sent away comes back elsewhere, and a
 * whole crowd at once would be the next process's end. Without a drain, all at once.
 */
export async function endEach<Item>(
  open: Iterable<Item>,
  end: (item: Item) => void,
  drain: Drain | undefined,
): Promise<void> {
  if (drain === undefined || drain.overMs === 0) {
    for (const item of open) end(item);
    return;
  }
  const { overMs, random, clock } = drain;
  const endLater = (item: Item) =>
    new Promise<void>((resolve) => {
      clock.after(random() * overMs, () => {
        end(item);
        resolve();
      });
    });
  await Promise.all([...open].map(endLater));
}
