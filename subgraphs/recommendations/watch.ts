import type { Clock } from '../../runtime/clock.ts';
import type { Viewer } from '../../runtime/identity.ts';
import { type Followed, LiveStream } from '../../runtime/live-stream.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Consumer } from './consume.ts';
import type { Row, Rows } from './row.ts';

/** At most one a second: faster than that nobody reads a row, and every event is a whole query. */
const eventEveryMs = 1_000;
/** What only the catalog knows of (a new episode) is looked for this often. */
const lookEveryMs = 60_000;
/** A row of partial signals is looked at again this soon. */
const lookAgainMs = 1_000;

export interface WatchDeps {
  rows: Rows;
  changes: Pick<Consumer, 'onChanged'>;
  clock: Clock;
  log: Logger;
}

/** One event of `continueWatchingUpdates`: whose row changed. What it is now, its resolvers ask anew. */
export interface RowUpdate {
  viewer: Viewer;
}

/**
 * The live rows of this process.
 *
 * Shape: a watch tells at once, then after each change of order or content, at most once a second;
 * whoever reads slowly is told once of all that happened meanwhile. Listening begins before the first
 * look, so nothing falls between.
 * Errors: none of its own; a row that cannot be read is looked at again.
 * Cost: one row a change, and one a minute. `return()` settles at once, whatever is waited for.
 */
export interface RowWatches {
  open(viewer: Viewer): AsyncIterableIterator<RowUpdate>;
  /** Ends them all. */
  close(): Promise<void>;
}

export function createRowWatches(deps: WatchDeps): RowWatches {
  const streams = new Set<LiveStream<Row | null, RowUpdate>>();
  return {
    open(viewer) {
      const onEnd = () => streams.delete(stream);
      const stream = new LiveStream((wake) => new FollowedRow(deps, { viewer, wake, onEnd }));
      streams.add(stream);
      return stream;
    },
    async close() {
      await Promise.all([...streams].map((stream) => stream.return()));
    },
  };
}

interface RowSubscriber {
  viewer: Viewer;
  wake: () => void;
  onEnd: () => void;
}

class FollowedRow implements Followed<Row | null, RowUpdate> {
  readonly #deps: WatchDeps;
  readonly #of: RowSubscriber;
  #look: { atMs: number; cancel: () => void } | undefined;
  #fingerprint: string | undefined;
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(deps: WatchDeps, of: RowSubscriber) {
    this.#deps = deps;
    this.#of = of;
  }

  async listen(): Promise<() => Promise<void>> {
    const { changes, clock } = this.#deps;
    const { profileId } = this.#of.viewer;
    const stop = changes.onChanged(profileId, () => this.#lookAt(clock.nowMs()));
    return async () => stop();
  }

  /** Null when it cannot be read just now. */
  async read(): Promise<Row | null> {
    const { profileId } = this.#of.viewer;
    try {
      return await this.#deps.rows.build({ profileId, deviceKind: null });
    } catch (error) {
      this.#deps.log.debug({ err: error, profileId }, 'row not read; looking again');
      return null;
    }
  }

  /** The first event is sent though the row could not be read: it tells of that. */
  news(row: Row | null): RowUpdate | null {
    const nowMs = this.#deps.clock.nowMs();
    // Something changed while the row that was told last was being read.
    if (nowMs < this.#quietUntilMs) {
      this.#lookAt(this.#quietUntilMs);
      return null;
    }
    const fingerprint = row?.fingerprint ?? this.#fingerprint ?? '';
    const isNew = fingerprint !== this.#fingerprint;
    this.#fingerprint = fingerprint;
    if (isNew) this.#quietUntilMs = nowMs + eventEveryMs;
    const soonMs = row === null || row.degraded ? nowMs + lookAgainMs : nowMs + lookEveryMs;
    this.#lookAt(Math.min(soonMs, row?.changesAtMs ?? soonMs));
    return isNew ? { viewer: this.#of.viewer } : null;
  }

  end(): void {
    this.#look?.cancel();
    this.#of.onEnd();
  }

  /** Plans the next look, no sooner than an event may be told; the earliest plan stays. */
  #lookAt(wantedMs: number): void {
    const { clock } = this.#deps;
    const nowMs = clock.nowMs();
    const atMs = Math.max(wantedMs, this.#quietUntilMs, nowMs);
    if (this.#look !== undefined && this.#look.atMs <= atMs) return;
    this.#look?.cancel();
    this.#look = undefined;
    if (atMs === nowMs) {
      this.#of.wake();
      return;
    }
    const cancel = clock.after(atMs - nowMs, () => {
      this.#look = undefined;
      this.#of.wake();
    });
    this.#look = { atMs, cancel };
  }
}
