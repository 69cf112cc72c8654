import { Counter, type Registry } from 'prom-client';
import type { Clock } from '../../runtime/clock.ts';
import { addStreamLag } from '../../runtime/stream-lag.ts';
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
  const reader = { prefix: 'playhead_watch_log', name: 'the watch log' };
  const lookAtLag = addStreamLag(registry, { events, offsets: keeper.offsets, clock, reader });
  const registers = [registry];
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

  return async () => {
    await lookAtLag();
    for (const name of ['kept', 'poison', 'failed'] as const) {
      counters[name].reset();
      counters[name].inc(keeper.counts[name]);
    }
  };
}
