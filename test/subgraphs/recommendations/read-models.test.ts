import { describe, expect, it } from '@jest/globals';
import { sealArtifact } from '../../../model/seal.ts';
import type { Artifact } from '../../../subgraphs/recommendations/artifact.ts';
import { featureNames, visitFeatureNames } from '../../../subgraphs/recommendations/features.ts';
import { readModels } from '../../../subgraphs/recommendations/score.ts';
import { expected, fromFile, linearArtifact, smallTree, treesArtifact } from './artifacts.ts';

const read = (artifact: unknown) => readModels(fromFile(artifact), expected);
/** Changed by somebody who also corrected the hash. */
const resealed = (changes: object) => {
  const { sha256: _, ...rest } = { ...linearArtifact(), ...changes };
  return sealArtifact(rest as Omit<Artifact, 'sha256'>);
};
const linearWith = (part: object) => {
  const { ranking } = linearArtifact();
  return resealed({ ranking: { ...ranking, linear: { ...ranking.linear, ...part } } });
};
const splitWith = (part: object) => treesArtifact({ ...smallTree, ...part });

describe('readModels', () => {
  it('reads what training writes', () => {
    const { ranking, visit, card } = read(linearArtifact());
    expect(ranking).toMatchObject({ name: 'linear-1', kind: 'linear', temperature: 2 });
    expect(ranking.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(visit).not.toBeNull();
    expect(card).toEqual({ seed: 1 });
    expect(read(treesArtifact()).ranking).toMatchObject({ name: 'trees-1', kind: 'trees' });
    expect(read(linearArtifact({ visit: null })).visit).toBeNull();
  });

  it('takes the features that are computed here when nobody says otherwise', () => {
    const zeros = (width: number) => Array.from({ length: width }, () => 0);
    const part = (width: number) => ({
      ...{ mean: zeros(width), sd: zeros(width).fill(1) },
      ...{ weight: zeros(width), missingWeight: zeros(width) },
    });
    const { ranking } = readModels(
      linearArtifact({
        ...{ featureNames, visitFeatureNames },
        ranking: { linear: part(featureNames.length), trees: null },
        visit: { ...part(visitFeatureNames.length), bias: 0 },
      }),
    );
    expect(ranking.utilities(new Float64Array(featureNames.length), 1)).toEqual(Float64Array.of(0));
    expect(() => readModels(linearArtifact())).toThrow('recency, device, progress');
  });

  it('finds features by name, whatever their order in the file', () => {
    const order = [2, 0, 1];
    const permuted = (values: readonly number[]) => order.map((at) => values[at]!);
    const { ranking, featureNames: names } = linearArtifact();
    const { mean, sd, weight, missingWeight } = ranking.linear;
    const terms = (recency: number, device: number) => [
      { feature: recency, other: device, from: 0, weight: 0.75 },
      { feature: device, other: null, from: 0.5, weight: 2 },
    ];
    const first = linearArtifact({
      ranking: { linear: { ...ranking.linear, terms: terms(0, 1) }, trees: null },
    });
    const other = linearArtifact({
      featureNames: order.map((at) => names[at]!),
      ranking: {
        linear: {
          ...{ mean: permuted(mean), sd: permuted(sd) },
          ...{ weight: permuted(weight), missingWeight: permuted(missingWeight) },
          terms: terms(1, 2),
        },
        trees: null,
      },
    });
    const row = Float64Array.of(3, 1, Number.NaN);
    const [here, there] = [first, other].map((each) => read(each).ranking);
    expect(there!.utilities(row, 1)).toEqual(here!.utilities(row, 1));
    expect(there!.contributions(row, 0)).toEqual(here!.contributions(row, 0));
  });

  it('finds the features of trees by name too', () => {
    const renamed = treesArtifact(
      {
        ...smallTree,
        split_feature: 1,
        right_child: { ...smallTree.right_child, split_feature: 0 },
      },
      { feature_names: ['progress', 'recency', 'device'] },
    );
    for (const row of [
      Float64Array.of(3, 1, 0),
      Float64Array.of(9, 1, 1),
      Float64Array.of(9, 1, 0),
    ])
      expect(read(renamed).ranking.utilities(row, 1)).toEqual(
        read(treesArtifact()).ranking.utilities(row, 1),
      );
  });

  it.each([
    ['nothing', null, 'The model is no object.'],
    ['a list', [], 'The model is no object.'],
    ['a later version', resealed({ version: 2 }), 'of version 2; this release reads 1.'],
    ['no version', resealed({ version: undefined }), 'of version undefined'],
    ['an unknown kind', resealed({ kind: 'forest' }), 'of an unknown kind: forest.'],
    ['a name nobody may show', resealed({ name: 'Linear 1' }), 'name is not of a-z, 0-9 and -'],
    ['no card', resealed({ card: null }), 'card is no object.'],
    ['a temperature of nothing', resealed({ temperature: 0 }), 'temperature is not above zero'],
    ['no temperature', resealed({ temperature: null }), 'temperature is no finite number: null.'],
    ['no ranking', resealed({ ranking: null }), 'ranking is no object.'],
    ['no linear model', resealed({ ranking: { trees: null } }), 'ranking.linear is no object.'],
    ['trees of a linear model', resealed({ kind: 'trees' }), 'A model of kind trees has no trees.'],
    ['a visit without a bias', resealed({ visit: {} }), 'visit.bias is no finite number'],
  ])('refuses %s', (_, artifact, message) => {
    expect(() => read(artifact)).toThrow(message);
  });

  it('refuses contents that are not those of its hash', () => {
    const artifact = linearArtifact();
    expect(() => read({ ...artifact, sha256: 'abc' })).toThrow("The model's sha256 is abc, but");
    expect(() => read({ ...artifact, sha256: undefined })).toThrow('sha256 is undefined');
    expect(() => read({ ...artifact, temperature: 3 })).toThrow("The model's sha256 is");
    expect(() => read({ ...artifact, extra: true })).toThrow("The model's sha256 is");
  });

  it('names the features that it misses, and those that it does not know', () => {
    const featureNames = ['recency', 'moon_phase', 'progress'];
    expect(() => read(resealed({ featureNames }))).toThrow(
      'The ranking model was trained on other features: it needs moon_phase, which nobody computes; it does not know device.',
    );
    expect(() => read(resealed({ visitFeatureNames: ['rate'] }))).toThrow(
      'The visit model was trained on other features: it does not know weekend.',
    );
    expect(() => read(resealed({ featureNames: [...expected.featureNames, 'device'] }))).toThrow(
      'it names device twice',
    );
    expect(() => read(resealed({ featureNames: [1, 2, 3] }))).toThrow('no list of names');
  });

  it.each([
    ['a null', { weight: [1, null, 2] }, 'ranking.linear.weight[1] is no finite number: null.'],
    ['a text', { mean: ['1', 0, 0] }, 'ranking.linear.mean[0] is no finite number: 1.'],
    ['too few', { missingWeight: [0, 0] }, 'ranking.linear.missingWeight is no list of 3 numbers.'],
    ['too many', { weight: [0, 0, 0, 0] }, 'ranking.linear.weight is no list of 3 numbers.'],
    [
      'a deviation of nothing',
      { sd: [1, 0, 1] },
      'ranking.linear.sd is not above zero everywhere.',
    ],
  ])('refuses weights with %s', (_, part, message) => {
    expect(() => read(linearWith(part))).toThrow(message);
  });

  const term = { feature: 0, other: 1, from: 0, weight: 1 };
  it.each([
    ['no list', { terms: {} }, 'ranking.linear.terms is no list of at most 1000.'],
    ['nothing', { terms: [null] }, 'ranking.linear.terms[0] is no object.'],
    ['no feature', { terms: [{ ...term, feature: 3 }] }, 'terms[0].feature is no feature: 3.'],
    ['half a pair', { terms: [term, { ...term, other: 'x' }] }, 'terms[1].other is no feature: x.'],
    ['no place', { terms: [{ ...term, from: null }] }, 'terms[0].from is no finite number: null.'],
    ['no weight', { terms: [{ ...term, weight: 'a' }] }, 'terms[0].weight is no finite number: a.'],
  ])('refuses terms with %s', (_, part, message) => {
    expect(() => read(linearWith(part))).toThrow(message);
  });

  it('refuses a number that is infinite before it became JSON', () => {
    const artifact = linearWith({ weight: [Number.POSITIVE_INFINITY, 0, 0] });
    expect(() => readModels(artifact, expected)).toThrow(
      'weight[0] is no finite number: Infinity.',
    );
  });

  it.each([
    ['no trees', treesArtifact(smallTree, { tree_info: [] }), 'not a list of 1 to 2000.'],
    ['no list', treesArtifact(smallTree, { tree_info: {} }), 'not a list of 1 to 2000.'],
    ['other features', treesArtifact(smallTree, { feature_names: ['recency'] }), 'does not know'],
    ['no names', treesArtifact(smallTree, { feature_names: null }), 'no list of names'],
    ['averages', treesArtifact(smallTree, { average_output: true }), 'averaged'],
    ['a tree of null', treesArtifact(null), 'Tree 0: a node is no object.'],
    [
      'another decision',
      splitWith({ decision_type: '==' }),
      'Tree 0 splits by ==; only <= is read.',
    ],
    ['unknown missing', splitWith({ missing_type: 'Lost' }), 'unknown missing_type: Lost.'],
    ['no default', splitWith({ default_left: 1 }), 'does not say where the unknown goes.'],
    ['a feature too many', splitWith({ split_feature: 3 }), 'splits a feature that is none: 3.'],
    [
      'a feature below none',
      splitWith({ split_feature: -1 }),
      'splits a feature that is none: -1.',
    ],
    ['half a feature', splitWith({ split_feature: 0.5 }), 'splits a feature that is none: 0.5.'],
    ['no threshold', splitWith({ threshold: null }), 'a threshold is no finite number: null.'],
    ['a lost child', splitWith({ left_child: undefined }), 'Tree 0: a node is no object.'],
    [
      'a leaf of null',
      splitWith({ left_child: { leaf_value: null } }),
      "a leaf's value is no finite",
    ],
    ['linear leaves', treesArtifact({ leaf_value: 1, leaf_coeff: [1] }), 'linear leaves'],
  ])('refuses trees with %s', (_, artifact, message) => {
    expect(() => read(artifact)).toThrow(message);
  });
});
