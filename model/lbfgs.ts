/** A function to minimise: answers its value at `x` and writes its gradient there into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  x: Float64Array;
  value: number;
  iterations: number;
  /** False: it ran out of iterations. */
  hasConverged: boolean;
}

export interface MinimiseOptions {
  start: Float64Array;
  /**
   * Multiplies by what the inverse curvature is guessed to be, in place: a good guess saves most of the
   * steps.
   */
  solve?: ((gradient: Float64Array) => void) | undefined;
  /** Largest slope in any direction at which it is a minimum. */
  slopeMax: number;
  iterationsMax: number;
}

/** Curvature is remembered from so many steps. */
const memory = 10;
/** A step must bring at least this share of what its slope promises (Armijo). */
const decrease = 1e-4;
/** Halvings of a step before it counts as none: 2^-40 of it is below what a double can tell. */
const halvingsMax = 40;

interface Step {
  s: Float64Array;
  y: Float64Array;
  /** 1 ÷ (s · y). */
  rho: number;
}

interface Place {
  x: Float64Array;
  gradient: Float64Array;
  value: number;
}

/**
 * Minimises a smooth convex function.
 *
 * Shape: deterministic; sums run in one fixed order.
 * Source: L-BFGS, Nocedal & Wright, Numerical Optimization (2006), algorithm 7.4.
 */
export function minimise(
  objective: Objective,
  { start, solve, slopeMax, iterationsMax }: MinimiseOptions,
): Minimum {
  let here = evaluate(objective, start);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < iterationsMax; iteration += 1) {
    if (largest(here.gradient) <= slopeMax) return minimumAt(here, iteration, true);
    const direction = directionOf(here.gradient, steps, solve);
    const next = search(objective, here, direction);
    // Nothing along the way down is lower: as low as doubles can tell.
    if (next === null) return minimumAt(here, iteration, true);
    remember(steps, here, next);
    here = next;
  }
  return minimumAt(here, iterationsMax, false);
}

function minimumAt({ x, value }: Place, iterations: number, hasConverged: boolean): Minimum {
  return { x, value, iterations, hasConverged };
}

function evaluate(objective: Objective, x: Float64Array): Place {
  const gradient = new Float64Array(x.length);
  const value = objective(x, gradient);
  return { x, gradient, value };
}

/** The two-loop recursion: minus the gradient, bent by the curvature that was seen. */
function directionOf(
  gradient: Float64Array,
  steps: readonly Step[],
  solve: MinimiseOptions['solve'],
): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const alphas = new Float64Array(steps.length);
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const { s, y, rho } = steps[index] as Step;
    alphas[index] = rho * dot(s, direction);
    add(direction, y, -(alphas[index] as number));
  }
  if (solve === undefined) scaleBy(steps.at(-1), gradient, direction);
  else solve(direction);
  for (const [index, { s, y, rho }] of steps.entries())
    add(direction, s, (alphas[index] as number) - rho * dot(y, direction));
  return direction;
}

/** Curvature as along the newest step, everywhere. */
function scaleBy(newest: Step | undefined, gradient: Float64Array, direction: Float64Array): void {
  // Without a step behind, no further than 1: the first gradient's length says nothing of distances.
  const scale =
    newest === undefined
      ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)))
      : 1 / (newest.rho * dot(newest.y, newest.y));
  for (let at = 0; at < direction.length; at += 1)
    direction[at] = scale * (direction[at] as number);
}

function search(objective: Objective, from: Place, direction: Float64Array): Place | null {
  const slope = dot(from.gradient, direction);
  let length = 1;
  for (let halving = 0; halving < halvingsMax; halving += 1, length /= 2) {
    const x = from.x.slice();
    add(x, direction, length);
    const place = evaluate(objective, x);
    if (place.value <= from.value + decrease * length * slope && place.value < from.value)
      return place;
  }
  return null;
}

function remember(steps: Step[], from: Place, to: Place): void {
  const s = to.x.map((value, at) => value - (from.x[at] as number));
  const y = to.gradient.map((value, at) => value - (from.gradient[at] as number));
  const curvature = dot(s, y);
  // A pair without curvature would turn the next direction uphill.
  if (curvature <= 1e-12 * dot(y, y)) return;
  steps.push({ s, y, rho: 1 / curvature });
  if (steps.length > memory) steps.shift();
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += (left[at] as number) * (right[at] as number);
  return sum;
}

/** target += factor × source. */
function add(target: Float64Array, source: Float64Array, factor: number): void {
  for (let at = 0; at < target.length; at += 1)
    target[at] = (target[at] as number) + factor * (source[at] as number);
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
