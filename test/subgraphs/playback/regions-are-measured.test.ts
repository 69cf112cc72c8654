import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { addReplicationMetrics } from '../../../subgraphs/playback/replication-metrics.ts';
import { eachTime } from '../../contract/subject.ts';
import { openReadAcross, outLengthMax, secondMs } from './read-across.ts';
import { partitions, refused } from './regions.ts';

const across = eachTime(openReadAcross);

async function measured() {
  const replicator = await across().reading();
  const registry = new Registry();
  const look = addReplicationMetrics(registry, replicator);
  return async () => {
    look();
    const lines = (await registry.metrics()).split('\n');
    return lines.filter((line) => /^playhead_region_.* [^0]/.test(line));
  };
}

describe('what is measured of another region', () => {
  it('is what was taken in, refused and missed, and how often all was compared', async () => {
    const metrics = await measured();
    await across().write(1);
    await across().clock.advance(secondMs);
    expect(await metrics()).toEqual([
      'playhead_region_entries_total{region="eu"} 1',
      `playhead_region_comparisons_total{region="eu"} ${partitions}`,
    ]);
    across().america.tamper = (entry) => refused(entry, 'format');
    for (let second = 2; second < 2 * outLengthMax; second += 1) await across().write(second);
    await across().clock.advance(secondMs);
    expect(await metrics()).toEqual([
      'playhead_region_entries_total{region="eu"} 1',
      `playhead_region_refused_entries_total{region="eu",code="format"} ${outLengthMax}`,
      'playhead_region_gaps_total{region="eu"} 1',
      `playhead_region_comparisons_total{region="eu"} ${partitions + 1}`,
    ]);
  });

  it('is how long it is behind, by the process that reads it alone', async () => {
    const metrics = await measured();
    const { america, europe, clock } = across();
    america.link(europe).fail();
    await clock.advance(60 * secondMs);
    expect(await metrics()).toContainEqual(
      expect.stringMatching(/^playhead_region_lag_seconds\{region="eu"\} 60/),
    );
    const idle = america.replicate([europe], { owner: 'another process' });
    const registry = new Registry();
    addReplicationMetrics(registry, idle)();
    expect(await registry.metrics()).not.toContain('playhead_region_lag_seconds{');
  });
});
