import type { EventCopies } from '../event-copies.ts';
import type { EventStream } from '../event-stream.ts';
import type { HotStore } from '../hot-store.ts';
import { RedisConnection } from './connection.ts';
import { openRedisHotStore, type RedisHotOptions } from './hot.ts';
import { openRedisEventStream } from './stream.ts';

/**
 * The hot store and the event stream of one Redis. What is told beside a merge goes over the connection that
 * merged: were it another one, a merge would fail whenever that one alone is not back yet.
 */
export async function openRedisHotTier(
  options: RedisHotOptions,
): Promise<{ hot: HotStore; events: EventStream & EventCopies }> {
  // Side by side: each waits a while for a Redis that is not there yet.
  const connecting = RedisConnection.open(options);
  const [hot, events] = await Promise.all([
    openRedisHotStore(options, connecting),
    openRedisEventStream(options, connecting),
  ]);
  return { hot, events };
}
