/** Features as they are computed when serving, or as they are kept for training: [rows × features]. */
export type Features = Float64Array | Float32Array;

/**
 * Scores that cannot be used: a feature that is infinite, a row of another shape, a score that is no
 * number. Whoever ranks falls back to recency and says so.
 */
export class UnscorableError extends Error {
  override readonly name = 'UnscorableError';
}

/** Mean and standard deviation of each feature where it was known; 1 stands for a deviation of 0. */
export interface Scale {
  mean: Float64Array;
  sd: Float64Array;
}

/** One weight for each standardised feature, and one for its being unknown. */
export interface LinearWeights extends Scale {
  weight: Float64Array;
  missingWeight: Float64Array;
}

/**
 * Further from its mean than this a feature counts no more: one that training never saw decides nothing
 * by itself. Recency of seconds among months lies 5 deviations away, and must still count.
 */
export const standardisedMax = 8;

/** Standard deviations from the mean, at most so many; NaN stays NaN. */
export function standardise(
  value: number,
  { mean, sd }: Scale,
  { feature, max }: { feature: number; max: number },
): number {
  const deviations = (value - (mean[feature] as number)) / (sd[feature] as number);
  return Math.max(-max, Math.min(max, deviations));
}

/** What one feature adds to the score. */
export function contribution(value: number, weights: LinearWeights, feature: number): number {
  if (Number.isNaN(value)) return weights.missingWeight[feature] as number;
  const deviations = standardise(value, weights, { feature, max: standardisedMax });
  return (weights.weight[feature] as number) * deviations;
}

/**
 * Sum of the contributions of each row.
 *
 * Shape: features [count × weights]; the result [count].
 * Errors: `UnscorableError`.
 * Cost: pure, O(count × features).
 */
export function linearScores(
  weights: LinearWeights,
  features: Features,
  count: number,
): Float64Array {
  const width = weights.weight.length;
  checkFeatures(features, { count, width });
  const scores = new Float64Array(count);
  for (let row = 0, at = 0; row < count; row += 1) {
    let sum = 0;
    for (let feature = 0; feature < width; feature += 1, at += 1)
      sum += contribution(features[at] as number, weights, feature);
    scores[row] = sum;
  }
  return checkScores(scores);
}

/** Errors: `UnscorableError` unless there are so many features, each of them finite or NaN. */
export function checkFeatures(
  features: Features,
  { count, width }: { count: number; width: number },
): void {
  if (features.length !== count * width)
    throw new UnscorableError(
      `${features.length} features are not ${count} rows of ${width} features.`,
    );
  for (let at = 0; at < features.length; at += 1) {
    const value = features[at] as number;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      throw new UnscorableError(
        `Feature ${at % width} of row ${Math.floor(at / width)} is infinite.`,
      );
  }
}

/** Errors: `UnscorableError` unless each is a finite number. */
export function checkScores(scores: Float64Array): Float64Array {
  for (let row = 0; row < scores.length; row += 1) {
    if (!Number.isFinite(scores[row]))
      throw new UnscorableError(`The score of row ${row} is ${scores[row]}.`);
  }
  return scores;
}
