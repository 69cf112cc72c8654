import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { type asShown, baselines, trainedRankers } from '../../model/rankers.ts';
import { splitOf } from '../../model/split.ts';
import { type PlaysTask, taskOf } from '../../model/task-from-plays.ts';
import { visitForecasts } from '../../model/visit-forecasts.ts';
import { featureNames } from '../../subgraphs/recommendations/features.ts';
import { plantedHouseholds } from './planted-plays.ts';

const task = taskOf(plantedHouseholds({ seed: 17, accounts: 4, visits: 40, rule: 'device' }));
const split = splitOf(task, { folds: 2, seed: 1 });
const [plain, online] = trainedRankers(task.queries, split) as [
  ReturnType<typeof asShown>,
  ReturnType<typeof asShown>,
];

describe('a ranker that learns online', () => {
  const firsts = task.queries.flatMap(({ profile }, index) =>
    task.queries.findIndex((query) => query.profile === profile) === index ? [index] : [],
  );

  it('knows nothing of a profile before its first choice, and something after', () => {
    expect(firsts).toHaveLength(4);
    for (const index of task.queries.keys()) {
      const isSame =
        JSON.stringify(online.utilities[index]) === JSON.stringify(plain.utilities[index]);
      expect(isSame).toBe(firsts.includes(index));
    }
  });

  it('never sees what was chosen before it has scored the query', () => {
    const last = task.queries.findLastIndex(({ account }) => account === task.queries[0]!.account);
    const changed = task.queries.map((query, index) =>
      index === last ? { ...query, chosen: (query.chosen + 1) % query.count } : query,
    );
    // Only where it is judged: the fold in which it is trained on learns of it, and rightly.
    const fold = split.folds.find(({ queries }) => queries.includes(last))!;
    const [, before] = trainedRankers(task.queries, { ...split, folds: [fold] });
    const [, after] = trainedRankers(changed, { ...split, folds: [fold] });
    expect(after!.utilities).toEqual(before!.utilities);
  });

  it('learns in the order of time, whatever the order of the task', () => {
    const fold = split.folds[0]!;
    const [, told] = trainedRankers(task.queries, { ...split, folds: [fold] });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...task.queries.keys()], { minLength: task.queries.length }),
        (order) => {
          const queries = order.map((index) => task.queries[index]!);
          const tested = fold.queries.map((index) => order.indexOf(index));
          const folds = [{ ...fold, queries: tested }];
          const [, shuffled] = trainedRankers(queries, { ...split, folds });
          for (const [at, index] of order.entries()) {
            expect(shuffled!.utilities[at]).toEqual(told!.utilities[index]);
          }
        },
      ),
      { numRuns: 3 },
    );
  });
});

describe('rankers that learn nothing', () => {
  const [random, frequency, activation, recency] = baselines(task.queries);
  const columnOf = ({ queries }: PlaysTask, index: number, name: string) =>
    Array.from(
      { length: queries[index]!.count },
      (_, row) => queries[index]!.features[row * featureNames.length + featureNames.indexOf(name)],
    );

  it('go by what they are called after', () => {
    for (const [index, { recencyRanks, count }] of task.queries.entries()) {
      expect([...Array.from(random!.utilities[index]!)]).toEqual(new Array(count).fill(0));
      expect(Array.from(frequency!.utilities[index]!)).toEqual(columnOf(task, index, 'sess_30d'));
      expect(Array.from(activation!.utilities[index]!)).toEqual(
        columnOf(task, index, 'activation'),
      );
      expect(Array.from(recency!.utilities[index]!)).toEqual(
        Array.from(recencyRanks, (rank) => -rank),
      );
    }
  });
});

describe('forecasts of visits', () => {
  it('are of three kinds for every visit that is judged', () => {
    const told = visitForecasts(task.visits, split, undefined);
    expect(told.map(({ forecasts }) => forecasts.length)).toEqual(
      new Array(3).fill(task.visits.length),
    );
    for (const { forecasts } of told) {
      for (const { probability } of forecasts) {
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
    }
  });

  it('have no logistic model where the one that was given has none', () => {
    const told = visitForecasts(task.visits, split, null);
    expect(told.map(({ name }) => name)).toEqual(['constant', "profile's running rate"]);
  });
});
