import type { CardLine, PlayLine, RowLine } from '../domain/interaction.ts';
import { featureNames, visitFeatureNames } from '../subgraphs/recommendations/features.ts';
import { visitGapMs } from '../subgraphs/recommendations/history.ts';
import { scoredMax } from '../subgraphs/recommendations/score.ts';
import type { VisitExample } from './task.ts';
import type { PlaysTask, ProfileQuery } from './task-from-plays.ts';

/** Rows of one profile that may still be answered by a play. */
const openRowsMax = 64;
/** A play follows a row when it begins within this time of it. */
const followMs = visitGapMs;

/**
 * Joins rows with the play that followed: the row that the play names, else the newest that was shown
 * within 30 minutes before it began. Only a visit's first play answers a row, since what follows in a visit
 * is mostly more of the same; a row that no play followed tells nothing, since nobody may have looked at it.
 *
 * Cost: O(open rows of the profile) a play.
 */
export class ShownRows {
  readonly #open = new Map<string, RowLine[]>();
  /** When each profile's last play ended. */
  readonly #endedAtMs = new Map<string, number>();
  readonly #task: PlaysTask = { queries: [], visits: [], beyondCap: 0 };

  /** False: it was ranked by features of which none is known here. */
  addRow(row: RowLine): boolean {
    if (!row.featureNames.some((name) => featureNames.includes(name))) return false;
    const open = this.#open.get(keyOf(row)) ?? [];
    open.push(row);
    if (open.length > openRowsMax) open.shift();
    this.#open.set(keyOf(row), open);
    return true;
  }

  addPlay(play: PlayLine): void {
    const key = keyOf(play);
    const open = this.#open.get(key) ?? [];
    const endedAtMs = this.#endedAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
    this.#endedAtMs.set(key, Math.max(endedAtMs, play.endedAtMs));
    // Whatever was shown before this play cannot have led to a later one.
    this.#open.set(
      key,
      open.filter(({ atMs }) => atMs > play.startedAtMs),
    );
    if (play.startedAtMs < endedAtMs + visitGapMs) return;
    const named = open.find(({ rankingId }) => rankingId === play.from?.rankingId);
    const row = named ?? newest(open, play);
    if (row !== undefined) this.#join(row, play);
  }

  /** Queries of each profile together, in the order in which they were asked. */
  task(): PlaysTask {
    const queries = [...this.#task.queries].sort(
      (one, other) => compare(one.profile, other.profile) || one.atMs - other.atMs,
    );
    return { ...this.#task, queries };
  }

  #join(row: RowLine, play: PlayLine): void {
    const scored = row.cards.filter(isScored).slice(0, scoredMax);
    if (scored.length === 0) return;
    const example = exampleOf(
      row,
      row.cards.some(({ show }) => show === play.show),
    );
    if (example !== null) this.#task.visits.push(example);
    const chosen = scored.findIndex(({ show }) => show === play.show);
    if (chosen >= 0 && scored.length > 1) {
      this.#task.queries.push(queryOf(row, { scored, chosen, isFilm: play.isFilm }));
    } else if (chosen < 0 && row.cards.some(({ show }) => show === play.show)) {
      this.#task.beyondCap += 1;
    }
  }
}

type ScoredCard = CardLine & { features: readonly (number | null)[] };

function isScored(card: CardLine): card is ScoredCard {
  return card.features !== null;
}

function keyOf({ account, profile }: { account: string; profile: string }): string {
  return `${account} ${profile}`;
}

function newest(open: readonly RowLine[], { startedAtMs }: PlayLine): RowLine | undefined {
  return open.findLast(({ atMs }) => atMs <= startedAtMs && startedAtMs - atMs <= followMs);
}

function queryOf(
  row: RowLine,
  { scored, chosen, isFilm }: { scored: readonly ScoredCard[]; chosen: number; isFilm: boolean },
): ProfileQuery {
  const columns = featureNames.map((name) => row.featureNames.indexOf(name));
  const features = scored.flatMap((card) => columns.map((at) => card.features[at] ?? Number.NaN));
  const visit = visitValues(row);
  const isSwitch = visit.get('device_switch') ?? Number.NaN;
  return {
    ...{ account: row.account, profile: row.profile, atMs: row.atMs, count: scored.length, chosen },
    features: Float32Array.from(features),
    recencyRanks: ranksOf(scored.map(({ recencyPlace }) => recencyPlace)),
    slices: {
      isSwitch: Number.isNaN(isSwitch) ? null : isSwitch === 1,
      idleH: Math.expm1(visit.get('log_h_since_any') ?? Number.NaN),
      activeShows: visit.get('n_active_14d') ?? Number.NaN,
      isFilm,
    },
  };
}

/** Null when the row was answered without a word on the visit. */
function exampleOf(row: RowLine, hasContinued: boolean): VisitExample | null {
  if (row.visit === null) return null;
  const visit = visitValues(row);
  const features = Float32Array.from(visitFeatureNames, (name) => visit.get(name) ?? Number.NaN);
  return { account: row.account, atMs: row.atMs, features, hasContinued };
}

function visitValues({ visit }: RowLine): Map<string, number> {
  const names = visit?.featureNames ?? [];
  return new Map(names.map((name, index) => [name, visit?.features[index] ?? Number.NaN]));
}

/** Places among the scored cards only, without gaps. */
function ranksOf(places: readonly number[]): Uint8Array {
  const order = [...places.keys()].sort((one, other) => (places[one] ?? 0) - (places[other] ?? 0));
  const ranks = new Uint8Array(places.length);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
