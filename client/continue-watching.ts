import type { LiveQuestion } from './live.ts';
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

/** What the row subscribes to. A row that is down stays as it was: an old card beats an empty page. */
export function continueWatchingQuestion(
  deviceKind: DeviceKind,
  onRow: (row: ContinueWatchingRow) => void,
): LiveQuestion<ContinueWatchingResult> {
  return {
    operation: continueWatchingSubscription,
    variables: (withOptional) => ({ first: rowLength, ...(withOptional ? { deviceKind } : {}) }),
    onData({ continueWatchingUpdates }) {
      const row = continueWatchingUpdates.viewer.continueWatching;
      if (row === null) return;
      const { edges, rankingId, ranker, degraded, continuationProbability } = row;
      const items = edges.map(({ node }) => node);
      onRow({ items, rankingId, ranker, degraded, continuationProbability });
    },
  };
}
