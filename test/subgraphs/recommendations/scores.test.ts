import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UnscorableError } from '../../../subgraphs/recommendations/linear.ts';
import { probabilities, readModels } from '../../../subgraphs/recommendations/score.ts';
import {
  packTrees,
  type TreesDump,
  treesScores,
} from '../../../subgraphs/recommendations/trees.ts';
import { expected, fromFile, linearArtifact, smallTree, treesArtifact } from './artifacts.ts';
import '../../support/seeds.ts';

const linear = readModels(fromFile(linearArtifact()), expected);
const trees = readModels(fromFile(treesArtifact()), expected);
const { NaN: unknown, POSITIVE_INFINITY: infinity } = Number;

describe('a linear model', () => {
  it('adds what each standardised feature weighs', () => {
    // (6 - 10) / 4 = -1, (1 - .5) / .5 = 1, (.5 - .25) / .125 = 2
    const row = Float64Array.of(6, 1, 0.5);
    expect(linear.ranking.contributions(row, 0)).toEqual(Float64Array.of(2, 1, 1));
    expect(linear.ranking.utilities(row, 1)).toEqual(Float64Array.of(4));
  });

  it('gives what is unknown its own weight', () => {
    const rows = Float64Array.of(6, 1, 0.5, unknown, unknown, unknown);
    expect(linear.ranking.utilities(rows, 2)).toEqual(Float64Array.of(4, -0.125));
    expect(linear.ranking.contributions(rows, 1)).toEqual(Float64Array.of(0, -0.25, 0.125));
  });

  it('lets no feature count more than eight deviations', () => {
    const rows = Float64Array.of(10 + 4 * 8, 0.5, 0.25, 1e300, 0.5, 0.25);
    expect(linear.ranking.utilities(rows, 2)).toEqual(Float64Array.of(-16, -16));
  });

  const terms = [
    { feature: 0, other: null, from: -0.5, weight: 3 },
    { feature: 1, other: 2, from: 0, weight: 0.5 },
  ];
  const part = linearArtifact().ranking.linear;
  const bent = readModels(
    fromFile(linearArtifact({ ranking: { linear: { ...part, terms }, trees: null } })),
    expected,
  );

  it('bends, and lets two features count together', () => {
    // -1 lies below the bend; 1 × 2 × 0.5 = 1 more.
    expect(bent.ranking.utilities(Float64Array.of(6, 1, 0.5), 1)).toEqual(Float64Array.of(5));
    // (12 - 10) / 4 = 0.5 is 1 beyond the bend: -1 + 1 + 1 + 3 + 1.
    const row = Float64Array.of(12, 1, 0.5);
    expect(bent.ranking.utilities(row, 1)).toEqual(Float64Array.of(5));
    expect(bent.ranking.contributions(row, 0)).toEqual(Float64Array.of(2, 1.5, 1.5));
  });

  it('gives a bend or a pair nothing where a feature is unknown', () => {
    const row = Float64Array.of(unknown, unknown, 0.5);
    expect(bent.ranking.utilities(row, 1)).toEqual(linear.ranking.utilities(row, 1));
    expect(bent.ranking.contributions(row, 0)).toEqual(linear.ranking.contributions(row, 0));
  });

  it.each([
    ['a straight model', linear],
    ['a bent one', bent],
  ])('contributes what it adds up to: %s', (_, { ranking }) => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(unknown)), {
          ...{ minLength: 3, maxLength: 3 },
        }),
        (values) => {
          const row = Float64Array.from(values);
          const sum = ranking.contributions(row, 0).reduce((total, each) => total + each, 0);
          expect(ranking.utilities(row, 1)[0]).toBeCloseTo(sum, 9);
        },
      ),
    );
  });

  it('says how probable a visit is', () => {
    // .5 + (0.75 - 0.5) / 0.25 * 1 - 0.5 * 1 = 1
    expect(linear.visit!.probability(Float64Array.of(0.75, 1))).toBeCloseTo(
      1 / (1 + Math.exp(-1)),
      12,
    );
    expect(linear.visit!.probability(Float64Array.of(unknown, 1))).toBeCloseTo(
      1 / (1 + Math.exp(-0.75)),
      12,
    );
  });
});

