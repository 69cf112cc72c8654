import { Counter, Gauge, Registry } from 'prom-client';
import type { Clock } from '../../runtime/clock.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { Consumer } from './consume.ts';
import type { InteractionLog } from './interaction-log.ts';

export interface MetricsParts {
  events: EventStream;
  consumer: Pick<Consumer, 'offsets' | 'counts'>;
  interactions: Pick<InteractionLog, 'counts'>;
  clock: Clock;
}

/**
 * How far the view is behind the event stream, in Prometheus' text format, looked up when somebody asks.
 *
 * Cost: one call of the stream a partition. While it does not answer, what it alone knows is left out.
 */
export function createRecommendationsMetrics(parts: MetricsParts): () => Promise<string> {
  const { events, consumer, interactions, clock } = parts;
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['partition'];
  const behind = new Gauge({
    name: 'playhead_view_entries_behind',
    help: 'Entries of the event stream that the view does not hold yet; 10000 stands for more.',
    ...{ labelNames, registers },
  });
  const age = new Gauge({
    name: 'playhead_view_oldest_unread_age_seconds',
    help: 'How long the oldest of them has been waiting.',
    ...{ labelNames, registers },
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const counters: [Counter, () => number][] = [
    [
      counter('playhead_view_folded_entries_total', 'Entries that were folded into the view.'),
      () => consumer.counts.folded,
    ],
    [
      counter('playhead_view_poison_entries_total', 'Entries that were skipped: see the log.'),
      () => consumer.counts.poison,
    ],
    [
      counter('playhead_interaction_lines_total', 'Lines written to the interaction log.'),
      () => interactions.counts.written,
    ],
    [
      counter('playhead_interaction_lines_lost_total', 'Lines that could not be written or kept.'),
      () => interactions.counts.lost,
    ],
  ];

  async function lookAt(partition: number): Promise<void> {
    const label = { partition: String(partition) };
    const after = consumer.offsets.get(partition) ?? null;
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
    for (const [total, read] of counters) {
      total.reset();
      total.inc(read());
    }
    return registry.metrics();
  };
}
