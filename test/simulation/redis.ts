import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import type { AcceptedChange, AcceptedStream, ReadPoint } from '../../stores/accepted-stream.ts';
import { type EmbeddedHotStore, openEmbeddedHotStore } from '../../stores/embedded/hot.ts';
import { openEmbeddedLeases } from '../../stores/embedded/lease.ts';
import { StoreTakesNoWrites } from '../../stores/faults.ts';
import type {
  MergedTitle,
  MergeRequest,
  MergeResult,
  StoreIdentity,
  TakenIn,
} from '../../stores/hot-store.ts';
import type { Lease, LeaseRequest, Leases } from '../../stores/lease.ts';
import { unreachable } from '../support/faulty.ts';
import { HeldWrites, type Kept } from './held-writes.ts';
import { registersIn, writeName } from './registers.ts';
import type { Timeline } from './timeline.ts';
import { unreadStream } from './unread-stream.ts';

/** One effect, as the append-only file and the replicas have it. */
interface Logged extends Kept {
  atMs: number;
  again: (engine: EmbeddedHotStore) => Promise<unknown>;
}

const nothingKept: Kept = { writes: [], isOwn: false, gone: [] };

/** What another region is told of, and how much of it is kept. */
export interface SimulatedRegion {
  name: string;
  outLengthMax: number;
}

/** One server with its memory. */
export interface RedisServer {
  engine: EmbeddedHotStore;
  leases: Leases;
  log: Logged[];
}

/** How long an empty answer to another region waits for news. */
const newsWaitMs = 1_000;
/** Who asks: a server that was deposed goes on serving those who have not noticed. */
export type ProcessId = string;

type OnChanged = (told: { profileId: string; titles: readonly string[]; by: RedisServer }) => void;

/**
 * A Redis that several processes share: the production engine of the embedded hot store (held equal
 * to the Lua scripts by test/stores/hot-stores-agree), and what can happen to a server.
 *
 * Shape: each call runs whole when it arrives. What changed state is logged, with its effect; a crash
 * or a failover replays the log up to where it was cut, into a new engine: another epoch, as a new
 * `master_replid` would be.
 */
export class SimulatedRedis {
  readonly partitions: number;
  state: 'up' | 'down' | 'hung' = 'up';
  /** Since when reads, deletes and moves work, and whatever needs memory is refused; ms. */
  fullSinceMs: number | null = null;
  /** Since when there is room again, ms; before the beginning if there always was. */
  roomSinceMs = Number.NEGATIVE_INFINITY;
  /** A full disk, too few replicas: reads work, and nothing else. */
  isReadOnly = false;
  /** When it last began to answer, or to be another; ms. */
  upSinceMs: number;
  /** Evicts what is dirty as well: for a planted bug. */
  evictsDirty = false;
  onChanged: OnChanged = () => {};
  readonly held = new HeldWrites();
  /** Null: there are no other regions. */
  readonly region: SimulatedRegion | null;
  /** When the last writes were lost, or may have been; ms. */
  lastCutMs = Number.NEGATIVE_INFINITY;
  readonly #timeline: Timeline;
  readonly #profileIds: readonly string[];
  readonly #isDurable: (write: string) => boolean;
  #primary: RedisServer;
  /** When each profile was evicted last, ms. */
  readonly #evictedAtMs = new Map<string, number>();
  /** By name of the write: when a merge left it in force first, ms. */
  readonly #acceptedAtMs = new Map<string, number>();
  /** When each partition's generation was raised last, ms. */
  readonly #raisedAtMs = new Map<number, number>();
  /** Of the lease that was given last, by partition and task. */
  readonly #leaseGenerations = new Map<string, number>();
  readonly #deposed = new Map<ProcessId, RedisServer>();
  #parked: (() => void)[] = [];
  /** Other regions that wait for news. */
  #waiting: (() => void)[] = [];

