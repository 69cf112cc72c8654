import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../runtime/clock.ts';
import type { Breaker } from '../../stores/breaker.ts';
import type { EventCopier } from './copy-events.ts';
import { addRegionMetrics } from './replication-metrics.ts';
import type { TwoTiers } from './two-tiers.ts';
import { addWatchLogMetrics, type WatchLogMetricsParts } from './watch-log-metrics.ts';

/** What a breaker's state is told as: larger is worse. */
const breakerLevels = { closed: 0, 'half-open': 1, open: 2 } as const;

export interface PlaybackMetricsParts {
  /** Holds already what is counted as it happens. */
  registry: Registry;
  clock: Clock;
  unreadable: { readonly count: number };
  copier: EventCopier;
  watchLog: Pick<WatchLogMetricsParts, 'events' | 'keeper'> & { breaker: Breaker };
}

/**
 * How the two tiers are, and the watch log beside them, in Prometheus' text format, looked up when somebody asks.
 *
 * Cost: one hot call a partition. While the hot store does not answer, what it alone knows is left out.
 */
export function createPlaybackMetrics(
  tiers: TwoTiers,
  { registry, clock, unreadable, copier, watchLog }: PlaybackMetricsParts,
): () => Promise<string> {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const dirty = gauge('playhead_dirty_titles', 'Titles not yet in the durable store.');
  const lag = gauge(
    'playhead_oldest_dirty_age_seconds',
    'How long the title that waits longest has been waiting for the durable store.',
  );
  const quarantined = gauge(
    'playhead_quarantined_titles',
    'Titles that no drain could write: `npm run quarantine` lists and replays them.',
  );
  const owed = gauge('playhead_owed_titles', 'Titles that the hot store may lack.');
  const breaker = new Gauge({
    name: 'playhead_breaker_state',
    help: '0 closed, 1 half-open, 2 open.',
    labelNames: ['store'],
    registers,
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const direct = counter('playhead_direct_writes_total', 'Writes that went past the hot store.');
  const held = counter(
    'playhead_held_heartbeats_total',
    'Heartbeats that were not stored because their title had its direct write a moment before.',
  );
  const unread = counter(
    'playhead_unreadable_rows_total',
    'Rows of the durable store that were met and could not be read: the log names their profiles.',
  );

  const reads = counter(
    'playhead_durable_reads_total',
    'Profiles that were read from the durable store, because the hot one could not vouch for them.',
  );

  const lookAtWatchLog = addWatchLogMetrics(registry, { ...watchLog, clock });
  const { replicator } = tiers;
  const lookAtRegions = addRegionMetrics(registry, { replicator, copier });
  const breakers = [...tiers.breakers, watchLog.breaker];

  async function lookAtBacklog(): Promise<void> {
    const backlog = await tiers.writeBehind.backlog().catch(() => null);
    if (backlog === null) {
      for (const unknown of [dirty, lag, quarantined]) unknown.remove();
      return;
    }
    const { oldestSinceMs } = backlog;
    dirty.set(backlog.dirty);
    quarantined.set(backlog.quarantined);
    lag.set(oldestSinceMs === null ? 0 : Math.max(0, clock.nowMs() - oldestSinceMs) / 1_000);
  }

  return async () => {
    await Promise.all([lookAtBacklog(), lookAtWatchLog()]);
    lookAtRegions();
    owed.set(tiers.restorer.owedCount);
    for (const { name, state } of breakers) breaker.set({ store: name }, breakerLevels[state]);
    direct.reset();
    direct.inc(tiers.writePath.counts.direct);
    held.reset();
    held.inc(tiers.writePath.counts.held);
    unread.reset();
    unread.inc(unreadable.count);
    reads.reset();
    reads.inc(tiers.reader.durableReads);
    return registry.metrics();
  };
}
