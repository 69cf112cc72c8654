import { Counter, Gauge, type Registry } from 'prom-client';
import type { EventCopier } from './copy-events.ts';
import type { Replicator } from './replicate.ts';

/** What came from each other region, and how far behind it this process is. The answer looks it up. */
export function addRegionMetrics(
  registry: Registry,
  { replicator, copier }: { replicator: Replicator; copier: EventCopier },
): () => void {
  const looks = [addReplicationMetrics(registry, replicator), addCopyMetrics(registry, copier)];
  return () => {
    for (const look of looks) look();
  };
}

/** Of what it accepted. */
export function addReplicationMetrics(
  registry: Registry,
  replicator: Pick<Replicator, 'look'>,
): () => void {
  const registers = [registry];
  const lag = new Gauge({
    name: 'playhead_region_lag_seconds',
    help: 'How long ago this process last had everything that the region accepted, of what it reads.',
    labelNames: ['region'],
    registers,
  });
  const counter = (name: string, help: string, labelNames = ['region']) =>
    new Counter({ name, help, labelNames, registers });
  const entries = counter('playhead_region_entries_total', 'Entries of the region taken in.');
  const refused = counter(
    'playhead_region_refused_entries_total',
    'Entries of the region that were passed over, by reason: see the log.',
    ['region', 'code'],
  );
  const gaps = counter(
    'playhead_region_gaps_total',
    'Times that entries of the region were gone before they were read.',
  );
  const compared = counter(
    'playhead_region_comparisons_total',
    'Times that all profiles of a partition had to be compared anew because of the region.',
  );

  return () => {
    for (const metric of [lag, entries, refused, gaps, compared]) metric.reset();
    for (const { region, counts, lagMs } of replicator.look()) {
      if (lagMs !== null) lag.set({ region }, lagMs / 1_000);
      entries.inc({ region }, counts.takenIn);
      gaps.inc({ region }, counts.gaps);
      compared.inc({ region }, counts.raised);
      for (const [code, count] of Object.entries(counts.refused)) {
        refused.inc({ region, code }, count);
      }
    }
  };
}

/** Of what happened there. */
export function addCopyMetrics(registry: Registry, copier: Pick<EventCopier, 'look'>): () => void {
  const of = { labelNames: ['region'], registers: [registry] };
  const lag = new Gauge({
    name: 'playhead_region_events_lag_seconds',
    help: 'How long ago this process last had all events of the region copied, of what it reads.',
    ...of,
  });
  const copied = new Counter({
    name: 'playhead_region_copied_events_total',
    help: 'Events of the region copied into the own event stream.',
    ...of,
  });
  const gaps = new Counter({
    name: 'playhead_region_event_gaps_total',
    help: 'Times that events of the region may have been gone before they were copied.',
    ...of,
  });

  return () => {
    for (const metric of [lag, copied, gaps]) metric.reset();
    for (const { region, counts, lagMs } of copier.look()) {
      if (lagMs !== null) lag.set({ region }, lagMs / 1_000);
      copied.inc({ region }, counts.copied);
      gaps.inc({ region }, counts.gaps);
    }
  };
}