describe('trees', () => {
  it('send each row to its leaves, the unknown where they were told', () => {
    const rows = Float64Array.of(5, 0, 9, 6, 0, 0.5, 6, 0, 0.6, unknown, 0, unknown);
    expect(trees.ranking.utilities(rows, 4)).toEqual(Float64Array.of(1, -0.5, 0.25, -0.5));
  });

  it('explain themselves by the linear model beside them', () => {
    const row = Float64Array.of(6, 1, 0.5);
    expect(trees.ranking.contributions(row, 0)).toEqual(Float64Array.of(2, 1, 1));
    expect(trees.ranking.scale).toEqual(linear.ranking.scale);
  });

  it('may be a single leaf', () => {
    const { ranking } = readModels(fromFile(treesArtifact({ leaf_value: 0.75 })), expected);
    expect(ranking.utilities(Float64Array.of(1, 2, 3), 1)).toEqual(Float64Array.of(0.75));
  });

  it('may be very deep', () => {
    const deep = Array.from({ length: 20_000 }).reduce<object>(
      (child) => ({ ...smallTree, left_child: child, right_child: { leaf_value: 2 } }),
      { leaf_value: 1 },
    );
    const packed = packTrees(
      { feature_names: expected.featureNames, tree_info: [{ tree_structure: deep }] },
      expected.featureNames,
    );
    expect(treesScores(packed, Float64Array.of(1, 0, 0), 1)).toEqual(Float64Array.of(1));
  });

  const fixture = JSON.parse(readFileSync('test/model/trees-fixture.json', 'utf8')) as {
    rows: (number | null)[][];
    models: Record<string, { dump: TreesDump; scores: number[] }>;
  };

  it.each(Object.keys(fixture.models))('score as LightGBM does where missing is %s', (name) => {
    const { dump, scores } = fixture.models[name]!;
    const rows = Float64Array.from(fixture.rows.flat(), (value) => value ?? unknown);
    expect(scores).toHaveLength(500);
    const own = treesScores(packTrees(dump, dump.feature_names), rows, scores.length);
    const differences = own.map((score, row) => Math.abs(score - scores[row]!));
    expect(Math.max(...differences)).toBeLessThan(1e-6);
    expect(new Set(scores).size).toBeGreaterThan(50);
  });

  it('were compared for every kind of missing, to both sides', () => {
    const text = JSON.stringify(fixture.models);
    for (const kind of ['NaN', 'Zero', 'None']) expect(text).toContain(`"missing_type":"${kind}"`);
    for (const side of ['true', 'false']) expect(text).toContain(`"default_left":${side}`);
  });
});

describe.each([
  ['a linear model', linear],
  ['trees', trees],
])('what %s cannot score', (_, { ranking, visit }) => {
  it.each([infinity, -infinity])('is refused: a feature of %d', (value) => {
    const rows = Float64Array.of(1, 1, 1, 1, value, 1);
    expect(() => ranking.utilities(rows, 2)).toThrow(
      new UnscorableError('Feature 1 of row 1 is infinite.'),
    );
    expect(() => ranking.contributions(rows, 1)).toThrow(UnscorableError);
    expect(() => visit!.probability(Float64Array.of(value, 0))).toThrow(UnscorableError);
  });

  it('is refused: rows of another shape', () => {
    expect(() => ranking.utilities(new Float64Array(5), 2)).toThrow(
      new UnscorableError('5 features are not 2 rows of 3 features.'),
    );
    expect(() => ranking.contributions(new Float64Array(3), 1)).toThrow(UnscorableError);
    expect(() => visit!.probability(new Float64Array(3))).toThrow(UnscorableError);
  });

  it('is refused as a score that is no number', () => {
    const huge = 1.7e308;
    const overflowing = treesArtifact(smallTree, {
      tree_info: [1, 2].map(() => ({ tree_structure: { leaf_value: huge } })),
    });
    const { ranking: broken } = readModels(fromFile(overflowing), expected);
    expect(() => broken.utilities(Float64Array.of(1, 1, 1), 1)).toThrow(
      new UnscorableError('The score of row 0 is Infinity.'),
    );
  });

  it('is nothing of an empty row', () => {
    expect(ranking.utilities(new Float64Array(0), 0)).toEqual(new Float64Array(0));
  });
});

describe('probabilities', () => {
  it('add up to one and keep the order, at any temperature', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        (utilities, temperature) => {
          const shares = probabilities(Float64Array.from(utilities), temperature);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
          const best = utilities.indexOf(Math.max(...utilities));
          expect(shares[best]).toBe(Math.max(...shares));
        },
      ),
    );
  });

  it('grow even with the temperature', () => {
    const utilities = Float64Array.of(2, 0);
    expect(probabilities(utilities, 2)[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
    expect(probabilities(utilities, 4)[0]).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 12);
  });

  it('are nothing of nothing, and refused where a utility is no number', () => {
    expect(probabilities(new Float64Array(0), 1)).toEqual(new Float64Array(0));
    expect(() => probabilities(Float64Array.of(1, unknown), 1)).toThrow(UnscorableError);
  });
});
