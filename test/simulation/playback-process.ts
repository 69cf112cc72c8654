import { defaultPolicy } from '../../domain/policy.ts';
import { createLog } from '../../runtime/log.ts';
import type { AcceptedStream } from '../../stores/accepted-stream.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import type { HotStore, MergeRequest } from '../../stores/hot-store.ts';
import type { PlaybackDeps } from '../../subgraphs/playback/deps.ts';
import type { ProfileReader, ProfileState } from '../../subgraphs/playback/hydrate.ts';
import { createTwoTiers, type TwoTiers } from '../../subgraphs/playback/two-tiers.ts';
import type { Written } from '../../subgraphs/playback/write-path.ts';
import type { Chance } from '../support/chance.ts';
import type { SimulatedCassandra } from './cassandra.ts';
import { Life } from './life.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { RedisClient } from './redis-client.ts';
import type { Region } from './region.ts';
import type { Timeline } from './timeline.ts';
import { traced } from './trace.ts';
import { Wire } from './wire.ts';

/** As configured by default: REDIS_COMMAND_TIMEOUT_MS. */
const redisPatienceMs = 150;
/** The driver's deadline for one operation (stores/cassandra/connection.ts). */
const cassandraPatienceMs = 2_000;
/** Longer than a hot store of another region waits for news. */
const peerPatienceMs = 2_500;

/** A breaker is closed again this long after the last failure, ms. */
const troubledMs = 3_000;

const log = createLog({ level: 'silent', part: 'simulation' });

/** A signature that costs nothing: nobody forges tokens here. */
const signer = {
  sign: () => 'signed',
  isValid: ({ signature }: { signature: string }) => signature === 'signed',
};

export type ReadQuery = Parameters<ProfileReader['read']>[0];

/** One write that an operation made, and what became of it. */
export interface OwnWrite {
  request: MergeRequest;
  written: Written;
}

/** What an operation answered, and what it wrote on the way. */
export interface Operated<Answer> {
  answer: Answer;
  writes: OwnWrite[];
  /** The hot store refused the writes: it was full all the while, and nothing else was wrong. */
  wasRefused: boolean;
}

export interface WorldParts {
  timeline: Timeline;
  chance: Chance;
  region: Region;
  cassandra: SimulatedCassandra;
  bug: PlantedBug;
  /** PLAYBACK_WRITE_BEHIND_MS. */
  writeBehindMs: number;
  /** Told of each call to a store, if anybody wants to know. */
  trace: ((what: string) => void) | null;
  /** Told of each read before any store is; the answer is told what was read. */
  onRead(query: ReadQuery, by: PlaybackProcess): (state: ProfileState) => void;
  /** Told of each write before any store is. */
  onWrite(request: MergeRequest, by: PlaybackProcess): void;
}

/** A playback process: the production operations over its own connections to shared stores. */
export class PlaybackProcess {
  readonly name: string;
  readonly region: Region;
  /** Which of the region's processes it is; its successor has the same. */
  readonly place: number;
  readonly life: Life;
  readonly tiers: TwoTiers;
  readonly redisWire: Wire;
  readonly cassandraWire: Wire;
  readonly remoteWire: Wire;
  readonly redisClient: RedisClient;
  /** Its ways to the hot stores of other regions. */
  readonly peers: readonly { region: Region; wire: Wire }[];
  /** Resolves when it dies. */
  readonly death: Promise<'dead'>;
  readonly #deps: PlaybackDeps;
  readonly #parts: WorldParts;
  readonly #fresh = new WeakSet<MergeRequest>();

