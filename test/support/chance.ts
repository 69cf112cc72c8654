/**
 * Randomness that a seed decides: the same seed, the same draws.
 * Source: mulberry32 (Ettinger).
 */
export class Chance {
  #state: number;
  #hasEnded = false;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From now on nothing happens by chance: every draw is the calmest. */
  end(): void {
    this.#hasEnded = true;
  }

  /** True with this probability. */
  of(probability: number): boolean {
    return this.#next() < probability && !this.#hasEnded;
  }

  /** An integer from 0 up to, and without, `limit`; 0 when there is none. */
  below(limit: number): number {
    const drawn = Math.floor(this.#next() * limit);
    return this.#hasEnded ? 0 : drawn;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('There is nothing to pick from.');
    return item;
  }

  weighted<Item>(choices: readonly (readonly [weight: number, item: Item])[]): Item {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of choices) {
      if (left < weight) return item;
      left -= weight;
    }
    throw new RangeError('There is nothing to choose from.');
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
