import type { Artifact } from '../subgraphs/recommendations/artifact.ts';
import { visitFeatureNames } from '../subgraphs/recommendations/features.ts';
import { standardise, standardisedMax } from '../subgraphs/recommendations/linear.ts';
import { sigmoid } from '../subgraphs/recommendations/score.ts';
import { inOneOrder } from './in-one-order.ts';
import { minimise } from './lbfgs.ts';
import { type LossArguments, regularised } from './ranking-loss.ts';
import { rounded, scaleOf } from './scale.ts';
import type { VisitExample } from './task.ts';
import type { TrainOptions } from './train-ranking.ts';

export interface LogisticVisit {
  visit: NonNullable<Artifact['visit']>;
  /** Mean of -ln p(what happened). */
  loss: number;
  iterations: number;
  hasConverged: boolean;
}

const l2Default = 1;
const iterationsDefault = 300;
const slopeMax = 1e-7;

/**
 * Trains the logistic model of whether a visit continues something.
 *
 * Shape: deterministic; the order of the examples does not matter.
 * Errors: RangeError for an example of another shape.
 */
export function trainVisit(
  examples: readonly VisitExample[],
  options: TrainOptions = {},
): LogisticVisit {
  const width = options.width ?? visitFeatureNames.length;
  for (const { features } of examples) {
    if (features.length !== width)
      throw new RangeError(`A visit has ${features.length} features, not ${width}.`);
    if (features.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY))
      throw new RangeError('A feature of a visit is infinite.');
  }
  const ordered = inOneOrder(examples, ({ hasContinued }) => Number(hasContinued));
  const scale = scaleOf(
    ordered.map(({ features }) => features),
    width,
  );
  const inputs = ordered.map(({ features }) => inputsOf(features, scale));
  const outcomes = Uint8Array.from(ordered, ({ hasContinued }) => Number(hasContinued));
  const l2 = options.l2 ?? l2Default;
  const { x, value, iterations, hasConverged } = minimise(
    (weights, gradient) => visitLoss({ inputs, outcomes }, { weights, gradient, l2 }),
    {
      start: new Float64Array(2 * width + 1),
      slopeMax,
      iterationsMax: options.iterationsMax ?? iterationsDefault,
    },
  );
  const weights = Array.from(x, rounded);
  return {
    visit: {
      ...{ mean: [...scale.mean], sd: [...scale.sd] },
      ...{ weight: weights.slice(0, width), missingWeight: weights.slice(width, 2 * width) },
      bias: weights[2 * width] as number,
    },
    ...{ loss: value, iterations, hasConverged },
  };
}

/** Standardised features, then a flag for each that is unknown, then 1. */
function inputsOf(features: Float32Array, scale: ReturnType<typeof scaleOf>): Float64Array {
  const width = features.length;
  const inputs = new Float64Array(2 * width + 1);
  for (const [feature, value] of features.entries()) {
    if (Number.isNaN(value)) inputs[width + feature] = 1;
    else inputs[feature] = standardise(value, scale, { feature, max: standardisedMax });
  }
  inputs[2 * width] = 1;
  return inputs;
}

/** (Sum of -ln p + l2 ÷ 2 × |weights|²) ÷ examples; the bias is pulled nowhere. */
export function visitLoss(
  { inputs, outcomes }: { inputs: readonly Float64Array[]; outcomes: Uint8Array },
  { weights, gradient, l2 }: LossArguments,
): number {
  gradient.fill(0);
  let loss = 0;
  for (const [index, input] of inputs.entries()) {
    let score = 0;
    for (let at = 0; at < input.length; at += 1)
      score += (weights[at] as number) * (input[at] as number);
    const outcome = outcomes[index] as number;
    // -ln p = ln(1 + e^∓score), without overflow.
    const against = outcome === 1 ? -score : score;
    loss += Math.max(0, against) + Math.log1p(Math.exp(-Math.abs(against)));
    const surprise = sigmoid(score) - outcome;
    for (let at = 0; at < input.length; at += 1)
      gradient[at] = (gradient[at] as number) + surprise * (input[at] as number);
  }
  const pulled = weights.length - 1;
  return regularised(loss, inputs.length, { weights, gradient, l2, pulled });
}
