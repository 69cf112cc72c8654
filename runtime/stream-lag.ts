import { Gauge, type Registry } from 'prom-client';
import type { Clock } from './clock.ts';

/** What an event stream tells of its entries after an offset. */
interface Unread {
  readonly partitions: number;
  unread(query: {
    partition: number;
    after: string | null;
  }): Promise<{ entries: number; oldestAppendedAtMs: number | null }>;
}

export interface StreamLagParts {
  events: Unread;
  /** Where the reader has read up to, by partition; absent or null: nothing yet. */
  offsets: ReadonlyMap<number, string | null>;
  clock: Clock;
  /** Of the two metrics' names, such as `playhead_view`, and of the reader in words. */
  reader: { prefix: string; name: string };
}

/**
 * How far a reader is behind the event stream, as this process knows it. The answer looks it up.
 *
 * Cost: one call of the stream a partition. While it does not answer, what it alone knows is left out.
 */
export function addStreamLag(
  registry: Registry,
  { events, offsets, clock, reader: { prefix, name } }: StreamLagParts,
): () => Promise<void> {
  const shared = { labelNames: ['partition'], registers: [registry] };
  const behind = new Gauge({
    name: `${prefix}_entries_behind`,
    help: `Entries of the event stream that ${name} does not hold yet; 10000 stands for more.`,
    ...shared,
  });
  const age = new Gauge({
    name: `${prefix}_oldest_unread_age_seconds`,
    help: 'How long the oldest of them has been waiting.',
    ...shared,
  });

  async function lookAt(partition: number): Promise<void> {
    const label = { partition: String(partition) };
    const after = offsets.get(partition) ?? null;
    const unread = await events.unread({ partition, after }).catch(() => null);
    if (unread === null) {
      for (const unknown of [behind, age]) unknown.remove(label);
      return;
    }
    const { entries, oldestAppendedAtMs } = unread;
    behind.set(label, entries);
    const waitMs = oldestAppendedAtMs === null ? 0 : clock.nowMs() - oldestAppendedAtMs;
    age.set(label, Math.max(0, waitMs) / 1_000);
  }

  return async () => {
    const partitions = Array.from({ length: events.partitions }, (_, partition) => partition);
    await Promise.all(partitions.map(lookAt));
  };
}
