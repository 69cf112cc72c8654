import { join } from 'node:path';
import type { Policy } from '../domain/policy.ts';
import type { AcceptedStream } from './accepted-stream.ts';
import { Breaker } from './breaker.ts';
import type { DurableStore } from './durable-store.ts';
import type { Erasures } from './erasures.ts';
import type { EventCopies, PeerEvents } from './event-copies.ts';
import type { EventStream } from './event-stream.ts';
import type { CassandraExamined, RedisExamined } from './examined.ts';
import { failSoftRateLimiter } from './fail-soft-rate-limiter.ts';
import type { HotStore } from './hot-store.ts';
import type { Interactions } from './interactions.ts';
import { sparedKnownDevices } from './known-devices.ts';
import type { Leases } from './lease.ts';
import { cassandraTls } from './open-tls.ts';
import { eventsOpenedLater, openedLater } from './opened-later.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RegionStores } from './region-stores.ts';
import {
  type CassandraConfig,
  isRedisChosen,
  localRegion,
  loginOf,
  peerOptions,
  redisOptions,
  regionOf,
  remoteRegion,
  type StoreClock,
  type StoreConfig,
} from './store-config.ts';
import { UnreadableRows } from './unreadable-rows.ts';
import type { ViewingStore } from './viewing-store.ts';
import type { WatchLog } from './watch-log.ts';

export interface PlaybackStores {
  hot: HotStore;
  durable: DurableStore;
  watchLog: WatchLog;
  erasures: Erasures;
  events: EventStream & EventCopies;
  leases: Leases;
  /** What other regions accept; their Redis may be away. */
  peers: readonly AcceptedStream[];
  /** Their event streams, the same. */
  peerEvents: readonly PeerEvents[];
  /** Rows of the durable store that nobody can read. */
  unreadable: UnreadableRows;
  /** What is hot and not yet durable is lost with this process. */
  isHotMortal: boolean;
  /** Closes all of them. */
  close(): Promise<void>;
}

/** Where stores tell what an operator must know. */
export interface StoreLog {
  error(fields: object, message: string): void;
}

/** Opens what the playback subgraph keeps its state in. Adapters are loaded when they are chosen. */
export async function openPlaybackStores(
  config: StoreConfig & CassandraConfig,
  parts: { clock: StoreClock; policy: Policy; log: StoreLog },
): Promise<PlaybackStores> {
  const unreadable = new UnreadableRows(parts.log);
  const { watchLog, erasures, ...opened } = await openDurableTier(config, { ...parts, unreadable });
  const durable = sparedKnownDevices(opened.durable, parts.clock);
  const { hot, events, leases } = await openHotTier(config, parts);
  const { peers, peerEvents } = await openPeers(config, parts);
  return {
    hot,
    durable,
    watchLog,
    erasures,
    events,
    leases,
    peers,
    peerEvents,
    unreadable,
    isHotMortal: !isRedisChosen(config),
    async close() {
      for (const peer of [...peers, ...peerEvents]) await peer.close();
      await hot.close();
      await leases.close();
      await events.close();
      await watchLog.close();
      await erasures.close();
      await durable.close();
    },
  };
}

interface DurableTier {
  durable: DurableStore;
  watchLog: WatchLog;
  erasures: Erasures;
}

/** What lasts: tables of one keyspace, or files of one folder. */
async function openDurableTier(
  config: StoreConfig & CassandraConfig,
  told: { unreadable: UnreadableRows; log: StoreLog; clock: StoreClock },
): Promise<DurableTier> {
  const local = localRegion(config);
  if (local === null) {
    const { openEmbeddedDurableStore } = await import('./embedded/durable.ts');
    const { openEmbeddedWatchLog } = await import('./embedded/watch-log.ts');
    const { openEmbeddedErasures } = await import('./embedded/erasures.ts');
    return {
      erasures: openEmbeddedErasures({ path: join(config.DATA_DIR, 'erasures.db') }),
      durable: openEmbeddedDurableStore({ path: join(config.DATA_DIR, 'playback.db'), ...told }),
      watchLog: openEmbeddedWatchLog({ path: join(config.DATA_DIR, 'watch-log.db') }),
    };
  }
  const { openCassandraStores } = await import('./cassandra/open.ts');
  return openCassandraStores({
    keyspace: config.CASSANDRA_KEYSPACE,
    local,
    remote: remoteRegion(config),
    login: loginOf(config),
    tls: cassandraTls(config),
    region: config.REGION,
    ...told,
  });
}

/**
 * Brings the durable store's tables up to this release, or with `isDryRun` tells what that would do.
 *
 * Errors: PlatformError STATE_UNAVAILABLE saying what is wrong with the keyspace; the driver's own
 * where the cluster fails. Safe to repeat.
 */
