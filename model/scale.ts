import type { Scale } from '../subgraphs/recommendations/linear.ts';

/**
 * Digits that are kept of what goes into an artifact. More would only hold what one machine's logarithm
 * and another's do not agree on.
 */
const digits = 7;
/** Weights and means this small are rounding errors. */
const nothing = 1e-12;

export function rounded(value: number): number {
  return Math.abs(value) < nothing ? 0 : Number(value.toPrecision(digits));
}

/** Deviations below this share of the mean are rounding errors of a constant. */
const constantShare = 1e-6;

/**
 * Mean and standard deviation of each feature over the rows in which it is known. One that is constant, or
 * never known, gets a deviation of 1 and so a standardised value of 0.
 *
 * Shape: blocks of [rows × width]; sums run in their order.
 */
export function scaleOf(blocks: readonly Float32Array[], width: number): Scale {
  const known = new Float64Array(width);
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  eachKnown(blocks, width, (feature, value) => {
    known[feature] = (known[feature] as number) + 1;
    mean[feature] = (mean[feature] as number) + value;
  });
  for (let feature = 0; feature < width; feature += 1)
    mean[feature] = rounded((mean[feature] as number) / Math.max(1, known[feature] as number));
  eachKnown(blocks, width, (feature, value) => {
    square[feature] = (square[feature] as number) + (value - (mean[feature] as number)) ** 2;
  });
  const sd = square.map((sum, feature) => {
    const deviation = Math.sqrt(sum / Math.max(1, known[feature] as number));
    const isConstant = deviation <= constantShare * (1 + Math.abs(mean[feature] as number));
    return isConstant ? 1 : rounded(deviation);
  });
  return { mean, sd };
}

function eachKnown(
  blocks: readonly Float32Array[],
  width: number,
  use: (feature: number, value: number) => void,
): void {
  for (const block of blocks) {
    for (let at = 0; at < block.length; at += 1) {
      const value = block[at] as number;
      if (!Number.isNaN(value)) use(at % width, value);
    }
  }
}
