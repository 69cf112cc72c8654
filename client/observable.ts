/**
 * A value that changes, in the form every framework can take (React's `useSyncExternalStore`,
 * Svelte, Vue, plain DOM).
 */
export interface LiveStore<Value> {
  /** Calls `listener` after each change; the answer stops that. What it throws is swallowed. */
  subscribe(listener: () => void): () => void;
  /** The value now: the same object until it changes. */
  getSnapshot(): Value;
}

/** Calls what an app gave us: an error in it is the app's, and must not reach the player. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    // Shown where uncaught errors are, once the SDK's own work is done.
    queueMicrotask(() => globalThis.reportError?.(error));
  }
}

/** A LiveStore to write to. `whileWatched` opens when the first listener comes, closes after the last. */
export class Observable<Value> implements LiveStore<Value> {
  readonly #listeners = new Set<() => void>();
  readonly #whileWatched: () => () => void;
  #value: Value;
  #endWatch: () => void = () => {};

  constructor(value: Value, whileWatched: () => () => void = () => () => {}) {
    this.#value = value;
    this.#whileWatched = whileWatched;
  }

  set(value: Value): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) guarded(listener);
  }

  // Arrow functions: frameworks take the two methods off their object.
  readonly getSnapshot = (): Value => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    // One listener may subscribe twice: each is a subscription of its own.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#endWatch = this.#whileWatched();
    return () => {
      if (!this.#listeners.delete(own) || this.#listeners.size > 0) return;
      this.#endWatch();
    };
  };
}
