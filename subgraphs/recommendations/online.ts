import { createHash } from 'node:crypto';
import { featureNames } from './features.ts';
import {
  checkFeatures,
  checkScores,
  type Features,
  type Scale,
  standardise,
  UnscorableError,
} from './linear.ts';
import { probabilities } from './score.ts';

/** Measured on logs of viewing: larger steps forget, smaller ones come too late. */
const learningRate = 0.03;
/** Draws the correction back to nothing, so that the model that all share stays in charge. */
const l2 = 0.01;
/** A feature further from its mean than this, in standard deviations, teaches no more than at it. */
const clipSd = 4;
const hashLength = 8;
const floatBytes = 4;
/** What a profile's correction may cost in the store. */
const packedMax = 640;

/** What a profile's own choices have taught: one weight and one sum of squared gradients a feature. */
export interface OnlineState {
  weights: Float32Array;
  squaredSums: Float32Array;
}

/** A row as the shared model scored it. */
export interface ScoredRow {
  /** [count × featureNames]. */
  features: Features;
  count: number;
  /** [count], before any correction. */
  utilities: Float64Array;
}

/**
 * A profile's correction of the shared model: listwise AdaGrad over standardised features, in which an
 * unknown feature says nothing. It never leaves the profile.
 *
 * Source: Duchi, Hazan & Singer (2011); measured on logs of viewing, rows scored first and then learned.
 */
export interface OnlineCorrection {
  /** Of a profile that has taught nothing; corrects nothing. */
  empty(): OnlineState;
  /**
   * Corrected utilities, on the model's own scale.
   *
   * Errors: `UnscorableError`.
   * Cost: pure, O(count × features).
   */
  correct(row: ScoredRow, state: OnlineState): Float64Array;
  /**
   * Learns that `chosen` was played, in place.
   *
   * Errors: `UnscorableError`, and the state is as it was.
   */
  learn(state: OnlineState, row: ScoredRow & { chosen: number }): void;
  /** Little-endian, behind a hash of the features: at most 640 bytes. */
  pack(state: OnlineState): Uint8Array;
  /** Empty for nothing, for other features, and for what is damaged: a correction starts anew. */
  unpack(packed: Uint8Array | null): OnlineState;
}

export function createOnlineCorrection(
  { scale, temperature }: { scale: Scale; temperature: number },
  names: readonly string[] = featureNames,
): OnlineCorrection {
  const width = names.length;
  if (packedLength(width) > packedMax)
    throw new RangeError(`A correction of ${width} features does not fit into ${packedMax} bytes.`);
  const hash = hashOf(names);
  const empty = () => ({
    weights: new Float32Array(width),
    squaredSums: new Float32Array(width),
  });
  return {
    empty,
    correct: (row, { weights }) => corrected(row, weights, { scale, temperature }),
    learn(state, row) {
      const gradient = gradientOf(row, state.weights, { scale, temperature });
      descend(state, gradient);
    },
    pack: (state) => packed(state, hash),
    unpack: (bytes) => (bytes === null ? null : unpacked(bytes, { hash, width })) ?? empty(),
  };
}

interface Model {
  scale: Scale;
  temperature: number;
}

/** 0 when unknown: it says nothing. */
function deviationsOf(value: number, scale: Scale, feature: number): number {
  return Number.isNaN(value) ? 0 : standardise(value, scale, { feature, max: clipSd });
}

function corrected(
  { features, count, utilities }: ScoredRow,
  weights: Float32Array,
  { scale, temperature }: Model,
): Float64Array {
  const width = weights.length;
  checkFeatures(features, { count, width });
  if (utilities.length !== count)
    throw new UnscorableError(`${utilities.length} utilities are not those of ${count} rows.`);
  const scores = new Float64Array(count);
  for (let row = 0, at = 0; row < count; row += 1) {
    let sum = 0;
    for (let feature = 0; feature < width; feature += 1, at += 1)
      sum += (weights[feature] as number) * deviationsOf(features[at] as number, scale, feature);
    // The correction was learned on calibrated scores, and goes back to the model's own scale.
    scores[row] = (utilities[row] as number) + temperature * sum;
  }
  return checkScores(scores);
}

/** Of the loss -ln p(chosen) by the weights, with the pull towards nothing. */
function gradientOf(
  row: ScoredRow & { chosen: number },
  weights: Float32Array,
  model: Model,
): Float64Array {
  const { features, count, chosen } = row;
  if (!Number.isInteger(chosen) || chosen < 0 || chosen >= count)
    throw new RangeError(`${chosen} is none of ${count} candidates.`);
  const shares = probabilities(corrected(row, weights, model), model.temperature);
  const gradient = Float64Array.from(weights, (weight) => l2 * weight);
  for (let candidate = 0, at = 0; candidate < count; candidate += 1) {
    const surprise = (shares[candidate] as number) - (candidate === chosen ? 1 : 0);
    for (let feature = 0; feature < weights.length; feature += 1, at += 1) {
      const deviations = deviationsOf(features[at] as number, model.scale, feature);
      gradient[feature] = (gradient[feature] as number) + surprise * deviations;
    }
  }
  return gradient;
}

/** One AdaGrad step. A gradient of nothing moves nothing. */
function descend({ weights, squaredSums }: OnlineState, gradient: Float64Array): void {
  for (let feature = 0; feature < weights.length; feature += 1) {
    const slope = gradient[feature] as number;
    if (slope === 0) continue;
    const squared = Math.fround((squaredSums[feature] as number) + slope * slope);
    squaredSums[feature] = squared;
    // A slope so small that its square is nothing would divide by nothing.
    if (squared > 0)
      weights[feature] = (weights[feature] as number) - (learningRate * slope) / Math.sqrt(squared);
  }
}

function packedLength(width: number): number {
  return hashLength + 2 * width * floatBytes;
}

function hashOf(names: readonly string[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(names)).digest().subarray(0, hashLength);
}

function packed({ weights, squaredSums }: OnlineState, hash: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(packedLength(weights.length));
  bytes.set(hash);
  const view = new DataView(bytes.buffer);
  const values = [...weights, ...squaredSums];
  for (const [index, value] of values.entries())
    view.setFloat32(hashLength + index * floatBytes, value, true);
  return bytes;
}

function unpacked(
  bytes: Uint8Array,
  { hash, width }: { hash: Uint8Array; width: number },
): OnlineState | null {
  if (bytes.length !== packedLength(width)) return null;
  if (hash.some((byte, index) => bytes[index] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = Float32Array.from({ length: 2 * width }, (_, index) =>
    view.getFloat32(hashLength + index * floatBytes, true),
  );
  const state = { weights: values.slice(0, width), squaredSums: values.slice(width) };
  const isSound = values.every(Number.isFinite) && state.squaredSums.every((sum) => sum >= 0);
  return isSound ? state : null;
}
