import { setImmediate as turn } from 'node:timers/promises';
import type { TabsPort } from '../../client/index.ts';
import { MemoryOutboxStore } from './memory-outbox-store.ts';
import { MapStorage } from './rig.ts';

type Channel = ReturnType<TabsPort['openChannel']>;

interface Lock {
  name: string;
  page: string;
  mode: LockMode;
  isHeld: boolean;
  grant(): void;
}

/**
 * Pages of one browser, in this process. Locks are asked for in another process, and so are overtaken by
 * what pages say to each other; those of a dead page are freed one after the other.
 */
export class FakeBrowser {
  readonly storage = new MapStorage([['playhead/device-id', 'tv']]);
  readonly outbox = new MemoryOutboxStore();
  /** Pages that keep their locks and hear nothing. */
  readonly asleep = new Set<string>();
  /** Turns of the event loop that requests of a page for locks take, and freeing them; else one. */
  readonly lockTurns = new Map<string, number>();
  readonly #dead = new Set<string>();
  readonly #channels = new Map<Channel, { name: string; page: string }>();
  #locks: Lock[] = [];

  portOf(page: string): TabsPort {
    const query = async () => {
      await turn();
      return { held: this.#listed(true), pending: this.#listed(false) };
    };
    const request = (name: string, ...rest: unknown[]) => {
      const { mode = 'exclusive', signal }: LockOptions =
        rest.length > 1 ? (rest[0] as object) : {};
      const lock: Lock = { name, page, mode, isHeld: false, grant: () => {} };
      return this.#hold(lock, rest.at(-1) as () => unknown, signal);
    };
    const locks = { request, query } as unknown as LockManager;
    return { locks, openChannel: (name) => this.#openChannel(name, page) };
  }

  /** As by a crash: nothing is said. The newest lock is freed first. */
  async die(page: string): Promise<void> {
    this.#dead.add(page);
    for (const lock of this.#locks.filter((each) => each.page === page).reverse()) {
      await this.#turns(page);
      this.#free(lock);
    }
  }

  async #hold(lock: Lock, use: () => unknown, signal?: AbortSignal): Promise<unknown> {
    await this.#turns(lock.page);
    if (this.#dead.has(lock.page)) return new Promise(() => {});
    await new Promise<void>((resolve, reject) => {
      lock.grant = resolve;
      const abort = () => {
        if (lock.isHeld) return;
        this.#free(lock);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort);
      this.#locks.push(lock);
      this.#grant(lock.name);
      if (signal?.aborted) abort();
    });
    const used = await use();
    this.#free(lock);
    return used;
  }

  async #turns(page: string): Promise<void> {
    for (let turns = this.lockTurns.get(page) ?? 1; turns > 0; turns -= 1) await turn();
  }

  #free(lock: Lock): void {
    this.#locks = this.#locks.filter((each) => each !== lock);
    this.#grant(lock.name);
  }

  /** In the order of requests: one alone, or shared ones together. */
  #grant(name: string): void {
    const queue = this.#locks.filter((each) => each.name === name);
    const last = queue.findIndex(({ mode }) => mode === 'exclusive');
    const granted = last === 0 ? queue.slice(0, 1) : queue.slice(0, last < 0 ? undefined : last);
    for (const lock of granted.filter(({ isHeld }) => !isHeld)) {
      lock.isHeld = true;
      lock.grant();
    }
  }

  #listed(isHeld: boolean): LockInfo[] {
    return this.#locks
      .filter((lock) => lock.isHeld === isHeld)
      .map(({ name, mode, page }) => ({ name, mode, clientId: page }));
  }

  #openChannel(name: string, page: string): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (message: unknown) => this.#tell(channel, structuredClone(message)),
      close: () => this.#channels.delete(channel),
    };
    this.#channels.set(channel, { name, page });
    return channel;
  }

  #tell(from: Channel, data: unknown): void {
    const sender = this.#channels.get(from);
    if (sender === undefined || !this.#hears(sender.page)) return;
    for (const [channel, { name, page }] of this.#channels) {
      if (channel === from || name !== sender.name || !this.#hears(page)) continue;
      queueMicrotask(() =>
        channel.onmessage?.call(channel as BroadcastChannel, { data } as MessageEvent),
      );
    }
  }

  #hears(page: string): boolean {
    return !this.asleep.has(page) && !this.#dead.has(page);
  }
}
