import type { LinearPart } from '../subgraphs/recommendations/artifact.ts';
import { featureNames } from '../subgraphs/recommendations/features.ts';
import { scoredMax } from '../subgraphs/recommendations/score.ts';
import { type Minimum, minimise, type Objective } from './lbfgs.ts';
import { curvatureSolver, type Design, designOf, rankingLoss } from './ranking-loss.ts';
import { rounded } from './scale.ts';
import type { RankingQuery } from './task.ts';

export interface TrainOptions {
  /** Pull towards weights of nothing, against the loss summed over all queries. @default 1 */
  l2?: number;
  /** @default 300: a few times what was ever needed. */
  iterationsMax?: number;
  /** Features of a candidate. @default featureNames.length */
  width?: number;
}

export interface LinearRanking {
  linear: LinearPart;
  /** Mean of -ln p(chosen). */
  loss: number;
  iterations: number;
  hasConverged: boolean;
}

const l2Default = 1;
const iterationsDefault = 300;
/** Of the mean loss: beyond this, weights change in digits that are not kept. */
const slopeMax = 1e-7;
/** Steps of the first run: enough to come near. */
const firstRunMax = 12;

/**
 * Trains the linear model: the softmax over a row's candidates, of their weighted features, is made to
 * put its weight on the one that was played.
 *
 * Shape: deterministic; the order of the queries does not matter.
 * Errors: RangeError for a query of another shape, or with more candidates than are scored when serving.
 * Cost: 40,000 queries of 25 candidates take seconds.
 * Source: ListNet's top-one loss, Cao et al. (ICML 2007), with one relevant candidate.
 */
export function trainRanking(
  queries: readonly RankingQuery[],
  options: TrainOptions = {},
): LinearRanking {
  const width = options.width ?? featureNames.length;
  for (const query of queries) checkQuery(query, width);
  const design = designOf(
    inOneOrder(queries, ({ chosen }) => chosen),
    width,
  );
  const l2 = options.l2 ?? l2Default;
  const { x, value, iterations, hasConverged } = minimum(design, {
    l2,
    iterationsMax: options.iterationsMax ?? iterationsDefault,
  });
  const weights = Array.from(x, rounded);
  return {
    linear: {
      mean: [...design.scale.mean],
      sd: [...design.scale.sd],
      weight: weights.slice(0, width),
      missingWeight: weights.slice(width),
    },
    ...{ loss: value, iterations, hasConverged },
  };
}

/**
 * In two runs: the curvature where the first one stops is close to that at the minimum, while that of
 * weights of nothing is not.
 */
function minimum(
  design: Design,
  { l2, iterationsMax }: { l2: number; iterationsMax: number },
): Minimum {
  const objective: Objective = (weights, gradient) =>
    rankingLoss(design, { weights, gradient, l2 });
  const from = (start: Float64Array) => ({ start, solve: curvatureSolver(design, start, l2) });
  const first = minimise(objective, {
    ...from(new Float64Array(2 * design.width)),
    ...{ slopeMax, iterationsMax: Math.min(firstRunMax, iterationsMax) },
  });
  if (first.hasConverged) return first;
  const left = iterationsMax - first.iterations;
  const second = minimise(objective, { ...from(first.x), slopeMax, iterationsMax: left });
  return { ...second, iterations: first.iterations + second.iterations };
}

function checkQuery({ count, chosen, features }: RankingQuery, width: number): void {
  if (count < 1 || count > scoredMax)
    throw new RangeError(`A query has ${count} candidates; 1 to ${scoredMax} are scored.`);
  if (features.length !== count * width)
    throw new RangeError(`A query has ${features.length} features, not ${count} x ${width}.`);
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= count)
    throw new RangeError(`A query's chosen candidate is ${chosen} of ${count}.`);
  if (features.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY))
    throw new RangeError('A feature of a query is infinite.');
}

interface Example {
  account: string;
  atMs: number;
  features: Float32Array;
}

/**
 * Sums of doubles depend on their order, so that there is but one: by account, time, contents and outcome.
 */
export function inOneOrder<Each extends Example>(
  examples: readonly Each[],
  outcomeOf: (example: Each) => number,
): Each[] {
  return [...examples].sort(
    (left, right) =>
      compare(left.account, right.account) ||
      left.atMs - right.atMs ||
      Buffer.compare(bytesOf(left.features), bytesOf(right.features)) ||
      outcomeOf(left) - outcomeOf(right),
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
