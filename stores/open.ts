import { join } from 'node:path';
import type { Policy } from '../domain/policy.ts';
import type { DurableStore } from './durable-store.ts';
import type { EventStream } from './event-stream.ts';
import type { HotStore } from './hot-store.ts';
import type { ViewingStore } from './viewing-store.ts';

/** What choosing and opening stores needs of the configuration. */
export interface StoreConfig {
  DATA_DIR: string;
  PLAYBACK_PARTITIONS: number;
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER_NODES?: readonly string[] | undefined;
  REDIS_COMMAND_TIMEOUT_MS: number;
}

export interface StoreClock {
  nowMs(): number;
  after(delayMs: number, task: () => void): () => void;
}

export interface PlaybackStores {
  hot: HotStore;
  durable: DurableStore;
  events: EventStream;
  /** Closes all three. */
  close(): Promise<void>;
}

/** Opens what the playback subgraph keeps its state in. Adapters are loaded when they are chosen. */
export async function openPlaybackStores(
  config: StoreConfig,
  parts: { clock: StoreClock; policy: Policy },
): Promise<PlaybackStores> {
  const { openEmbeddedDurableStore } = await import('./embedded/durable.ts');
  const { hot, events } = await openHotStore(config, parts);
  const durable = openEmbeddedDurableStore({ path: join(config.DATA_DIR, 'playback.db') });
  return {
    hot,
    durable,
    events,
    async close() {
      await hot.close();
      await events.close();
      await durable.close();
    },
  };
}

/** The event stream alone, for those who only read it. */
export async function openEventStream(
  config: StoreConfig,
  clock: StoreClock,
): Promise<EventStream> {
  const redis = redisOptions(config, clock);
  if (redis !== null) {
    const { openRedisEventStream } = await import('./redis/stream.ts');
    return openRedisEventStream(redis);
  }
  const { openEmbeddedEventStream } = await import('./embedded/stream.ts');
  return openEmbeddedEventStream(embeddedStreamOptions(config, clock));
}

/** The hot store, and the event stream that its merges append to. */
async function openHotStore(
  config: StoreConfig,
  parts: { clock: StoreClock; policy: Policy },
): Promise<{ hot: HotStore; events: EventStream }> {
  const redis = redisOptions(config, parts.clock);
  if (redis !== null) {
    const { openRedisHotStore } = await import('./redis/hot.ts');
    const events = await openEventStream(config, parts.clock);
    return { hot: await openRedisHotStore({ ...redis, policy: parts.policy }), events };
  }
  const { openEmbeddedEventStream } = await import('./embedded/stream.ts');
  const { openEmbeddedHotStore } = await import('./embedded/hot.ts');
  const events = openEmbeddedEventStream(embeddedStreamOptions(config, parts.clock));
  const { PLAYBACK_PARTITIONS: partitions } = config;
  return { hot: openEmbeddedHotStore({ policy: parts.policy, partitions, events }), events };
}

function embeddedStreamOptions(config: StoreConfig, clock: StoreClock) {
  const path = join(config.DATA_DIR, 'events.db');
  return { path, partitions: config.PLAYBACK_PARTITIONS, clock };
}

/** Null when no Redis is configured. */
function redisOptions(config: StoreConfig, clock: StoreClock) {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: clusterNodes } = config;
  if (url === undefined && clusterNodes === undefined) return null;
  return {
    address: clusterNodes === undefined ? { url: url as string } : { clusterNodes },
    commandTimeoutMs: config.REDIS_COMMAND_TIMEOUT_MS,
    partitions: config.PLAYBACK_PARTITIONS,
    clock,
  };
}

/** What the recommendations subgraph keeps its view in. */
export async function openViewingStore(
  config: Pick<StoreConfig, 'DATA_DIR'>,
): Promise<ViewingStore> {
  const { openEmbeddedViewingStore } = await import('./embedded/viewing.ts');
  return openEmbeddedViewingStore({ path: join(config.DATA_DIR, 'recommendations.db') });
}
