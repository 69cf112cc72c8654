import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import { StoreTakesNoWrites } from '../../stores/faults.ts';
import type { Lease, Leases } from '../../stores/lease.ts';
import {
  noCounts,
  PartitionReplica,
  type ReplicaCounts,
  type ReplicaDeps,
} from './replicate-partition.ts';

/** Between two reads of a stream that has nothing new: freshness across regions, less the way. */
const idleMs = 100;
/** Reads of a peer a second, at most: with more partitions than a tenth of that each waits longer. */
const readsPerSecondMax = 2_000;
/** How often at most something is tried that failed, or that another process does: back within a second. */
const retryMsMax = 1_000;
/** A process that died gives its partitions up after this. */
const leaseMs = 5_000;
/** Three times before it runs out. */
const renewEveryMs = 1_500;
/** Partitions of one peer that are read at once: a slow one must not fill this process's memory. */
const partitionsInFlightMax = 16;

export interface ReplicatorDeps extends ReplicaDeps {
  peers: readonly AcceptedStream[];
  leases: Leases;
  /** Names this process in leases. */
  owner: string;
}

/**
 * Takes what every other region accepted into the own hot store, in the background.
 *
 * Shape: at least once and idempotent (see `PartitionReplica`). Peers and partitions are apart: one that fails
 * is tried again within a second, and holds up no other. Processes share the work by leases, and are right
 * without them.
 * Errors: none; a peer that does not answer is the lag's news.
 * Cost: ten reads a second of each partition of each peer; memory of a batch for each that is under way.
 */
export class Replicator {
  readonly #peers: PeerReader[];

  constructor(deps: ReplicatorDeps) {
    this.#peers = deps.peers.map((peer) => new PeerReader(deps, peer));
  }

  /** Names of the regions whose streams are read. */
  get regions(): string[] {
    return this.#peers.map(({ region }) => region);
  }

  start(): void {
    for (const peer of this.#peers) peer.start();
  }

  /** By region, in the order of the peers. */
  look(): { region: string; counts: ReplicaCounts; lagMs: number | null }[] {
    return this.#peers.map(({ region, counts, lagMs }) => ({ region, counts, lagMs }));
  }

  /** Stops, waits for what is under way, and gives leases back. */
  async close(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }
}

/** All partitions of one peer. */
class PeerReader {
  readonly region: string;
  readonly counts = noCounts();
  readonly #deps: ReplicatorDeps;
  readonly #places = new Places(partitionsInFlightMax);
  readonly #partitions: PartitionReader[];

  constructor(deps: ReplicatorDeps, peer: AcceptedStream) {
    this.#deps = deps;
    this.region = peer.region;
    const { partitions } = deps.hot;
    this.#partitions = Array.from(
      { length: partitions },
      (_, partition) =>
        new PartitionReader(deps, {
          ...{ partition, places: this.#places, region: peer.region },
          replica: new PartitionReplica(deps, { peer, partition, counts: this.counts }),
        }),
    );
  }

  /**
   * How long ago this process last had everything of the partition that is furthest behind, of those that it
   * reads; null: it reads none.
   */
  get lagMs(): number | null {
    const since = this.#partitions.flatMap(({ caughtUpAtMs }) => caughtUpAtMs ?? []);
    if (since.length === 0) return null;
    return Math.max(0, this.#deps.clock.nowMs() - since.reduce((a, b) => Math.min(a, b)));
  }

  start(): void {
    for (const partition of this.#partitions) partition.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.close()));
  }
}

/** What a partition is read under. */
type Right = Lease | 'none needed';

interface PartitionOfPeer {
  region: string;
  partition: number;
  places: Places;
  replica: PartitionReplica;
}

/** Reads one partition of one peer again and again, while it holds the lease. */
class PartitionReader {
  readonly #deps: ReplicatorDeps;
  readonly #of: PartitionOfPeer;
  #right: Right | null = null;
  #renewAtMs = 0;
  #failures = 0;
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: ReplicatorDeps, of: PartitionOfPeer) {
    this.#deps = deps;
    this.#of = of;
  }

  /** Null: another process reads the partition. */
  get caughtUpAtMs(): number | null {
    return this.#right === null ? null : this.#of.replica.caughtUpAtMs;
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
      const isMore = await this.#of.replica.step();
      this.#failures = 0;
      return isMore ? 0 : Math.max(idleMs, (1_000 * this.#deps.hot.partitions) / readsPerSecondMax);
    } catch (error) {
      return this.#afterFailure(error, beganAtMs);
    }
  }

  /** From turn to turn: what took its whole deadline to fail has waited already. */
  #afterFailure(error: unknown, beganAtMs: number): number {
    const { clock, log } = this.#deps;
    const { region, partition } = this.#of;
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
    if (had === null && this.#right !== null) this.#of.replica.begin();
    return this.#right !== null;
  }

  async #acquire(): Promise<Right | null> {
    const { leases, owner } = this.#deps;
    const { partition, region } = this.#of;
    try {
      return await leases.acquire({ partition, task: `from-${region}`, owner, ttlMs: leaseMs });
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
class Places {
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
