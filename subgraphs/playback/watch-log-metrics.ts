import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../runtime/clock.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { WatchLogKeeper } from './keep-watch-log.ts';

export interface WatchLogMetricsParts {
  events: Pick<EventStream, 'partitions' | 'unread'>;
  keeper: Pick<WatchLogKeeper, 'offsets' | 'counts'>;
  clock: Clock;
}

/**
 * How far the watch log is behind the event stream, as this process knows it. The answer looks it up.
 *
 * Cost: one call of the stream a partition. While it does not answer, what it alone knows is left out.
 */
export function addWatchLogMetrics(
  registry: Registry,
  { events, keeper, clock }: WatchLogMetricsParts,
): () => Promise<void> {
  const registers = [registry];
  const labelNames = ['partition'];
  const behind = new Gauge({
    name: 'playhead_watch_log_entries_behind',
    help: 'Entries of the event stream that the watch log does not hold yet; 10000 stands for more.',
    ...{ labelNames, registers },
  });
  const age = new Gauge({
    name: 'playhead_watch_log_oldest_unread_age_seconds',
    help: 'How long the oldest of them has been waiting.',
    ...{ labelNames, registers },
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const counters = {
    kept: counter('playhead_watch_log_kept_entries_total', 'Entries copied into the watch log.'),
    poison: counter(
      'playhead_watch_log_poison_entries_total',
      'Entries that were passed over: see the log.',
    ),
    failed: counter(
      'playhead_watch_log_failed_passes_total',
      'Times that a partition could not be copied to its end.',
    ),
  };

  async function lookAt(partition: number): Promise<void> {
    const label = { partition: String(partition) };
    const after = keeper.offsets.get(partition) ?? null;
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
    for (const name of ['kept', 'poison', 'failed'] as const) {
      counters[name].reset();
      counters[name].inc(keeper.counts[name]);
    }
  };
}
