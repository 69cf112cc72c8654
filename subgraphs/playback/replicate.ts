import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import type { ReaderDeps } from './read-partition.ts';
import { PeerReader } from './read-peer.ts';
import {
  noCounts,
  PartitionReplica,
  type ReplicaCounts,
  type ReplicaDeps,
} from './replicate-partition.ts';

/** Between two reads of a stream that has nothing new: freshness across regions, less the way. */
const idleMs = 100;
/** Reads of a peer a second, at most: of 200 partitions each is read ten times. */
const readsPerSecondMax = 2_000;
/** Partitions of one peer that are read at once. */
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
  readonly #peers: { reader: PeerReader; counts: ReplicaCounts }[];

  constructor(deps: ReplicatorDeps) {
    this.#peers = deps.peers.map((peer) => readerOf(deps, peer));
  }

  /** Names of the regions whose streams are read. */
  get regions(): string[] {
    return this.#peers.map(({ reader }) => reader.region);
  }

  start(): void {
    for (const { reader } of this.#peers) reader.start();
  }

  /** By region, in the order of the peers; for `lagMs` see `PeerReader`. */
  look(): { region: string; counts: ReplicaCounts; lagMs: number | null }[] {
    return this.#peers.map(({ reader: { region, lagMs }, counts }) => ({ region, counts, lagMs }));
  }

  /** Stops, waits for what is under way, and gives leases back. */
  async close(): Promise<void> {
    await Promise.all(this.#peers.map(({ reader }) => reader.close()));
  }
}

function readerOf(deps: ReplicatorDeps, peer: AcceptedStream) {
  const counts = noCounts();
  const { region } = peer;
  const { partitions } = deps.hot;
  const reader = new PeerReader(deps, {
    ...{ region, task: 'from', partitions, idleMs, readsPerSecondMax, partitionsInFlightMax },
    workOn: (partition) => new PartitionReplica(deps, { peer, partition, counts }),
  });
  return { reader, counts };
}
