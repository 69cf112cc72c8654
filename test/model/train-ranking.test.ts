import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RankingQuery } from '../../model/task.ts';
import { designOf, rankingLoss, trainRanking } from '../../model/train-ranking.ts';
import { scoredMax } from '../../subgraphs/recommendations/score.ts';
import { plantedQueries } from './planted-tasks.ts';
import '../support/seeds.ts';

const weights = [1.2, -0.7, 0, 0.4];
const width = weights.length;

describe('the ranking trainer', () => {
  it('has the gradient that finite differences have', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
          minLength: 2 * width,
          maxLength: 2 * width,
        }),
        (seed, at) => {
          const planted = { seed, queries: 20, weights, unknown: { share: 0.2, weight: -0.5 } };
          const design = designOf(plantedQueries(planted), width);
          const lossAt = (x: Float64Array) =>
            rankingLoss(design, { weights: x, gradient: new Float64Array(2 * width), l2: 0.7 });
          const gradient = new Float64Array(2 * width);
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
      plantedQueries({ seed: 11, queries: 6_000, weights }),
      { width },
    );
    expect(hasConverged).toBe(true);
    for (const [feature, planted] of weights.entries()) {
      // In standard deviations: the sample's own is within a percent of 1.
      expect(Math.abs(linear.weight[feature]! - planted)).toBeLessThan(0.06);
      expect(linear.missingWeight[feature]).toBe(0);
    }
  });

  it('finds what being unknown is worth', () => {
    const unknown = { share: 0.15, weight: -0.9 };
    const { linear } = trainRanking(
      plantedQueries({ seed: 12, queries: 8_000, weights, unknown }),
      {
        width,
      },
    );
    for (const weight of linear.missingWeight)
      expect(Math.abs(weight - unknown.weight)).toBeLessThan(0.12);
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
      { numRuns: 25 },
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
    const plain = trainRanking(queries, { width }).linear;
    const other = trainRanking(permuted, { width }).linear;
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
