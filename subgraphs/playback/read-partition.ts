import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { StoreTakesNoWrites } from '../../stores/faults.ts';
import type { Lease, Leases } from '../../stores/lease.ts';

/** How often at most something is tried that failed, or that another process does: back within a second. */
const retryMsMax = 1_000;
/** A process that died gives its partitions up after this. */
const leaseMs = 5_000;
/** Three times before it runs out. */
const renewEveryMs = 1_500;

/** What a partition is read under. */
type Right = Lease | 'none needed';

export interface ReaderDeps {
  leases: Leases;
  /** Names this process in leases. */
  owner: string;
  clock: Clock;
  log: Logger;
}

/** What is read of one partition of one peer, and what becomes of it. */
export interface PartitionWork {
  /** Another process had the partition until now, or it begins. */
  begin(): void;
  /** Reads once. True: there is more. */
  step(): Promise<boolean>;
  /** When everything that the peer had was read. */
  readonly caughtUpAtMs: number;
}

interface PartitionOfPeer {
  region: string;
  partition: number;
  /** Of its lease. */
  task: string;
  /** Between two reads of a stream that has nothing new. */
  idleMs: number;
  places: Places;
  work: PartitionWork;
}

/** Reads one partition of one peer again and again, while it holds the lease. */
export class PartitionReader {
  readonly #deps: ReaderDeps;
  readonly #of: PartitionOfPeer;
  #right: Right | null = null;
  #renewAtMs = 0;
  #failures = 0;
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: ReaderDeps, of: PartitionOfPeer) {
    this.#deps = deps;
    this.#of = of;
  }

  /** Null: another process reads the partition. */
  get caughtUpAtMs(): number | null {
    return this.#right === null ? null : this.#of.work.caughtUpAtMs;
  }

  start(): void {
    this.#schedule(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
    await this.#release();
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancel = this.#deps.clock.after(delayMs, () => {
      this.#running = this.#of.places
        .take(() => this.#turn())
        .then((nextMs) => this.#schedule(nextMs));
    });
  }

  /** Answers when the next turn is, ms from now. */
  async #turn(): Promise<number> {
    if (this.#isClosed) return 0;
    const beganAtMs = this.#deps.clock.nowMs();
    try {
      if (!(await this.#mayRead(beganAtMs))) return retryMsMax;
      const isMore = await this.#of.work.step();
      this.#failures = 0;
      return isMore ? 0 : this.#of.idleMs;
    } catch (error) {
      return this.#afterFailure(error, beganAtMs);
    }
  }

  /** From turn to turn: what took its whole deadline to fail has waited already. */
  #afterFailure(error: unknown, beganAtMs: number): number {
    const { clock, log } = this.#deps;
    const { region, partition, idleMs } = this.#of;
    log.debug({ region, partition, err: error }, 'a region is read later');
    const waitMs = Math.min(idleMs * 2 ** this.#failures, retryMsMax);
    this.#failures += 1;
    return Math.max(idleMs, waitMs - (clock.nowMs() - beganAtMs));
  }

  /**
   * False: another process is at it. A hot store too full for a lease is read for without one: an erasure in
   * the other region makes room here.
   */
  async #mayRead(nowMs: number): Promise<boolean> {
    if (this.#right !== null && nowMs < this.#renewAtMs) return true;
    const had = this.#right;
    this.#right = await this.#acquire();
    this.#renewAtMs = nowMs + renewEveryMs;
    if (had === null && this.#right !== null) this.#of.work.begin();
    return this.#right !== null;
  }

  async #acquire(): Promise<Right | null> {
    const { leases, owner } = this.#deps;
    const { partition, task } = this.#of;
    try {
      return await leases.acquire({ partition, task, owner, ttlMs: leaseMs });
    } catch (error) {
      if (error instanceof StoreTakesNoWrites) return 'none needed';
      throw error;
    }
  }

  async #release(): Promise<void> {
    const right = this.#right;
    this.#right = null;
    if (right === null || right === 'none needed') return;
    await this.#deps.leases.release(right).catch((error: unknown) => {
      this.#deps.log.debug(
        { partition: right.partition, err: error },
        'a lease runs out by itself',
      );
    });
  }
}

/** Lets so many be under way at once; the others wait in line. */
export class Places {
  readonly #queue: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async take<Answer>(task: () => Promise<Answer>): Promise<Answer> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
