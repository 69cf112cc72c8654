import { createHash } from 'node:crypto';
import { BoundedMap } from '../../runtime/bounded-map.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Row } from './row.ts';

/** 40 short ids each, about 20 MB in all: the rows that the viewers of one process page through. */
const rankingsMax = 5_000;
/** Nobody turns a page after this long; a cursor that comes later still works. */
const keptForMs = 10 * 60_000;

/** What a ranking is made of. */
export type RankedRow = Pick<Row, 'profileId' | 'ranker' | 'rankedAtMs' | 'items'>;

/** The order that pages are cut from. */
export interface Ranking {
  rankingId: string;
  profileId: string;
  cardIds: readonly string[];
  ranker: string;
  rankedAtMs: number;
}

/**
 * The rankings that were served lately, so that a second page continues the first.
 *
 * Shape: equal orders have equal ids, in every process and after a restart.
 * Cost: in memory, bounded by number and age; the one that was ranked longest ago leaves first.
 */
export interface RankingMemory {
  remember(row: RankedRow): Ranking;
  /** Null when it was forgotten, or is another profile's. */
  recall(profileId: string, rankingId: string): Ranking | null;
}

export function createRankingMemory(clock: Clock): RankingMemory {
  const rankings = new BoundedMap<Ranking>(rankingsMax);
  return {
    remember(row) {
      const ranking = rankingOf(row);
      rankings.renew(ranking.rankingId, ranking);
      return ranking;
    },
    recall(profileId, rankingId) {
      const ranking = rankings.get(rankingId);
      if (ranking === undefined || ranking.profileId !== profileId) return null;
      return clock.nowMs() - ranking.rankedAtMs < keptForMs ? ranking : null;
    },
  };
}

function rankingOf({ profileId, ranker, rankedAtMs, items }: RankedRow): Ranking {
  const cardIds = items.map(({ id }) => id);
  const digest = createHash('sha256').update(JSON.stringify([profileId, ranker, cardIds]));
  const rankingId = `rk_${digest.digest('base64url').slice(0, 16)}`;
  return { rankingId, profileId, cardIds, ranker, rankedAtMs };
}
