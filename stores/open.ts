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
  const [{ openEmbeddedEventStream }, { openEmbeddedHotStore }, { openEmbeddedDurableStore }] =
    await Promise.all([
      import('./embedded/stream.ts'),
      import('./embedded/hot.ts'),
      import('./embedded/durable.ts'),
    ]);
  const partitions = config.PLAYBACK_PARTITIONS;
  const durable = openEmbeddedDurableStore({ path: join(config.DATA_DIR, 'playback.db') });
  const path = join(config.DATA_DIR, 'events.db');
  const events = openEmbeddedEventStream({ path, partitions, clock: parts.clock });
  const hot = openEmbeddedHotStore({ policy: parts.policy, partitions, events });
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
  const { openEmbeddedEventStream } = await import('./embedded/stream.ts');
  return openEmbeddedEventStream({
    path: join(config.DATA_DIR, 'events.db'),
    partitions: config.PLAYBACK_PARTITIONS,
    clock,
  });
}

/** What the recommendations subgraph keeps its view in. */
export async function openViewingStore(
  config: Pick<StoreConfig, 'DATA_DIR'>,
): Promise<ViewingStore> {
  const { openEmbeddedViewingStore } = await import('./embedded/viewing.ts');
  return openEmbeddedViewingStore({ path: join(config.DATA_DIR, 'recommendations.db') });
}
