import { Cluster, type Redis } from 'ioredis';
import type { RedisClient, RedisConnection } from './connection.ts';

/** Keys that one step looks at: a millisecond of a server that has others to serve. */
const scanLength = 1_000;

/**
 * Every key of a pattern, on every primary, one after the other; some more than once.
 *
 * Errors: as `RedisConnection.ask`. Cost: O(all keys), in steps.
 */
export async function eachKey(
  connection: RedisConnection,
  pattern: string,
  visit: (key: string) => Promise<void>,
): Promise<void> {
  const count = await connection.ask('find servers', async (client) => {
    const { length } = primariesOf(client);
    // Nobody visited is not the same as nobody there.
    if (length === 0) throw new Error('No primary of the Cluster is known yet.');
    return length;
  });
  for (let index = 0; index < count; index += 1) {
    let cursor = '0';
    do {
      const at = cursor;
      const [next, keys] = await connection.ask('find profiles', async (client) => {
        const primary = primariesOf(client)[index];
        if (primary === undefined) throw new Error('The Cluster has changed meanwhile.');
        return primary.scan(at, 'MATCH', pattern, 'COUNT', scanLength);
      });
      for (const key of keys) await visit(key);
      cursor = next;
    } while (cursor !== '0');
  }
}

function primariesOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
