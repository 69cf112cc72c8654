import { type LiveDeps, LiveSubscription } from './live.ts';
import { type LiveStore, Observable } from './observable.ts';
import {
  type ContinueWatchingItem,
  type ContinueWatchingResult,
  continueWatchingSubscription,
  type DeviceKind,
} from './operations.ts';

/** The Continue Watching row, best first. */
export interface ContinueWatchingRow {
  items: readonly ContinueWatchingItem[];
  /** The ranking these items were cut from. */
  rankingId: string;
  /** Name and version of what ranked it: `recency`, `linear-3`. */
  ranker: string;
  /** Ranked from stale or partial signals. */
  degraded: boolean;
  /** How likely this visit continues something, 0 to 1; null when nobody can say. */
  continuationProbability: number | null;
}

/** Cards a row shows; the server serves 40 at most. */
const rowLength = 20;

/**
 * The row, live while someone watches it. Null: not known yet; a row that is down later stays as it
 * was, because a card that is a minute old beats an empty page.
 */
export function continueWatching(
  deps: LiveDeps,
  deviceKind: DeviceKind,
): { store: LiveStore<ContinueWatchingRow | null>; close(): void } {
  const subscription = new LiveSubscription<ContinueWatchingResult>(deps, {
    operation: continueWatchingSubscription,
    variables: (withOptional) => ({ first: rowLength, ...(withOptional ? { deviceKind } : {}) }),
    onData({ continueWatchingUpdates }) {
      const row = continueWatchingUpdates.viewer.continueWatching;
      if (row === null) return;
      const { edges, rankingId, ranker, degraded, continuationProbability } = row;
      const items = edges.map(({ node }) => node);
      store.set({ items, rankingId, ranker, degraded, continuationProbability });
    },
  });
  const store = new Observable<ContinueWatchingRow | null>(null, () => {
    subscription.open();
    return () => subscription.close();
  });
  return { store, close: () => subscription.close() };
}
