import type { RankingQuery, VisitExample } from '../../model/task.ts';
import { scoredMax } from '../../subgraphs/recommendations/score.ts';
import { Chance } from '../support/chance.ts';

/** What the viewers of a made-up task go by. */
export interface Planted {
  seed: number;
  queries: number;
  /** One for each feature, in standard deviations. */
  weights: readonly number[];
  /** Share of values that are unknown, and what being unknown adds. */
  unknown?: { share: number; weight: number } | undefined;
}

const accounts = 20;

/** Queries whose answers are drawn by the softmax of planted weights over normal features. */
export function plantedQueries({ seed, queries, weights, unknown }: Planted): RankingQuery[] {
  const chance = new Chance(seed);
  return Array.from({ length: queries }, (_, index) => {
    const count = 2 + chance.below(scoredMax - 1);
    const features = new Float32Array(count * weights.length);
    const utilities = Array.from({ length: count }, (_, row) => {
      const own = features.subarray(row * weights.length, (row + 1) * weights.length);
      return fill(own, { chance, weights, unknown });
    });
    const drawn = utilities.map((utility) => utility + gumbel(chance));
    return {
      ...{ account: `acc_${index % accounts}`, atMs: index * 60_000, count, features },
      chosen: drawn.indexOf(Math.max(...drawn)),
      recencyRanks: Uint8Array.from({ length: count }, (_, row) => row),
      slices: { isSwitch: null, idleH: 12, activeShows: 3, isFilm: false },
    };
  });
}

/** Visits that continue something by a planted logistic rule. */
export function plantedVisits({ seed, queries, weights, unknown }: Planted): VisitExample[] {
  const chance = new Chance(seed);
  return Array.from({ length: queries }, (_, index) => {
    const features = new Float32Array(weights.length);
    const score = fill(features, { chance, weights, unknown });
    const isDrawn = uniform(chance) < 1 / (1 + Math.exp(-score));
    return {
      ...{ account: `acc_${index % accounts}`, atMs: index * 60_000, features },
      hasContinued: isDrawn,
    };
  });
}

function fill(
  features: Float32Array,
  { chance, weights, unknown }: { chance: Chance } & Pick<Planted, 'weights' | 'unknown'>,
): number {
  return weights.reduce((sum, weight, feature) => {
    if (unknown !== undefined && uniform(chance) < unknown.share) {
      features[feature] = Number.NaN;
      return sum + unknown.weight;
    }
    const value = normal(chance);
    features[feature] = value;
    return sum + weight * value;
  }, 0);
}

const fine = 2 ** 30;

function uniform(chance: Chance): number {
  return (chance.below(fine) + 0.5) / fine;
}

export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(uniform(chance))) * Math.cos(2 * Math.PI * uniform(chance));
}

function gumbel(chance: Chance): number {
  return -Math.log(-Math.log(uniform(chance)));
}
