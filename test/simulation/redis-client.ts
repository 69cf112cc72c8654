import type { ReadPoint } from '../../stores/accepted-stream.ts';
import type { EmbeddedHotStore } from '../../stores/embedded/hot.ts';
import type {
  Backlog,
  DirtyTitle,
  HotProfile,
  HotStore,
  Hydration,
  MergeRequest,
  MergeResult,
  QuarantinedTitle,
  SettledTitle,
  StoreIdentity,
  TakenIn,
} from '../../stores/hot-store.ts';
import type { Lease, LeaseRequest, Leases } from '../../stores/lease.ts';
import type { Chance } from '../support/chance.ts';
import type { Life } from './life.ts';
import type { ProcessId, RedisServer, SimulatedRedis } from './redis.ts';
import type { Wire } from './wire.ts';

type Listener = (titles: readonly string[]) => void;

/** A subscription that Redis did not confirm is tried again after this. */
const resubscribeMs = 200;
/** Longest pause between attempts to connect, as in stores/redis/connection.ts. */
const reconnectMsMax = 1_100;

const needsMemory = { memory: true };
const onlyMoves = { memory: false };

/** One process's connection to the simulated Redis: the hot store and the leases as it sees them. */
export class RedisClient implements HotStore {
  readonly partitions: number;
  readonly leases: Leases;
  readonly id: ProcessId;
  readonly #redis: SimulatedRedis;
  readonly #wire: Wire;
  readonly #life: Life;
  readonly #chance: Chance;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Messages may have been missed: whoever listens is told so once the connection is back. */
  #isDeaf = false;

  constructor(parts: {
    id: ProcessId;
    redis: SimulatedRedis;
    wire: Wire;
    life: Life;
    chance: Chance;
  }) {
    this.id = parts.id;
    this.#redis = parts.redis;
    this.#wire = parts.wire;
    this.#life = parts.life;
    this.#chance = parts.chance;
    this.partitions = parts.redis.partitions;
    this.leases = this.#leases();
  }

  failureDomain(): string {
    return 'redis';
  }

  identity(partition: number): Promise<StoreIdentity & { isWritable: boolean }> {
    return this.#wire.ask(() => this.#redis.identity(this.id, partition));
  }

  merge(request: MergeRequest): Promise<MergeResult> {
    return this.#wire.ask(() => this.#redis.merge(this.id, request));
  }

  read(query: {
    profileId: string;
    titles: readonly string[] | null;
    nowMs: number;
  }): Promise<HotProfile> {
    return this.#ask(({ engine }) => engine.read(query));
  }

  takeOver(of: Parameters<HotStore['takeOver']>[0]): Promise<boolean> {
    return this.#change((engine) => engine.takeOver(of), needsMemory);
  }

  hydrate(hydration: Hydration): Promise<string[]> {
    return this.#change((engine) => engine.hydrate(hydration), needsMemory);
  }

  dropMark(profileId: string): Promise<void> {
    return this.#change((engine) => engine.dropMark(profileId), onlyMoves);
  }

  raiseGeneration(partition: number): Promise<void> {
    return this.#wire.ask(() => this.#redis.raiseGeneration(this.id, partition));
  }

  takeIn(taken: TakenIn): Promise<ReadPoint | null> {
    return this.#wire.ask(() => this.#redis.takeIn(this.id, taken));
  }

  takenUpTo(of: { partition: number; region: string }): Promise<ReadPoint | null> {
    return this.#ask(({ engine }) => engine.takenUpTo(of));
  }

  due(query: {
    partition: number;
    sinceMs: number;
    skip: number;
    limit: number;
  }): Promise<DirtyTitle[]> {
    return this.#ask(({ engine }) => engine.due(query));
  }

  settle(done: {
    partition: number;
    titles: readonly SettledTitle[];
    nowMs: number;
  }): Promise<void> {
    return this.#change((engine) => engine.settle(done), onlyMoves);
  }

  quarantine(poison: { partition: number; profileId: string; title: string }): Promise<void> {
    return this.#change((engine) => engine.quarantine(poison), onlyMoves);
  }

  quarantined(query: { partition: number; limit: number }): Promise<QuarantinedTitle[]> {
    return this.#ask(({ engine }) => engine.quarantined(query));
  }

  replay(query: { partition: number; nowMs: number }): Promise<number> {
    return this.#change((engine) => engine.replay(query), onlyMoves);
  }

  backlog(partition: number): Promise<Backlog> {
    return this.#ask(({ engine }) => engine.backlog(partition));
  }

  erase(erasing: Parameters<HotStore['erase']>[0]): Promise<void> {
    return this.#change((engine) => engine.erase(erasing), needsMemory);
  }

  eachProfile(visit: (profileId: string) => Promise<void>): Promise<void> {
    return this.#ask(({ engine }) => engine.eachProfile(visit));
  }

  async onChanged(profileId: string, listener: Listener): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(profileId) ?? new Set();
    this.#listeners.set(profileId, listeners.add(listener));
    await this.#ask(async () => {}).catch(() => this.loseConnection());
    return async () => {
      listeners.delete(listener);
    };
  }

  /** The server published something. */
  publish(told: { profileId: string; titles: readonly string[] }): void {
    if (this.#isDeaf) return;
    if (this.#wire.weather.cut !== 'none') {
      this.loseConnection();
      return;
    }
    const { delayMsMax } = this.#wire.weather;
    this.#life.after(this.#chance.below(delayMsMax), () => this.#tell(told));
  }

  /** The connection is gone; somebody sees to another one until it is there. */
  loseConnection(): void {
    if (this.#isDeaf) return;
    this.#isDeaf = true;
    this.#life.after(this.#chance.below(reconnectMsMax), () => void this.#resubscribe());
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  async #resubscribe(): Promise<void> {
    try {
      await this.#ask(async () => {
        this.#isDeaf = false;
      });
      for (const profileId of this.#listeners.keys()) this.#tell({ profileId, titles: ['*'] });
    } catch {
      // Perhaps it went through and only the answer was lost: then it is done once more.
      this.#isDeaf = true;
      this.#life.after(resubscribeMs, () => void this.#resubscribe());
    }
  }

  #tell(told: { profileId: string; titles: readonly string[] }): void {
    for (const listener of this.#listeners.get(told.profileId) ?? []) listener(told.titles);
  }

  #leases(): Leases {
    return {
      acquire: (request: LeaseRequest) =>
        this.#wire.ask(() => this.#redis.acquireLease(this.id, request)),
      renew: (lease: Lease, extension) => this.#ask(({ leases }) => leases.renew(lease, extension)),
      release: (lease: Lease) => this.#ask(({ leases }) => leases.release(lease)),
      async close() {},
    };
  }

  #ask<Answer>(call: (server: RedisServer) => Promise<Answer>): Promise<Answer> {
    return this.#wire.ask(() => this.#redis.arrive(this.id, call));
  }

  #change<Answer>(
    call: (engine: EmbeddedHotStore) => Promise<Answer>,
    needs: { memory: boolean },
  ): Promise<Answer> {
    return this.#wire.ask(() => this.#redis.change(this.id, call, needs));
  }
}
