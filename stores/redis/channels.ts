import { Cluster } from 'ioredis';
import type { RedisConnection } from './connection.ts';

/** A subscription that Redis did not confirm is tried again after this. */
const retryAfterMs = 200;

/** Gets each message of a channel; null when some may have been missed. */
export type ChannelListener = (message: string | null) => void;

interface Channel {
  listeners: Set<ChannelListener>;
  /** Resolves once the first attempt to subscribe has succeeded or failed. */
  attempted: Promise<void>;
  cancelRetry: () => void;
}

/**
 * Sharded publish/subscribe: a message travels within its slot, and reaches those connected just then.
 *
 * Shape: after every connection that was lost, each listener is told null once the channel is
 * subscribed to again: what it reads from then on is current.
 * Errors: none; while Redis is away, listeners wait.
 * Cost: one subscription a channel and process, however many listen.
 */
export class Channels {
  readonly #connection: RedisConnection;
  readonly #clock: { after(delayMs: number, task: () => void): () => void };
  readonly #channels = new Map<string, Channel>();
  #isClosed = false;

  constructor(
    connection: RedisConnection,
    clock: { after(delayMs: number, task: () => void): () => void },
  ) {
    this.#connection = connection;
    this.#clock = clock;
    const { subscriber } = connection;
    subscriber.on('smessage', (channel: string, message: string) => this.#tell(channel, message));
    const isBack = subscriber instanceof Cluster ? 'subscribersReady' : 'ready';
    subscriber.on(isBack, () => {
      for (const channel of this.#channels.keys()) void this.#subscribe(channel, { isLate: true });
    });
  }

  /** Resolves once messages arrive, or Redis turned out to be away; the answer stops it. */
  async listen(name: string, listener: ChannelListener): Promise<() => Promise<void>> {
    const listeners = this.#channels.get(name)?.listeners ?? new Set();
    listeners.add(listener);
    const channel = this.#channels.get(name) ?? this.#add(name, listeners);
    await channel.attempted;
    return () => this.#leave(name, listener);
  }

  close(): void {
    this.#isClosed = true;
    for (const { cancelRetry } of this.#channels.values()) cancelRetry();
    this.#channels.clear();
  }

  #add(name: string, listeners: Set<ChannelListener>): Channel {
    const channel = { listeners, attempted: Promise.resolve(), cancelRetry: () => {} };
    this.#channels.set(name, channel);
    channel.attempted = this.#subscribe(name, { isLate: false });
    return channel;
  }

  async #leave(name: string, listener: ChannelListener): Promise<void> {
    const channel = this.#channels.get(name);
    if (channel === undefined || !channel.listeners.delete(listener)) return;
    if (channel.listeners.size > 0) return;
    channel.cancelRetry();
    this.#channels.delete(name);
    // A subscription that stays costs a message now and then; the next connection does not renew it.
    await this.#connection.unsubscribe(name).catch(() => {});
  }

  async #subscribe(name: string, options: { isLate: boolean }): Promise<void> {
    const channel = this.#channels.get(name);
    if (channel === undefined || this.#isClosed) return;
    channel.cancelRetry();
    try {
      await this.#connection.subscribe(name);
      if (options.isLate) this.#tell(name, null);
    } catch {
      channel.cancelRetry = this.#clock.after(retryAfterMs, () => {
        void this.#subscribe(name, { isLate: true });
      });
    }
  }

  #tell(name: string, message: string | null): void {
    for (const listener of this.#channels.get(name)?.listeners ?? []) listener(message);
  }
}
