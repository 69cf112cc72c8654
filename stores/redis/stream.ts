import type { Transition } from '../../domain/transition.ts';
import type { CopiedEvents, EventCopies, PeerEvents } from '../event-copies.ts';
import {
  type EventStream,
  type Offset,
  type StreamEntry,
  type Unread,
  unreadMax,
} from '../event-stream.ts';
import { Channels } from './channels.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { partitionKeys } from './keys.ts';
import { pairs } from './packed-profile.ts';
import { unpackProgress } from './plain-heartbeat.ts';
import { readScript } from './scripts.ts';

/**
 * Entries kept of a partition, however young: 250 bytes each, so at most 50 MB should a consumer of
 * age (`trim`) be away for long.
 */
export const eventsLengthMax = 200_000;

/** Digits of each half of an offset: what Redis counts in 64 bits, so that offsets compare as text. */
const halfLength = 20;

export interface RedisStreamOptions extends RedisConnectionOptions {
  partitions: number;
}

/**
 * The event stream as one Redis stream a partition, over a connection of its own: whoever reads much at once
 * holds up nobody who writes. `appending` is the one it appends over, where somebody else has one; that
 * one's owner closes it.
 */
export async function openRedisEventStream(
  options: RedisStreamOptions,
  appending?: Promise<RedisConnection>,
): Promise<EventStream & EventCopies> {
  const opening = RedisConnection.open(options);
  const [connection, appends] = await Promise.all([opening, appending ?? opening]);
  return new RedisEventStream(connection, { ...options, appends });
}

/** That of another region's Redis, over a connection of its own: to read, and for nothing else. */
export async function openRedisPeerEvents(
  options: RedisStreamOptions & { region: string },
): Promise<PeerEvents> {
  const connection = await RedisConnection.toRead(options);
  const stream = new RedisEventStream(connection, { ...options, appends: connection });
  return {
    region: options.region,
    read: (from) => stream.read(from),
    newest: (partition) => stream.newest(partition),
    close: () => stream.close(),
  };
}

class RedisEventStream implements EventStream, EventCopies {
  readonly partitions: number;
  readonly #connection: RedisConnection;
  readonly #appends: RedisConnection;
  readonly #channels: Channels;
  readonly #append = readScript('append');
  readonly #copy = readScript('copy-events');
  readonly #unread = readScript('unread');

  constructor(
    connection: RedisConnection,
    options: RedisStreamOptions & { appends: RedisConnection },
  ) {
    this.partitions = options.partitions;
    this.#connection = connection;
    this.#appends = options.appends;
    this.#channels = new Channels(connection, options.clock);
  }

  async append(entry: { partition: number; transitions: readonly Transition[] }): Promise<void> {
    if (entry.transitions.length === 0) return;
    const { events } = partitionKeys(entry.partition);
    const entries = entry.transitions.map((transition) => JSON.stringify(transition));
    await this.#appends.run(this.#append, {
      keys: [events],
      args: [eventsLengthMax, ...entries],
    });
  }

  async copy(copied: CopiedEvents): Promise<Offset | null> {
    const { partition, region, after, transitions, upTo } = copied;
    const { events, copied: places } = partitionKeys(partition);
    const entries = transitions.map((transition) => JSON.stringify(transition));
    const stands = await this.#connection.run(this.#copy, {
      keys: [events, places],
      args: [region, after ?? '', upTo, eventsLengthMax, ...entries],
    });
    return stands === '' ? null : String(stands);
  }

  async copiedUpTo(of: { partition: number; region: string }): Promise<Offset | null> {
    const { copied } = partitionKeys(of.partition);
    return this.#connection.ask('copied up to', (client) => client.hget(copied, of.region));
  }

  async read(from: {
    partition: number;
    after: Offset | null;
    limit: number;
  }): Promise<StreamEntry[]> {
    const { events } = partitionKeys(from.partition);
    const start = startAfter(from.after);
    const entries = await this.#connection.ask('read events', (client) =>
      client.xrange(events, start, '+', 'COUNT', from.limit),
    );
    return entries.map(([id, fields]) => ({
      offset: offsetOf(id),
      transition: transitionOf(new Map(pairs(fields))),
    }));
  }

  async unread(from: { partition: number; after: Offset | null }): Promise<Unread> {
    const { events } = partitionKeys(from.partition);
    const found = await this.#connection.run(this.#unread, {
      keys: [events],
      args: [startAfter(from.after), unreadMax],
    });
    const [entries, oldestId] = found as [number, string | null];
    return {
      entries,
      oldestAppendedAtMs: oldestId === null ? null : Number.parseInt(oldestId, 10),
    };
  }

  async newest(partition: number): Promise<Offset | null> {
    const { events } = partitionKeys(partition);
    const [entry] = await this.#connection.ask('newest event', (client) =>
      client.xrevrange(events, '+', '-', 'COUNT', 1),
    );
    return entry === undefined ? null : offsetOf(entry[0]);
  }

  async trim({ beforeMs }: { beforeMs: number }): Promise<number> {
    const trimmed = await Promise.all(
      this.#all().map((partition) =>
        this.#connection.ask('trim events', (client) =>
          client.xtrim(partitionKeys(partition).events, 'MINID', Math.floor(beforeMs)),
        ),
      ),
    );
    return trimmed.reduce((sum, count) => sum + count, 0);
  }

  onAppended(listener: (partition: number) => void): () => void {
    let isStopped = false;
    const listening = this.#all().map(async (partition) => {
      const tell = () => {
        if (!isStopped) listener(partition);
      };
      const stop = await this.#channels.listen(partitionKeys(partition).events, tell);
      // Whatever was appended before Redis confirmed was told to nobody.
      if (await this.#holdsEntries(partition)) tell();
      return stop;
    });
    return () => {
      isStopped = true;
      for (const started of listening) void started.then((stop) => stop());
    };
  }

  async close(): Promise<void> {
    this.#channels.close();
    await this.#connection.close();
  }

  #all(): number[] {
    return Array.from({ length: this.partitions }, (_, partition) => partition);
  }

  /** False while Redis is away: once it is back, every listener is told. */
  async #holdsEntries(partition: number): Promise<boolean> {
    const newest = await this.newest(partition).catch(() => null);
    return newest !== null;
  }
}

export function offsetOf(id: string): Offset {
  const [time = '', count = ''] = id.split('-');
  return `${time.padStart(halfLength, '0')}-${count.padStart(halfLength, '0')}`;
}

export function startAfter(after: Offset | null): string {
  return after === null ? '-' : `(${idOf(after)}`;
}

export function idOf(offset: Offset): string {
  return offset.replace(/\b0+(?=\d)/g, '');
}

/** What is neither goes on as it is: consumers check what they read, and pass over what they cannot. */
function transitionOf(fields: ReadonlyMap<string, string>): Transition {
  const body = fields.get('e');
  try {
    const told = body === undefined ? unpackProgress(fields) : (JSON.parse(body) as Transition);
    return fields.has('x') ? { ...told, isHistory: true } : told;
  } catch {
    return (body ?? fields) as unknown as Transition;
  }
}