  constructor(parts: {
    timeline: Timeline;
    partitions: number;
    profileIds: readonly string[];
    region: SimulatedRegion | null;
    /** Whether the region's data centre has a write, or a newer one. */
    isDurable: (write: string) => boolean;
  }) {
    this.#timeline = parts.timeline;
    this.region = parts.region;
    this.#isDurable = parts.isDurable;
    this.upSinceMs = parts.timeline.nowMs();
    this.partitions = parts.partitions;
    this.#profileIds = parts.profileIds;
    this.#primary = this.#newServer();
  }

  /** What is really there. */
  get engine(): EmbeddedHotStore {
    return this.#primary.engine;
  }

  /** This process still talks to a server that was deposed. */
  isDeposed(processId: ProcessId): boolean {
    return this.#deposed.has(processId);
  }

  serverOf(processId: ProcessId): RedisServer {
    return this.#deposed.get(processId) ?? this.#primary;
  }

  /** Runs a call when the server gets to it: at once, or when it no longer hangs. */
  async arrive<Answer>(
    processId: ProcessId,
    call: (server: RedisServer) => Promise<Answer>,
  ): Promise<Answer> {
    if (this.state === 'hung') await new Promise<void>((resolve) => this.#parked.push(resolve));
    if (this.state === 'down') throw unreachable();
    return call(this.serverOf(processId));
  }

  identity(
    processId: ProcessId,
    partition: number,
  ): Promise<StoreIdentity & { isWritable: boolean }> {
    return this.arrive(processId, async ({ engine }) => {
      // Full is not read-only: deleting works.
      return { ...(await engine.identity(partition)), isWritable: !this.isReadOnly };
    });
  }

  merge(processId: ProcessId, request: MergeRequest): Promise<MergeResult> {
    return this.arrive(processId, async (server) => {
      this.#expectWritable({ memory: true });
      const result = await server.engine.merge(request);
      // As a replica gets it: what was decided is not decided again.
      const isHeld = result.kind === 'merged' && result.isHeld;
      const made = isHeld ? { writes: [], transitions: [] } : {};
      const decided = { ...request, ...made, onlyIf: null, isFact: true as const };
      const again = (engine: EmbeddedHotStore) => engine.merge(decided);
      const { profileId, writes: titles } = decided;
      const writes = registersIn({ profileId, titles }).map(writeName);
      if (result.kind === 'merged') {
        this.#append(server, again, { ...nothingKept, writes, isOwn: true });
        this.#noteAccepted(profileId, result.titles);
      }
      return result;
    });
  }

  /** What was older than what it met was merged, and other regions were told nothing of it. */
  #noteAccepted(profileId: string, merged: readonly MergedTitle[]): void {
    const titles = merged.map(({ title, after }) => ({ title, ...after }));
    for (const name of registersIn({ profileId, titles }).map(writeName)) {
      if (!this.#acceptedAtMs.has(name)) this.#acceptedAtMs.set(name, this.#timeline.nowMs());
    }
  }

  /** Taking a lease needs memory; keeping one does not. */
  acquireLease(processId: ProcessId, request: LeaseRequest): Promise<Lease | null> {
    return this.arrive(processId, async ({ leases }) => {
      const lease = await leases.acquire(request);
      const work = `${request.partition}|${request.task ?? ''}`;
      const known = this.#leaseGenerations.get(work);
      if (lease === null || lease.generation === known) return lease;
      if (this.isFull || this.isReadOnly) {
        await leases.release(lease);
        throw new StoreTakesNoWrites('The store gives no lease.');
      }
      this.#leaseGenerations.set(work, lease.generation);
      return lease;
    });
  }

  /** Any other call that changes state; those that only delete or move work in a full server too. */
  change<Answer>(
    processId: ProcessId,
    call: (engine: EmbeddedHotStore) => Promise<Answer>,
    needs: { memory: boolean },
  ): Promise<Answer> {
    return this.arrive(processId, (server) => {
      this.#expectWritable(needs);
      this.#append(server, call);
      return call(server.engine);
    });
  }

  raiseGeneration(processId: ProcessId, partition: number): Promise<void> {
    const raise = (engine: EmbeddedHotStore) => {
      this.#raisedAtMs.set(partition, this.#timeline.nowMs());
      return engine.raiseGeneration(partition);
    };
    return this.change(processId, raise, { memory: true });
  }

  /** When everything of a profile counted as compared with nothing the last time, ms. */
  doubtedAtMs(profileId: string): number {
    const partition = partitionOf(profileId, this.partitions);
    return Math.max(this.lastCutMs, this.#raisedAtMs.get(partition) ?? 0);
  }

  /** What another region accepted. */
  takeIn(processId: ProcessId, taken: TakenIn): Promise<ReadPoint | null> {
    return this.arrive(processId, async (server) => {
      this.#expectWritable({ memory: true });
      const stands = await server.engine.takeIn(taken);
      const isTaken = stands?.offset === taken.upTo.offset;
      const writes = taken.changes.flatMap(namesOf);
      const again = (engine: EmbeddedHotStore) => engine.takeIn(taken);
      this.#append(server, again, { ...nothingKept, writes: isTaken ? writes : [] });
      return stands;
    });
  }

  /** As if another region asked without end: no news come after a while, and news at once. */
  accepted(readerId: ProcessId): AcceptedStream {
    const read: AcceptedStream['read'] = async (query) => {
      const ask = () => this.arrive(readerId, ({ engine }) => engine.accepted().read(query));
      const found = await ask();
      if (found.entries.length > 0 || found.hasGap) return found;
      await this.#news();
      return ask();
    };
    return { region: this.region?.name ?? '', read, async close() {} };
  }

  /** Lets a clean profile go, as `volatile-ttl` does under pressure. */
  evict(profileId: string): boolean {
    if (this.evictsDirty) this.#forgetDirty(profileId);
    const isGone = this.engine.evict(profileId);
    // What another region accepted may be in that one's data centre only, or nowhere else.
    const copies = isGone ? this.held.copiesOf(profileId) : [];
    const gone = copies.filter((write) => !this.#isDurable(write));
    this.#append(this.#primary, async (engine) => engine.evict(profileId), {
      ...nothingKept,
      gone,
    });
    if (isGone) this.#evictedAtMs.set(profileId, this.#timeline.nowMs());
    return isGone;
  }

  /** The same, and nobody knows: for a planted bug. */
  forget(profileId: string): boolean {
    this.#append(this.#primary, async (engine) => engine.evict(profileId));
    return this.engine.evict(profileId);
  }

  /**
   * When a write was in force here first by a merge, of what is not lost, ms: long before it is promised where answers
   * are lost. Null: it never was.
   */
  acceptedAtMs(write: string): number | null {
    return this.#acceptedAtMs.get(write) ?? null;
  }

  /** When a profile was evicted last, ms; before the beginning if never. */
  evictedAtMs(profileId: string): number {
    return this.#evictedAtMs.get(profileId) ?? Number.NEGATIVE_INFINITY;
  }

  /** What `allkeys-lru` would do: the keys that say what is owed go as well. */
  #forgetDirty(profileId: string): void {
    const forget = async (engine: EmbeddedHotStore) => {
      const partition = partitionOf(profileId, this.partitions);
      const all = { sinceMs: Number.POSITIVE_INFINITY, skip: 0, limit: Number.POSITIVE_INFINITY };
      const due = await engine.due({ partition, ...all });
      const titles = due
        .filter((dirty) => dirty.profileId === profileId)
        .map(({ title, playhead, visibility }) => ({
          ...{ profileId, title },
          playheadVersion: playhead?.version ?? null,
          visibilityVersion: visibility?.version ?? null,
        }));
      await engine.settle({ partition, titles, nowMs: this.#timeline.nowMs() });
      engine.evict(profileId);
    };
    this.#append(this.#primary, forget);
    void forget(this.engine);
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#timeline.after(newsWaitMs, resolve);
    });
  }

