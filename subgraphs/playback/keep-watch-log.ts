import { PlatformError } from '../../domain/errors.ts';
import type { Transition } from '../../domain/transition.ts';
import { isVersion, partitionOf } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { EventStream, Offset, StreamEntry } from '../../stores/event-stream.ts';
import { newestOfEachPlace, type WatchLog } from '../../stores/watch-log.ts';
import { stateUnavailable } from './hydrate.ts';

/** Entries read at a time: the stream has others to serve. */
const readLengthMax = 1_000;
/** Entries kept at a time, some 2.5 MB: the more, the fewer rows come of them. */
const batchLengthMax = 10_000;

export interface WatchLogKeeperDeps {
  events: EventStream;
  watchLog: WatchLog;
  clock: Clock;
  log: Logger;
  /** How often the stream is read, ms: of what moved on meanwhile only the newest is written. */
  intervalMs: number;
  /** Something of the profile was written that the stream was not told yet. Default: never. */
  isUntold?: (profileId: string) => boolean;
}

/**
 * Copies the event stream into the watch log, in the background.
 *
 * Shape: at least once and idempotent. Every pass begins where the log says it ends, whichever process
 * wrote that, so that processes share the work and need no lease: two at the same time write the same
 * rows. Whoever reads has the rest of the partition copied first.
 * Errors: none in the background; a pass that fails begins again where it began.
 */
export class WatchLogKeeper {
  readonly #deps: WatchLogKeeperDeps;
  /** By partition: the pass under way, and the one that begins after it. */
  readonly #passes = new Map<number, { now: Promise<void>; next: Promise<void> | null }>();
  /** Where the log ends, as its last pass left it; null: nothing yet. */
  readonly offsets = new Map<number, Offset | null>();
  /** Since the process began: entries copied, those that nobody can keep, and passes that failed. */
  readonly counts = { kept: 0, poison: 0, failed: 0 };
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: WatchLogKeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    const schedule = () => {
      if (this.#isClosed) return;
      this.#cancel = this.#deps.clock.after(this.#deps.intervalMs, () => {
        this.#running = this.#passOverAll().then(schedule);
      });
    };
    schedule();
  }

  /**
   * The profile's log, with everything that was told until now, or not at all: what is still to be copied
   * may be all there is, may say that something was forgotten, or that it was undone.
   * Errors: STATE_UNAVAILABLE when the log or the stream does not answer, or was not told all; safe to
   * retry.
   */
  async read({ profileId }: { profileId: string }): Promise<Transition[]> {
    const { events, watchLog, clock, isUntold } = this.#deps;
    if (isUntold?.(profileId)) throw stateUnavailable();
    await this.#catchUp(partitionOf(profileId, events.partitions));
    return watchLog.read({ profileId, nowMs: clock.nowMs() });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    await Promise.allSettled([...this.#passes.values()].map(({ now, next }) => next ?? now));
  }

  async #passOverAll(): Promise<void> {
    const { events, log } = this.#deps;
    for (let partition = 0; partition < events.partitions && !this.#isClosed; partition += 1) {
      await this.#catchUp(partition).catch((error: unknown) => {
        log.warn({ partition, err: error }, 'the watch log will be kept later');
      });
    }
  }

  /** A pass that began before now may have missed what was told since: the one after it did not. */
  #catchUp(partition: number): Promise<void> {
    const passes = this.#passes.get(partition);
    if (passes?.next != null) return passes.next;
    if (passes !== undefined) {
      passes.next = passes.now.catch(() => {}).then(() => this.#begin(partition));
      return passes.next;
    }
    return this.#begin(partition);
  }

  #begin(partition: number): Promise<void> {
    const now = this.#pass(partition)
      .catch((error: unknown) => {
        this.counts.failed += 1;
        throw error;
      })
      .finally(() => {
        if (this.#passes.get(partition)?.now === now && !this.#passes.get(partition)?.next) {
          this.#passes.delete(partition);
        }
      });
    this.#passes.set(partition, { now, next: null });
    return now;
  }

  /** Reads a partition to its end. */
  async #pass(partition: number): Promise<void> {
    let after = await this.#offset(partition);
    this.offsets.set(partition, after);
    for (let isMore = true; isMore; ) {
      const entries = await this.#readBatch(partition, after);
      const last = entries.at(-1);
      if (last === undefined) return;
      await this.#keep(partition, entries, last.offset);
      after = last.offset;
      this.offsets.set(partition, after);
      isMore = entries.length === batchLengthMax;
    }
  }

  async #readBatch(partition: number, from: Offset | null): Promise<StreamEntry[]> {
    const batch: StreamEntry[] = [];
    for (let isMore = true; isMore && batch.length < batchLengthMax; ) {
      const after = batch.at(-1)?.offset ?? from;
      const entries = await this.#deps.events.read({ partition, after, limit: readLengthMax });
      batch.push(...entries);
      isMore = entries.length === readLengthMax;
    }
    return batch;
  }

  /** One by one where they cannot be kept together: the one to blame takes no neighbour along. */
  async #keep(partition: number, entries: readonly StreamEntry[], offset: Offset): Promise<void> {
    const { watchLog, clock, log } = this.#deps;
    // What happened in another region is kept there, in the durable store that they share.
    const own = entries.map(({ transition }) => transition).filter((told) => !told?.region);
    const sound = own.filter(isKept);
    // A session moves on several times between two passes, and only where it got to is kept.
    const transitions = newestOfEachPlace(sound);
    try {
      await watchLog.keep({ partition, transitions, offset, nowMs: clock.nowMs() });
      this.counts.kept += sound.length;
      this.counts.poison += own.length - sound.length;
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== 'INTERNAL_SERVER_ERROR') throw error;
      if (entries.length > 1) {
        for (const entry of entries) await this.#keep(partition, [entry], entry.offset);
        return;
      }
      log.error(
        { err: error, partition, offset },
        'a transition that cannot be kept is passed over',
      );
      await watchLog.keep({ partition, transitions: [], offset, nowMs: clock.nowMs() });
      this.counts.poison += 1;
    }
  }

  /** A stream whose newest entry lies before our offset is another one than was read: begin anew. */
  async #offset(partition: number): Promise<Offset | null> {
    const stored = await this.#deps.watchLog.offset(partition);
    if (stored === null) return null;
    const newest = await this.#deps.events.newest(partition);
    return newest !== null && stored <= newest ? stored : null;
  }
}

/** Entries come from another process, perhaps of another release: what has no place is passed over. */
function isKept(transition: Transition | null): transition is Transition {
  if (transition === null) return false;
  const { profileId, title, version, occurredAtMs } = transition;
  return (
    [profileId, title].every((id) => typeof id === 'string' && id !== '') &&
    typeof version === 'string' &&
    isVersion(version) &&
    Number.isFinite(occurredAtMs)
  );
}
