import { featureNames } from '../subgraphs/recommendations/features.ts';
import {
  type Features,
  linearScores,
  linearWeightsOf,
  type Scale,
  UnscorableError,
} from '../subgraphs/recommendations/linear.ts';
import { createOnlineCorrection } from '../subgraphs/recommendations/online.ts';
import type { Models } from '../subgraphs/recommendations/score.ts';
import type { Split } from './split.ts';
import type { RankingQuery } from './task.ts';
import type { ProfileQuery } from './task-from-plays.ts';
import { trainRanking } from './train-ranking.ts';

/** One way to order rows, and how it scored each query; null where it was not judged. */
export interface Ranked {
  name: string;
  utilities: (ArrayLike<number> | null)[];
  /** Divides utilities before they are made probabilities; null: they mean none. */
  temperature: number | null;
}

interface Scorer {
  name: string;
  scale: Scale;
  temperature: number;
  utilities(features: Features, count: number): Float64Array;
}

/** Ways to order a row that learn nothing: what a model must beat. */
export function baselines(queries: readonly RankingQuery[]): Ranked[] {
  const byFeature = (name: string, feature: string): Ranked => ({
    ...{ name, temperature: null },
    utilities: queries.map((query) => columnOf(query, feature)),
  });
  return [
    {
      ...{ name: 'random', temperature: null },
      utilities: queries.map(({ count }) => new Float64Array(count)),
    },
    byFeature('frequency, 30 days', 'sess_30d'),
    byFeature('ACT-R base level', 'activation'),
    { ...{ name: 'recency', temperature: null }, utilities: queries.map(byRecency) },
  ];
}

/** The order in which the cards of a logged row stood, whoever ranked them. */
export function asShown(queries: readonly RankingQuery[]): Ranked {
  const utilities = queries.map(({ count }) =>
    Float64Array.from({ length: count }, (_, at) => -at),
  );
  return { name: 'as shown', utilities, temperature: null };
}

/** The linear model, trained in every fold on the others, and with each profile's own correction. */
export function trainedRankers(queries: readonly ProfileQuery[], { folds }: Split): Ranked[] {
  const plain: Ranked = emptyRanked('linear', queries.length);
  const online: Ranked = emptyRanked('linear + online', queries.length);
  for (const { train, queries: tested } of folds) {
    const weights = linearWeightsOf(trainRanking(train.queries).linear);
    scoreInto(
      { plain, online, queries, tested },
      {
        ...{ name: 'linear', scale: weights, temperature: 1 },
        utilities: (features, count) => linearScores(weights, features, count),
      },
    );
  }
  return [plain, online];
}

/** A model that was trained elsewhere, and with each profile's own correction. */
export function givenRankers(queries: readonly ProfileQuery[], { ranking }: Models): Ranked[] {
  const plain = emptyRanked(ranking.name, queries.length);
  const online = emptyRanked(`${ranking.name} + online`, queries.length);
  plain.temperature = ranking.temperature;
  online.temperature = ranking.temperature;
  scoreInto({ plain, online, queries, tested: [...queries.keys()] }, ranking);
  return [plain, online];
}

function emptyRanked(name: string, length: number): Ranked {
  return { name, utilities: new Array<null>(length).fill(null), temperature: 1 };
}

interface Scored {
  plain: Ranked;
  online: Ranked;
  queries: readonly ProfileQuery[];
  tested: readonly number[];
}

/** Scores, then lets the profile learn: what is learned from a query never scores that query. */
function scoreInto({ plain, online, queries, tested }: Scored, scorer: Scorer): void {
  const correction = createOnlineCorrection(scorer);
  let profile = '';
  let state = correction.empty();
  for (const index of inOrder(queries, tested)) {
    const query = queries[index] as ProfileQuery;
    if (profileOf(query) !== profile) state = correction.empty();
    profile = profileOf(query);
    const { features, count, chosen } = query;
    const utilities = utilitiesOf(query, scorer);
    plain.utilities[index] = utilities;
    online.utilities[index] = correction.correct({ features, count, utilities }, state);
    correction.learn(state, { features, count, utilities, chosen });
  }
}

/** Profile by profile, each in the order of time. */
function inOrder(queries: readonly ProfileQuery[], tested: readonly number[]): number[] {
  const at = (index: number) => queries[index] as ProfileQuery;
  return [...tested].sort((left, right) => {
    const [one, other] = [at(left), at(right)];
    if (profileOf(one) !== profileOf(other)) return profileOf(one) < profileOf(other) ? -1 : 1;
    return one.atMs - other.atMs;
  });
}

function profileOf({ account, profile }: ProfileQuery): string {
  return `${account} ${profile}`;
}

/** What cannot be scored is ordered by recency, as when serving. */
function utilitiesOf(query: RankingQuery, scorer: Scorer): Float64Array {
  try {
    return scorer.utilities(query.features, query.count);
  } catch (error) {
    if (error instanceof UnscorableError) return byRecency(query);
    throw error;
  }
}

function byRecency({ recencyRanks }: RankingQuery): Float64Array {
  return Float64Array.from(recencyRanks, (rank) => -rank);
}

function columnOf({ features, count }: RankingQuery, name: string): Float64Array {
  const at = featureNames.indexOf(name);
  return Float64Array.from(
    { length: count },
    (_, row) => features[row * featureNames.length + at] as number,
  );
}
