import {
  type Scale,
  standardise,
  standardisedMax,
  type Term,
  termValue,
} from '../subgraphs/recommendations/linear.ts';
import { scoredMax } from '../subgraphs/recommendations/score.ts';
import { solverOf } from './cholesky.ts';
import { scaleOf } from './scale.ts';
import type { RankingQuery } from './task.ts';

/** Queries as the loss reads them: standardised once, what is unknown apart. */
export interface Design {
  scale: Scale;
  terms: readonly Shape[];
  /** Features and terms. */
  columns: number;
  /** Weights: of columns, and of features that are unknown. */
  size: number;
  /** First row of each query, and the end of the last. */
  starts: Uint32Array;
  /** Row that was chosen, for each query. */
  chosen: Uint32Array;
  /** [rows × columns]; 0 where unknown. */
  values: Float32Array;
  /** Unknown features, row after row; those of row r stand from unknownStarts[r]. */
  unknown: Uint16Array;
  unknownStarts: Uint32Array;
}

/** A term without its weight. */
export type Shape = Omit<Term, 'weight'>;

export interface DesignOptions {
  width: number;
  /** Terms, once it is known how features are spread. @default none */
  termsFor?: (spread: Spread) => readonly Shape[];
}

/** Known values of each feature in some of the rows, standardised, smallest first. */
export type Spread = readonly Float64Array[];

export function designOf(
  queries: readonly RankingQuery[],
  { width, termsFor }: DesignOptions,
): Design {
  const blocks = queries.map(({ features }) => features);
  const scale = scaleOf(blocks, width);
  const rows = queries.reduce((total, { count }) => total + count, 0);
  const terms = termsFor?.(spreadOf(blocks, { scale, rows })) ?? [];
  const columns = width + terms.length;
  const starts = new Uint32Array(queries.length + 1);
  const chosen = new Uint32Array(queries.length);
  const unknownStarts = new Uint32Array(rows + 1);
  const filling: Filling = {
    ...{ scale, terms, row: new Float64Array(width), unknown: [] },
    values: new Float32Array(rows * columns),
  };
  let row = 0;
  for (const [index, query] of queries.entries()) {
    starts[index] = row;
    chosen[index] = row + query.chosen;
    for (let candidate = 0; candidate < query.count; candidate += 1, row += 1) {
      const own = query.features.subarray(candidate * width, (candidate + 1) * width);
      fillRow(filling, own, row * columns);
      unknownStarts[row + 1] = filling.unknown.length;
    }
  }
  starts[queries.length] = row;
  const { values } = filling;
  return {
    ...{ scale, terms, columns, size: columns + width, starts, chosen, values, unknownStarts },
    unknown: Uint16Array.from(filling.unknown),
  };
}

interface Filling {
  scale: Scale;
  terms: readonly Shape[];
  /** Of one row, written anew for each. */
  row: Float64Array;
  values: Float32Array;
  unknown: number[];
}

function fillRow(
  { scale, terms, row, values, unknown }: Filling,
  features: Float32Array,
  from: number,
): void {
  for (let feature = 0; feature < row.length; feature += 1) {
    const value = features[feature] as number;
    row[feature] = standardise(value, scale, { feature, max: standardisedMax });
    if (Number.isNaN(value)) unknown.push(feature);
    else values[from + feature] = row[feature] as number;
  }
  for (let term = 0; term < terms.length; term += 1)
    values[from + row.length + term] = termValue(terms[term] as Shape, row);
}

/** Rows that the spread is taken from: a quantile needs no more. */
const spreadRowsMax = 20_000;

function spreadOf(
  blocks: readonly Float32Array[],
  { scale, rows }: { scale: Scale; rows: number },
): Spread {
  const width = scale.mean.length;
  const each = Math.max(1, Math.ceil(rows / spreadRowsMax));
  const known = Array.from({ length: width }, () => [] as number[]);
  let row = 0;
  for (const block of blocks) {
    for (let at = 0; at < block.length; at += width, row += 1) {
      if (row % each === 0) addKnown(known, block.subarray(at, at + width), scale);
    }
  }
  return known.map((values) => Float64Array.from(values).sort());
}

