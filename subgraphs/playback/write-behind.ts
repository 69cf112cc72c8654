import { PlatformError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { DurableStore, ProfileBatch } from '../../stores/durable-store.ts';
import { StoreTakesNoWrites } from '../../stores/faults.ts';
import type { Backlog, DirtyTitle, HotStore, SettledTitle } from '../../stores/hot-store.ts';
import type { Lease, Leases } from '../../stores/lease.ts';

/** Titles taken in one step of a drain: a batch that a partition's atomic steps hardly feel. */
const drainLimit = 200;
/** A title that failed this often for a reason of its own is set aside, value and all. */
const triesMax = 5;
/** A process that died gives its partitions up after this: longer than one step of a drain may take. */
const leaseMs = 15_000;
/** Passes per interval: a title waits at most a quarter longer than it should. */
const passesPerInterval = 4;

export interface WriteBehindDeps {
  hot: HotStore;
  durable: DurableStore;
  leases: Leases;
  clock: Clock;
  log: Logger;
  /** A moving playhead is written at most once in this time, ms. */
  intervalMs: number;
  /** Names this process in leases. */
  owner: string;
  /** Told of each title that was written, and how long it had waited. */
  onFlushed?: (lagMs: number) => void;
}

/**
 * Copies what the hot store owes to the durable store, in the background.
 *
 * Shape: at least once and idempotent. A title stays dirty until the durable store answered, and
 * after that if something newer came meanwhile; a crash anywhere only repeats a write. Processes share
 * the work by leases, and are right without them.
 * Cost: one durable write per moving title and interval, whatever the heartbeat rate.
 */
export class WriteBehind {
  readonly #deps: WriteBehindDeps;
  /** `profile|title` → failures that were the title's own. */
  readonly #failures = new Map<string, number>();
  /** By partition, how many of its oldest titles were tried in vain when a pass ended behind them. */
  readonly #triedInVain = new Map<number, number>();
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
    this.#triedInVain.clear();
    // However young, even if the clock was set back: what became dirty in its future is owed too.
    await this.drain({ minimumAgeMs: Number.NEGATIVE_INFINITY });
  }

  /** What every partition owes together. Errors: StoreUnreachable. */
  async backlog(): Promise<Backlog> {
    const { hot } = this.#deps;
    const partitions = Array.from({ length: hot.partitions }, (_, partition) => partition);
    const all = await Promise.all(partitions.map((partition) => hot.backlog(partition)));
    const oldest = all.flatMap(({ oldestSinceMs }) => oldestSinceMs ?? []);
    return {
      dirty: sum(all.map(({ dirty }) => dirty)),
      oldestSinceMs: oldest.length === 0 ? null : Math.min(...oldest),
      quarantined: sum(all.map(({ quarantined }) => quarantined)),
    };
  }

  /** Nothing to do where nothing is due, or another process is at it. */
  async #drainPartition(partition: number, sinceMs: number): Promise<void> {
    const { dirty, oldestSinceMs } = await this.#deps.hot.backlog(partition);
    if (oldestSinceMs === null || oldestSinceMs > sinceMs) return;
    const lease = await this.#acquire(partition);
    if (lease === null) return;
    try {
      // One more for what was set aside; not without end while others go on writing.
      const stepsMax = Math.ceil(dirty / drainLimit) + 1;
      await this.#drainUnder(lease, { partition, sinceMs, stepsMax });
    } finally {
      if (lease !== 'none needed') await this.#release(lease);
    }
  }

  /**
   * Null: another process is at it. A hot store too full for a lease is drained without one, because
   * what is dirty is never evicted: nothing else would ever make room there.
   */
  async #acquire(partition: number): Promise<Right | null> {
    const { leases, owner } = this.#deps;
    try {
      return await leases.acquire({ partition, owner, ttlMs: leaseMs });
    } catch (error) {
      if (error instanceof StoreTakesNoWrites) return 'none needed';
      throw error;
    }
  }

  async #release(lease: Lease): Promise<void> {
    const { leases, log } = this.#deps;
    await leases.release(lease).catch((error: unknown) => {
      log.debug({ partition: lease.partition, err: error }, 'a lease runs out by itself');
    });
  }

  /**
   * Step by step until nothing is due. What could not be written is passed over: some nodes of the
   * durable store may be away while the others are well. A step of which nothing could be written ends
   * the pass, and the next one begins behind it: what is never written keeps nobody waiting for good.
   */
  async #drainUnder(
    lease: Right,
    due: { partition: number; sinceMs: number; stepsMax: number },
  ): Promise<void> {
    const { partition, sinceMs, stepsMax } = due;
    let fault: unknown = null;
    let skip = this.#triedInVain.get(partition) ?? 0;
    this.#triedInVain.delete(partition);
    for (let step = 0; step < stepsMax; step += 1) {
      if (step > 0 && !(await this.#stillHolds(lease))) break;
      const titles = await this.#deps.hot.due({ partition, sinceMs, skip, limit: drainLimit });
      const { failed, down, left } = await this.#step(partition, titles);
      fault ??= down[0]?.failure ?? null;
      skip += left;
      if (titles.length < drainLimit) break;
      if (failed.length > 0 && left === titles.length) {
        this.#triedInVain.set(partition, skip);
        break;
      }
    }
    if (fault !== null) throw fault;
  }

  async #stillHolds(lease: Right): Promise<boolean> {
    return lease === 'none needed' || this.#deps.leases.renew(lease, { ttlMs: leaseMs });
  }

  /** Writes what is due; answers what was not written, and how many titles of that are still dirty. */
  async #step(partition: number, due: readonly DirtyTitle[]) {
    const outcomes = await Promise.all(batchesOf(due).map((batch) => this.#write(batch)));
    const [failed, written] = halves(outcomes.flat(), ({ failure }) => failure !== null);
    const titles = written.flatMap(({ batch }) => settledOf(batch));
    const nowMs = this.#deps.clock.nowMs();
    for (const { sinceMs } of written.flatMap(({ batch }) => batch.titles)) {
      this.#deps.onFlushed?.(nowMs - sinceMs);
    }
    await this.#deps.hot.settle({ partition, titles, nowMs });
    for (const { batch } of written) this.#forgetFailures(batch);
    const [down, ownFaults] = halves(failed, ({ failure }) => isDown(failure));
    const setAside = await this.#count(partition, ownFaults);
    return { failed, down, left: titlesOf(failed) - setAside };
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

  /**
   * A store that is down is nobody's fault; any other failure counts against the title it met. Answers
   * how many were set aside.
   */
  async #count(partition: number, ownFaults: readonly Tried[]): Promise<number> {
    let setAside = 0;
    for (const { batch, failure } of ownFaults) {
      const { profileId } = batch;
      for (const { title } of batch.titles) {
        if (!this.#hasFailedTooOften(`${profileId}|${title}`)) continue;
        this.#deps.log.error(
          { profileId, titleId: title, err: failure },
          'title set aside: it cannot be written',
        );
        await this.#deps.hot.quarantine({ partition, profileId, title });
        setAside += 1;
      }
    }
    return setAside;
  }

  #hasFailedTooOften(member: string): boolean {
    const failures = (this.#failures.get(member) ?? 0) + 1;
    if (failures < triesMax) this.#failures.set(member, failures);
    else this.#failures.delete(member);
    return failures >= triesMax;
  }

  #forgetFailures(batch: ProfileBatch): void {
    for (const { title } of batch.titles) this.#failures.delete(`${batch.profileId}|${title}`);
  }
}

interface DueBatch extends ProfileBatch {
  titles: readonly DirtyTitle[];
}

/** What a partition is drained under. */
type Right = Lease | 'none needed';

/** A batch that was written; or was not, and why. */
interface Tried {
  batch: DueBatch;
  failure: unknown;
}

function isDown(failure: unknown): boolean {
  return failure instanceof PlatformError && failure.code === 'STATE_UNAVAILABLE';
}

function titlesOf(tried: readonly Tried[]): number {
  return sum(tried.map(({ batch }) => batch.titles.length));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
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
