import { featureNames, visitFeatureNames } from '../subgraphs/recommendations/features.ts';
import type { Fitted, FittedMetrics } from './fit.ts';
import { heldOutShare } from './held-out.ts';
import type { AccountPlays } from './plays.ts';
import type { Task } from './task.ts';

/** Simulated logs say so in the names of their accounts. */
const simulatedAccount = /^simulated-/;
const dayLength = 'YYYY-MM-DD'.length;

/** Where a model comes from: aggregates, and no name of anybody. */
export interface ModelCard {
  [key: string]: unknown;
  date: string;
  seed: number;
  data: {
    source: 'simulated viewers' | 'interaction log';
    /** What the queries were made from. */
    task: TaskSource;
    accounts: number;
    profiles: number;
    plays: number;
    queries: number;
    visits: number;
    fromDay: string;
    untilDay: string;
  };
  features: FeatureSummary[];
  visitFeatures: FeatureSummary[];
  training: { ranking: string; visit: string; heldOutShare: number };
  /** Null: a single account, none could be held out. */
  metrics: FittedMetrics | null;
  caution: string;
}

/** `plays`: rebuilt from what was played; `rows`: as they were shown. */
export type TaskSource = 'plays' | 'rows';

interface FeatureSummary {
  name: string;
  mean: number;
  sd: number;
  /** Share of rows in which it was known. */
  known: number;
}

export interface CardQuestion {
  accounts: readonly AccountPlays[];
  task: Task;
  source: TaskSource;
  fitted: Fitted;
  seed: number;
  /** ISO day; null: that of the newest play. */
  date: string | null;
}

export function isSimulated(accounts: readonly AccountPlays[]): boolean {
  return accounts.some(({ account }) => simulatedAccount.test(account));
}

export function cardOf({ accounts, task, source, fitted, seed, date }: CardQuestion): ModelCard {
  const plays = accounts.flatMap(({ profiles }) => profiles.flatMap(({ plays }) => plays));
  const [fromMs, untilMs] = plays.reduce(
    ([first, last], { startedAtMs, endedAtMs }) => [
      Math.min(first, startedAtMs),
      Math.max(last, endedAtMs),
    ],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as [number, number],
  );
  const simulated = isSimulated(accounts);
  const { ranking, visit, kind } = fitted.parts;
  return {
    ...{ date: date ?? dayOf(untilMs), seed },
    data: {
      source: simulated ? 'simulated viewers' : 'interaction log',
      task: source,
      accounts: accounts.length,
      profiles: accounts.reduce((sum, { profiles }) => sum + profiles.length, 0),
      plays: plays.length,
      ...{ queries: task.queries.length, visits: task.visits.length },
      ...{ fromDay: dayOf(fromMs), untilDay: dayOf(untilMs) },
    },
    features: summariesOf(featureNames, ranking.linear, task.queries),
    visitFeatures: visit === null ? [] : summariesOf(visitFeatureNames, visit, task.visits),
    training: {
      ranking:
        kind === 'trees'
          ? 'LightGBM lambdarank; beside it, for reasons, the listwise linear model'
          : 'listwise softmax over standardised features, their bends and pairs; L2, L-BFGS',
      visit: visit === null ? 'none' : 'logistic, L2, L-BFGS',
      heldOutShare,
    },
    metrics: fitted.metrics,
    caution: simulated
      ? 'Trained on simulated viewers, whose choices follow a rule that was put in: the metrics say how well that rule was found again. Nothing is claimed about viewers.'
      : 'Metrics are of the log that it was trained on, on accounts held out; rows of another product or time may differ.',
  };
}

function summariesOf(
  names: readonly string[],
  { mean, sd }: { mean: readonly number[]; sd: readonly number[] },
  examples: readonly { features: Float32Array }[],
): FeatureSummary[] {
  const known = new Float64Array(names.length);
  let rows = 0;
  for (const { features } of examples) {
    rows += features.length / names.length;
    for (let at = 0; at < features.length; at += 1) {
      if (Number.isNaN(features[at])) continue;
      const feature = at % names.length;
      known[feature] = (known[feature] as number) + 1;
    }
  }
  return names.map((name, feature) => ({
    ...{ name, mean: mean[feature] as number, sd: sd[feature] as number },
    known: Math.round(((known[feature] as number) / Math.max(1, rows)) * 1e4) / 1e4,
  }));
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, dayLength);
}