  constructor(parts: WorldParts, of: { name: string; place: number; skewMs: number }) {
    const { timeline, chance, region, cassandra, bug } = parts;
    this.#parts = parts;
    this.name = of.name;
    this.region = region;
    this.place = of.place;
    const life = new Life(timeline, of.skewMs);
    this.life = life;
    const wire = (patienceMs: number) => new Wire({ timeline, chance, life, patienceMs });
    this.redisWire = wire(redisPatienceMs);
    this.cassandraWire = wire(cassandraPatienceMs);
    this.remoteWire = wire(cassandraPatienceMs);
    this.redisClient = new RedisClient({
      ...{ id: of.name, redis: region.redis, life, chance },
      wire: this.redisWire,
    });
    this.peers = region.others.map((other) => ({ region: other, wire: wire(peerPatienceMs) }));
    const durable = this.#seen(
      cassandra.storeOver(region.centre, { local: this.cassandraWire, remote: this.remoteWire }),
      'cassandra',
    );
    this.tiers = createTwoTiers({
      hot: (bug.hot ?? asIs<HotStore>)(this.#seen<HotStore>(this.redisClient, 'redis'), {
        clock: life,
        isFresh: (request) => this.#fresh.has(request),
        forget: (profileId) => region.redis.forget(profileId),
      }),
      durable: (bug.durable ?? asIs<DurableStore>)(durable),
      leases: this.redisClient.leases,
      peers: this.peers.map((peer) => (bug.peer ?? asIs<AcceptedStream>)(this.#streamOf(peer))),
      clock: life,
      log,
      intervalMs: parts.writeBehindMs,
      owner: of.name,
    });
    this.#deps = this.#newDeps();
    this.death = new Promise((resolve) => life.atEnd(() => resolve('dead')));
    this.tiers.start();
  }

  get deps(): PlaybackDeps {
    return this.#deps;
  }

  /** Runs an operation; `writes` are what it asked the write path to do. */
  async operate<Answer>(
    operation: (deps: PlaybackDeps) => Promise<Answer>,
  ): Promise<Operated<Answer>> {
    const writes: OwnWrite[] = [];
    const startedAtMs = this.#parts.timeline.nowMs();
    const { writePath } = this.#deps;
    const watched = Object.create(writePath, {
      write: {
        value: async (request: MergeRequest, options: { isIntent: boolean }) => {
          this.#fresh.add(request);
          this.#parts.onWrite(request, this);
          const written = await writePath.write(request, options);
          writes.push({ request, written });
          return written;
        },
      },
    }) as typeof writePath;
    const answer = await operation({ ...this.#deps, writePath: watched });
    return { answer, writes, wasRefused: this.#wasRefused(startedAtMs) };
  }

  #streamOf({ region, wire }: { region: Region; wire: Wire }): AcceptedStream {
    const stream = region.redis.accepted(this.name);
    const read: AcceptedStream['read'] = (query) => wire.ask(() => stream.read(query));
    return this.#seen({ ...stream, read }, region.name ?? '');
  }

  #seen<Store extends object>(store: Store, name: string): Store {
    const { trace } = this.#parts;
    return trace === null ? store : traced(store, { name: `${this.name} ${name}`, note: trace });
  }

  #wasRefused(startedAtMs: number): boolean {
    const { fullSinceMs, upSinceMs } = this.region.redis;
    const { fairSinceMs } = this.redisWire;
    if (fullSinceMs === null || fairSinceMs === null || fullSinceMs > startedAtMs) return false;
    return Math.max(upSinceMs, fairSinceMs) < startedAtMs - troubledMs;
  }

  #watchedReader(): ProfileReader {
    const { reader } = this.tiers;
    const read = async (query: ReadQuery) => {
      const check = this.#parts.onRead(query, this);
      const state = await reader.read(query);
      check(state);
      return state;
    };
    return Object.create(reader, { read: { value: read } }) as ProfileReader;
  }

  #newDeps(): PlaybackDeps {
    const { chance } = this.#parts;
    const { hot, writePath } = this.tiers;
    return {
      hot,
      reader: this.#watchedReader(),
      writePath,
      // What a network does with messages is no device's rate.
      rates: { admit: async () => {} },
      clock: this.life,
      policy: defaultPolicy,
      signer,
      nonce: () => String(chance.below(2 ** 31)),
      log,
    };
  }
}

function asIs<Store>(store: Store): Store {
  return store;
}
