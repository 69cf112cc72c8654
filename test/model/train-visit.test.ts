import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { trainVisit, visitLoss } from '../../model/train-visit.ts';
import { plantedVisits } from './planted-tasks.ts';
import '../support/seeds.ts';

const weights = [1, -0.5, 0];
const width = weights.length;

describe('the visit trainer', () => {
  it('has the gradient that finite differences have', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }),
          {
            minLength: 1,
            maxLength: 20,
          },
        ),
        fc.array(fc.double({ min: -40, max: 40, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (rows, at) => {
          const inputs = rows.map((row) => Float64Array.from(row));
          const outcomes = Uint8Array.from(rows, (_, index) => index % 2);
          const lossAt = (x: Float64Array, gradient = new Float64Array(4)) =>
            visitLoss({ inputs, outcomes }, { weights: x, gradient, l2: 0.3 });
          const gradient = new Float64Array(4);
          lossAt(Float64Array.from(at), gradient);
          for (const [index, slope] of gradient.entries()) {
            const moved = (by: number) =>
              lossAt(Float64Array.from(at, (value, other) => value + (other === index ? by : 0)));
            expect(slope).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('finds planted weights again', () => {
    const { visit } = trainVisit(
      plantedVisits({ seed: 21, queries: 20_000, weights, unknown: { share: 0.1, weight: 0.4 } }),
      { width },
    );
    for (const [feature, planted] of weights.entries()) {
      expect(Math.abs(visit.weight[feature]! - planted)).toBeLessThan(0.08);
      expect(Math.abs(visit.missingWeight[feature]! - 0.4)).toBeLessThan(0.15);
    }
    expect(Math.abs(visit.bias)).toBeLessThan(0.08);
  });

  it('stays finite where everybody always continues', () => {
    const always = plantedVisits({ seed: 22, queries: 50, weights }).map((example) => ({
      ...example,
      hasContinued: true,
    }));
    const { visit, loss } = trainVisit(always, { width });
    expect(visit.bias).toBeGreaterThan(2);
    expect(Number.isFinite(visit.bias)).toBe(true);
    expect(loss).toBeLessThan(0.05);
  });

  it('writes the same bytes again, whatever the order of examples', () => {
    const examples = plantedVisits({ seed: 23, queries: 200, weights });
    const twins = examples
      .slice(0, 9)
      .map((each) => ({ ...each, hasContinued: !each.hasContinued }));
    const all = [...examples, ...twins];
    expect(JSON.stringify(trainVisit([...all].reverse(), { width }))).toBe(
      JSON.stringify(trainVisit(all, { width })),
    );
  });

  it('refuses an example of another shape, and one that is infinite', () => {
    const [example] = plantedVisits({ seed: 24, queries: 1, weights });
    const wrong = { ...example!, features: new Float32Array(2) };
    expect(() => trainVisit([wrong], { width })).toThrow('A visit has 2 features, not 3.');
    const infinite = { ...example!, features: Float32Array.of(1, Number.NEGATIVE_INFINITY, 0) };
    expect(() => trainVisit([infinite], { width })).toThrow('infinite');
  });
});
