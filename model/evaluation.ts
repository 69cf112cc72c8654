import type { Models } from '../subgraphs/recommendations/score.ts';
import { probabilities } from '../subgraphs/recommendations/score.ts';
import {
  byGroup,
  type CalibrationBin,
  calibrationOf,
  type Forecast,
  type ForecastMeasures,
  forecastMeasures,
  type Interval,
  intervalOf,
  type Measures,
  meanMeasures,
  meanOf,
  measuresOf,
} from './metrics.ts';
import { asShown, baselines, givenRankers, type Ranked, trainedRankers } from './rankers.ts';
import { slices } from './slices.ts';
import { type Split, splitOf, wholeTask } from './split.ts';
import type { RankingQuery } from './task.ts';
import type { PlaysTask } from './task-from-plays.ts';
import { visitForecasts } from './visit-forecasts.ts';

export interface RankerReport {
  name: string;
  /** Every query weighs the same. */
  micro: Measures;
  /** Every account weighs the same. */
  macro: Measures;
  /** Over recency, every account weighing the same, with 95% intervals over accounts. */
  gain: { hit1: Interval; mrr: Interval };
  /** Share of accounts whose MRR is above recency's. */
  better: number;
}

export interface SliceReport {
  group: string;
  name: string;
  queries: number;
  share: number;
  /** By ranker, in the order of the rankers; micro. */
  hit1: Record<string, number>;
  mrr: Record<string, number>;
  /** Of the headline ranker over recency, every account with such queries weighing the same. */
  gain: { hit1: Interval; mrr: Interval };
}

export interface Evaluation {
  split: Split['kind'];
  folds: number;
  seed: number;
  accounts: number;
  profiles: number;
  queries: number;
  beyondCap: number;
  /** Median. */
  candidates: number;
  /** The ranker that slices, bars and goals are about: the last of the rankers. */
  headline: string;
  rankers: RankerReport[];
  slices: SliceReport[];
  /** Gain in MRR of the headline ranker by account, the largest first; nobody's name. */
  gainByAccount: number[];
  /** Of the probability of the first card, as each model tells it. */
  calibration: Record<string, CalibrationBin[]>;
  visits: { count: number; continued: number; models: (ForecastMeasures & { name: string })[] };
  visitCalibration: CalibrationBin[];
}

export interface EvaluationOptions {
  folds: number;
  seed: number;
  /** Undefined: models are trained in every fold. */
  models?: Models | undefined;
  /** Whether candidates stand in the order in which they were shown, so that it is judged as well. */
  isShown?: boolean;
}

/** A task that has no question left to judge by. */
export class NothingToJudgeError extends Error {
  override readonly name = 'NothingToJudgeError';
}

/**
 * Judges rankers and visit models on a task.
 *
 * Shape: deterministic by seed.
 * Errors: NothingToJudgeError when the task has too little in it, in one sentence.
 */
export function evaluate(
  task: PlaysTask,
  { folds, seed, models, isShown = false }: EvaluationOptions,
): Evaluation {
  if (task.queries.length === 0)
    throw new NothingToJudgeError('No visit began with one of two or more shows in progress.');
  const split = models === undefined ? splitOf(task, { folds, seed }) : wholeTask(task);
  const isTrainable = split.folds.every(({ train }) => train.queries.length > 0);
  if (models === undefined && !isTrainable)
    throw new NothingToJudgeError('There is too little to train on; give a model with --model.');
  const ranked = [
    ...baselines(task.queries),
    ...(isShown ? [asShown(task.queries)] : []),
    ...(models === undefined
      ? trainedRankers(task.queries, split)
      : givenRankers(task.queries, models)),
  ];
  const tested = split.folds.flatMap(({ queries }) => queries).sort((one, other) => one - other);
  return {
    ...{ split: split.kind, folds: split.folds.length, seed },
    ...headOf(task, tested),
    ...rankingPart({ task, tested, ranked, seed }),
    ...visitPart(task, split, models),
  };
}

function headOf(task: PlaysTask, tested: readonly number[]) {
  const queries = tested.map((index) => task.queries[index] as PlaysTask['queries'][number]);
  const counts = queries.map(({ count }) => count).sort((one, other) => one - other);
  return {
    accounts: new Set(queries.map(({ account }) => account)).size,
    profiles: new Set(queries.map(({ account, profile }) => `${account} ${profile}`)).size,
    queries: queries.length,
    beyondCap: task.beyondCap,
    candidates: counts[counts.length >> 1] ?? 0,
  };
}

