import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { type EmbeddedHotStore, openEmbeddedHotStore } from '../../stores/embedded/hot.ts';
import { openEmbeddedLeases } from '../../stores/embedded/lease.ts';
import type { EmbeddedEventStream } from '../../stores/embedded/stream.ts';
import { StoreTakesNoWrites } from '../../stores/faults.ts';
import type { MergeRequest, MergeResult, StoreIdentity } from '../../stores/hot-store.ts';
import type { Lease, LeaseRequest, Leases } from '../../stores/lease.ts';
import { unreachable } from '../support/faulty.ts';
import { registersIn, writeName } from './registers.ts';
import type { Timeline } from './timeline.ts';

/** One effect, as the append-only file and the replicas have it. */
interface Logged {
  atMs: number;
  again: (engine: EmbeddedHotStore) => Promise<unknown>;
  /** The writes it holds, by name. */
  writes: readonly string[];
}

/** One server with its memory. */
export interface RedisServer {
  engine: EmbeddedHotStore;
  leases: Leases;
  log: Logged[];
}

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
  /** A full disk, too few replicas: reads work, and nothing else. */
  isReadOnly = false;
  /** When it last began to answer, or to be another; ms. */
  upSinceMs: number;
  /** Evicts what is dirty as well: for a planted bug. */
  evictsDirty = false;
  onChanged: OnChanged = () => {};
  /** Every write that was ever merged, by name, wherever it was lost since. */
  readonly everMerged = new Set<string>();
  /** When the last writes were lost, or may have been; ms. */
  lastCutMs = Number.NEGATIVE_INFINITY;
  readonly #timeline: Timeline;
  readonly #profileIds: readonly string[];
  #primary: RedisServer;
  #held = new Set<string>();
  /** Of the lease that was given last, by partition. */
  readonly #leaseGenerations = new Map<number, number>();
  readonly #deposed = new Map<ProcessId, RedisServer>();
  #parked: (() => void)[] = [];

  constructor(parts: { timeline: Timeline; partitions: number; profileIds: readonly string[] }) {
    this.#timeline = parts.timeline;
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

  /** The primary got this write, directly or by replication, and has not lost it. */
  holds(write: string): boolean {
    return this.#held.has(write);
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
      if (result.kind === 'merged') this.#append(server, again, writes);
      return result;
    });
  }

  /** Taking a lease needs memory; keeping one does not. */
  acquireLease(processId: ProcessId, request: LeaseRequest): Promise<Lease | null> {
    return this.arrive(processId, async ({ leases }) => {
      const lease = await leases.acquire(request);
      const known = this.#leaseGenerations.get(request.partition);
      if (lease === null || lease.generation === known) return lease;
      if (this.isFull || this.isReadOnly) {
        await leases.release(lease);
        throw new StoreTakesNoWrites('The store gives no lease.');
      }
      this.#leaseGenerations.set(request.partition, lease.generation);
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

  /** Lets a clean profile go, as `volatile-ttl` does under pressure. */
  evict(profileId: string): boolean {
    if (this.evictsDirty) this.#forgetDirty(profileId);
    this.#append(this.#primary, async (engine) => engine.evict(profileId));
    return this.engine.evict(profileId);
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
    if (hasGone || !(await this.#isDirty())) this.fullSinceMs = null;
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
    this.#held = new Set(server.log.flatMap(({ writes }) => writes));
    this.#parked = [];
    this.lastCutMs = this.#timeline.nowMs();
  }

  #append(server: RedisServer, again: Logged['again'], writes: readonly string[] = []): void {
    server.log.push({ atMs: this.#timeline.nowMs(), again, writes });
    for (const write of writes) {
      this.everMerged.add(write);
      if (server === this.#primary) this.#held.add(write);
    }
  }

  #newServer(): RedisServer {
    const { partitions } = this;
    const server: RedisServer = {
      engine: openEmbeddedHotStore({
        policy: defaultPolicy,
        partitions,
        events: unreadStream(partitions),
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

/** Nobody reads the event stream here: what is appended is gone. */
function unreadStream(partitions: number): EmbeddedEventStream {
  return {
    partitions,
    appendNow() {},
    async append() {},
    read: async () => [],
    newest: async () => null,
    unread: async () => ({ entries: 0, oldestAppendedAtMs: null }),
    trim: async () => 0,
    onAppended: () => () => {},
    async close() {},
  };
}
