import { isForLogAlone, type Transition } from '../../domain/transition.ts';
import { partitionOf } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import type { EventCopies, PeerEvents } from '../../stores/event-copies.ts';
import type { EventStream, Offset, StreamEntry } from '../../stores/event-stream.ts';
import type { PartitionWork, ReaderDeps } from './read-partition.ts';
import { PeerReader } from './read-peer.ts';

/** Between two reads of a stream that has nothing new: a row may follow its viewer within a second or two. */
const idleMs = 500;
/** Reads of a peer a second, at most: of 250 partitions each is read twice. */
const readsPerSecondMax = 500;
/** Entries read at a time, some 100 kB. */
const batchLengthMax = 256;
/** Partitions of one peer that are read at once. */
const partitionsInFlightMax = 4;

export interface EventCopierDeps extends ReaderDeps {
  events: EventStream & EventCopies;
  peerEvents: readonly PeerEvents[];
  /** What the same regions accepted: events do not say themselves which region's they are. */
  peers: readonly AcceptedStream[];
}

/** What was met in one region's event stream since the process began. */
export interface CopyCounts {
  copied: number;
  /** How often entries were gone, or lost, before they could be read. */
  gaps: number;
}

/**
 * Copies into the own event stream what happened in every other region, in the background: who follows this
 * stream alone, as the row's view does, follows the viewer.
 *
 * Shape: at least once and idempotent, as whoever reads the stream is. What a region copied itself is not
 * copied on, so nothing goes round in circles; of a region whose `out` stream is another one's nothing is copied; and what is told for the watch log alone stays where it is:
 * that log is one for all regions. Entries that nobody kept long enough are counted, and gone.
 * Errors: none; a peer that does not answer is tried again within a second, and holds up no other.
 * Cost: two reads a second of each partition of each peer; memory of a batch for each that is under way.
 */
export class EventCopier {
  readonly #regions: { reader: PeerReader; counts: CopyCounts }[];

  constructor(deps: EventCopierDeps) {
    this.#regions = deps.peerEvents.map((peer) => readerOf(deps, peer));
  }

  start(): void {
    for (const { reader } of this.#regions) reader.start();
  }

  /** By region, in the order of the peers; for `lagMs` see `PeerReader`. */
  look(): { region: string; counts: CopyCounts; lagMs: number | null }[] {
    return this.#regions.map(({ reader: { region, lagMs }, counts }) => ({
      region,
      counts,
      lagMs,
    }));
  }

  /** Stops, waits for what is under way, and gives leases back. */
  async close(): Promise<void> {
    await Promise.all(this.#regions.map(({ reader }) => reader.close()));
  }
}

function readerOf(deps: EventCopierDeps, peer: PeerEvents) {
  const counts: CopyCounts = { copied: 0, gaps: 0 };
  const { region } = peer;
  const { partitions } = deps.events;
  const accepted = deps.peers.find((stream) => stream.region === region);
  const reader = new PeerReader(deps, {
    ...{ region, task: 'events', partitions, idleMs, readsPerSecondMax, partitionsInFlightMax },
    workOn: (partition) => new PartitionCopy(deps, { peer, accepted, partition, counts }),
  });
  return { reader, counts };
}

interface PartitionOfPeer {
  peer: PeerEvents;
  /** What the region accepted; undefined: nobody can say whose events these are. */
  accepted: AcceptedStream | undefined;
  partition: number;
  counts: CopyCounts;
}

/** Copies one partition of one region's event stream. */
class PartitionCopy implements PartitionWork {
  readonly #events: EventStream & EventCopies;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #of: PartitionOfPeer;
  /** What the own stream says; undefined: it must be asked, and whether the peer still has that entry. */
  #noted: Offset | null | undefined;
  /** Where the last gap was: told and counted once, however often copying fails. */
  #missedAfter: Offset | null = null;
  caughtUpAtMs: number;

  constructor({ events, clock, log }: EventCopierDeps, of: PartitionOfPeer) {
    this.#events = events;
    this.#clock = clock;
    this.#log = log;
    this.#of = of;
    this.caughtUpAtMs = clock.nowMs();
  }

  begin(): void {
    this.#noted = undefined;
    this.caughtUpAtMs = this.#clock.nowMs();
  }

  async step(): Promise<boolean> {
    try {
      return await this.#step();
    } catch (error) {
      // Whoever comes back may have been away for long.
      this.#noted = undefined;
      throw error;
    }
  }

  async #step(): Promise<boolean> {
    const { peer, partition } = this.#of;
    const nowMs = this.#clock.nowMs();
    const noted = this.#noted === undefined ? await this.#begin() : this.#noted;
    const entries = await peer.read({ partition, after: noted, limit: batchLengthMax });
    if (entries.length > 0) await this.#copy(noted, entries);
    const isMore = entries.length === batchLengthMax;
    if (!isMore) this.caughtUpAtMs = nowMs;
    return isMore;
  }

  /** Where to read on. Another store than was read may end before that place. */
  async #begin(): Promise<Offset | null> {
    const { peer, partition } = this.#of;
    const { region } = peer;
    await this.#expectRegion();
    const noted = await this.#events.copiedUpTo({ partition, region });
    const [oldest] = await peer.read({ partition, after: null, limit: 1 });
    const newest = await peer.newest(partition);
    const isGone = noted !== null && oldest !== undefined && oldest.offset > noted;
    const isAnother = noted !== null && newest !== null && newest < noted;
    if ((isGone || isAnother) && noted !== this.#missedAfter) {
      this.#missedAfter = noted;
      this.#of.counts.gaps += 1;
      this.#log.warn({ region, partition, offset: noted }, 'events of a region may be missing');
    }
    this.#noted = noted;
    return noted;
  }

  /** Errors: the address leads to another region, or to one that was set up otherwise; the replicator alarms. */
  async #expectRegion(): Promise<void> {
    const { accepted, partition } = this.#of;
    const read = await accepted?.read({ partition, from: null, limit: 1 });
    const [oldest] = read?.entries ?? [];
    if (oldest === undefined || !('refusal' in oldest)) return;
    const { refusal } = oldest;
    if (refusal === 'region' || refusal === 'partitions') {
      throw new Error(`Another region answers for ${accepted?.region}: ${refusal} differs.`);
    }
  }

  async #copy(after: Offset | null, entries: readonly StreamEntry[]): Promise<void> {
    const { peer, partition, counts } = this.#of;
    const { region } = peer;
    const own = entries.map(({ transition }) => transition).filter((told) => this.#isOwn(told));
    const transitions = own.map((transition) => ({ ...transition, region }));
    const upTo = entries.at(-1)?.offset as Offset;
    const stands = await this.#events.copy({ partition, region, after, transitions, upTo });
    if (stands === upTo) counts.copied += transitions.length;
    this.#noted = stands;
  }

  /** Entries come from another process, perhaps of another release: what is nobody's is passed over. */
  #isOwn(told: Transition | null | undefined): boolean {
    if (typeof told !== 'object' || told === null || typeof told.profileId !== 'string')
      return false;
    const isHome = partitionOf(told.profileId, this.#events.partitions) === this.#of.partition;
    return isHome && told.region === undefined && !isForLogAlone(told);
  }
}
