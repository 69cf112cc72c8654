import { partitionOf } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import type { FencesByKey } from './fences.ts';

export interface FenceAgainDeps {
  hot: HotStore;
  clock: Pick<Clock, 'nowMs'>;
  keyOf: (profileId: string) => string;
  /** Those that are known just now. */
  known: () => FencesByKey;
}

/**
 * Erases what is hot of a partition up to the fences that are known: another region's word of an erasure may be
 * among what was missed.
 *
 * Errors: those of the hot store; safe to repeat.
 * Cost: nothing while no profile is erased; else one walk over all hot profiles, shared by the partitions that
 * ask before it begins.
 */
export function fencingAgain(deps: FenceAgainDeps): (partition: number) => Promise<void> {
  let next: { partitions: Set<number>; walk: Promise<void> } | null = null;
  let last: Promise<void> = Promise.resolve();

  const begin = () => {
    const partitions = new Set<number>();
    const walk = last.then(() => {
      next = null;
      return applyTo(partitions, deps);
    });
    last = walk.catch(() => {});
    return { partitions, walk };
  };

  return async (partition) => {
    if (deps.known().size === 0) return;
    next ??= begin();
    next.partitions.add(partition);
    await next.walk;
  };
}

function applyTo(
  partitions: ReadonlySet<number>,
  { hot, clock, keyOf, known }: FenceAgainDeps,
): Promise<void> {
  return hot.eachProfile(async (profileId) => {
    if (!partitions.has(partitionOf(profileId, hot.partitions))) return;
    const fence = known().get(keyOf(profileId));
    if (fence !== undefined) await hot.erase({ profileId, fence, nowMs: clock.nowMs() });
  });
}
