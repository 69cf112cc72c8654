import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { solverOf } from '../../model/cholesky.ts';
import { minimise, type Objective } from '../../model/lbfgs.ts';
import '../support/seeds.ts';

/** Half of Σ curvature × (x - target)²: known minimum, as badly scaled as one likes. */
function bowl(targets: readonly number[], curvatures: readonly number[]): Objective {
  return (x, gradient) =>
    targets.reduce((sum, target, at) => {
      gradient[at] = curvatures[at]! * (x[at]! - target);
      return sum + (gradient[at]! * (x[at]! - target)) / 2;
    }, 0);
}

const size = 4;
const options = { start: new Float64Array(size), slopeMax: 1e-9, iterationsMax: 500 };
const targets = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), {
  ...{ minLength: size, maxLength: size },
});

describe('the minimiser', () => {
  it('finds the lowest point of a bowl, however narrow', () => {
    fc.assert(
      fc.property(
        targets,
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size }),
        (at, powers) => {
          const curvatures = powers.map((power) => 10 ** power);
          const { x, hasConverged } = minimise(bowl(at, curvatures), options);
          expect(hasConverged).toBe(true);
          for (const [index, value] of x.entries()) expect(value).toBeCloseTo(at[index]!, 3);
        },
      ),
    );
  });

  it('goes there at once when it is told the curvature', () => {
    const objective = bowl([3, -2, 1, 0], [1e-3, 1, 10, 1e3]);
    const solve = (gradient: Float64Array) => {
      for (const [at, curvature] of [1e-3, 1, 10, 1e3].entries())
        gradient[at] = gradient[at]! / curvature;
    };
    const told = minimise(objective, { ...options, solve });
    expect(told.iterations).toBeLessThanOrEqual(2);
    expect(told.x[0]).toBeCloseTo(3, 6);
    expect(minimise(objective, options).iterations).toBeGreaterThan(5);
  });

  it('begins where it is told to, and says when it ran out of steps', () => {
    const start = Float64Array.of(3, -2, 1, 0);
    const objective = bowl([3, -2, 1, 0], [1, 2, 3, 4]);
    expect(minimise(objective, { ...options, start })).toMatchObject({ iterations: 0 });
    const narrow = bowl([1, 2, 3, 4], [1e-3, 1, 1e2, 1e3]);
    expect(minimise(narrow, { ...options, iterationsMax: 2 })).toMatchObject({
      ...{ iterations: 2, hasConverged: false },
    });
  });
});

describe('the solver', () => {
  it('solves what multiplication made', () => {
    fc.assert(
      fc.property(targets, targets, targets, (one, other, x) => {
        // A sum of squares and the identity: symmetric, and above zero everywhere.
        const matrix = Float64Array.from({ length: size * size }, (_, at) => {
          const [row, column] = [Math.floor(at / size), at % size];
          return one[row]! * one[column]! + other[row]! * other[column]! + Number(row === column);
        });
        const right = Float64Array.from({ length: size }, (_, row) =>
          x.reduce((sum, value, column) => sum + matrix[row * size + column]! * value, 0),
        );
        solverOf(matrix, size)(right);
        for (const [index, value] of right.entries()) expect(value).toBeCloseTo(x[index]!, 4);
      }),
    );
  });

  it('refuses what has no minimum', () => {
    expect(() => solverOf(Float64Array.of(1, 2, 2, 1), 2)).toThrow('not positive definite');
    expect(() => solverOf(Float64Array.of(Number.NaN), 1)).toThrow(RangeError);
  });
});
