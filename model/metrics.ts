import { seeded } from './seeded.ts';

/** How well one answer, or many on average, put what was played first. Shares from 0 to 1. */
export interface Measures {
  hit1: number;
  hit3: number;
  mrr: number;
  ndcg5: number;
}

export const measureNames = ['hit1', 'hit3', 'mrr', 'ndcg5'] as const;

/**
 * Measures of one answer. Candidates of the same utility stand in any order: each measure is the mean over
 * the places that the chosen one may then have, so that no order of a file and no sort decides a tie.
 *
 * Shape: utilities [candidates], larger is better; one that is no number stands last.
 */
export function measuresOf(utilities: ArrayLike<number>, chosen: number): Measures {
  const own = orLast(utilities[chosen]);
  let above = 0;
  let tied = 0;
  for (let index = 0; index < utilities.length; index += 1) {
    const utility = orLast(utilities[index]);
    if (utility > own) above += 1;
    else if (utility === own) tied += 1;
  }
  const sum: Measures = { hit1: 0, hit3: 0, mrr: 0, ndcg5: 0 };
  for (let place = above + 1; place <= above + tied; place += 1) {
    sum.hit1 += place === 1 ? 1 / tied : 0;
    sum.hit3 += place <= 3 ? 1 / tied : 0;
    sum.mrr += 1 / place / tied;
    sum.ndcg5 += place <= 5 ? 1 / Math.log2(1 + place) / tied : 0;
  }
  return sum;
}

function orLast(utility: number | undefined): number {
  return utility === undefined || Number.isNaN(utility) ? Number.NEGATIVE_INFINITY : utility;
}

export function meanMeasures(each: readonly Measures[]): Measures {
  const mean = (name: keyof Measures) => meanOf(each.map((measures) => measures[name]));
  return { hit1: mean('hit1'), hit3: mean('hit3'), mrr: mean('mrr'), ndcg5: mean('ndcg5') };
}

/** Of values by group, the mean of each group; groups in the order in which they first came. */
export function byGroup<Value>(
  values: readonly Value[],
  groupOf: (value: Value, index: number) => string,
): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const [index, value] of values.entries()) {
    const group = groups.get(groupOf(value, index)) ?? [];
    group.push(value);
    groups.set(groupOf(value, index), group);
  }
  return groups;
}

/** NaN of nothing. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface Interval {
  mean: number;
  /** NaN where there is but one to draw from. */
  low: number;
  high: number;
}

const resamples = 2000;

/**
 * Mean and 95% interval: what the mean would have been with other accounts of the same kind.
 *
 * Source: percentile bootstrap, Efron (1979).
 */
export function intervalOf(values: readonly number[], seed: number): Interval {
  const mean = meanOf(values);
  if (values.length < 2) return { mean, low: Number.NaN, high: Number.NaN };
  const next = seeded(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1)
      sum += values[Math.floor(next() * values.length)] as number;
    return sum / values.length;
  }).sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))] as number;
  return { mean, low: at(0.025), high: at(0.975) };
}

/** A probability that was told, and whether it came so. */
export interface Forecast {
  probability: number;
  isTrue: boolean;
}

export interface ForecastMeasures {
  /** NaN when all came the same. */
  auc: number;
  logLoss: number;
  brier: number;
  /** Mean distance between told and observed, over ten bins of equal width. */
  ece: number;
}

/** A probability of 0 or 1 that is wrong costs this much and not infinitely. */
const probabilityMin = 1e-6;

export function forecastMeasures(forecasts: readonly Forecast[]): ForecastMeasures {
  const losses = forecasts.map(({ probability, isTrue }) => {
    const likelihood = isTrue ? probability : 1 - probability;
    return -Math.log(Math.max(probabilityMin, likelihood));
  });
  const squares = forecasts.map(({ probability, isTrue }) => (probability - Number(isTrue)) ** 2);
  const distance = calibrationOf(forecasts, 10).reduce(
    (sum, { count, told, observed }) => sum + count * Math.abs(told - observed),
    0,
  );
  return {
    ...{ auc: aucOf(forecasts), logLoss: meanOf(losses), brier: meanOf(squares) },
    ece: distance / forecasts.length,
  };
}

/** Probability that one that came true was told a higher probability; ties count half. */
function aucOf(forecasts: readonly Forecast[]): number {
  const sorted = [...forecasts].sort((one, other) => one.probability - other.probability);
  const positives = sorted.filter(({ isTrue }) => isTrue).length;
  let rankSum = 0;
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    let tiedTrue = 0;
    while (to < sorted.length && sorted[to]?.probability === sorted[from]?.probability) {
      tiedTrue += Number(sorted[to]?.isTrue);
      to += 1;
    }
    rankSum += (tiedTrue * (from + 1 + to)) / 2;
  }
  const pairs = positives * (sorted.length - positives);
  return pairs === 0 ? Number.NaN : (rankSum - (positives * (positives + 1)) / 2) / pairs;
}

export interface CalibrationBin {
  from: number;
  to: number;
  count: number;
  /** Mean of what was told, and how often it came so. */
  told: number;
  observed: number;
}

/** Bins of equal width, without those that nothing fell into. */
export function calibrationOf(forecasts: readonly Forecast[], bins: number): CalibrationBin[] {
  const groups = byGroup(forecasts, ({ probability }) =>
    String(Math.min(bins - 1, Math.floor(probability * bins))),
  );
  return [...groups]
    .map(([bin, inside]) => ({
      from: Number(bin) / bins,
      to: (Number(bin) + 1) / bins,
      count: inside.length,
      told: meanOf(inside.map(({ probability }) => probability)),
      observed: meanOf(inside.map(({ isTrue }) => Number(isTrue))),
    }))
    .sort((one, other) => one.from - other.from);
}
