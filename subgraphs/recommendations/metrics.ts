import { Counter, Gauge, Registry } from 'prom-client';
import type { Clock } from '../../runtime/clock.ts';
import { addLanes } from '../../runtime/lanes.ts';
import { addStreamLag } from '../../runtime/stream-lag.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { Consumer } from './consume.ts';
import type { InteractionLog } from './interaction-log.ts';
import type { Ranker } from './ranker.ts';
import type { Rows } from './row.ts';

export interface MetricsParts {
  events: EventStream;
  consumer: Pick<Consumer, 'offsets' | 'counts'>;
  interactions: Pick<InteractionLog, 'counts'>;
  clock: Clock;
  ranker: Pick<Ranker, 'models'>;
}

/** Of this subgraph: what it answers with, and how to count rows as they are built. */
export interface RecommendationsMetrics {
  metrics: () => Promise<string>;
  metered(rows: Rows): Rows;
}

/**
 * How far the view is behind the event stream, in Prometheus' text format, looked up when somebody asks.
 *
 * Cost: one call of the stream a partition. While it does not answer, what it alone knows is left out.
 */
export function createRecommendationsMetrics(parts: MetricsParts): RecommendationsMetrics {
  const { events, consumer, interactions, clock } = parts;
  const registry = new Registry();
  const registers = [registry];
  const lanes = addLanes(registry);
  const rowsBuilt = addRanker(registry, parts.ranker);
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

  return {
    async metrics() {
      await lookAtLag();
      for (const [total, read] of counters) {
        total.reset();
        total.inc(read());
      }
      return registry.metrics();
    },
    metered: ({ build }) => ({
      async build(question) {
        const row = await lanes.time('row', () => build(question));
        rowsBuilt.inc({ ranker: row.ranker });
        return row;
      },
    }),
  };
}

/** Which ranker is to be used, and which were: a slow or broken one gives way to recency. */
function addRanker(registry: Registry, { models }: Pick<Ranker, 'models'>): Counter<'ranker'> {
  const shared = { labelNames: ['ranker'] as const, registers: [registry] };
  const name = models?.ranking.name ?? 'recency';
  new Gauge({
    name: 'playhead_ranker_in_use',
    help: '1 for the ranker that this process was started with.',
    ...shared,
  }).set({ ranker: name }, 1);
  const rows = new Counter({
    name: 'playhead_rows_total',
    help: 'Rows built, by the ranker that put them into their order.',
    ...shared,
  });
  for (const ranker of new Set([name, 'recency'])) rows.inc({ ranker }, 0);
  return rows;
}
