/** A row's utilities, and which candidate was played. */
export interface ScoredQuery {
  utilities: Float64Array;
  chosen: number;
}

/** Sharper or flatter than this is no calibration but a sign of too few queries. */
const temperatureMin = 0.05;
const temperatureMax = 20;
/** Halvings of the interval: far below any digit that is kept. */
const halvings = 60;

/**
 * The temperature at which the softmax is most probable to have made these choices: with it, of the cards
 * said to be right with 70 %, seven in ten are.
 *
 * Shape: deterministic; 1 of nothing.
 * Source: Guo et al., On Calibration of Modern Neural Networks (ICML 2017).
 */
export function fitTemperature(queries: readonly ScoredQuery[]): number {
  if (queries.length === 0) return 1;
  // The loss is convex in 1 ÷ temperature: its slope there changes sign once.
  let [low, high] = [Math.log(1 / temperatureMax), Math.log(1 / temperatureMin)];
  for (let halving = 0; halving < halvings; halving += 1) {
    const middle = (low + high) / 2;
    if (slopeAt(queries, Math.exp(middle)) > 0) high = middle;
    else low = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** Of the loss by the inverse temperature: mean utility as expected, minus that which was chosen. */
function slopeAt(queries: readonly ScoredQuery[], inverse: number): number {
  let slope = 0;
  for (const { utilities, chosen } of queries) {
    const own = utilities[chosen] as number;
    let [weights, weighted] = [0, 0];
    const best = utilities.reduce((most, each) => Math.max(most, each));
    for (const utility of utilities) {
      const weight = Math.exp(inverse * (utility - best));
      weights += weight;
      weighted += weight * (utility - own);
    }
    slope += weighted / weights;
  }
  return slope;
}
