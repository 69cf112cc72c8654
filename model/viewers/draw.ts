/** Points of a distribution: what share of draws lies at or below each value, both rising. */
export type Quantiles = readonly (readonly [share: number, value: number])[];

/**
 * Draws that a seed decides: the same seed, the same draws.
 * Source: mulberry32 (Ettinger).
 */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, and without, 1. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True with this probability. */
  of(probability: number): boolean {
    return this.unit() < probability;
  }

  between(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }

  /** An integer from 0 up to, and without, `limit`. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }

  logNormal({ mu, sigma }: { mu: number; sigma: number }): number {
    return Math.exp(mu + sigma * this.normal());
  }

  /** Source: Knuth; its cost grows with the mean, which is small here. */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.unit(); product > limit; product *= this.unit()) count += 1;
    return count;
  }

  /** Place of one of these weights, each as likely as it weighs; the last when none weighs anything. */
  weighted(weights: readonly number[]): number {
    let left = this.unit() * weights.reduce((sum, weight) => sum + weight, 0);
    const place = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return place === -1 ? weights.length - 1 : place;
  }

  /** A value between the points, straight from one to the next. */
  quantile(points: Quantiles): number {
    const share = this.unit();
    const above = Math.max(
      1,
      points.findIndex(([each]) => each >= share),
    );
    const [leftShare, left] = points[above - 1] ?? [0, 0];
    const [rightShare, right] = points[above] ?? [1, left];
    return left + ((share - leftShare) / (rightShare - leftShare)) * (right - left);
  }
}

/** One seed from several parts (FNV-1a): neighbours' draws have nothing to do with each other. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join('/')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}
