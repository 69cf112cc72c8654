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
 * Source: which of them matter, and their signs, are what was measured on real logs: recency first, then
 * the device, clocks not at all. The sizes are set by hand, so that the newest show is picked up as
 * often as there: in 79 % of such visits, in two thirds of those on another device than last time.
 */
export const choiceWeights: Readonly<Record<string, number>> = {
  is_newest: 1.95,
  log_h_since: -0.7,
  dev_same: 0.8,
  dev_share: 2,
  dev_same_on_switch: 1.4,
  dev_share_on_switch: 2.5,
  streak: 0.12,
  sess_7d: 0.12,
  sess_30d: 0.06,
  has_new: 0.7,
  ep_done: -0.8,
  film_progress: 1.3,
  film_left_log_h: -0.15,
  gap_ratio: 0.15,
};

/** How much viewers differ from each other in each weight, as a share of it. */
const weightSpread = 0.35;
/** How much more or less a viewer likes each show, for no reason that a feature knows. */
export const appealSigma = 0.5;

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
