import { PlatformError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { cardId } from './card-id.ts';
import type { CatalogCache } from './catalog-cache.ts';
import { rankByRecency } from './rank.ts';
import { reasonsOf } from './reasons.ts';
import type { RowPolicy } from './row-policy.ts';
import type { ContinueWatchingItem, DeviceKind } from './schema.generated.ts';

/** The whole row of one profile, as it is now. */
export interface Row {
  profileId: string;
  deviceKind: DeviceKind | null;
  /** Best first, at most `cardsMax`. */
  items: readonly ContinueWatchingItem[];
  /** Cards that rank behind its end: they are out of this row, and may be in an older one. */
  behind: readonly ContinueWatchingItem[];
  ranker: string;
  rankedAtMs: number;
  /** Made of stale or partial signals. */
  degraded: boolean;
  /** Equal for rows that look the same, on whatever device they are asked for. */
  fingerprint: string;
  /** When time alone changes it, ms since the Unix epoch; infinite when it does not. */
  changesAtMs: number;
}

export interface RowQuestion {
  profileId: string;
  deviceKind: DeviceKind | null;
}

/** Builds rows. A row is built anew each time it is asked for: it costs less than knowing it is stale. */
export interface Rows {
  /**
   * Errors: PlatformError RANKING_UNAVAILABLE when the view cannot be read; a catalog that does not
   * answer is `degraded`.
   * Cost: one range read, look-ups in the catalog cache, and O(viewings log viewings).
   */
  build(question: RowQuestion): Promise<Row>;
}

export interface RowDeps {
  viewings: ViewingStore;
  catalog: CatalogCache;
  /** Whether the view is known to lag behind the event stream. */
  isBehind: () => boolean;
  clock: Clock;
  policy: RowPolicy;
}

export function createRows(deps: RowDeps): Rows {
  return { build: (question) => buildRow(deps, question) };
}

/** The life of a row: view → facts → candidates → order → cards. */
async function buildRow(deps: RowDeps, question: RowQuestion): Promise<Row> {
  const { policy } = deps;
  const viewings = await readPool(deps, question.profileId);
  const { facts, isComplete } = await deps.catalog.lookUp(viewings.map(({ title }) => title));
  const nowMs = deps.clock.nowMs();
  const asked = { ...question, nowMs, policy };
  const ranked = rankByRecency(candidatesOf({ viewings, facts }, asked), policy);
  const items = ranked.cards.map((card) => itemOf(card, asked));
  return {
    ...question,
    items,
    behind: ranked.behind.map((card) => itemOf(card, asked)),
    ranker: ranked.ranker,
    rankedAtMs: nowMs,
    degraded: !isComplete || deps.isBehind(),
    fingerprint: fingerprintOf(items, ranked.cards),
    changesAtMs: Math.min(
      ...ranked.cards.map((card) => card.playingUntilMs ?? Number.POSITIVE_INFINITY),
    ),
  };
}

async function readPool({ viewings, policy }: RowDeps, profileId: string) {
  try {
    return await viewings.recent({ profileId, limit: policy.poolMax });
  } catch (cause) {
    if (!(cause instanceof PlatformError) || cause.code !== 'STATE_UNAVAILABLE') throw cause;
    throw new PlatformError('The row cannot be ranked just now.', {
      code: 'RANKING_UNAVAILABLE',
      cause,
    });
  }
}

function itemOf(
  card: Candidate,
  asked: RowQuestion & { nowMs: number; policy: RowPolicy },
): ContinueWatchingItem {
  const { kind, playableId } = card;
  return {
    id: cardId({ profileId: asked.profileId, showId: card.showId }),
    kind,
    playableId,
    playable: { id: playableId },
    score: null,
    reasons: reasonsOf(card, asked),
  };
}

/** The last device is in it because reasons and kind depend on which device asks. */
function fingerprintOf(
  items: readonly ContinueWatchingItem[],
  cards: readonly Candidate[],
): string {
  const looks = items.map(({ id, kind, playableId, reasons }, index) => [
    id,
    kind,
    playableId,
    reasons,
    cards[index]?.latest.device?.kind,
  ]);
  return JSON.stringify(looks);
}