function addKnown(known: number[][], row: Float32Array, scale: Scale): void {
  for (const [feature, values] of known.entries()) {
    const deviations = standardise(row[feature] as number, scale, {
      ...{ feature, max: standardisedMax },
    });
    if (!Number.isNaN(deviations)) values.push(deviations);
  }
}

export interface LossArguments {
  /** [weight…, weight of each term…, missingWeight…] */
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
  const { values, columns, unknown, unknownStarts } = design;
  let score = 0;
  const from = row * columns;
  for (let feature = 0; feature < columns; feature += 1)
    score += (weights[feature] as number) * (values[from + feature] as number);
  const end = unknownStarts[row + 1] as number;
  for (let at = unknownStarts[row] as number; at < end; at += 1)
    score += weights[columns + (unknown[at] as number)] as number;
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
  const { values, columns, unknown, unknownStarts } = design;
  const from = row * columns;
  for (let feature = 0; feature < columns; feature += 1)
    gradient[feature] = (gradient[feature] as number) + factor * (values[from + feature] as number);
  const end = unknownStarts[row + 1] as number;
  for (let at = unknownStarts[row] as number; at < end; at += 1) {
    const feature = columns + (unknown[at] as number);
    gradient[feature] = (gradient[feature] as number) + factor;
  }
}

/** Queries that the curvature is taken from: a guess is enough. */
const curvatureQueriesMax = 1_500;
/** Keeps the guess positive where no query tells two features apart. */
const ridge = 1e-6;

/**
 * Solves by the curvature of the loss at these weights, as some of the queries have it.
 *
 * Cost: O(rows of 1,500 queries x weights^2) once.
 */
export function curvatureSolver(
  design: Design,
  weights: Float64Array,
  l2: number,
): (gradient: Float64Array) => void {
  const { starts, chosen } = design;
  const size = weights.length;
  const matrix = new Float64Array(size * size);
  const each = Math.max(1, Math.ceil(chosen.length / curvatureQueriesMax));
  const taken = Math.ceil(chosen.length / each);
  const shares = new Float64Array(scoredMax);
  for (let query = 0; query < chosen.length; query += each) {
    const from = starts[query] as number;
    const count = (starts[query + 1] as number) - from;
    for (let row = 0; row < count; row += 1) shares[row] = scoreOf(design, weights, from + row);
    toShares(shares, count, 0);
    addCovariance(matrix, denseRows(design, { from, count }), shares);
  }
  for (let at = 0; at < matrix.length; at += 1)
    matrix[at] = (matrix[at] as number) / Math.max(1, taken);
  const pull = ridge + l2 / Math.max(1, chosen.length);
  for (let at = 0; at < size; at += 1)
    matrix[at * size + at] = (matrix[at * size + at] as number) + pull;
  return solverOf(matrix, size);
}

/** Features of some rows, and a flag for each that is unknown. */
function denseRows(
  { values, columns, size, unknown, unknownStarts }: Design,
  { from, count }: { from: number; count: number },
): Float64Array[] {
  return Array.from({ length: count }, (_, index) => {
    const row = from + index;
    const dense = new Float64Array(size);
    dense.set(values.subarray(row * columns, (row + 1) * columns));
    for (let at = unknownStarts[row] as number; at < (unknownStarts[row + 1] as number); at += 1)
      dense[columns + (unknown[at] as number)] = 1;
    return dense;
  });
}

/** Of the rows, weighted by their shares; the lower triangle, which is all that is read. */
function addCovariance(
  matrix: Float64Array,
  rows: readonly Float64Array[],
  shares: Float64Array,
): void {
  const size = Math.sqrt(matrix.length);
  const mean = new Float64Array(size);
  for (const [index, row] of rows.entries()) {
    for (let at = 0; at < size; at += 1)
      mean[at] = (mean[at] as number) + (shares[index] as number) * (row[at] as number);
  }
  for (const [index, row] of rows.entries()) {
    for (let one = 0; one < size; one += 1) {
      const left = (shares[index] as number) * ((row[one] as number) - (mean[one] as number));
      if (left === 0) continue;
      for (let other = 0; other <= one; other += 1) {
        const right = (row[other] as number) - (mean[other] as number);
        matrix[one * size + other] = (matrix[one * size + other] as number) + left * right;
      }
    }
  }
}
