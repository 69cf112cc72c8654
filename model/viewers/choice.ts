import {
  featureNames,
  featuresOf,
  type RankedShow,
  type RankingQuestion,
} from '../../subgraphs/recommendations/features.ts';
import type { Draw } from './draw.ts';

/**
 * What viewers go by when they pick up one of their shows: a weight for each feature that matters to
 * them, in units of utility. What is unknown counts for nothing.
 *
 * Source: the signs and the order of sizes are those of a linear model fitted to real logs; the sizes
 * are set so that the newest show is the one picked up about as often as there (79 % of such visits).
 */
export const choiceWeights: Readonly<Record<string, number>> = {
  is_newest: 1.6,
  log_h_since: -0.75,
  dev_same: 0.5,
  dev_share: 1.6,
  dev_same_on_switch: 0.9,
  dev_share_on_switch: 1.2,
  streak: 0.12,
  sess_7d: 0.1,
  has_new: 0.7,
  ep_done: 0.25,
  film_progress: 0.5,
  film_left_log_h: -0.15,
  gap_ratio: 0.15,
};

/** How much viewers differ from each other in each weight, as a share of it. */
const weightSpread = 0.5;
/** How much more or less a viewer likes each show, for no reason that a feature knows. */
export const appealSigma = 0.7;

/** One viewer's own weights, as [place in featureNames, weight]. */
export type Taste = readonly (readonly [place: number, weight: number])[];

export function tasteOf(draw: Draw): Taste {
  return Object.entries(choiceWeights).map(([name, weight]) => {
    const place = featureNames.indexOf(name);
    if (place === -1) throw new Error(`There is no feature ${name}.`);
    return [place, weight * (1 + weightSpread * draw.normal())] as const;
  });
}

/** A show in progress, and how much its viewer likes it. */
export interface Option extends RankedShow {
  appeal: number;
}

/**
 * Picks one of the shows: softmax over utilities. Answers its place.
 *
 * Shape: `shows` is not empty.
 */
export function choose(
  question: Omit<RankingQuestion, 'shows'> & { shows: readonly Option[] },
  taste: Taste,
  draw: Draw,
): number {
  const { shows } = question;
  if (shows.length === 1) return 0;
  const features = featuresOf(question);
  const utilities = shows.map(({ appeal }, index) => {
    const at = index * featureNames.length;
    return taste.reduce((sum, [place, weight]) => {
      const value = features[at + place] ?? Number.NaN;
      return Number.isNaN(value) ? sum : sum + weight * value;
    }, appeal);
  });
  const most = Math.max(...utilities);
  return draw.weighted(utilities.map((utility) => Math.exp(utility - most)));
}
