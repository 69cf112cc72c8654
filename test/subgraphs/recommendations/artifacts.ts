import { sealArtifact } from '../../../model/seal.ts';
import type { Artifact, LinearPart } from '../../../subgraphs/recommendations/artifact.ts';
import type { TreeNode } from '../../../subgraphs/recommendations/trees.ts';

/** The features of the artifacts below. */
export const expected = {
  featureNames: ['recency', 'device', 'progress'],
  visitFeatureNames: ['rate', 'weekend'],
};

const linear: LinearPart = {
  mean: [10, 0.5, 0.25],
  sd: [4, 0.5, 0.125],
  weight: [-2, 1, 0.5],
  missingWeight: [0, -0.25, 0.125],
};

export function linearArtifact(changes: Partial<Artifact> = {}): Artifact {
  return sealArtifact({
    ...{ version: 1, kind: 'linear', name: 'linear-1', temperature: 2 },
    ...expected,
    ranking: { linear, trees: null },
    visit: {
      ...{ mean: [0.5, 0], sd: [0.25, 1], weight: [1, -0.5], missingWeight: [0.75, 0] },
      bias: 0.5,
    },
    card: { seed: 1 },
    ...changes,
  });
}

export const smallTree = {
  split_feature: 0,
  threshold: 5,
  decision_type: '<=',
  missing_type: 'NaN',
  default_left: false,
  left_child: { leaf_value: 1 },
  right_child: {
    split_feature: 2,
    threshold: 0.5,
    decision_type: '<=',
    missing_type: 'None',
    default_left: false,
    left_child: { leaf_value: -0.5 },
    right_child: { leaf_value: 0.25 },
  },
} as const satisfies TreeNode;

export function treesArtifact(tree: unknown = smallTree, dump: object = {}): Artifact {
  const trees = {
    feature_names: expected.featureNames,
    tree_info: [{ tree_structure: tree }],
    ...dump,
  };
  return linearArtifact({ kind: 'trees', name: 'trees-1', ranking: { linear, trees } });
}

/** As it comes from a file. */
export function fromFile(artifact: unknown): unknown {
  return JSON.parse(JSON.stringify(artifact));
}
