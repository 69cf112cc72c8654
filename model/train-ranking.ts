import type { LinearPart } from '../subgraphs/recommendations/artifact.ts';
import { featureNames } from '../subgraphs/recommendations/features.ts';
import { type Scale, standardise, standardisedMax } from '../subgraphs/recommendations/linear.ts';
import { scoredMax } from '../subgraphs/recommendations/score.ts';
import { minimise } from './lbfgs.ts';
import { rounded, scaleOf } from './scale.ts';
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
  const { x, value, iterations, hasConverged } = minimise(
    (weights, gradient) => rankingLoss(design, { weights, gradient, l2 }),
    2 * width,
    { slopeMax, iterationsMax: options.iterationsMax ?? iterationsDefault },
  );
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

/** Queries as the loss reads them: standardised once, what is unknown apart. */
export interface Design {
  scale: Scale;
  width: number;
  /** First row of each query, and the end of the last. */
  starts: Uint32Array;
  /** Row that was chosen, for each query. */
  chosen: Uint32Array;
  /** [rows × width]; 0 where unknown. */
  values: Float32Array;
  /** Unknown features, row after row; those of row r stand from unknownStarts[r]. */
  unknown: Uint16Array;
  unknownStarts: Uint32Array;
}

export function designOf(queries: readonly RankingQuery[], width: number): Design {
  const scale = scaleOf(
    queries.map(({ features }) => features),
    width,
  );
  const rows = queries.reduce((total, { count }) => total + count, 0);
  const starts = new Uint32Array(queries.length + 1);
  const chosen = new Uint32Array(queries.length);
  const values = new Float32Array(rows * width);
  const unknownStarts = new Uint32Array(rows + 1);
  const unknown: number[] = [];
  let row = 0;
  for (const [index, query] of queries.entries()) {
    starts[index] = row;
    chosen[index] = row + query.chosen;
    for (let candidate = 0; candidate < query.count; candidate += 1, row += 1) {
      const own = query.features.subarray(candidate * width, (candidate + 1) * width);
      for (const [feature, value] of own.entries()) {
        if (Number.isNaN(value)) unknown.push(feature);
        else
          values[row * width + feature] = standardise(value, scale, {
            feature,
            max: standardisedMax,
          });
      }
      unknownStarts[row + 1] = unknown.length;
    }
  }
  starts[queries.length] = row;
  return {
    scale,
    width,
    starts,
    chosen,
    values,
    unknownStarts,
    unknown: Uint16Array.from(unknown),
  };
}

export interface LossArguments {
  /** [weight…, missingWeight…] */
  weights: Float64Array;
  /** Is written. */
  gradient: Float64Array;
  l2: number;
}

/** Weights that are pulled towards nothing. */
interface Pulled extends LossArguments {
  pulled: number;
}

/** (Sum of -ln p(chosen) + l2 ÷ 2 × |weights|²) ÷ queries. */
export function rankingLoss(design: Design, { weights, gradient, l2 }: LossArguments): number {
  const { starts, chosen } = design;
  gradient.fill(0);
  const shares = new Float64Array(scoredMax);
  let loss = 0;
  for (let query = 0; query < chosen.length; query += 1) {
    const from = starts[query] as number;
    const count = (starts[query + 1] as number) - from;
    for (let row = 0; row < count; row += 1) shares[row] = scoreOf(design, weights, from + row);
    const own = (chosen[query] as number) - from;
    loss += toShares(shares, count, own);
    shares[own] = (shares[own] as number) - 1;
    for (let row = 0; row < count; row += 1)
      addRow(design, gradient, { row: from + row, factor: shares[row] as number });
  }
  return regularised(loss, chosen.length, { weights, gradient, l2, pulled: weights.length });
}

/** Adds the pull of the first `pulled` weights towards nothing, and divides by the number of examples. */
export function regularised(
  loss: number,
  examples: number,
  { weights, gradient, l2, pulled }: Pulled,
): number {
  let squares = 0;
  for (let at = 0; at < pulled; at += 1) {
    const weight = weights[at] as number;
    squares += weight * weight;
    gradient[at] = (gradient[at] as number) + l2 * weight;
  }
  const each = 1 / Math.max(1, examples);
  for (let at = 0; at < gradient.length; at += 1) gradient[at] = each * (gradient[at] as number);
  return each * (loss + (l2 / 2) * squares);
}

function scoreOf(design: Design, weights: Float64Array, row: number): number {
  const { values, width, unknown, unknownStarts } = design;
  let score = 0;
  const from = row * width;
  for (let feature = 0; feature < width; feature += 1)
    score += (weights[feature] as number) * (values[from + feature] as number);
  const end = unknownStarts[row + 1] as number;
  for (let at = unknownStarts[row] as number; at < end; at += 1)
    score += weights[width + (unknown[at] as number)] as number;
  return score;
}

/** Softmax in place; answers -ln of the chosen one's share. */
function toShares(scores: Float64Array, count: number, chosen: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < count; row += 1) best = Math.max(best, scores[row] as number);
  const above = best - (scores[chosen] as number);
  let sum = 0;
  for (let row = 0; row < count; row += 1) {
    const weight = Math.exp((scores[row] as number) - best);
    scores[row] = weight;
    sum += weight;
  }
  for (let row = 0; row < count; row += 1) scores[row] = (scores[row] as number) / sum;
  return above + Math.log(sum);
}

function addRow(
  design: Design,
  gradient: Float64Array,
  { row, factor }: { row: number; factor: number },
): void {
  const { values, width, unknown, unknownStarts } = design;
  const from = row * width;
  for (let feature = 0; feature < width; feature += 1)
    gradient[feature] = (gradient[feature] as number) + factor * (values[from + feature] as number);
  const end = unknownStarts[row + 1] as number;
  for (let at = unknownStarts[row] as number; at < end; at += 1) {
    const feature = width + (unknown[at] as number);
    gradient[feature] = (gradient[feature] as number) + factor;
  }
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
