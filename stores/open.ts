import { join } from 'node:path';
import type { EventStream } from './event-stream.ts';

/** What choosing and opening stores needs of the configuration. */
export interface StoreConfig {
  DATA_DIR: string;
  PLAYBACK_PARTITIONS: number;
}

export interface StoreClock {
  nowMs(): number;
  after(delayMs: number, task: () => void): () => void;
}

/** The event stream alone, for those who only read it. Adapters are loaded when they are chosen. */
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