export async function migrateDurableStore(
  config: CassandraConfig,
  options: { isDryRun: boolean; addsDataCentres?: boolean; print: (line: string) => void },
): Promise<void> {
  const local = localRegion(config);
  if (local === null) {
    options.print('The embedded stores bring their files up to date by themselves.');
    return;
  }
  const { migrate } = await import('./cassandra/migrate.ts');
  await migrate({
    ...options,
    keyspace: config.CASSANDRA_KEYSPACE,
    region: local,
    login: loginOf(config),
    tls: cassandraTls(config),
    replication: config.CASSANDRA_REPLICATION ?? null,
  });
}

/** The event stream alone, for those who only read it. */
export async function openEventStream(
  config: StoreConfig,
  clock: StoreClock,
): Promise<EventStream & EventCopies> {
  const redis = redisOptions(config, clock);
  if (redis !== null) {
    const { openRedisEventStream } = await import('./redis/stream.ts');
    return openRedisEventStream(redis);
  }
  const { openEmbeddedEventStream } = await import('./embedded/stream.ts');
  return openEmbeddedEventStream(embeddedStreamOptions(config, clock));
}

/** The hot store, the event stream that its merges append to, and the leases on its partitions. */
async function openHotTier(
  config: StoreConfig,
  parts: { clock: StoreClock; policy: Policy },
): Promise<Pick<PlaybackStores, 'hot' | 'events' | 'leases'>> {
  const redis = redisOptions(config, parts.clock);
  if (redis !== null) {
    const { openRedisHotTier } = await import('./redis/hot-tier.ts');
    const { openRedisLeases } = await import('./redis/lease.ts');
    // Side by side: each waits a while for a Redis that is not there yet.
    const [tier, leases] = await Promise.all([
      openRedisHotTier({ ...redis, ...regionOf(config), policy: parts.policy }),
      openRedisLeases(redis),
    ]);
    return { ...tier, leases };
  }
  const { openEmbeddedEventStream } = await import('./embedded/stream.ts');
  const { openEmbeddedHotStore } = await import('./embedded/hot.ts');
  const { openEmbeddedLeases } = await import('./embedded/lease.ts');
  const events = openEmbeddedEventStream(embeddedStreamOptions(config, parts.clock));
  const { PLAYBACK_PARTITIONS: partitions } = config;
  const hot = openEmbeddedHotStore({ policy: parts.policy, partitions, events });
  return { hot, events, leases: openEmbeddedLeases({ clock: parts.clock }) };
}

/** What other regions accept, opened behind the back of whoever asks: they may be away. */
export async function openPeers(
  config: StoreConfig,
  { clock, policy }: { clock: StoreClock; policy: Policy },
): Promise<Pick<PlaybackStores, 'peers' | 'peerEvents'>> {
  const peers = peerOptions(config, clock);
  if (peers.length === 0) return { peers: [], peerEvents: [] };
  const { openRedisAcceptedStream } = await import('./redis/accepted-stream.ts');
  const { openRedisPeerEvents } = await import('./redis/stream.ts');
  return {
    peers: peers.map((peer) =>
      openedLater(peer.region, openRedisAcceptedStream({ ...peer, policy })),
    ),
    peerEvents: peers.map((peer) => eventsOpenedLater(peer.region, openRedisPeerEvents(peer))),
  };
}

function embeddedStreamOptions(config: StoreConfig, clock: StoreClock) {
  const path = join(config.DATA_DIR, 'events.db');
  return { path, partitions: config.PLAYBACK_PARTITIONS, clock };
}

/** The hot store that processes share, for an operator's tools; null when it lives inside one. */
export async function openSharedHotStore(
  config: StoreConfig,
  parts: { clock: StoreClock; policy: Policy },
): Promise<HotStore | null> {
  const redis = redisOptions(config, parts.clock);
  if (redis === null) return null;
  const { openRedisHotStore } = await import('./redis/hot.ts');
  return openRedisHotStore({ ...redis, ...regionOf(config), policy: parts.policy });
}

/** Everything that is kept of a profile, wherever it is. */
export interface ProfileStores {
  /** Null: it lives inside the server's process. */
  hot: HotStore | null;
  durable: DurableStore;
  watchLog: WatchLog;
  erasures: Erasures;
  events: EventStream;
  viewings: ViewingStore;
  interactions: Interactions;
  /** What this region accepted, for others to read; null: there are none. */
  accepted: AcceptedStream | null;
  /** What the other regions keep for themselves. */
  peers: readonly RegionStores[];
  /** Closes all of them. */
  close(): Promise<void>;
}

