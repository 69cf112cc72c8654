/**
 * Connected stores that one case after another is lent: what it closes goes to the next one as it is, so that
 * hundreds of cases do not each connect to six nodes of a Cluster.
 *
 * Shape: two that are out at once are two. Whoever takes one empties what is behind it.
 */
export class Lent<Store extends { close(): Promise<void> }> {
  readonly #open: () => Promise<Store>;
  readonly #all = new Set<Store>();
  readonly #free = new Set<Store>();

  constructor(open: () => Promise<Store>) {
    this.#open = open;
  }

  async take(): Promise<Store> {
    const [free] = this.#free;
    const store = free ?? (await this.#open());
    this.#all.add(store);
    this.#free.delete(store);
    return new Proxy(store, {
      get: (target, property) => {
        if (property === 'close') return async () => void this.#free.add(store);
        const member: unknown = Reflect.get(target, property, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  /** Really, all of them. */
  async close(): Promise<void> {
    for (const store of this.#all) await store.close();
  }
}
