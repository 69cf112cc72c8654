/**
 * Share of a full map that is forgotten at once. Finding the oldest entry passes over the places of all that
 * were forgotten before it, which V8 keeps until it builds the map anew: one at a time, that takes 17 µs of
 * CPU in a map of 40,000, and more in a longer one.
 */
const forgottenShare = 1 / 16;

/**
 * A map of text keys that forgets its oldest entries rather than grow past `lengthMax`.
 *
 * Shape: first in, first out, so that a hit costs one look-up. Once more keys are in use than fit, each
 * is forgotten before it is asked for again: the limit must be above the working set.
 * Cost: O(1) for each call, taken over many, however long the map is.
 */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #lengthMax: number;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  get length(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#entries.size >= this.#lengthMax && !this.#entries.has(key)) this.#forgetOldest();
    this.#entries.set(key, value);
  }

  /** As `set`, and the entry is the youngest again. */
  renew(key: string, value: Value): void {
    this.#entries.delete(key);
    this.set(key, value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  #forgetOldest(): void {
    let left = Math.ceil(this.#lengthMax * forgottenShare);
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      left -= 1;
      if (left === 0) return;
    }
  }
}