/** For an operator's tools, beside the processes that serve. */
export async function openProfileStores(
  config: StoreConfig & CassandraConfig,
  parts: { clock: StoreClock; policy: Policy; log: StoreLog },
): Promise<ProfileStores> {
  const { openInteractionFiles } = await import('./embedded/interactions.ts');
  const tier = await openDurableTier(config, {
    ...parts,
    unreadable: new UnreadableRows(parts.log),
  });
  const hot = await openSharedHotStore(config, parts);
  const events = await openEventStream(config, parts.clock);
  const viewings = await openViewingStore(config, parts.clock);
  const regions = await openRegions(config, parts);
  return {
    ...tier,
    ...{ hot, events, viewings, ...regions },
    interactions: openInteractionFiles({
      folder: join(config.DATA_DIR, 'interactions'),
      clock: parts.clock,
    }),
    async close() {
      for (const each of [...regions.peers, regions.accepted, hot]) await each?.close();
      await events.close();
      await viewings.close();
      await tier.watchLog.close();
      await tier.erasures.close();
      await tier.durable.close();
    },
  };
}

/** How much a region keeps for others is its own to say: whoever erases there leaves its stream no shorter. */
const outLengthMaxElsewhere = 10_000_000;

/** What other regions keep of profiles for themselves, and what this one keeps for them. */
async function openRegions(
  config: StoreConfig,
  { clock, policy }: { clock: StoreClock; policy: Policy },
): Promise<Pick<ProfileStores, 'accepted' | 'peers'>> {
  const own = redisOptions(config, clock);
  if (own === null || config.REGION === undefined) return { accepted: null, peers: [] };
  const { openRedisAcceptedStream } = await import('./redis/accepted-stream.ts');
  const { openRedisHotStore } = await import('./redis/hot.ts');
  const { openRedisViewingStore } = await import('./redis/viewing.ts');
  const open = async ({ region, ...peer }: ReturnType<typeof peerOptions>[number]) => {
    const asThere = { name: region, outLengthMax: outLengthMaxElsewhere };
    const [hot, viewings, accepted] = await Promise.all([
      openRedisHotStore({ ...peer, policy, region: asThere }),
      openRedisViewingStore(peer),
      openRedisAcceptedStream({ ...peer, region, policy }),
    ]);
    const close = async () => {
      for (const each of [hot, viewings, accepted]) await each.close();
    };
    return { region, hot, viewings, accepted, close };
  };
  const accepted = await openRedisAcceptedStream({ ...own, region: config.REGION, policy });
  return { accepted, peers: await Promise.all(peerOptions(config, clock).map(open)) };
}

/** What the recommendations subgraph keeps its view in: beside the event stream that it is folded from. */
export async function openViewingStore(
  config: StoreConfig,
  clock: StoreClock,
): Promise<ViewingStore> {
  const redis = redisOptions(config, clock);
  if (redis !== null) {
    const { openRedisViewingStore } = await import('./redis/viewing.ts');
    return openRedisViewingStore(redis);
  }
  const { openEmbeddedViewingStore } = await import('./embedded/viewing.ts');
  return openEmbeddedViewingStore({ path: join(config.DATA_DIR, 'recommendations.db') });
}

/**
 * Token buckets: shared where there is a Redis, which they outlive; else those of this process.
 * `onChange` is told when Redis is given up for them, and when it is back.
 */
export async function openRateLimiter(
  config: StoreConfig & { SESSION_KEY?: string | undefined },
  parts: { clock: StoreClock; onChange: (state: 'closed' | 'open') => void },
): Promise<RateLimiter> {
  const { openEmbeddedRateLimiter } = await import('./embedded/rate-limiter.ts');
  const { clock, onChange } = parts;
  const local = openEmbeddedRateLimiter({ clock });
  const redis = redisOptions(config, clock);
  if (redis === null) return local;
  const { openRedisRateLimiter } = await import('./redis/rate-limiter.ts');
  // Without a key of its own an installation is one for development, and hides nobody.
  const secret = config.SESSION_KEY ?? 'development';
  return failSoftRateLimiter({
    local,
    quiet: openEmbeddedRateLimiter({ clock }),
    shared: await openRedisRateLimiter({ ...redis, secret }),
    breaker: new Breaker({ name: 'rate limits', clock, onChange }),
  });
}

/**
 * How the Redis of the configuration is set up, looked at and not judged; null when none is configured.
 *
 * Errors: StoreUnreachable, with its cause, where it does not answer.
 */
export async function examineRedis(
  config: StoreConfig,
  clock: StoreClock,
): Promise<RedisExamined | null> {
  const redis = redisOptions(config, clock);
  if (redis === null) return null;
  const { examine } = await import('./redis/examine.ts');
  return examine(redis);
}

/**
 * The same of its Cassandra, in this region or in the remote one.
 *
 * Errors: StoreUnreachable, with its cause, where no node answers.
 */
export async function examineCassandra(
  config: CassandraConfig,
  which: 'local' | 'remote',
): Promise<CassandraExamined | null> {
  const region = which === 'local' ? localRegion(config) : remoteRegion(config);
  if (region === null) return null;
  const { examine } = await import('./cassandra/examine.ts');
  return examine({
    ...{ keyspace: config.CASSANDRA_KEYSPACE, region },
    ...{ login: loginOf(config), tls: cassandraTls(config) },
  });
}
