import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { designOf, rankingLoss } from '../../model/ranking-loss.ts';
import type { RankingQuery } from '../../model/task.ts';
import { trainRanking } from '../../model/train-ranking.ts';
import { scoredMax } from '../../subgraphs/recommendations/score.ts';
import { plantedQueries } from './planted-tasks.ts';
import '../support/seeds.ts';

const weights = [1.2, -0.7, 0, 0.4];
const shapes = [
  { feature: 1, other: null, from: -0.3 },
  { feature: 3, other: 0, from: 0 },
];
const width = weights.length;
const size = 2 * width + 2;

describe('the ranking trainer', () => {
  it('has the gradient that finite differences have', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
          minLength: size,
          maxLength: size,
        }),
        (seed, at) => {
          const planted = { seed, queries: 20, weights, unknown: { share: 0.2, weight: -0.5 } };
          const design = designOf(plantedQueries(planted), { width, termsFor: () => shapes });
          const lossAt = (x: Float64Array) =>
            rankingLoss(design, { weights: x, gradient: new Float64Array(size), l2: 0.7 });
          const gradient = new Float64Array(size);
          rankingLoss(design, { weights: Float64Array.from(at), gradient, l2: 0.7 });
          const step = 1e-5;
          const differences = at.map((_, index) => {
            const [up, down] = [step, -step].map((by) =>
              lossAt(Float64Array.from(at, (value, other) => value + (other === index ? by : 0))),
            );
            return (up! - down!) / (2 * step);
          });
          for (const [index, slope] of gradient.entries())
            expect(slope).toBeCloseTo(differences[index]!, 6);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('finds planted weights again', () => {
    const { linear, hasConverged } = trainRanking(
      plantedQueries({ seed: 11, queries: 2_500, weights }),
      { width, bends: 0 },
    );
    expect(hasConverged).toBe(true);
    for (const [feature, planted] of weights.entries()) {
      // In standard deviations: the sample's own is within a percent of 1.
      expect(Math.abs(linear.weight[feature]! - planted)).toBeLessThan(0.1);
      expect(linear.missingWeight[feature]).toBe(0);
    }
  });

  it('finds what being unknown is worth', () => {
    const unknown = { share: 0.15, weight: -0.9 };
    const { linear } = trainRanking(
      plantedQueries({ seed: 12, queries: 2_500, weights, unknown }),
      { width, bends: 0 },
    );
    for (const weight of linear.missingWeight)
      expect(Math.abs(weight - unknown.weight)).toBeLessThan(0.2);
  });

  it('finds a line that bends, and two features that count together', () => {
    const bent = (row: Float32Array) =>
      1.5 * Math.max(0, row[0]!) - row[1]! + 0.8 * row[1]! * row[2]!;
    const queries = plantedQueries({ seed: 19, queries: 1_500, weights: [0, 0, 0] });
    const drawn = queries.map((query) => {
      const noise = query.features.map((_, at) => Math.sin(at * 12.9898 + query.atMs));
      const utilities = Array.from({ length: query.count }, (_, row) => {
        return bent(query.features.subarray(3 * row, 3 * row + 3)) + 0.3 * noise[3 * row]!;
      });
      return { ...query, chosen: utilities.indexOf(Math.max(...utilities)) };
    });
    const lossOf = (options: object) => trainRanking(drawn, { width: 3, l2: 0.1, ...options }).loss;
    const [straight, both] = [lossOf({ bends: 0 }), lossOf({ pairs: [[1, 2]] })];
    expect(both).toBeLessThan(0.6 * straight);
    expect(lossOf({})).toBeLessThan(straight);
    const { linear } = trainRanking(drawn, { width: 3, pairs: [[1, 2]] });
    expect(linear.terms).toHaveLength(7);
    const pair = linear.terms!.at(-1)!;
    expect(pair).toMatchObject({ feature: 1, other: 2, from: 0 });
    expect(pair.weight).toBeGreaterThan(0.5);
  });

  it('bends no flag, and nothing that is constant', () => {
    const queries = plantedQueries({ seed: 20, queries: 100, weights: [1, 1] });
    for (const { features } of queries) {
      for (let at = 0; at < features.length; at += 2) {
        features[at] = Number(features[at]! > 0);
        features[at + 1] = 3;
      }
    }
    expect(trainRanking(queries, { width: 2 }).linear.terms).toEqual([]);
  });

  it('writes the same bytes again, whatever the order of queries', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }).chain((seed) => {
          const unknown = { share: 0.1, weight: 0.3 };
          const queries = plantedQueries({ seed, queries: 60, weights, unknown });
          const twins = queries.slice(0, 5).map((query) => ({ ...query, chosen: 0 }));
          const all = [...queries, ...twins];
          return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
        }),
        ([queries, shuffled]) => {
          const train = (each: RankingQuery[]) => JSON.stringify(trainRanking(each, { width }));
          expect(train(shuffled)).toBe(train(queries));
        },
      ),
      { numRuns: 10 },
    );
  });

  it('learns the same of each feature, whatever their order', () => {
    const queries = plantedQueries({
      ...{ seed: 13, queries: 400, weights },
      unknown: { share: 0.1, weight: 0.5 },
    });
    const order = [2, 0, 3, 1];
    const permuted = queries.map((query) => ({
      ...query,
      features: query.features.map(
        (_, at) => query.features[at - (at % width) + order[at % width]!]!,
      ),
    }));
    const plain = trainRanking(queries, { width, bends: 0 }).linear;
    const other = trainRanking(permuted, { width, bends: 0 }).linear;
    for (const part of ['mean', 'sd', 'weight', 'missingWeight'] as const) {
      for (const [place, feature] of order.entries())
        expect(other[part][place]).toBeCloseTo(plain[part][feature]!, 5);
    }
  });

  it('gives a feature that is constant or never known no weight', () => {
    const queries = plantedQueries({ seed: 14, queries: 200, weights });
    for (const { features } of queries) {
      for (let at = 0; at < features.length; at += width) {
        features[at + 1] = 0.1;
        features[at + 2] = Number.NaN;
      }
    }
    const { linear } = trainRanking(queries, { width });
    expect([linear.weight[1], linear.weight[2]]).toEqual([0, 0]);
    expect([linear.sd[1], linear.sd[2], linear.mean[2]]).toEqual([1, 1, 0]);
    expect(linear.missingWeight[2]).toBe(0);
  });

  it('needs few steps where features say nearly the same', () => {
    const queries = plantedQueries({ seed: 18, queries: 500, weights });
    for (const { features } of queries) {
      for (let at = 0; at < features.length; at += width)
        features[at + 2] = features[at]! + 0.01 * features[at + 2]!;
    }
    const { hasConverged, iterations } = trainRanking(queries, { width });
    expect(hasConverged).toBe(true);
    expect(iterations).toBeLessThan(40);
  });

  it('orders by recency where viewers do', () => {
    const queries = plantedQueries({ seed: 15, queries: 300, weights: [-9, 0] });
    const { linear } = trainRanking(queries, { width: 2, l2: 0.01 });
    expect(linear.weight[0]).toBeLessThan(-4);
    expect(Math.abs(linear.weight[1]! / linear.weight[0]!)).toBeLessThan(0.1);
  });

  it('trains on nothing to weights of nothing', () => {
    const { linear, loss } = trainRanking([], { width });
    expect(linear.weight).toEqual([0, 0, 0, 0]);
    expect(loss).toBe(0);
  });

  it('refuses more candidates than are scored when serving', () => {
    const [query] = plantedQueries({ seed: 16, queries: 1, weights });
    const deep = { ...query!, count: scoredMax + 1 };
    const features = new Float32Array(deep.count * width);
    expect(() => trainRanking([{ ...deep, features }], { width })).toThrow(
      `A query has ${scoredMax + 1} candidates; 1 to ${scoredMax} are scored.`,
    );
  });

  it.each([
    [{ features: new Float32Array(3) }, /has 3 features, not 2 x 4/],
    [{ chosen: 2 }, /chosen candidate is 2 of 2/],
    [{ chosen: -1 }, /chosen candidate is -1 of 2/],
    [{ features: new Float32Array(8).fill(Number.POSITIVE_INFINITY) }, /is infinite/],
  ])('refuses a query with %o', (change, message) => {
    const [query] = plantedQueries({ seed: 17, queries: 1, weights });
    const sound = { ...query!, count: 2, chosen: 0, features: new Float32Array(8) };
    expect(() => trainRanking([{ ...sound, ...change }], { width })).toThrow(message);
  });
});
