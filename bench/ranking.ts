import { sealArtifact } from '../model/seal.ts';
import { seeded } from '../model/seeded.ts';
import {
  featureNames,
  featuresOf,
  type RankingQuestion,
  visitFeatureNames,
} from '../subgraphs/recommendations/features.ts';
import { History } from '../subgraphs/recommendations/history.ts';
import { createOnlineCorrection } from '../subgraphs/recommendations/online.ts';
import {
  probabilities,
  type RankingModel,
  readModels,
} from '../subgraphs/recommendations/score.ts';
import type { TreeNode } from '../subgraphs/recommendations/trees.ts';

/** Twice as many as are scored when serving: what the goals are stated for. */
export const candidates = 50;
/** As the trees that `train-trees.py` grows. */
export const trees = 120;
export const leaves = 31;

/** Work that is timed call by call; answers something, so that nothing is left out as unused. */
export type Call = () => number;

/** Everything that is timed, by name, over the same row. */
export function rankingCalls(seed: number): Record<string, Call> {
  const next = seeded(seed);
  const question = questionOf(next);
  const features = featuresOf(question);
  const linear = linearModel(next);
  const forest = treesModel(next, features);
  const utilities = linear.utilities(features, candidates);
  const online = createOnlineCorrection(linear);
  const state = online.empty();
  const row = { features, utilities, count: candidates };
  const recency = question.shows.map(({ lastActiveMs }, index) => ({ lastActiveMs, index }));
  let chosen = 0;
  return {
    'order by recency': () =>
      [...recency].sort((left, right) => right.lastActiveMs - left.lastActiveMs)[0]?.index ?? 0,
    features: () => featuresOf(question)[0] as number,
    linear: () => linear.utilities(features, candidates)[0] as number,
    trees: () => forest.utilities(features, candidates)[0] as number,
    'online correction': () => online.correct(row, state)[0] as number,
    'online update': () => {
      chosen = (chosen + 1) % candidates;
      online.learn(state, { ...row, chosen });
      return state.weights[0] as number;
    },
    probabilities: () => probabilities(utilities, linear.temperature)[0] as number,
  };
}

/** A profile of fifty shows, some of which it plays every day. */
function questionOf(next: () => number): RankingQuestion {
  const history = new History();
  const hourMs = 3_600_000;
  const startMs = Date.UTC(2026, 0, 1);
  const evenings = 400;
  for (let evening = 0; evening < evenings; evening += 1) {
    const show = Math.floor(candidates * next() ** 2);
    const startedAtMs = startMs + (evening * 9 + 3 * next()) * hourMs;
    history.add({
      ...{ showId: `show_${show}`, title: `show_${show}_${evening}`, startedAtMs },
      ...{ endedAtMs: startedAtMs + hourMs / 2, watchedMs: hourMs / 2, progress: next() },
      deviceKind: next() < 0.6 ? 'TV' : 'PHONE',
    });
  }
  const nowMs = startMs + evenings * 9 * hourMs;
  const shows = Array.from({ length: candidates }, (_, show) => ({
    ...{ showId: `show_${show}`, isFilm: show % 4 === 0, hasNext: next() < 0.8, hasNew: null },
    lastActiveMs: history.shows.get(`show_${show}`)?.lastEndMs ?? startMs,
    ...{ progress: next(), remainingMin: 60 * next(), watchedBy: null },
  }));
  return { history, shows, nowMs, deviceKind: 'TV' };
}

function linearModel(next: () => number): RankingModel {
  return readModels(artifactOf(next, null)).ranking;
}

/** Trees of the usual size, grown the usual way: leaf by leaf, at values that rows have. */
function treesModel(next: () => number, features: Float64Array): RankingModel {
  const tree_info = Array.from({ length: trees }, () => ({
    tree_structure: grown(leaves, { next, features }),
  }));
  return readModels(artifactOf(next, { feature_names: featureNames, tree_info })).ranking;
}

function grown(size: number, from: { next: () => number; features: Float64Array }): TreeNode {
  const { next, features } = from;
  if (size === 1) return { leaf_value: next() - 0.5 };
  const split_feature = Math.floor(featureNames.length * next());
  const row = Math.floor(candidates * next());
  const value = features[row * featureNames.length + split_feature] as number;
  const left = 1 + Math.floor((size - 1) * next());
  return {
    ...{ split_feature, threshold: Number.isNaN(value) ? 0 : value, decision_type: '<=' },
    ...{ missing_type: 'NaN', default_left: next() < 0.5 },
    left_child: grown(left, from),
    right_child: grown(size - left, from),
  };
}

function artifactOf(next: () => number, dump: unknown): unknown {
  const part = (width: number) => {
    const numbers = () => Array.from({ length: width }, () => next() - 0.5);
    return {
      ...{ mean: numbers(), sd: numbers().map((value) => value + 1) },
      ...{ weight: numbers(), missingWeight: numbers() },
    };
  };
  const terms = featureNames.flatMap((_, feature) => [
    { feature, other: null, from: next(), weight: next() - 0.5 },
    { feature, other: (feature + 1) % featureNames.length, from: 0, weight: next() - 0.5 },
  ]);
  return sealArtifact({
    ...{ version: 1, kind: dump === null ? 'linear' : 'trees', name: 'bench' },
    ...{ featureNames, visitFeatureNames, temperature: 1, card: {} },
    ranking: { linear: { ...part(featureNames.length), terms }, trees: dump },
    visit: { ...part(visitFeatureNames.length), bias: 0 },
  });
}