  get isFull(): boolean {
    return this.fullSinceMs !== null;
  }

  /** Takes no writes until there is room; whatever is dirty cannot be evicted to make some. */
  fill(): void {
    this.fullSinceMs ??= this.#timeline.nowMs();
  }

  /** There is room as soon as somebody was drained: a clean profile goes. */
  async makeRoom(): Promise<void> {
    const hasGone = this.#profileIds.some((profileId) => this.evict(profileId));
    if (!hasGone && (await this.#isDirty())) return;
    this.fullSinceMs = null;
    this.roomSinceMs = this.#timeline.nowMs();
  }

  async #isDirty(): Promise<boolean> {
    const partitions = Array.from({ length: this.partitions }, (_, partition) => partition);
    const backlogs = await Promise.all(partitions.map((it) => this.engine.backlog(it)));
    return backlogs.some(({ dirty }) => dirty > 0);
  }

  hang(): void {
    this.state = 'hung';
  }

  /** Whatever waited runs now, though nobody waits for most of the answers any more. */
  thaw(): void {
    this.restart();
    for (const go of this.#parked.splice(0)) go();
  }

  /** Down, and without what was written in the last `tailMs`: it was not on disk yet. */
  crash(of: { tailMs: number }): void {
    this.#cut(of.tailMs);
    this.state = 'down';
    this.#deposed.clear();
  }

  restart(): void {
    this.state = 'up';
    this.upSinceMs = this.#timeline.nowMs();
  }

  /**
   * A replica that lags takes over. The processes named go on talking to the old primary, until
   * `notice` is called for them: what is written there is lost.
   */
  failOver(of: { lagMs: number; unaware: readonly ProcessId[] }): void {
    const old = this.#primary;
    this.#cut(of.lagMs);
    this.restart();
    for (const processId of of.unaware) this.#deposed.set(processId, old);
  }

  /** The process talks to the primary from now on. */
  notice(processId: ProcessId): void {
    this.#deposed.delete(processId);
  }

  #expectWritable(needs: { memory: boolean }): void {
    if (this.isReadOnly || (this.isFull && needs.memory)) {
      throw new StoreTakesNoWrites('The store takes no writes.');
    }
  }

  /** The primary is another one from now on: everything logged up to `tailMs` ago. */
  #cut(tailMs: number): void {
    const untilMs = this.#timeline.nowMs() - tailMs;
    const server = this.#newServer();
    server.log = this.#primary.log.filter(({ atMs }) => atMs <= untilMs);
    for (const { again } of server.log) void again(server.engine);
    this.#primary = server;
    this.held.rebuild(server.log);
    // What was lost and is told again counts from then on, and only if it met nothing newer.
    for (const name of this.#acceptedAtMs.keys())
      if (!this.held.isOwn(name)) this.#acceptedAtMs.delete(name);
    this.#parked = [];
    this.lastCutMs = this.#timeline.nowMs();
  }

  #append(server: RedisServer, again: Logged['again'], kept = nothingKept): void {
    server.log.push({ atMs: this.#timeline.nowMs(), again, ...kept });
    this.held.note(kept, { isPrimary: server === this.#primary });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #newServer(): RedisServer {
    const { partitions } = this;
    const server: RedisServer = {
      engine: openEmbeddedHotStore({
        policy: defaultPolicy,
        partitions,
        events: unreadStream(partitions),
        ...(this.region !== null && { region: this.region }),
      }),
      // A failover may forget leases, and so does this one.
      leases: openEmbeddedLeases({ clock: this.#timeline }),
      log: [],
    };
    for (const profileId of this.#profileIds) {
      void server.engine.onChanged(profileId, (titles) =>
        this.onChanged({ profileId, titles, by: server }),
      );
    }
    return server;
  }
}

/** The writes of a change, by name. */
export function namesOf({ profileId, writes }: AcceptedChange): string[] {
  return registersIn({ profileId, titles: writes }).map(writeName);
}
