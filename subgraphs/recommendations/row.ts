import { PlatformError } from '../../domain/errors.ts';
import type { Play } from '../../domain/play.ts';
import type { Viewing } from '../../domain/viewing.ts';
import { BoundedMap } from '../../runtime/bounded-map.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ProfileLearning, ViewingStore } from '../../stores/viewing-store.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { cardId } from './card-id.ts';
import type { CatalogCache } from './catalog-cache.ts';
import type { Consumer } from './consume.ts';
import type { CardScore, Ranked, RankedCard, Ranker } from './ranker.ts';
import { reasonsOf } from './reasons.ts';
import type { RowPolicy } from './row-policy.ts';
import type { ContinueWatchingItem, DeviceKind } from './schema.generated.ts';
import { watchedShows } from './watched-shows.ts';

/** The whole row of one profile, as it is now. */
export interface Row {
  profileId: string;
  deviceKind: DeviceKind | null;
  /** Best first, at most `cardsMax`. */
  items: readonly ContinueWatchingItem[];
  /** Cards that rank behind its end: they are out of this row, and may be in an older one. */
  behind: readonly ContinueWatchingItem[];
  /** How it was put into its order, for whoever logs it or learns from it. */
  ranked: Ranked;
  /** Nothing of it is logged, and nothing learned from it. */
  isOptedOut: boolean;
  ranker: string;
  continuationProbability: number | null;
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
   * Errors: PlatformError RANKING_UNAVAILABLE when the view cannot be read and was not read here before;
   * an older view, and a catalog that does not answer, are `degraded`.
   * Cost: one read of viewings and one of plays, look-ups in the catalog cache, and O(viewings log
   * viewings + plays + features).
   */
  build(question: RowQuestion): Promise<Row>;
}

export interface RowDeps {
  viewings: ViewingStore;
  catalog: CatalogCache;
  ranker: Ranker;
  changes: Pick<Consumer, 'onAnyChanged'>;
  /** Whether the view is known to lag behind the event stream. */
  isBehind: () => boolean;
  clock: Clock;
  policy: RowPolicy;
}

export function createRows(deps: RowDeps): Rows {
  const remembered = new BoundedMap<View | null>(rememberedMax);
  const known = { ...deps, remembered };
  // What was forgotten since is not remembered here either.
  deps.changes.onAnyChanged((profileId) => {
    if (remembered.get(profileId) != null) remembered.set(profileId, null);
  });
  return { build: (question) => buildRow(known, question) };
}

/** Profiles whose view is remembered for when the store is away: some 50 kB each. */
const rememberedMax = 500;

/** What the view holds of one profile. */
interface View {
  viewings: readonly Viewing[];
  plays: readonly Play[];
  learning: ProfileLearning;
}

type Known = RowDeps & { remembered: BoundedMap<View | null> };

/** The life of a row: view → facts → candidates → order → cards. */
async function buildRow(deps: Known, question: RowQuestion): Promise<Row> {
  const { policy, ranker } = deps;
  const { viewings, plays, learning, isOld } = await readView(deps, question.profileId);
  const titles = new Set([...viewings, ...plays].map(({ title }) => title));
  const { facts, isComplete } = await deps.catalog.lookUp([...titles]);
  const nowMs = deps.clock.nowMs();
  const asked = { ...question, nowMs, policy };
  const candidates = candidatesOf({ viewings, facts }, asked);
  const watched = watchedShows(plays, facts);
  const ranked = ranker.rank({ ...asked, candidates, watched, learning });
  const item = (card: RankedCard) => itemOf(card, { ...asked, ranker, ranked });
  const items = ranked.cards.map(item);
  const cards = ranked.cards.map(({ candidate }) => candidate);
  return {
    ...question,
    items,
    behind: ranked.behind.map(item),
    ranked,
    isOptedOut: learning.isOptedOut,
    ranker: ranked.ranker,
    continuationProbability: ranked.continuationProbability,
    rankedAtMs: nowMs,
    degraded: isOld || !isComplete || deps.isBehind(),
    fingerprint: fingerprintOf(items, cards),
    changesAtMs: Math.min(...cards.map((card) => card.playingUntilMs ?? Number.POSITIVE_INFINITY)),
  };
}

/** The view; while its store is away, what this process last read of it, if nothing changed since. */
async function readView(deps: Known, profileId: string): Promise<View & { isOld: boolean }> {
  const { viewings, policy, remembered } = deps;
  try {
    const [recent, plays, learning] = await Promise.all([
      viewings.recent({ profileId, limit: policy.poolMax }),
      viewings.plays(profileId),
      viewings.learning(profileId),
    ]);
    const view = { viewings: recent, plays, learning };
    remembered.set(profileId, view);
    return { ...view, isOld: false };
  } catch (cause) {
    if (!(cause instanceof PlatformError) || cause.code !== 'STATE_UNAVAILABLE') throw cause;
    const view = remembered.get(profileId);
    if (view != null) return { ...view, isOld: true };
    throw new PlatformError('The row cannot be ranked just now.', {
      code: 'RANKING_UNAVAILABLE',
      cause,
    });
  }
}

function itemOf(
  { candidate, score }: RankedCard,
  asked: RowQuestion & { nowMs: number; policy: RowPolicy; ranker: Ranker; ranked: Ranked },
): ContinueWatchingItem {
  const { kind, playableId } = candidate;
  return {
    id: cardId({ profileId: asked.profileId, showId: candidate.showId }),
    kind,
    playableId,
    playable: { id: playableId },
    score: score?.probability ?? null,
    reasons: reasonsOf(candidate, asked, contributionsOf(score, asked)),
  };
}

/** Null where no model has scored the card: then the order of the rules is all that is known. */
function contributionsOf(
  score: CardScore | null,
  { ranker, ranked }: { ranker: Ranker; ranked: Ranked },
): Float64Array | null {
  const { scored, modelHash } = ranked;
  if (score === null || scored === null || modelHash === null) return null;
  return ranker.models?.ranking.contributions(scored.features, score.index) ?? null;
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
