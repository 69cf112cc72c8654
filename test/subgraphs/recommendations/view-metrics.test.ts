import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Transition } from '../../../domain/transition.ts';
import { partitionOf } from '../../../domain/version.ts';
import { serveSubgraph } from '../../../runtime/serve.ts';
import { transition } from '../../support/transitions.ts';
import { openWorld, silent, type World } from './world.ts';

describe('GET /metrics of the recommendations subgraph', () => {
  const partition = partitionOf('demo', 4);
  let isDown: boolean;
  let world: World;
  beforeEach(async () => {
    isDown = false;
    world = await openWorld({
      viewings: (real) => ({
        ...real,
        fold: (batch) => (isDown ? Promise.reject(new Error('disk full')) : real.fold(batch)),
      }),
    });
  });
  afterEach(() => world.close());

  async function scrape(): Promise<Map<string, number>> {
    const served = await serveSubgraph(world.subgraph, { host: '127.0.0.1', port: 0, log: silent });
    const response = await fetch(new URL('/metrics', served.url));
    const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
    await served.close();
    return new Map(
      lines
        .map((line) => line.split(/ (?=\S+$)/))
        .map(([name, value]) => [name ?? '', Number(value)]),
    );
  }
  const of = (name: string) => `playhead_view_${name}{partition="${partition}"}`;

  it('tells how far the view is behind, and since when', async () => {
    await world.happened(transition({ kind: 'START', title: 'a' }));
    const before = await scrape();
    expect([before.get(of('entries_behind')), before.get(of('oldest_unread_age_seconds'))]).toEqual(
      [0, 0],
    );
    expect(before.get('playhead_view_folded_entries_total')).toBe(1);
    isDown = true;
    await world.happened(transition({ kind: 'START', title: 'b' }));
    await world.clock.advance(30_000);
    await world.happened(transition({ kind: 'START', title: 'c' }));
    const behind = await scrape();
    expect([behind.get(of('entries_behind')), behind.get(of('oldest_unread_age_seconds'))]).toEqual(
      [2, 30],
    );
    isDown = false;
    await world.clock.advance(1_000);
    const after = await scrape();
    expect([after.get(of('entries_behind')), after.get(of('oldest_unread_age_seconds'))]).toEqual([
      0, 0,
    ]);
    expect(after.get('playhead_view_folded_entries_total')).toBe(3);
  });

  it('counts what nobody can fold, and what was logged', async () => {
    const poison = { ...transition({ kind: 'START' }), kind: 'REWATCH' } as unknown as Transition;
    await world.happened(transition({ kind: 'START', title: 'a' }), poison);
    await world.row();
    const samples = await scrape();
    expect(samples.get('playhead_view_poison_entries_total')).toBe(1);
    expect(samples.get('playhead_view_folded_entries_total')).toBe(1);
    expect(samples.get('playhead_interaction_lines_lost_total')).toBe(0);
    expect(samples.get('playhead_interaction_lines_total')).toBe(0);
  });

  it('tells which ranker is in use, and which put each row into its order', async () => {
    await world.happened(transition({ kind: 'START', title: 'a' }));
    await world.row();
    const samples = await scrape();
    expect(samples.get('playhead_ranker_in_use{ranker="recency"}')).toBe(1);
    expect(samples.get('playhead_rows_total{ranker="recency"}')).toBe(1);
    const lane = '{lane="row",outcome="answered"}';
    expect(samples.get(`playhead_lane_duration_seconds_count${lane}`)).toBe(1);
  });

  it('leaves out what only the stream knows while it does not answer', async () => {
    await world.happened(transition({ kind: 'START', title: 'a' }));
    await world.events.close();
    const samples = await scrape();
    expect(samples.has(of('entries_behind'))).toBe(false);
    expect(samples.get('playhead_view_folded_entries_total')).toBe(1);
  });
});
