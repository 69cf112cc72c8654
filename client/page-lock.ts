/** Tells other pages of this origin that this one is alive; the browser tells them when it is not. */
export class PageLock {
  /** This page, among the living. */
  readonly page: string;
  readonly #locks: LockManager | undefined;
  #held: { isGranted: Promise<boolean>; release(): void } | undefined;

  /** Without Web Locks every other page counts as gone: what it sends is sent twice, which is harmless. */
  constructor(locks: LockManager | undefined, page: string) {
    this.#locks = locks;
    this.page = page;
  }

  /**
   * Resolves once others can see it; false: released before that. A page that tells its name sooner
   * looks dead to whoever hears it: messages between pages overtake requests for locks. Idempotent,
   * never rejects.
   */
  hold(): Promise<boolean> {
    this.#held ??= this.#request();
    return this.#held.isGranted;
  }

  /** A page that rests in the back-forward cache must hold none: browsers throw it away for that. */
  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  async isAlive(page: string): Promise<boolean> {
    const { held = [], pending = [] } = (await this.#locks?.query()) ?? {};
    return [...held, ...pending].some(
      // Shared are those of pages that wait for its end.
      ({ name, mode }) => name === pageLockName(page) && mode !== 'shared',
    );
  }

  /** Tells once when `page` is gone; the answer stops the waiting. */
  whenGone(page: string, tell: () => void): () => void {
    const waiting = new AbortController();
    const { signal } = waiting;
    this.#locks
      ?.request(pageLockName(page), { mode: 'shared', signal }, () => undefined)
      .then(() => {
        if (!signal.aborted) tell();
      })
      .catch(() => undefined);
    return () => waiting.abort();
  }

  #request() {
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const isGranted = new Promise<boolean>((resolve) => {
      void isReleased.then(() => resolve(false));
      const granted = () => {
        resolve(true);
        return isReleased;
      };
      // Refused, it can wait for nothing: others will take this page for dead, which is harmless.
      const refused = () => resolve(true);
      if (this.#locks === undefined) refused();
      else this.#locks.request(pageLockName(this.page), granted).catch(refused);
    });
    return { isGranted, release };
  }
}

/** Free when the page is gone. */
export function pageLockName(page: string): string {
  return `playhead/page/${page}`;
}
