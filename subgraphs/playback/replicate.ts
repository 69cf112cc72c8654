import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import { PartitionReader, Places, type ReaderDeps } from './read-partition.ts';
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
/** Partitions of one peer that are read at once: a slow one must not fill this process's memory. */
const partitionsInFlightMax = 16;

export interface ReplicatorDeps extends ReplicaDeps, ReaderDeps {
  peers: readonly AcceptedStream[];
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
    const pollMs = Math.max(idleMs, (1_000 * partitions) / readsPerSecondMax);
    this.#partitions = Array.from(
      { length: partitions },
      (_, partition) =>
        new PartitionReader(deps, {
          ...{ partition, places: this.#places, region: peer.region, idleMs: pollMs },
          task: `from-${peer.region}`,
          work: new PartitionReplica(deps, { peer, partition, counts: this.counts }),
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
