import { describe, expect, it } from '@jest/globals';
import { type Evaluation, evaluate, NothingToJudgeError } from '../../model/evaluation.ts';
import { goalsOf } from '../../model/goals.ts';
import { splitOf } from '../../model/split.ts';
import { taskOf } from '../../model/task-from-plays.ts';
import { accountOf, plantedHouseholds, playAt } from './planted-plays.ts';

const options = { folds: 3, seed: 1 };
const judged = (rule: 'device' | 'recency', accounts: number, visits = 120): Evaluation =>
  evaluate(taskOf(plantedHouseholds({ seed: 11, accounts, visits, rule })), options);

const byDevice = judged('device', 12);
const byRecency = judged('recency', 12, 240);
const ranker = ({ rankers }: Evaluation, name: string) =>
  rankers.find((each) => each.name === name)!;
const slice = ({ slices }: Evaluation, name: string) => slices.find((each) => each.name === name)!;

describe('households that watch by device', () => {
  it('are told better by a trained model than by recency, in every account', () => {
    const { gain, better } = ranker(byDevice, 'linear');
    expect(gain.hit1.low).toBeGreaterThan(0.1);
    expect(gain.mrr.low).toBeGreaterThan(0.05);
    expect(better).toBe(1);
  });

  it('show the gain where it lies: on another device', () => {
    const another = slice(byDevice, 'another device');
    expect(another.hit1.linear! - another.hit1.recency!).toBeGreaterThan(0.3);
    expect(slice(byDevice, 'same device').hit1.recency).toBeGreaterThan(0.85);
  });

  it('have probabilities that can be believed', () => {
    const bins = byDevice.calibration.linear!.filter(({ count }) => count > 60);
    expect(bins.length).toBeGreaterThan(2);
    for (const { told, observed } of bins) expect(Math.abs(told - observed)).toBeLessThan(0.1);
  });
});

describe('households that go on with what they watched last', () => {
  it('give a model nothing to gain over recency', () => {
    for (const name of ['linear', 'linear + online']) {
      expect(Math.abs(ranker(byRecency, name).gain.hit1.mean)).toBeLessThan(0.01);
      expect(ranker(byRecency, name).gain.mrr.low).toBeLessThan(0.002);
    }
    expect(ranker(byRecency, 'recency').macro.hit1).toBeGreaterThan(0.9);
  });
});

describe('an evaluation', () => {
  it('is the same for the same seed', () => {
    expect(judged('recency', 3)).toEqual(judged('recency', 3));
  });

  it('gains nothing over recency by recency, and what ties say by chance', () => {
    const { gain, better } = ranker(byDevice, 'recency');
    expect([gain.mrr.mean, gain.mrr.low, gain.hit1.high, better]).toEqual([0, 0, 0, 0]);
    const even = plantedHouseholds({ seed: 2, accounts: 2, visits: 40, rule: 'device' });
    const task = taskOf(even, { candidatesMax: 2 });
    const random = ranker(evaluate(task, options), 'random').micro;
    expect([random.hit1, random.mrr]).toEqual([0.5, 0.75]);
  });

  it('tells of slices that make up the whole', () => {
    const groups = Map.groupBy(byDevice.slices, ({ group }) => group);
    for (const [, own] of groups) {
      expect(own.reduce((sum, { queries }) => sum + queries, 0)).toBe(byDevice.queries);
    }
    expect(slice(byDevice, 'the most recent').hit1.recency).toBe(1);
    expect(slice(byDevice, 'not the most recent').hit1.recency).toBe(0);
  });

  it('sorts the accounts by their gain, the largest first', () => {
    expect(byDevice.gainByAccount).toHaveLength(12);
    expect([...byDevice.gainByAccount].sort((one, other) => other - one)).toEqual(
      byDevice.gainByAccount,
    );
  });

  it('judges whether a visit continues by models that never saw the account', () => {
    const names = byDevice.visits.models.map(({ name }) => name);
    expect(names).toEqual(['constant', "profile's running rate", 'logistic']);
    expect(byDevice.visits.count).toBe(
      taskOf(plantedHouseholds({ seed: 11, accounts: 12, visits: 120, rule: 'device' })).visits
        .length,
    );
  });

  it('of one account learns from the earlier part and says so', () => {
    const one = judged('device', 1);
    expect(one.split).toBe('later part held out');
    expect(one.queries).toBeLessThan(40);
    expect(ranker(one, 'linear').gain.mrr.low).toBeNaN();
  });

  it('of nothing says what is missing', () => {
    const task = taskOf([accountOf('one', [playAt('a', 0)])]);
    expect(() => evaluate(task, options)).toThrow(NothingToJudgeError);
  });
});

describe('goals', () => {
  const goal = (evaluation: Evaluation, figure: string) =>
    goalsOf(evaluation).find((each) => each.figure === figure)!;

  it('are measured by the headline ranker, and met where they are reached', () => {
    expect(byDevice.headline).toBe('linear + online');
    const another = slice(byDevice, 'another device').hit1;
    expect(goal(byDevice, 'gain on another device, hit@1')).toEqual({
      ...{ figure: 'gain on another device, hit@1', wanted: '≥ 0.05', isMet: true },
      measured: another['linear + online']! - another.recency!,
    });
    expect(goal(byRecency, 'gain over recency, hit@1')).toMatchObject({
      ...{ isMet: false, measured: ranker(byRecency, 'linear + online').gain.hit1.mean },
    });
  });

  it('hold every slice to recency but films, those of a hundredth, and what was chosen', () => {
    const changed = structuredClone(byDevice);
    const lose = (name: string, share: number) => {
      const own = slice(changed, name);
      Object.assign(own, { share });
      own.hit1['linear + online'] = own.hit1.recency! - 0.5;
    };
    const figure = 'smallest gain of any other slice, hit@1';
    lose('the most recent', 0.9);
    lose('2 or 3', 0.009);
    expect(goal(changed, figure).measured).toBeGreaterThan(-0.4);
    lose('under 6 hours', 0.01);
    expect(goal(changed, figure)).toMatchObject({
      measured: expect.closeTo(-0.5, 9),
      isMet: false,
    });
  });

  it('are not met by what nothing tells of', () => {
    const films = goal(byDevice, 'gain on films, hit@1');
    expect(films).toMatchObject({ measured: Number.NaN, isMet: false });
  });
});

describe('a split', () => {
  const task = taskOf(plantedHouseholds({ seed: 3, accounts: 7, visits: 20, rule: 'device' }));

  it('never has an account on both sides, and judges every query once', () => {
    const { folds } = splitOf(task, { folds: 5, seed: 4 });
    expect(folds).toHaveLength(5);
    for (const { train, queries, visits } of folds) {
      const learned = new Set([...train.queries, ...train.visits].map(({ account }) => account));
      const tested = [
        ...queries.map((index) => task.queries[index]!.account),
        ...visits.map((index) => task.visits[index]!.account),
      ];
      expect(tested.filter((account) => learned.has(account))).toEqual([]);
    }
    const all = folds.flatMap(({ queries }) => queries).sort((one, other) => one - other);
    expect(all).toEqual([...task.queries.keys()]);
  });

  it('has no more folds than accounts', () => {
    expect(splitOf(task, { folds: 50, seed: 4 }).folds).toHaveLength(7);
  });
});
