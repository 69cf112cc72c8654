/** Tells other pages of this origin that this one is alive; the browser tells them when it is not. */
export class PageLock {
  readonly #locks: LockManager | undefined;
  readonly #name: string;
  #release: (() => void) | undefined;

  /** Without Web Locks every other page counts as gone: what it sends is sent twice, which is harmless. */
  constructor(locks: LockManager | undefined, page: string) {
    this.#locks = locks;
    this.#name = pageLockName(page);
  }

  /** Idempotent. */
  hold(): void {
    if (this.#release !== undefined || this.#locks === undefined) return;
    const isHeld = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    this.#locks.request(this.#name, () => isHeld).catch(() => undefined);
  }

  /** A page that rests in the back-forward cache must hold none: browsers throw it away for that. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  async isAlive(page: string): Promise<boolean> {
    const { held = [], pending = [] } = (await this.#locks?.query()) ?? {};
    return [...held, ...pending].some(({ name }) => name === pageLockName(page));
  }
}

/** Free when the page is gone. */
export function pageLockName(page: string): string {
  return `playhead/page/${page}`;
}
