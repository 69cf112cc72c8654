import { type Artifact, artifactVersion } from '../subgraphs/recommendations/artifact.ts';
import { featureNames, visitFeatureNames } from '../subgraphs/recommendations/features.ts';
import {
  type Models,
  probabilities,
  type RankingModel,
  readModels,
} from '../subgraphs/recommendations/score.ts';
import { heldOutAccounts, type Split, splitBy } from './held-out.ts';
import { inOneOrder } from './in-one-order.ts';
import {
  byGroup,
  type ForecastMeasures,
  forecastMeasures,
  type Measures,
  meanMeasures,
  meanOf,
  measuresOf,
} from './metrics.ts';
import { rounded } from './scale.ts';
import { sealArtifact } from './seal.ts';
import type { RankingQuery, Task, VisitExample } from './task.ts';
import { fitTemperature, type ScoredQuery } from './temperature.ts';
import { trainRanking } from './train-ranking.ts';
import { trainVisit } from './train-visit.ts';

export interface FitOptions {
  /** Decides which accounts are held out. @default 1 */
  seed?: number;
  /** As `train-trees.py` wrote them, from a task file of the same log and seed. @default null */
  trees?: unknown;
}

/** What of an artifact is trained. */
export type Parts = Pick<
  Artifact,
  'kind' | 'featureNames' | 'visitFeatureNames' | 'ranking' | 'visit' | 'temperature'
>;

export interface Fitted {
  parts: Parts;
  /** Null: a single account, none could be held out. */
  metrics: FittedMetrics | null;
}

/** Measured on accounts that nothing was learned from, each account weighing the same. */
export interface FittedMetrics {
  accounts: number;
  queries: number;
  visits: number;
  model: Measures & { logLoss: number };
  recency: Measures;
  /** Null when no visit was held out. */
  visit: ForecastMeasures | null;
}

/**
 * Trains both models. Metrics and temperature come from models that have not seen the held-out accounts;
 * the linear weights that are kept are then trained on all of them.
 *
 * Shape: deterministic; neither the order of accounts nor that of examples matters.
 * Errors: RangeError when there is no query.
 */
export function fitModels(task: Task, { seed = 1, trees = null }: FitOptions = {}): Fitted {
  if (task.queries.length === 0)
    throw new RangeError(
      'There is no query: no visit began with one of several shows in progress.',
    );
  const accounts = heldOutAccounts(
    [...task.queries, ...task.visits].map(({ account }) => account),
    seed,
  );
  const queries = splitBy(task.queries, accounts);
  const visits = splitBy(task.visits, accounts);
  const learned = partsOf({ queries: queries.learned, visits: visits.learned }, trees);
  const scored = scoredBy(modelsOf(learned).ranking, queries.heldOut);
  const temperature = rounded(fitTemperature(scored));
  return {
    parts: { ...partsOf(task, trees), temperature },
    metrics: metricsOf({ ...learned, temperature }, { queries, visits }),
  };
}

function partsOf({ queries, visits }: Task, trees: unknown): Parts {
  return {
    ...{ kind: trees === null ? 'linear' : 'trees', featureNames, visitFeatureNames },
    ranking: { linear: trainRanking(queries).linear, trees },
    visit: visits.length === 0 ? null : trainVisit(visits).visit,
    temperature: 1,
  };
}

/** Models as serving would read them. */
function modelsOf(parts: Parts): Models {
  return readModels(
    sealArtifact({ ...{ version: artifactVersion, name: 'held-out', card: {} }, ...parts }),
  );
}

function scoredBy(ranking: RankingModel, queries: readonly RankingQuery[]): ScoredQuery[] {
  return inOneOrder(queries, ({ chosen }) => chosen).map(({ features, count, chosen }) => ({
    ...{ utilities: ranking.utilities(features, count), chosen },
  }));
}

function metricsOf(
  parts: Parts,
  { queries, visits }: { queries: Split<RankingQuery>; visits: Split<VisitExample> },
): FittedMetrics | null {
  if (queries.heldOut.length === 0) return null;
  const { ranking, visit } = modelsOf(parts);
  // In one order, as sums of doubles depend on it.
  const byAccount = [...byGroup(queries.heldOut, ({ account }) => account)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, own]) => inOneOrder(own, ({ chosen }) => chosen));
  const model = byAccount.map((own) =>
    meanMeasures(own.map((query) => measuresBy(ranking, query))),
  );
  const recency = byAccount.map((own) => meanMeasures(own.map(measuresByRecency)));
  const logLoss = meanOf(
    byAccount.map((own) => meanOf(own.map((query) => lossOf(ranking, query)))),
  );
  const forecasts = inOneOrder(visits.heldOut, ({ hasContinued }) => Number(hasContinued)).map(
    ({ features, hasContinued }) => ({
      probability: visit?.probability(features) ?? Number.NaN,
      isTrue: hasContinued,
    }),
  );
  return {
    accounts: byAccount.length,
    ...{ queries: queries.heldOut.length, visits: visits.heldOut.length },
    model: { ...shortened(meanMeasures(model)), ...shortened({ logLoss }) },
    recency: shortened(meanMeasures(recency)),
    visit: visit === null || forecasts.length === 0 ? null : shortened(forecastMeasures(forecasts)),
  };
}

function measuresBy(ranking: RankingModel, { features, count, chosen }: RankingQuery): Measures {
  return measuresOf(ranking.utilities(features, count), chosen);
}

function measuresByRecency({ recencyRanks, chosen }: RankingQuery): Measures {
  return measuresOf(
    Array.from(recencyRanks, (rank) => -rank),
    chosen,
  );
}

function lossOf(ranking: RankingModel, { features, count, chosen }: RankingQuery): number {
  const shares = probabilities(ranking.utilities(features, count), ranking.temperature);
  return -Math.log(Math.max(Number.MIN_VALUE, shares[chosen] as number));
}

/** A ten-thousandth is more than a few thousand queries can tell. */
function shortened<Figures extends object>(figures: Figures): Figures {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Math.round(value * 1e4) / 1e4]),
  ) as Figures;
}
