import { Counter, Registry } from 'prom-client';
import type { Clock } from '../../runtime/clock.ts';
import { addStreamLag } from '../../runtime/stream-lag.ts';
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
  const reader = { prefix: 'playhead_view', name: 'the view' };
  const lookAtLag = addStreamLag(registry, { events, offsets: consumer.offsets, clock, reader });
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

  return async () => {
    await lookAtLag();
    for (const [total, read] of counters) {
      total.reset();
      total.inc(read());
    }
    return registry.metrics();
  };
}
