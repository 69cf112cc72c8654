import type { LinearPart } from '../subgraphs/recommendations/artifact.ts';
import { featureNames } from '../subgraphs/recommendations/features.ts';
import { scoredMax } from '../subgraphs/recommendations/score.ts';
import { inOneOrder } from './in-one-order.ts';
import { type Minimum, minimise, type Objective } from './lbfgs.ts';
import {
  curvatureSolver,
  type Design,
  designOf,
  rankingLoss,
  type Shape,
  type Spread,
} from './ranking-loss.ts';
import { rounded } from './scale.ts';
import type { RankingQuery } from './task.ts';

export interface TrainOptions {
  /** Pull towards weights of nothing, against the loss summed over all queries. @default 1 */
  l2?: number;
  /** @default 300: a few times what was ever needed. */
  iterationsMax?: number;
  /** Features of a candidate. @default featureNames.length */
  width?: number;
  /** Places at which each feature's line may bend. @default 2 */
  bends?: number;
  /** Features, two by two, that count together. @default those that are named here */
  pairs?: readonly (readonly [number, number])[];
}

export interface LinearRanking {
  linear: LinearPart;
  /** Mean of -ln p(chosen). */
  loss: number;
  iterations: number;
  hasConverged: boolean;
}

const l2Default = 1;
/** Three pieces: what more would bring was not to be told from chance on simulated viewers. */
const bendsDefault = 2;
/**
 * A show that was finished goes on with its next episode or not at all, and being the newest means something
 * else for it, and for a film.
 */
const pairNames: readonly (readonly [string, string])[] = [
  ['ep_done', 'has_next'],
  ['is_newest', 'ep_done'],
  ['is_newest', 'has_next'],
  ['is_newest', 'is_movie'],
];
const pairsDefault = pairNames.map(([one, other]) => [placeOf(one), placeOf(other)] as const);
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
    { width, termsFor: (spread) => shapesOf(spread, options) },
  );
  const l2 = options.l2 ?? l2Default;
  const { x, value, iterations, hasConverged } = minimum(design, {
    l2,
    iterationsMax: options.iterationsMax ?? iterationsDefault,
  });
  return { linear: partOf(design, x), ...{ loss: value, iterations, hasConverged } };
}

function partOf({ scale, terms, columns }: Design, minimum: Float64Array): LinearPart {
  const weights = Array.from(minimum, rounded);
  const width = columns - terms.length;
  return {
    ...{ mean: [...scale.mean], sd: [...scale.sd] },
    ...{ weight: weights.slice(0, width), missingWeight: weights.slice(columns) },
    terms: terms.map((shape, term) => ({ ...shape, weight: weights[width + term] as number })),
  };
}

/**
 * Where lines may bend, so that as many rows lie on either side, and which features count together. A flag
 * bends nowhere.
 */
function shapesOf(spread: Spread, options: TrainOptions): Shape[] {
  const bends = options.bends ?? bendsDefault;
  const bent = spread.flatMap((values, feature) => {
    const places = Array.from(
      { length: bends },
      (_, place) => values[Math.floor((values.length * (place + 1)) / (bends + 1))] ?? Number.NaN,
    );
    const [low, high] = [values[0] ?? 0, values.at(-1) ?? 0];
    const inside = places.filter((from) => from > low && from < high).map(rounded);
    return [...new Set(inside)].map((from) => ({ feature, other: null, from }));
  });
  const pairs = options.pairs ?? (options.width === undefined ? pairsDefault : []);
  return [...bent, ...pairs.map(([feature, other]) => ({ feature, other, from: 0 }))];
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
    ...from(new Float64Array(design.size)),
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

function placeOf(name: string): number {
  const place = featureNames.indexOf(name);
  if (place < 0) throw new RangeError(`There is no feature ${name}.`);
  return place;
}
