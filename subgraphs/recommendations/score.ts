import { type Expected, readArtifact } from './artifact.ts';
import { featureNames, visitFeatureNames } from './features.ts';
import {
  checkScores,
  type Features,
  type LinearWeights,
  linearContributions,
  linearScores,
  type Scale,
} from './linear.ts';
import { type Trees, treesScores } from './trees.ts';

/**
 * Candidates that are scored, those most recently played; what lies beyond follows in recency order. The
 * same when serving and when training: a model that was trained with deeper ones only where they were
 * chosen learns that deep is good.
 */
export const scoredMax = 25;

export interface RankingModel {
  /** As `ContinueWatchingConnection.ranker` names it. */
  readonly name: string;
  readonly kind: 'linear' | 'trees';
  /** sha256 of the artifact. */
  readonly hash: string;
  /** What `probabilities` divides by. */
  readonly temperature: number;
  /** What the online correction standardises by. */
  readonly scale: Scale;
  /**
   * Shape: features [count × featureNames], NaN where unknown; the result [count], larger is better.
   * Errors: `UnscorableError`, and nothing but finite numbers otherwise.
   */
  utilities(features: Features, count: number): Float64Array;
  /**
   * What each feature adds to the utility of one candidate, by the linear model: for reasons.
   *
   * Shape: [featureNames].
   * Errors: `UnscorableError`.
   */
  contributions(features: Features, index: number): Float64Array;
}

export interface VisitModel {
  /**
   * That the visit continues something.
   *
   * Shape: features [visitFeatureNames].
   * Errors: `UnscorableError`.
   */
  probability(features: Features): number;
}

export interface Models {
  ranking: RankingModel;
  /** Null: the artifact has none. */
  visit: VisitModel | null;
  /** Where they come from; for people. */
  card: Readonly<Record<string, unknown>>;
}

const served: Expected = { featureNames, visitFeatureNames };

/**
 * Models from the contents of an artifact's file.
 *
 * Errors: an Error in one sentence when the version is unknown, the hash is another, the features are not
 * those that are computed here, or something is no number.
 */
export function readModels(artifact: unknown, expected: Expected = served): Models {
  const { linear, trees, visit, card, ...head } = readArtifact(artifact, expected);
  return {
    ranking: {
      ...{ name: head.name, kind: head.kind, hash: head.sha256, temperature: head.temperature },
      scale: { mean: linear.mean, sd: linear.sd },
      utilities: scoresBy(linear, trees),
      contributions: (features, index) => contributionsOf(linear, features, index),
    },
    visit: visit === null ? null : { probability: (features) => visitProbability(visit, features) },
    card,
  };
}

/**
 * Softmax of utilities ÷ temperature.
 *
 * Errors: `UnscorableError` when a utility is no finite number.
 */
export function probabilities(utilities: Float64Array, temperature: number): Float64Array {
  checkScores(utilities);
  const best = utilities.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  const weights = utilities.map((utility) => Math.exp((utility - best) / temperature));
  const sum = weights.reduce((total, each) => total + each, 0);
  return weights.map((weight) => weight / sum);
}

/** 1 ÷ (1 + e^-x), without overflow. */
export function sigmoid(value: number): number {
  if (value >= 0) return 1 / (1 + Math.exp(-value));
  const odds = Math.exp(value);
  return odds / (1 + odds);
}

function scoresBy(linear: LinearWeights, trees: Trees | null): RankingModel['utilities'] {
  return trees === null
    ? (features, count) => linearScores(linear, features, count)
    : (features, count) => treesScores(trees, features, count);
}

function contributionsOf(linear: LinearWeights, features: Features, index: number): Float64Array {
  const width = linear.weight.length;
  return linearContributions(linear, features.subarray(index * width, (index + 1) * width));
}

function visitProbability(visit: LinearWeights & { bias: number }, features: Features): number {
  const [score = Number.NaN] = linearScores(visit, features, 1);
  return sigmoid(visit.bias + score);
}
