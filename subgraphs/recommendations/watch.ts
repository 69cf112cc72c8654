import type { Clock } from '../../runtime/clock.ts';
import type { Viewer } from '../../runtime/identity.ts';
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
  close(): void;
}

export function createRowWatches(deps: WatchDeps): RowWatches {
  const watches = new Set<RowWatch>();
  return {
    open(viewer) {
      const watch = new RowWatch(deps, viewer, () => watches.delete(watch));
      watches.add(watch);
      return watch;
    },
    close() {
      for (const watch of watches) watch.end();
    },
  };
}

type Result = IteratorResult<RowUpdate>;

/** Hand-made: the `return()` of an `async function*` would wait for the change that is awaited. */
class RowWatch implements AsyncIterableIterator<RowUpdate> {
  readonly #deps: WatchDeps;
  readonly #viewer: Viewer;
  readonly #onEnd: () => void;
  readonly #waiting: ((result: Result) => void)[] = [];
  #stopListening: (() => void) | undefined;
  #look: { atMs: number; cancel: () => void } | undefined;
  #fingerprint: string | undefined;
  #isLooking = false;
  #mustLookAgain = false;
  /** Something is to be told, and nobody asked yet. */
  #isDue = false;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #isEnded = false;

  constructor(deps: WatchDeps, viewer: Viewer, onEnd: () => void) {
    this.#deps = deps;
    this.#viewer = viewer;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#begin();
      if (!this.#isDue) return;
      this.#tell();
      // While the event waited for its reader nobody looked.
      this.#lookAt(this.#deps.clock.nowMs());
    });
  }

  return(): Promise<Result> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopListening?.();
    this.#look?.cancel();
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
    this.#onEnd();
  }

  #begin(): void {
    if (this.#stopListening !== undefined) return;
    const { changes, clock } = this.#deps;
    this.#stopListening = changes.onChanged(this.#viewer.profileId, () =>
      this.#lookAt(clock.nowMs()),
    );
    this.#lookAt(clock.nowMs());
  }

  /** Tells whoever waits, if there is something to tell and the last event is old enough. */
  #tell(): void {
    if (!this.#isDue || this.#waiting.length === 0) return;
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs < this.#quietUntilMs) {
      this.#lookAt(nowMs);
      return;
    }
    this.#isDue = false;
    this.#quietUntilMs = nowMs + eventEveryMs;
    this.#waiting.shift()?.({ done: false, value: { viewer: this.#viewer } });
  }

  /** Plans the next look, no sooner than an event may be told; the earliest plan stays. */
  #lookAt(wantedMs: number): void {
    // Nothing is gained by looking while an event waits for its reader.
    const isUseless = this.#isDue && this.#waiting.length === 0;
    if (this.#isEnded || isUseless) return;
    const { clock } = this.#deps;
    const atMs = Math.max(wantedMs, this.#quietUntilMs, clock.nowMs());
    if (this.#look !== undefined && this.#look.atMs <= atMs) return;
    this.#look?.cancel();
    this.#look = undefined;
    if (atMs <= clock.nowMs()) {
      void this.#compare();
      return;
    }
    const cancel = clock.after(atMs - clock.nowMs(), () => {
      this.#look = undefined;
      this.#lookAt(atMs);
    });
    this.#look = { atMs, cancel };
  }

  /** Looks at the row, and tells if it is another one than before. Never rejects. */
  async #compare(): Promise<void> {
    if (this.#isLooking) {
      this.#mustLookAgain = true;
      return;
    }
    this.#isLooking = true;
    const row = await this.#build();
    this.#isLooking = false;
    if (this.#isEnded) return;
    const fingerprint = row?.fingerprint ?? this.#fingerprint ?? '';
    this.#isDue ||= fingerprint !== this.#fingerprint;
    this.#fingerprint = fingerprint;
    this.#tell();
    this.#planNext(row);
  }

  #planNext(row: Row | null): void {
    const nowMs = this.#deps.clock.nowMs();
    const soonMs = row === null || row.degraded ? nowMs + lookAgainMs : nowMs + lookEveryMs;
    this.#lookAt(this.#mustLookAgain ? nowMs : Math.min(soonMs, row?.changesAtMs ?? soonMs));
    this.#mustLookAgain = false;
  }

  /** Null when it cannot be read just now. The first event is sent all the same: it tells of that. */
  async #build(): Promise<Row | null> {
    const { profileId } = this.#viewer;
    try {
      return await this.#deps.rows.build({ profileId, deviceKind: null });
    } catch (error) {
      this.#deps.log.debug({ err: error, profileId }, 'row not read; looking again');
      return null;
    }
  }
}
