import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformError } from '../../domain/errors.ts';
import type { Transition } from '../../domain/transition.ts';
import { isVersion } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { EventStream, Offset, StreamEntry } from '../../stores/event-stream.ts';
import type { ViewingBatch, ViewingStore } from '../../stores/viewing-store.ts';

/** A stream or a view that failed is left alone this long. */
const retryAfterMs = 1_000;

export interface ConsumerDeps {
  events: EventStream;
  viewings: ViewingStore;
  clock: Clock;
  log: Logger;
}

/**
 * Follows the event stream into the view.
 *
 * Shape: every partition from its own offset, which is stored together with what was folded: whatever
 * happens between, nothing is lost, and what comes twice changes nothing. An entry that cannot be
 * folded is logged and skipped; the partition flows on.
 * Errors: none; while stream or view fail, it tries again each second and `isBehind` says so.
 */
export interface Consumer {
  /** Resolves once what was in the stream is folded, or the first try failed. */
  start(): Promise<void>;
  isBehind(): boolean;
  /** Calls back after the profile's viewings or plays changed; the answer stops it. */
  onChanged(profileId: string, listener: () => void): () => void;
  /** The same for every profile. */
  onAnyChanged(listener: (profileId: string) => void): () => void;
  /** Where it has read up to, of the partitions that it has begun with; null: nothing yet. */
  readonly offsets: ReadonlyMap<number, Offset | null>;
  readonly counts: Readonly<ConsumerCounts>;
  /** Waits for the batch under way. */
  close(): Promise<void>;
}

/** Since the process began. */
export interface ConsumerCounts {
  /** Entries that are in the view, by this consumer or another. */
  folded: number;
  /** Entries that nobody can fold. */
  poison: number;
}

export function createConsumer(deps: ConsumerDeps): Consumer {
  return new StreamConsumer(deps);
}

