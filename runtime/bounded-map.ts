/**
 * A map of text keys that forgets its oldest entry rather than grow past `lengthMax`.
 *
 * Shape: first in, first out, so that a hit costs one look-up. Once more keys are in use than fit, each
 * is forgotten before it is asked for again: the limit must be above the working set.
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
    if (this.#entries.size >= this.#lengthMax && !this.#entries.has(key)) {
      this.#entries.delete(this.#entries.keys().next().value ?? '');
    }
    this.#entries.set(key, value);
  }
}
