import type { Evaluation, SliceReport } from './evaluation.ts';

export interface Goal {
  figure: string;
  wanted: string;
  /** NaN: the task has nothing that tells. */
  measured: number;
  isMet: boolean;
}

/** So many accounts make an interval over accounts mean something. */
export const accountsMin = 10;
/** A slice of fewer queries says little, and is held to no goal. */
const sliceShareMin = 0.01;

/** What the order of the row and the visit model should reach on real viewing. */
export function goalsOf(evaluation: Evaluation): Goal[] {
  const { rankers, headline, visits, calibration } = evaluation;
  const best = rankers.find(({ name }) => name === headline);
  const logistic = visits.models.find(({ name }) => name === 'logistic');
  const slice = (name: string) => evaluation.slices.find((each) => each.name === name);
  return [
    atLeast('gain over recency, MRR', 0.01, best?.gain.mrr.mean),
    atLeast('gain over recency, MRR, low end of the interval', 0.006, best?.gain.mrr.low),
    atLeast('gain over recency, hit@1', 0.015, best?.gain.hit1.mean),
    atLeast('gain on another device, hit@1', 0.05, gainOf(slice('another device'), headline)),
    atLeast('accounts better than by recency', 0.85, best?.better),
    atLeast('gain on films, hit@1', -0.005, gainOf(slice('a film'), headline)),
    atLeast('smallest gain of any other slice, hit@1', 0, worstGain(evaluation)),
    atLeast('continue or discover, AUC', 0.83, logistic?.auc),
    atMost('continue or discover, ECE', 0.02, logistic?.ece),
    atMost('probability of the first card, worst bin', 0.03, worstBin(calibration[headline] ?? [])),
  ];
}

function atLeast(figure: string, limit: number, measured = Number.NaN): Goal {
  return { figure, wanted: `≥ ${limit}`, measured, isMet: measured >= limit };
}

function atMost(figure: string, limit: number, measured = Number.NaN): Goal {
  return { figure, wanted: `≤ ${limit}`, measured, isMet: measured <= limit };
}

function gainOf(slice: SliceReport | undefined, headline: string): number | undefined {
  if (slice === undefined) return undefined;
  return (slice.hit1[headline] ?? Number.NaN) - (slice.hit1.recency ?? Number.NaN);
}

/** Films have a goal of their own; by what was chosen recency is always right or always wrong. */
function worstGain({ slices, headline }: Evaluation): number {
  const gains = slices
    .filter(({ group, name }) => group !== 'chosen was' && name !== 'a film')
    .filter(({ share }) => share >= sliceShareMin)
    .map((slice) => gainOf(slice, headline) as number);
  return Math.min(...gains);
}

/** Of bins with a hundredth of all rows or more. */
function worstBin(bins: Evaluation['visitCalibration']): number {
  const all = bins.reduce((sum, { count }) => sum + count, 0);
  const distances = bins
    .filter(({ count }) => count >= all * sliceShareMin)
    .map(({ told, observed }) => Math.abs(told - observed));
  return Math.max(...distances);
}