interface Judged {
  task: PlaysTask;
  tested: readonly number[];
  ranked: readonly Ranked[];
  seed: number;
}

/** One query, and how each ranker did on it. */
interface Answer {
  query: RankingQuery;
  by: Record<string, Measures>;
}

function rankingPart({ task, tested, ranked, seed }: Judged) {
  const answers = tested.map((index): Answer => {
    const query = task.queries[index] as RankingQuery;
    const by = ranked.map(({ name, utilities }) => [
      name,
      measuresOf(utilities[index] ?? [], query.chosen),
    ]);
    return { query, by: Object.fromEntries(by) as Record<string, Measures> };
  });
  const names = ranked.map(({ name }) => name);
  const headline = names.at(-1) as string;
  const gains = gainsOf(answers, headline).mrr;
  return {
    headline,
    rankers: names.map((name) => rankerReport(answers, name, seed)),
    slices: slices
      .map((slice) => sliceReport(answers, { slice, names, headline, seed }))
      .filter(({ queries }) => queries > 0),
    gainByAccount: gains.sort((one, other) => other - one),
    calibration: Object.fromEntries(
      ranked
        .filter(({ temperature }) => temperature !== null)
        .map((each) => [each.name, calibrationOf(topForecasts(task, tested, each), 10)]),
    ),
  };
}

function rankerReport(answers: readonly Answer[], name: string, seed: number): RankerReport {
  const own = answers.map(({ by }) => by[name] as Measures);
  const accounts = [...byGroup(own, (_, index) => answers[index]?.query.account ?? '').values()];
  const gains = gainsOf(answers, name);
  return {
    name,
    micro: meanMeasures(own),
    macro: meanMeasures(accounts.map(meanMeasures)),
    gain: { hit1: intervalOf(gains.hit1, seed), mrr: intervalOf(gains.mrr, seed) },
    better: meanOf(gains.mrr.map((gain) => Number(gain > 0))),
  };
}

/** By account, in the order in which accounts first come. */
function gainsOf(answers: readonly Answer[], name: string): { hit1: number[]; mrr: number[] } {
  const accounts = [...byGroup(answers, ({ query }) => query.account).values()];
  const gain = (measure: 'hit1' | 'mrr') =>
    accounts.map((own) =>
      meanOf(
        own.map(({ by }) => (by[name] as Measures)[measure] - (by.recency as Measures)[measure]),
      ),
    );
  return { hit1: gain('hit1'), mrr: gain('mrr') };
}

function sliceReport(
  answers: readonly Answer[],
  {
    slice,
    names,
    headline,
    seed,
  }: {
    slice: (typeof slices)[number];
    names: readonly string[];
    headline: string;
    seed: number;
  },
): SliceReport {
  const own = answers.filter(({ query }) => slice.has(query));
  const micro = (measure: 'hit1' | 'mrr') =>
    Object.fromEntries(
      names.map((name) => [name, meanOf(own.map(({ by }) => (by[name] as Measures)[measure]))]),
    );
  const gains = gainsOf(own, headline);
  return {
    ...{ group: slice.group, name: slice.name, queries: own.length },
    share: own.length / answers.length,
    ...{ hit1: micro('hit1'), mrr: micro('mrr') },
    gain: { hit1: intervalOf(gains.hit1, seed), mrr: intervalOf(gains.mrr, seed) },
  };
}

/** What each row's first card was given as its probability, and whether it was played. */
function topForecasts(task: PlaysTask, tested: readonly number[], ranked: Ranked): Forecast[] {
  return tested.map((index) => {
    const shares = probabilities(
      Float64Array.from(ranked.utilities[index] ?? []),
      ranked.temperature ?? 1,
    );
    const top = shares.reduce(
      (best, share, at) => (share > (shares[best] as number) ? at : best),
      0,
    );
    const isTrue = top === task.queries[index]?.chosen;
    return { probability: shares[top] as number, isTrue };
  });
}

function visitPart(task: PlaysTask, split: Split, models: Models | undefined) {
  const told = visitForecasts(task.visits, split, models?.visit);
  const visits = split.folds.flatMap((fold) => fold.visits.map((index) => task.visits[index]));
  return {
    visits: {
      count: visits.length,
      continued: meanOf(visits.map((visit) => Number(visit?.hasContinued))),
      models: told.map(({ name, forecasts }) => ({ name, ...forecastMeasures(forecasts) })),
    },
    visitCalibration: calibrationOf(told.at(-1)?.forecasts ?? [], 10),
  };
}
