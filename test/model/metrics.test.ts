import { describe, expect, it } from '@jest/globals';
import {
  calibrationOf,
  type Forecast,
  forecastMeasures,
  intervalOf,
  meanMeasures,
  measuresOf,
} from '../../model/metrics.ts';

const close = (values: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, expect.closeTo(value, 12)]),
  );

describe('measures of an answer', () => {
  it.each([
    [1, { hit1: 1, hit3: 1, mrr: 1, ndcg5: 1 }],
    [2, { hit1: 0, hit3: 1, mrr: 1 / 2, ndcg5: 1 / Math.log2(3) }],
    [3, { hit1: 0, hit3: 1, mrr: 1 / 3, ndcg5: 1 / 2 }],
    [5, { hit1: 0, hit3: 0, mrr: 1 / 5, ndcg5: 1 / Math.log2(6) }],
    [6, { hit1: 0, hit3: 0, mrr: 1 / 6, ndcg5: 0 }],
  ])('in place %i', (place, expected) => {
    const utilities = [9, 8, 7, 6, 5, 4, 3];
    expect(measuresOf(utilities, place - 1)).toEqual(close(expected));
  });

  it('are the mean over the places of a tie', () => {
    // First of two, tied with one other: places 1 and 2, as likely each.
    expect(measuresOf([1, 1], 0)).toEqual(
      close({ hit1: 1 / 2, hit3: 1, mrr: 3 / 4, ndcg5: (1 + 1 / Math.log2(3)) / 2 }),
    );
    // One above, three alike: places 2, 3 and 4.
    expect(measuresOf([5, 1, 1, 1], 3)).toEqual(
      close({
        ...{ hit1: 0, hit3: 2 / 3, mrr: (1 / 2 + 1 / 3 + 1 / 4) / 3 },
        ndcg5: (1 / Math.log2(3) + 1 / 2 + 1 / Math.log2(5)) / 3,
      }),
    );
  });

  it('do not depend on where in the list the chosen one stands', () => {
    for (let chosen = 0; chosen < 4; chosen += 1) {
      expect(measuresOf([2, 2, 2, 2], chosen)).toEqual(measuresOf([2, 2, 2, 2], 0));
    }
    expect(measuresOf([2, 2, 2, 2], 1).hit1).toBe(1 / 4);
  });

  it('put what is no number last', () => {
    expect(measuresOf([Number.NaN, 1, 2], 0)).toEqual(measuresOf([0, 1, 2], 0));
  });

  it('are averaged one by one', () => {
    const each = [measuresOf([2, 1], 0), measuresOf([2, 1], 1)];
    expect(meanMeasures(each)).toEqual(
      close({ hit1: 1 / 2, hit3: 1, mrr: 3 / 4, ndcg5: (1 + 1 / Math.log2(3)) / 2 }),
    );
  });
});

describe('an interval over accounts', () => {
  const values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

  it('is the same for the same seed, and another for another', () => {
    expect(intervalOf(values, 7)).toEqual(intervalOf(values, 7));
    expect(intervalOf(values, 7)).not.toEqual(intervalOf(values, 8));
  });

  it('lies where theory puts it: 1.96 standard errors on both sides', () => {
    const { mean, low, high } = intervalOf(values, 1);
    const error = 1.96 * Math.sqrt(0.0825 / 10);
    expect(mean).toBeCloseTo(0.55, 12);
    expect(Math.abs(low - (0.55 - error))).toBeLessThan(0.02);
    expect(Math.abs(high - (0.55 + error))).toBeLessThan(0.02);
  });

  it('of equal values is a point, of one it is unknown', () => {
    expect(intervalOf([0.25, 0.25, 0.25], 1)).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
    expect(intervalOf([0.25], 1)).toEqual({ mean: 0.25, low: Number.NaN, high: Number.NaN });
  });
});

describe('measures of forecasts', () => {
  const told = (...pairs: [probability: number, isTrue: boolean][]): Forecast[] =>
    pairs.map(([probability, isTrue]) => ({ probability, isTrue }));

  it('are those that a hand computes', () => {
    const forecasts = told([0.9, true], [0.8, false], [0.3, true], [0.2, false]);
    // Of the four pairs of one that came and one that did not, 0.9 wins both and 0.3 one.
    expect(forecastMeasures(forecasts)).toEqual(
      close({
        auc: 3 / 4,
        logLoss: -(Math.log(0.9) + Math.log(0.2) + Math.log(0.3) + Math.log(0.8)) / 4,
        brier: (0.01 + 0.64 + 0.49 + 0.04) / 4,
        ece: (0.1 + 0.8 + 0.7 + 0.2) / 4,
      }),
    );
  });

  it('count a tie half', () => {
    expect(forecastMeasures(told([0.5, true], [0.5, false])).auc).toBe(1 / 2);
    expect(forecastMeasures(told([0.5, true], [0.5, false], [0.1, false])).auc).toBe(3 / 4);
  });

  it('know no AUC when all came the same', () => {
    expect(forecastMeasures(told([0.5, true], [0.4, true])).auc).toBeNaN();
  });

  it('do not end at a certainty that was wrong', () => {
    expect(forecastMeasures(told([1, false], [0, true])).logLoss).toBeCloseTo(-Math.log(1e-6), 6);
  });

  it('are in calibration what was told against what came, bin by bin', () => {
    const forecasts = told([0.1, false], [0.15, true], [1, true], [0.95, true]);
    expect(calibrationOf(forecasts, 10)).toEqual([
      { from: 0.1, to: 0.2, count: 2, told: expect.closeTo(0.125, 12), observed: 0.5 },
      { from: 0.9, to: 1, count: 2, told: expect.closeTo(0.975, 12), observed: 1 },
    ]);
  });
});
