import type { Policy } from '../../domain/policy.ts';
import type { AcceptedEntry, AcceptedStream, ReadPoint } from '../accepted-stream.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { partitionKeys } from './keys.ts';
import { unpackEntry } from './out-entry.ts';
import { idOf, offsetOf, startAfter } from './stream.ts';

export interface RedisAcceptedOptions extends RedisConnectionOptions {
  /** Name of the region whose Redis that is. */
  region: string;
  partitions: number;
  policy: Policy;
}

/** What the region of another Redis, or Redis Cluster, accepted: its `out` streams, over a connection of their own. */
export async function openRedisAcceptedStream(
  options: RedisAcceptedOptions,
): Promise<AcceptedStream> {
  return new RedisAcceptedStream(await RedisConnection.toRead(options), options);
}

class RedisAcceptedStream implements AcceptedStream {
  readonly region: string;
  readonly #connection: RedisConnection;
  readonly #options: RedisAcceptedOptions;

  constructor(connection: RedisConnection, options: RedisAcceptedOptions) {
    this.region = options.region;
    this.#connection = connection;
    this.#options = options;
  }

  async read({ partition, from, limit }: Parameters<AcceptedStream['read']>[0]) {
    const { out } = partitionKeys(partition);
    const isSeen = from?.isSeen ?? false;
    const count = limit + (isSeen ? 1 : 0);
    const found = await this.#connection.ask('accepted entries', (client) =>
      client.xrange(out, startOf(from), '+', 'COUNT', count),
    );
    const isThere = isSeen && found[0] !== undefined && offsetOf(found[0][0]) === from?.offset;
    const entries = (isThere ? found.slice(1) : found).slice(0, limit);
    return {
      entries: entries.map((entry) => this.#unpack(partition, entry)),
      hasGap: isSeen && !isThere,
    };
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #unpack(partition: number, [entryId, fields]: [string, string[]]): AcceptedEntry {
    const appendedAtMs = Number.parseInt(entryId, 10);
    const unpacked = unpackEntry({ fields, appendedAtMs }, { ...this.#options, partition });
    return { offset: offsetOf(entryId), appendedAtMs, ...unpacked };
  }
}

/** An entry that was seen is read again: whether it is still there says whether all after it is. */
function startOf(from: ReadPoint | null): string {
  return from?.isSeen ? idOf(from.offset) : startAfter(from?.offset ?? null);
}
