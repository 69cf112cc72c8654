import type { Logger } from '../../runtime/log.ts';
import type { ProfileLearning } from '../../stores/viewing-store.ts';
import type { Candidate, CandidateQuestion } from './candidates.ts';
import { explored } from './explore.ts';
import { featuresOf, type RankingQuestion, visitFeaturesOf } from './features.ts';
import { createOnlineCorrection, type OnlineCorrection } from './online.ts';
import { rankByRecency } from './rank.ts';
import { type Models, probabilities, scoredMax } from './score.ts';
import { rankedShow, type WatchedShows } from './watched-shows.ts';

/** A row waits no longer for a better order than its viewer would notice. */
const scoringMsMax = 2;
/** A machine that stood still for a moment is not a slow model: that one is slow twice. */
const attemptsMax = 2;

/** What the model said of one card. */
export interface CardScore {
  /** Its row in `Scored.features`. */
  index: number;
  /** Probability that it is the next one; null when there is no model. */
  probability: number | null;
  /** Of the model that all share, before any correction; null when there is no model. */
  utility: number | null;
}

export interface RankedCard {
  candidate: Candidate;
  /** Place that recency alone gives it, from 0. */
  recencyPlace: number;
  /** Null beyond the scored ones. */
  score: CardScore | null;
}

/** What was computed for the candidates that are scored. */
export interface Scored {
  count: number;
  /** [count × featureNames]. */
  features: Float64Array;
  /** [count], of the model that all share; null when there is no model. */
  utilities: Float64Array | null;
  /** [visitFeatureNames]. */
  visit: Float64Array;
}

export interface Ranked {
  /** As `ContinueWatchingConnection.ranker` names it. */
  ranker: string;
  modelHash: string | null;
  /** Best first; those beyond `cardsMax` are no part of the row. */
  cards: readonly RankedCard[];
  behind: readonly RankedCard[];
  /** Null when it could not be computed, or there was nothing to rank. */
  scored: Scored | null;
  continuationProbability: number | null;
  /** Probability of exactly this order. */
  propensity: number;
}

export interface RankQuestion extends CandidateQuestion {
  profileId: string;
  candidates: readonly Candidate[];
  watched: WatchedShows;
  learning: ProfileLearning;
}

/**
 * Puts candidates into their order: the 25 most recent ones by the model and what the profile itself has
 * taught, the rest by recency, demoted ones last. Where the model cannot be used all of them by recency.
 *
 * Errors: none: scores that are no numbers, and those that took too long, are recency and a line in the
 * log.
 */
export interface Ranker {
  rank(question: RankQuestion): Ranked;
  /** Null: there is no model. */
  readonly correction: OnlineCorrection | null;
  readonly models: Models | null;
}

export interface RankerDeps {
  /** Null: recency. */
  models: Models | null;
  /** Share of visits in which neighbours are swapped. */
  explorationShare: number;
  /** Time that scoring takes, ms, counted from anywhere. */
  stopwatch: () => number;
  log: Logger;
}

export function createRanker(deps: RankerDeps): Ranker {
  const { models } = deps;
  const correction = models === null ? null : createOnlineCorrection(models.ranking);
  return {
    models,
    correction,
    rank: (question) => rank({ ...deps, correction }, question),
  };
}

type Parts = RankerDeps & { correction: OnlineCorrection | null };

function rank(parts: Parts, question: RankQuestion): Ranked {
  const { candidates, policy } = question;
  const plain = rankByRecency(candidates, policy);
  const all = [...plain.cards, ...plain.behind];
  const head = all.filter(({ isDemoted }) => !isDemoted).slice(0, scoredMax);
  const scores = head.length === 0 ? null : scoresOrNull(parts, question, head);
  const recent = all.map((candidate, recencyPlace): RankedCard => {
    const index = recencyPlace < head.length ? recencyPlace : -1;
    return { candidate, recencyPlace, score: cardScore(scores, index) };
  });
  const best = recent.slice(0, head.length).sort((left, right) => byScore(scores, left, right));
  const share = question.learning.isOptedOut ? 0 : parts.explorationShare;
  const shown = explored(best, { share, visit: visitOf(question) });
  const ordered = [...shown.cards, ...recent.slice(head.length)];
  const isByModel = scores?.order != null || (head.length === 0 && parts.models !== null);
  return {
    ranker: isByModel ? (parts.models?.ranking.name ?? 'recency') : 'recency',
    modelHash: isByModel ? (parts.models?.ranking.hash ?? null) : null,
    cards: ordered.slice(0, policy.cardsMax),
    behind: ordered.slice(policy.cardsMax),
    scored: scores?.scored ?? null,
    continuationProbability: scores?.continuation ?? null,
    propensity: shown.propensity,
  };
}

interface Scores {
  scored: Scored;
  /** Corrected utilities and what they mean; null without a model. */
  order: { utilities: Float64Array; probabilities: Float64Array } | null;
  continuation: number | null;
}

function scoresOrNull(
  parts: Parts,
  question: RankQuestion,
  head: readonly Candidate[],
): Scores | null {
  try {
    const tookMs: number[] = [];
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const startMs = parts.stopwatch();
      const scores = scoresOf(parts, question, head);
      const spentMs = parts.stopwatch() - startMs;
      if (scores.order === null || spentMs <= scoringMsMax) return scores;
      tookMs.push(spentMs);
    }
    parts.log.warn({ tookMs }, 'scoring took too long; this row goes by recency');
  } catch (error) {
    parts.log.warn({ err: error }, 'a row cannot be scored; it goes by recency');
  }
  return null;
}

function scoresOf(parts: Parts, asked: RankQuestion, head: readonly Candidate[]): Scores {
  const { nowMs, deviceKind, watched, learning } = asked;
  const shows = head.map((candidate) => rankedShow(candidate, watched));
  const question: RankingQuestion = { nowMs, deviceKind, history: watched.history, shows };
  const features = featuresOf(question);
  const visit = visitFeaturesOf(question);
  const count = head.length;
  const { models, correction } = parts;
  if (models === null || correction === null) {
    const scored = { count, features, utilities: null, visit };
    return { scored, order: null, continuation: null };
  }
  const utilities = models.ranking.utilities(features, count);
  const isOwn = learning.correction !== null && !learning.isOptedOut;
  const corrected = isOwn
    ? correction.correct({ features, count, utilities }, correction.unpack(learning.correction))
    : utilities;
  return {
    scored: { count, features, utilities, visit },
    order: {
      utilities: corrected,
      probabilities: probabilities(corrected, models.ranking.temperature),
    },
    continuation: models.visit?.probability(visit) ?? null,
  };
}

function cardScore(scores: Scores | null, index: number): CardScore | null {
  if (scores === null || index < 0) return null;
  return {
    index,
    probability: scores.order?.probabilities[index] ?? null,
    utility: scores.scored.utilities?.[index] ?? null,
  };
}

/** Larger utilities first; equal ones stay in the order of recency. */
function byScore(scores: Scores | null, left: RankedCard, right: RankedCard): number {
  const utilities = scores?.order?.utilities;
  const [one = 0, other = 0] = [left, right].map(({ recencyPlace }) => utilities?.[recencyPlace]);
  return one === other ? left.recencyPlace - right.recencyPlace : other - one;
}

/** The visit that is under way, or the one that begins with this row: named by what ended before it. */
function visitOf({ profileId, nowMs, watched }: RankQuestion): string {
  const { history, previousVisitEndMs } = watched;
  const afterMs = history.isVisiting(nowMs) ? previousVisitEndMs : history.lastEndMs;
  return `${profileId}/${afterMs}`;
}
