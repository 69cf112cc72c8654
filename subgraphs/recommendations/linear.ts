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

/** One weight for each standardised feature, one for its being unknown, and what bends the line. */
export interface LinearWeights extends Scale {
  weight: Float64Array;
  missingWeight: Float64Array;
  terms?: Terms | undefined;
}

/** Terms as flat arrays, bends first; `other` is the same feature where there is none. */
export interface Terms {
  bends: number;
  feature: Uint16Array;
  other: Uint16Array;
  from: Float64Array;
  weight: Float64Array;
}

export function packTerms(terms: readonly Term[]): Terms {
  const bends = terms.filter(({ other }) => other === null);
  const all = [...bends, ...terms.filter(({ other }) => other !== null)];
  return {
    bends: bends.length,
    feature: Uint16Array.from(all, ({ feature }) => feature),
    other: Uint16Array.from(all, ({ feature, other }) => other ?? feature),
    from: Float64Array.from(all, ({ from }) => from),
    weight: Float64Array.from(all, ({ weight }) => weight),
  };
}

/**
 * What one feature counts more, or less, beyond a value (`other` is null), or what two count together: their
 * product. Of standardised features; nothing where one is unknown.
 */
export interface Term {
  feature: number;
  other: number | null;
  /** In standard deviations; 0 for a product. */
  from: number;
  weight: number;
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
  if (deviations > max) return max;
  if (deviations < -max) return -max;
  return deviations;
}

/** Of one row of standardised features, NaN where unknown; without its weight. */
export function termValue(
  { feature, other, from }: Omit<Term, 'weight'>,
  row: Float64Array,
): number {
  const value = row[feature] as number;
  if (other === null) return value > from ? value - from : 0;
  const product = value * (row[other] as number);
  return Number.isNaN(product) ? 0 : product;
}

/**
 * What the features of each row weigh together.
 *
 * Shape: features [count × weights]; the result [count].
 * Errors: `UnscorableError`.
 * Cost: pure, O(count × (features + terms)).
 */
export function linearScores(
  weights: LinearWeights,
  features: Features,
  count: number,
): Float64Array {
  const { weight, missingWeight, terms } = weights;
  const width = weight.length;
  checkFeatures(features, { count, width });
  const scores = new Float64Array(count);
  const row = new Float64Array(width);
  for (let index = 0; index < count; index += 1) {
    readRow(weights, features, { row, index });
    let sum = 0;
    for (let feature = 0; feature < width; feature += 1) {
      const value = row[feature] as number;
      sum += Number.isNaN(value)
        ? (missingWeight[feature] as number)
        : (weight[feature] as number) * value;
    }
    scores[index] = terms === undefined ? sum : sum + termsScore(terms, row);
  }
  return checkScores(scores);
}

function termsScore({ bends, feature, other, from, weight }: Terms, row: Float64Array): number {
  let sum = 0;
  for (let term = 0; term < bends; term += 1) {
    const beyond = (row[feature[term] as number] as number) - (from[term] as number);
    if (beyond > 0) sum += (weight[term] as number) * beyond;
  }
  for (let term = bends; term < feature.length; term += 1) {
    const product =
      (row[feature[term] as number] as number) * (row[other[term] as number] as number);
    if (!Number.isNaN(product)) sum += (weight[term] as number) * product;
  }
  return sum;
}

/**
 * What each feature of one row adds to its score; of a product, each of the two adds half.
 *
 * Shape: features [weights]; so is the result.
 * Errors: `UnscorableError`.
 */
export function linearContributions(weights: LinearWeights, features: Features): Float64Array {
  const { weight, missingWeight, terms } = weights;
  const width = weight.length;
  checkFeatures(features, { count: 1, width });
  const row = new Float64Array(width);
  readRow(weights, features, { row, index: 0 });
  const added = row.map((value, feature) =>
    Number.isNaN(value) ? (missingWeight[feature] as number) : (weight[feature] as number) * value,
  );
  if (terms !== undefined) addTerms(added, terms, row);
  return added;
}

function addTerms(added: Float64Array, terms: Terms, row: Float64Array): void {
  for (const [term, feature] of terms.feature.entries()) {
    const other = term < terms.bends ? null : (terms.other[term] as number);
    const shape = { feature, other, from: terms.from[term] as number };
    const share =
      ((terms.weight[term] as number) * termValue(shape, row)) / (other === null ? 1 : 2);
    for (const each of other === null ? [feature] : [feature, other])
      added[each] = (added[each] as number) + share;
  }
}

/** Standardises one row of many into `row`. */
function readRow(
  scale: Scale,
  features: Features,
  { row, index }: { row: Float64Array; index: number },
): void {
  const from = index * row.length;
  for (let feature = 0; feature < row.length; feature += 1) {
    const value = features[from + feature] as number;
    row[feature] = standardise(value, scale, { feature, max: standardisedMax });
  }
}

/** From lists, as they are in an artifact. */
export function linearWeightsOf(part: {
  mean: readonly number[];
  sd: readonly number[];
  weight: readonly number[];
  missingWeight: readonly number[];
  terms?: readonly Term[] | undefined;
}): LinearWeights {
  return {
    mean: Float64Array.from(part.mean),
    sd: Float64Array.from(part.sd),
    weight: Float64Array.from(part.weight),
    missingWeight: Float64Array.from(part.missingWeight),
    terms: packTerms(part.terms ?? []),
  };
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
