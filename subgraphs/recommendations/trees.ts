import { checkFeatures, checkScores, type Features } from './linear.ts';

/** Far more than anything that scores a row in time. */
const treesMax = 2_000;
const nodesMax = 1_000_000;

/** What LightGBM's `dump_model` writes, as far as it is read; what else is there is ignored. */
export interface TreesDump {
  /** Which feature `split_feature` counts. */
  feature_names: readonly string[];
  tree_info: readonly { tree_structure: TreeNode }[];
}

export type TreeNode = { leaf_value: number } | TreeSplit;

interface TreeSplit {
  split_feature: number;
  threshold: number;
  decision_type: '<=';
  missing_type: 'None' | 'Zero' | 'NaN';
  default_left: boolean;
  left_child: TreeNode;
  right_child: TreeNode;
}

/** Trees as flat arrays. A child below zero is a leaf: `~child` is its place in `leaves`. */
export interface Trees {
  width: number;
  roots: Int32Array;
  feature: Uint16Array;
  threshold: Float64Array;
  left: Int32Array;
  right: Int32Array;
  /** Bit 0: what is unknown goes left; bit 1: zero counts as unknown. */
  flags: Uint8Array;
  leaves: Float64Array;
}

const unknownLeft = 1;
const zeroIsUnknown = 2;
/** LightGBM's own idea of zero: its constant is a 32-bit float. */
const zeroMax = Math.fround(1e-35);

/**
 * Sum of the leaves that each row falls into.
 *
 * Shape: features [count × width]; the result [count]. Equals LightGBM's raw score.
 * Errors: `UnscorableError`.
 * Cost: pure, O(count × trees × depth).
 */
export function treesScores(trees: Trees, features: Features, count: number): Float64Array {
  checkFeatures(features, { count, width: trees.width });
  const scores = new Float64Array(count);
  for (let row = 0; row < count; row += 1)
    scores[row] = leavesOf(trees, features, row * trees.width);
  return checkScores(scores);
}

/** Sum over the trees, for the row that begins at `from`. */
function leavesOf(trees: Trees, features: Features, from: number): number {
  const { roots, feature, threshold, left, right, flags, leaves } = trees;
  let sum = 0;
  for (let tree = 0; tree < roots.length; tree += 1) {
    let node = roots[tree] as number;
    while (node >= 0) {
      const value = features[from + (feature[node] as number)] as number;
      const goesLeft = isUnknown(value, flags[node] as number)
        ? ((flags[node] as number) & unknownLeft) !== 0
        : value <= (threshold[node] as number);
      node = (goesLeft ? left[node] : right[node]) as number;
    }
    sum += leaves[~node] as number;
  }
  return sum;
}

function isUnknown(value: number, flags: number): boolean {
  if (Number.isNaN(value)) return true;
  return (flags & zeroIsUnknown) !== 0 && value >= -zeroMax && value <= zeroMax;
}

/**
 * Packs a dump; `featureNames` say in which order features will come.
 *
 * Errors: an Error that says which tree is malformed, and how.
 */
export function packTrees(dump: unknown, featureNames: readonly string[]): Trees {
  const { feature_names, tree_info, average_output } = objectOf(dump, 'The trees');
  // Boosting by random forest averages its trees; everything else adds them up.
  if (average_output === true) throw new Error('Trees whose output is averaged are not read.');
  if (!Array.isArray(feature_names)) throw new Error('The trees name no features.');
  if (!Array.isArray(tree_info) || tree_info.length === 0 || tree_info.length > treesMax)
    throw new Error(`The trees are not a list of 1 to ${treesMax}.`);
  const columns = feature_names.map((name) => featureNames.indexOf(name));
  const growing: Growing = { columns, splits: [], leaves: [], where: '' };
  const roots = tree_info.map((tree, index) => {
    growing.where = `Tree ${index}`;
    return grow(growing, objectOf(tree, growing.where).tree_structure);
  });
  return flatten(growing, { roots, width: featureNames.length });
}

interface Growing {
  columns: readonly number[];
  splits: Split[];
  leaves: number[];
  where: string;
}

interface Split {
  feature: number;
  threshold: number;
  flags: number;
  left: number;
  right: number;
}

/** Adds a tree and answers its root. A tree may be as deep as it has leaves: no recursion. */
function grow(growing: Growing, root: unknown): number {
  const waiting: { node: unknown; settle: (child: number) => void }[] = [];
  let rootChild = 0;
  waiting.push({ node: root, settle: (child) => (rootChild = child) });
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (growing.splits.length + growing.leaves.length >= nodesMax)
      throw new Error(`The trees have more than ${nodesMax} nodes.`);
    const node = objectOf(next.node, `${growing.where}: a node`);
    if ('leaf_value' in node) {
      next.settle(~(growing.leaves.push(leafValueOf(node, growing)) - 1));
      continue;
    }
    const split = splitOf(node, growing);
    next.settle(growing.splits.push(split) - 1);
    waiting.push(
      { node: node.right_child, settle: (child) => (split.right = child) },
      { node: node.left_child, settle: (child) => (split.left = child) },
    );
  }
  return rootChild;
}

function leafValueOf({ leaf_value, leaf_coeff }: Fields, { where }: Growing): number {
  if (leaf_coeff !== undefined) throw new Error(`${where} has linear leaves, which are not read.`);
  return finite(leaf_value, `${where}: a leaf's value`);
}

function splitOf(node: Fields, { columns, where }: Growing): Split {
  const { decision_type, missing_type, default_left } = node;
  if (decision_type !== '<=')
    throw new Error(`${where} splits by ${decision_type}; only <= is read.`);
  if (missing_type !== 'None' && missing_type !== 'Zero' && missing_type !== 'NaN')
    throw new Error(`${where} has an unknown missing_type: ${missing_type}.`);
  if (typeof default_left !== 'boolean')
    throw new Error(`${where} does not say where the unknown goes.`);
  const feature = columns[finite(node.split_feature, `${where}: split_feature`)];
  if (feature === undefined || feature < 0)
    throw new Error(`${where} splits a feature that is none: ${node.split_feature}.`);
  const threshold = finite(node.threshold, `${where}: a threshold`);
  // Where nothing was missing in training, LightGBM reads NaN as 0.
  const isUnknownLeft = missing_type === 'None' ? threshold >= 0 : default_left;
  const flags = (isUnknownLeft ? unknownLeft : 0) | (missing_type === 'Zero' ? zeroIsUnknown : 0);
  return { feature, threshold, flags, left: 0, right: 0 };
}

function flatten(
  { splits, leaves }: Growing,
  { roots, width }: { roots: number[]; width: number },
): Trees {
  return {
    width,
    roots: Int32Array.from(roots),
    feature: Uint16Array.from(splits, (split) => split.feature),
    threshold: Float64Array.from(splits, (split) => split.threshold),
    left: Int32Array.from(splits, (split) => split.left),
    right: Int32Array.from(splits, (split) => split.right),
    flags: Uint8Array.from(splits, (split) => split.flags),
    leaves: Float64Array.from(leaves),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** Errors: an Error that says what is none. */
export function objectOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what} is no object.`);
  return value as Fields;
}

/** Errors: an Error that says what is none. */
export function finite(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new Error(`${what} is no finite number: ${value}.`);
  return value;
}
