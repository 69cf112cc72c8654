import { PlatformError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { DurableStore, ProfileBatch } from '../../stores/durable-store.ts';
import type { DirtyTitle, HotStore, SettledTitle } from '../../stores/hot-store.ts';

/** Titles taken in one step of a drain: a batch that a partition's atomic steps hardly feel. */
const drainLimit = 200;
/** A title that failed this often for a reason of its own is set aside, value and all. */
const triesMax = 5;
/** Passes per interval: a title waits at most a quarter longer than it should. */
const passesPerInterval = 4;

export interface WriteBehindDeps {
  hot: HotStore;
  durable: DurableStore;
  clock: Clock;
  log: Logger;
  /** A moving playhead is written at most once in this time, ms. */
  intervalMs: number;
}

/**
 * Copies what the hot store owes to the durable store, in the background.
 *
 * Shape: at least once and idempotent. A title stays dirty until the durable store answered, and
 * after that if something newer came meanwhile; a crash anywhere only repeats a write.
 * Cost: one durable write per moving title and interval, whatever the heartbeat rate.
 */
export class WriteBehind {
  readonly #deps: WriteBehindDeps;
  /** `profile|title` → failures that were the title's own. */
  readonly #failures = new Map<string, number>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: WriteBehindDeps) {
    this.#deps = deps;
  }

  /** Drains again and again until closed. */
  start(): void {
    const pass = () => {
      this.#running = this.drain({ minimumAgeMs: this.#deps.intervalMs })
        .catch((error: unknown) => {
          this.#deps.log.warn({ err: error }, 'write-behind will try again');
        })
        .then(schedule);
    };
    const schedule = () => {
      if (this.#isClosed) return;
      this.#cancel = this.#deps.clock.after(this.#deps.intervalMs / passesPerInterval, pass);
    };
    schedule();
  }

  /**
   * One pass: writes every title that has been dirty for `minimumAgeMs` or longer.
   *
   * Errors: STATE_UNAVAILABLE when a store did not answer; every partition had its turn all the same.
   */
  async drain(options: { minimumAgeMs: number }): Promise<void> {
    const sinceMs = this.#deps.clock.nowMs() - options.minimumAgeMs;
    const failures: unknown[] = [];
    for (let partition = 0; partition < this.#deps.hot.partitions; partition += 1) {
      await this.#drainPartition(partition, sinceMs).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Stops, and writes what is left. Errors: STATE_UNAVAILABLE when the durable store is down. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    // However young, even if the clock was set back: what became dirty in its future is owed too.
    await this.drain({ minimumAgeMs: Number.NEGATIVE_INFINITY });
  }

  async #drainPartition(partition: number, sinceMs: number): Promise<void> {
    const { hot } = this.#deps;
    for (;;) {
      const due = await hot.due({ partition, sinceMs, limit: drainLimit });
      const outcomes = await Promise.all(batchesOf(due).map((batch) => this.#write(batch)));
      const [failed, written] = halves(outcomes.flat(), ({ failure }) => failure !== null);
      const titles = written.flatMap(({ batch }) => settledOf(batch));
      await hot.settle({ partition, titles, nowMs: this.#deps.clock.nowMs() });
      for (const { batch } of written) this.#forgetFailures(batch);
      await this.#failed(partition, failed);
      // A short or a failing step ends the pass: what is left is met again in the next one.
      if (due.length < drainLimit || failed.length > 0) return;
    }
  }

  /** Writes a batch; title by title when it fails for a reason of its own: one of them is to blame. */
  async #write(batch: DueBatch): Promise<Tried[]> {
    try {
      await this.#deps.durable.write(batch);
      return [{ batch, failure: null }];
    } catch (failure) {
      if (isDown(failure) || batch.titles.length === 1) return [{ batch, failure }];
      const alone = await Promise.all(
        batch.titles.flatMap((title) => batchesOf([title])).map((one) => this.#write(one)),
      );
      return alone.flat();
    }
  }

  /** A store that is down is nobody's fault; any other failure counts against the title it met. */
  async #failed(partition: number, failed: readonly Tried[]): Promise<void> {
    const [down, ownFaults] = halves(failed, ({ failure }) => isDown(failure));
    for (const fault of ownFaults) await this.#count(partition, fault);
    if (down[0] !== undefined) throw down[0].failure;
  }

  async #count(partition: number, { batch, failure }: Tried): Promise<void> {
    const { profileId } = batch;
    for (const { title } of batch.titles) {
      const member = `${profileId}|${title}`;
      const failures = (this.#failures.get(member) ?? 0) + 1;
      this.#failures.set(member, failures);
      if (failures < triesMax) continue;
      this.#failures.delete(member);
      this.#deps.log.error(
        { profileId, titleId: title, err: failure },
        'title set aside: it cannot be written',
      );
      await this.#deps.hot.quarantine({ partition, profileId, title });
    }
  }

  #forgetFailures(batch: ProfileBatch): void {
    for (const { title } of batch.titles) this.#failures.delete(`${batch.profileId}|${title}`);
  }
}

interface DueBatch extends ProfileBatch {
  titles: readonly DirtyTitle[];
}

/** A batch that was written; or was not, and why. */
interface Tried {
  batch: DueBatch;
  failure: unknown;
}

function isDown(failure: unknown): boolean {
  return failure instanceof PlatformError && failure.code === 'STATE_UNAVAILABLE';
}

/** Those of which it is true, and the others. */
function halves<Item>(items: readonly Item[], isTrue: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isTrue), items.filter((item) => !isTrue(item))];
}

/** One batch a profile. */
function batchesOf(due: readonly DirtyTitle[]): DueBatch[] {
  const profiles = Map.groupBy(due, ({ profileId }) => profileId);
  return [...profiles].map(([profileId, titles]) => {
    const devices = new Map(titles.flatMap((title) => title.devices).map((it) => [it.id, it]));
    return { profileId, titles, devices: [...devices.values()] };
  });
}

function settledOf(batch: ProfileBatch): SettledTitle[] {
  return batch.titles.map(({ title, playhead, visibility }) => ({
    profileId: batch.profileId,
    title,
    playheadVersion: playhead?.version ?? null,
    visibilityVersion: visibility?.version ?? null,
  }));
}
