import type { OpenKeeper } from './outbox-open.ts';
import type { KeptPlayback } from './outbox-store.ts';

type Kept = Omit<KeptPlayback, 'page'>;

/** Keeps the outbox from the first heartbeat on, though what keeps it is loaded after that. */
export class Keeping {
  /** Until it is loaded; undefined: nothing will be. */
  #waiting: Map<string, Kept | null> | undefined = new Map();
  #open: OpenKeeper | undefined;
  readonly #page: string;
  readonly #send: (kept: KeptPlayback) => Promise<void>;
  readonly #opened: Promise<void>;

  /** For `page`. `open` must not reject. `send` is given what earlier pages left. */
  constructor(
    page: string,
    open: () => Promise<OpenKeeper | undefined>,
    send: (kept: KeptPlayback) => Promise<void>,
  ) {
    this.#page = page;
    this.#send = send;
    this.#opened = open().then((opened) => {
      this.#open = opened;
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const [key, kept] of waiting) this.keep(key, kept);
    });
  }

  keep(key: string, kept: Kept | null): void {
    this.#waiting?.set(key, kept);
    this.#open?.keeper.save(key, kept && { ...kept, page: this.#page });
  }

  /** Sends what earlier pages left; looks once more if it already does. */
  async drain(): Promise<void> {
    await this.#opened;
    await this.#open?.keeper.drain(this.#send);
  }

  async close(): Promise<void> {
    await this.#opened;
    await this.#open?.close();
  }
}
