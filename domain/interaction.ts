/**
 * The interaction log: what was shown and what was played, as lines of JSON. It is what models are
 * trained on and judged by; profiles and accounts in it are pseudonyms.
 *
 * Units: times in Unix ms, durations in ms, shares from 0 to 1. Numbers that are unknown are null.
 */
export type InteractionLine = RowLine | PlayLine;

/** One answered row. */
export interface RowLine {
  kind: 'row';
  v: 1;
  atMs: number;
  rankingId: string;
  profile: string;
  account: string;
  deviceKind: string | null;
  /** As `ContinueWatchingConnection.ranker` names it. */
  ranker: string;
  /** sha256 of the model's artifact; null when none was used. */
  modelHash: string | null;
  featureNames: readonly string[];
  /** Probability that exactly this order was shown: below 1 where neighbours are swapped to learn. */
  propensity: number;
  /** Best first, as shown. */
  cards: readonly CardLine[];
  visit: { featureNames: readonly string[]; features: readonly (number | null)[] } | null;
  continuationProbability: number | null;
}

export interface CardLine {
  show: string;
  title: string;
  kind: string;
  /** In the order of `featureNames`; null stands for NaN. Null as a whole beyond the scored ones. */
  features: readonly (number | null)[] | null;
  score: number | null;
  /** What the model said before it was made a probability; null beyond the scored ones. */
  utility: number | null;
  /** Place that recency alone would give it, from 0: the shadow of every answer. */
  recencyPlace: number;
}

/** One play of two minutes or more, once it is over (or is continued by none for a while). */
export interface PlayLine {
  kind: 'play';
  v: 1;
  profile: string;
  account: string;
  show: string;
  title: string;
  isFilm: boolean;
  deviceKind: string;
  startedAtMs: number;
  endedAtMs: number;
  watchedMs: number;
  /** Position at its end. */
  positionMs: number;
  durationMs: number | null;
  /** Whether an episode follows that one; null: nobody knew. */
  hasNext: boolean | null;
  /** The row that the play came from, and the card's place in it from 0; null when from none. */
  from: { rankingId: string; place: number } | null;
}
