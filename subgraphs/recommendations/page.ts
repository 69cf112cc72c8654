import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PlatformError } from '../../domain/errors.ts';
import type { RankedRow, Ranking, RankingMemory } from './rankings.ts';
import type { Row } from './row.ts';
import type { ContinueWatchingConnection } from './schema.generated.ts';

/** A page may ask for this many; the row ends at `cardsMax` before that. */
const pageLengthMax = 100;
/** 48 bits: two of a row's 40 cards collide once in 10^11 rows. */
const markLength = 8;

export interface PageArguments {
  first: number;
  after: string | null;
}

/** What pages are cut from. */
export type PagedRow = RankedRow & Pick<Row, 'behind' | 'continuationProbability' | 'degraded'>;

/** A place in a ranking: which one, and the marks of every card that came before the place. */
interface Place {
  rankingId: string;
  seen: ReadonlySet<string>;
}

/** More marks than a row has cards: a reader may go on through several rankings. */
const marksMax = 500;
const cursorShape = z.tuple([z.string(), z.string().max(marksMax * markLength)]);

/**
 * Cuts a page from the ranking its cursor names, or from the newest.
 *
 * Shape: the pages of one ranking never repeat or skip a card, whatever was ranked since; cards that
 * left the row meanwhile are left out, the others are shown as they are now. A cursor holds all it
 * needs: once its ranking is forgotten (restart, age) the page comes from the newest one, without
 * what was seen.
 * Errors: PlatformError BAD_USER_INPUT naming the argument.
 */
export function cutPage(
  row: PagedRow,
  page: PageArguments,
  memory: RankingMemory,
): ContinueWatchingConnection {
  if (page.first < 1 || page.first > pageLengthMax) {
    throw badInput(`first is 1 to ${pageLengthMax}, not ${page.first}.`);
  }
  const place = page.after === null ? null : openCursor(page.after);
  const newest = memory.remember(row);
  const ranking = (place && memory.recall(row.profileId, place.rankingId)) ?? newest;
  const seen = place?.seen ?? new Set<string>();
  const rest = placesOf(row, ranking).filter(({ marks }) => !seen.has(marks.at(-1) ?? ''));
  const edges = rest.slice(0, page.first).map(({ item, marks }) => ({
    cursor: cursorOf({ rankingId: ranking.rankingId, seen: new Set([...seen, ...marks]) }),
    node: item,
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rest.length > edges.length,
      hasPreviousPage: seen.size > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    rankingId: ranking.rankingId,
    rankedAt: new Date(ranking.rankedAtMs).toISOString(),
    continuationProbability: row.continuationProbability,
    ranker: ranking.ranker,
    degraded: row.degraded,
  };
}

/** The cards of a ranking that may be older, as they are now, each with the marks up to its own. */
function placesOf(row: PagedRow, { cardIds }: Ranking) {
  const items = new Map([...row.items, ...row.behind].map((item) => [item.id, item]));
  const marks = cardIds.map(markOf);
  return cardIds.flatMap((id, index) => {
    const item = items.get(id);
    return item === undefined ? [] : [{ item, marks: marks.slice(0, index + 1) }];
  });
}

function cursorOf({ rankingId, seen }: Place): string {
  return Buffer.from(JSON.stringify([rankingId, [...seen].join('')])).toString('base64url');
}

function openCursor(cursor: string): Place {
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    const [rankingId, seen] = cursorShape.parse(JSON.parse(text));
    return { rankingId, seen: new Set(seen.match(new RegExp(`.{${markLength}}`, 'g'))) };
  } catch (cause) {
    throw badInput('after is the cursor of an edge of this row.', cause);
  }
}

function markOf(cardId: string): string {
  return createHash('sha256').update(cardId).digest('base64url').slice(0, markLength);
}

function badInput(message: string, cause?: unknown): PlatformError {
  return new PlatformError(message, { code: 'BAD_USER_INPUT', cause });
}
