type Listener = (titles: readonly string[]) => void;

/** Who wants to know which titles of a profile changed. */
export class ProfileListeners {
  readonly #listeners = new Map<string, Set<Listener>>();

  listen(profileId: string, listener: Listener): () => Promise<void> {
    const listeners = this.#listeners.get(profileId) ?? new Set();
    this.#listeners.set(profileId, listeners.add(listener));
    return async () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(profileId);
    };
  }

  profiles(): string[] {
    return [...this.#listeners.keys()];
  }

  tell(profileId: string, titles: readonly string[]): void {
    const listeners = this.#listeners.get(profileId);
    if (listeners === undefined || titles.length === 0) return;
    const distinct = [...new Set(titles)];
    for (const listener of listeners) listener(distinct);
  }

  clear(): void {
    this.#listeners.clear();
  }
}