class StreamConsumer implements Consumer {
  readonly #deps: ConsumerDeps;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #everyListener = new Set<(profileId: string) => void>();
  /** Partitions that may hold something new. */
  readonly #due = new Set<number>();
  readonly offsets = new Map<number, Offset | null>();
  readonly counts = { folded: 0, poison: 0 };
  /** What the view holds as each partition's offset, as far as this consumer knows. */
  readonly #stored = new Map<number, Offset | null>();
  readonly #retries = new Map<number, () => void>();
  #draining: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;
  #hasStarted = false;
  #isClosed = false;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { events } = this.#deps;
    this.#stopListening = events.onAppended((partition) => this.#wake(partition));
    for (let partition = 0; partition < events.partitions; partition += 1) this.#wake(partition);
    await this.#draining;
    this.#hasStarted = true;
  }

  isBehind(): boolean {
    return !this.#hasStarted || this.#retries.size > 0;
  }

  onChanged(profileId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(profileId) ?? new Set();
    this.#listeners.set(profileId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(profileId);
    };
  }

  onAnyChanged(listener: (profileId: string) => void): () => void {
    this.#everyListener.add(listener);
    return () => this.#everyListener.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening?.();
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
    this.#listeners.clear();
    this.#everyListener.clear();
    await this.#draining;
  }

  #wake(partition: number): void {
    this.#due.add(partition);
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (const partition of this.#due) {
      if (this.#isClosed) break;
      this.#due.delete(partition);
      await this.#consume(partition);
    }
    this.#draining = undefined;
  }

  /** Reads a partition to its end. Never rejects. */
  async #consume(partition: number): Promise<void> {
    const { events, viewings, log } = this.#deps;
    const limit = viewings.batchLengthMax;
    try {
      for (let isMore = true; isMore && !this.#isClosed; ) {
        const after = await this.#offset(partition);
        const entries = await events.read({ partition, after, limit });
        await this.#fold(partition, entries);
        isMore = entries.length === limit;
        // A long catch-up must not keep everything else in the process waiting.
        if (isMore) await nextTurn();
      }
      this.#retries.get(partition)?.();
      this.#retries.delete(partition);
    } catch (error) {
      log.warn({ err: error, partition }, 'event stream not consumed; trying again');
      this.#retryLater(partition);
    }
  }

  #retryLater(partition: number): void {
    if (this.#isClosed) return;
    this.#retries.get(partition)?.();
    this.#retries.set(
      partition,
      this.#deps.clock.after(retryAfterMs, () => this.#wake(partition)),
    );
  }

  /** A stream whose newest entry lies before our offset is another one than we read: begin anew. */
  async #offset(partition: number): Promise<Offset | null> {
    const known = this.offsets.get(partition);
    if (known !== undefined) return known;
    const stored = await this.#deps.viewings.offset(partition);
    const newest = await this.#deps.events.newest(partition);
    const offset = stored !== null && newest !== null && stored <= newest ? stored : null;
    this.#stored.set(partition, stored);
    this.offsets.set(partition, offset);
    return offset;
  }

  async #fold(partition: number, entries: readonly StreamEntry[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) return;
    try {
      const transitions = entries.map(({ transition }) => checked(transition));
      await this.#store({ partition, transitions, offset: last.offset });
    } catch (error) {
      // A view that is away is nobody's fault here: one by one it would be asked in vain as often.
      if (error instanceof PlatformError && error.code === 'STATE_UNAVAILABLE') throw error;
      for (const entry of entries) await this.#foldOne(partition, entry);
    }
  }

  /** The batch failed: one by one, so that the entry that made it fail takes no neighbour along. */
  async #foldOne(partition: number, { offset, transition }: StreamEntry): Promise<void> {
    try {
      await this.#store({ partition, transitions: [checked(transition)], offset });
    } catch (error) {
      // Moving on without it fails too when the view itself is down: then nothing is skipped.
      await this.#store({ partition, transitions: [], offset });
      this.counts.poison += 1;
      this.#deps.log.error({ err: error, partition, offset }, 'poison entry skipped');
    }
  }

  async #store(batch: ViewingBatch): Promise<void> {
    const { partition, offset, transitions } = batch;
    const expected = this.#stored.get(partition) ?? null;
    const changed = await this.#deps.viewings.fold({ ...batch, expected });
    this.offsets.set(partition, offset);
    this.#stored.set(partition, offset);
    this.counts.folded += transitions.length;
    for (const profileId of changed) {
      for (const listener of this.#everyListener) listener(profileId);
      for (const listener of this.#listeners.get(profileId) ?? []) listener();
    }
  }
}

const text = z.string().min(1);
const version = z.string().refine(isVersion);
const device = z.object({ id: text, kind: text, name: z.string().nullable() }).nullable();
const transitionShape = z.object({
  kind: z.enum([
    'START',
    'PLAY',
    'PROGRESS',
    'PAUSE',
    'SEEK',
    'STOP',
    'FINISH',
    'RESTART',
    'HIDE',
    'UNHIDE',
    'FORGET',
    'FORGET_ALL',
    'UNDO',
    'LATE',
    'REPLACED',
  ]),
  profileId: text,
  title: text,
  version,
  occurredAtMs: z.number(),
  status: z.enum(['NOT_STARTED', 'IN_PROGRESS', 'FINISHED']),
  positionMs: z.number(),
  durationMs: z.number().nullable(),
  device,
  sessionId: z.string().nullable(),
  isHistory: z.literal(true).exactOptional(),
  region: text.exactOptional(),
  registers: z
    .object({ playhead: z.string().nullable(), visibility: z.string().nullable() })
    .exactOptional(),
  undone: z
    .object({
      sessionId: text,
      writer: text,
      playedVersion: version,
      finishedVersion: version,
      device,
    })
    .exactOptional(),
});

/** Entries come from another process, perhaps of another release. Errors: ZodError. */
function checked(transition: Transition): Transition {
  return transitionShape.parse(transition);
}
