import type { RowLine } from '../../domain/interaction.ts';
import { BoundedMap } from '../../runtime/bounded-map.ts';
import { featureNames, visitFeatureNames } from './features.ts';
import { type InteractionLog, noInteractionLog } from './interaction-log.ts';
import type { RankedCard } from './ranker.ts';
import type { Row } from './row.ts';

/** Profiles whose rows are remembered, the latest: about 10 kB each. */
const profilesMax = 4_000;
/** A viewer looks at a row, begins to play, and may get a few more before that counts as a play. */
const rowsMax = 4;
/** The same order again this soon is the same row. */
const sameForMs = 5 * 60_000;

/** A row that somebody was shown, as much of it as can be learned from. */
export interface ShownRow {
  atMs: number;
  rankingId: string;
  modelHash: string | null;
  /** In the order in which they were shown. */
  showIds: readonly string[];
  /** Those that were scored, in the order of the features. */
  scoredIds: readonly string[];
  features: Float32Array;
  /** Null: there was no model. */
  utilities: Float64Array | null;
}

/**
 * The rows that this process has shown lately: what a play came from.
 *
 * Cost: in memory, bounded by number; the profile that was shown nothing for longest leaves first.
 */
export interface ShownRows {
  /** One answer that a viewer asked for: remembered, and logged. Not those of a profile that opted out. */
  answered(row: Row, rankingId: string): void;
  /** The newest one shown at this time or before. */
  before(of: { profileId: string; atMs: number }): ShownRow | null;
  has(profileId: string): boolean;
}

export function createShownRows(interactions: InteractionLog): ShownRows {
  const profiles = new BoundedMap<ShownRow[]>(profilesMax);
  return {
    answered(row, rankingId) {
      if (row.isOptedOut) return;
      if (interactions !== noInteractionLog) {
        interactions.write(() => rowLine(row, { rankingId, interactions }));
      }
      const rows = profiles.get(row.profileId) ?? [];
      profiles.renew(row.profileId, rows);
      remember(rows, row, rankingId);
    },
    before({ profileId, atMs }) {
      return profiles.get(profileId)?.findLast((row) => row.atMs <= atMs) ?? null;
    },
    has: (profileId) => profiles.get(profileId) !== undefined,
  };
}

function remember(rows: ShownRow[], row: Row, rankingId: string): void {
  const last = rows.at(-1);
  if (last?.rankingId === rankingId && row.rankedAtMs - last.atMs < sameForMs) return;
  rows.push(shownRow(row, rankingId));
  if (rows.length > rowsMax) rows.shift();
}

function shownRow({ ranked, rankedAtMs }: Row, rankingId: string): ShownRow {
  const scored = ranked.cards
    .flatMap(({ candidate, score }) => (score === null ? [] : [{ candidate, index: score.index }]))
    .sort((left, right) => left.index - right.index);
  return {
    atMs: rankedAtMs,
    rankingId,
    modelHash: ranked.modelHash,
    showIds: ranked.cards.map(({ candidate }) => candidate.showId),
    scoredIds: scored.map(({ candidate }) => candidate.showId),
    features: Float32Array.from(ranked.scored?.features ?? []),
    utilities: ranked.modelHash === null ? null : (ranked.scored?.utilities ?? null),
  };
}

function rowLine(
  row: Row,
  { rankingId, interactions }: { rankingId: string; interactions: InteractionLog },
): RowLine {
  const { ranked } = row;
  const pseudonym = interactions.pseudonymOf(row.profileId);
  return {
    ...{ kind: 'row', v: 1, atMs: row.rankedAtMs, rankingId },
    // Nobody tells the platform which profiles are one household.
    ...{ profile: pseudonym, account: pseudonym, deviceKind: row.deviceKind },
    ...{ ranker: ranked.ranker, modelHash: ranked.modelHash, featureNames },
    propensity: ranked.propensity,
    cards: ranked.cards.map((card) => cardLine(card, row)),
    visit: visitLine(row),
    continuationProbability: ranked.continuationProbability,
  };
}

function cardLine({ candidate, recencyPlace, score }: RankedCard, { ranked }: Row) {
  const { showId: show, playableId: title, kind } = candidate;
  const width = featureNames.length;
  const own =
    score === null
      ? null
      : ranked.scored?.features.subarray(score.index * width, (score.index + 1) * width);
  return {
    ...{ show, title, kind, recencyPlace },
    features: own == null ? null : knownOf(own),
    score: score?.probability ?? null,
    utility: score?.utility ?? null,
  };
}

function visitLine({ ranked: { scored } }: Row): RowLine['visit'] {
  if (scored === null) return null;
  return { featureNames: visitFeatureNames, features: knownOf(scored.visit) };
}

function knownOf(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}
