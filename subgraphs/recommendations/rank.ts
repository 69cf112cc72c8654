import type { Candidate } from './candidates.ts';
import type { RowPolicy } from './row-policy.ts';

/** Candidates in the order of the row, best first. */
export interface InOrder {
  cards: readonly Candidate[];
  /** What did not fit any more, in the same order: a ranking that was served before may hold it. */
  behind: readonly Candidate[];
}

/**
 * Most recently active first, demoted ones behind all others: right about four times in five.
 *
 * Shape: total, so that equal input gives equal order; at most `cardsMax` make the row.
 * Cost: pure, O(n log n).
 */
export function rankByRecency(candidates: readonly Candidate[], policy: RowPolicy): InOrder {
  const ordered = [...candidates].sort(compare);
  return {
    cards: ordered.slice(0, policy.cardsMax),
    behind: ordered.slice(policy.cardsMax),
  };
}

function compare(left: Candidate, right: Candidate): number {
  if (left.isDemoted !== right.isDemoted) return left.isDemoted ? 1 : -1;
  if (left.recency !== right.recency) return left.recency > right.recency ? -1 : 1;
  return left.showId < right.showId ? -1 : 1;
}
