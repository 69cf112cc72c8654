import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Listening } from '../../../runtime/listen.ts';
import { createLog } from '../../../runtime/log.ts';
import { serveSubgraph } from '../../../runtime/serve.ts';
import { minuteMs, secondMs, sharePlayback } from '../../support/playback.ts';

const playback = sharePlayback();
const sessionsQuery = '{ viewer { watchSessions { edges { node { id } } } } }';

describe('GET /metrics of the playback subgraph', () => {
  let listening: Listening;
  beforeAll(async () => {
    const log = createLog({ level: 'silent', part: 'test' });
    listening = await serveSubgraph(playback.subgraph, { host: '127.0.0.1', port: 0, log });
  });
  afterAll(() => listening.close());

  /** The samples of a scrape, by name and labels. */
  async function scrape(): Promise<Map<string, number>> {
    const response = await fetch(new URL('/metrics', listening.url));
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
    return new Map(
      lines.map((line) => {
        const [, name = '', value] = /^(.+) (\S+)$/.exec(line) ?? [];
        return [name, Number(value)];
      }),
    );
  }

  it('tells what waits for the durable store, and how long', async () => {
    const tv = playback.device();
    await tv.play(0);
    await playback.clock.advance(7 * secondMs);
    await tv.report('HEARTBEAT', 7 * secondMs);
    await playback.clock.advance(20 * secondMs);
    const samples = await scrape();
    expect(samples.get('playhead_dirty_titles')).toBe(1);
    expect(samples.get('playhead_oldest_dirty_age_seconds')).toBe(27);
    expect(samples.get('playhead_quarantined_titles')).toBe(0);
    expect(samples.get('playhead_unreadable_rows_total')).toBe(0);
    await playback.clock.advance(minuteMs);
    const drained = await scrape();
    expect(drained.get('playhead_dirty_titles')).toBe(0);
    expect(drained.get('playhead_oldest_dirty_age_seconds')).toBe(0);
  });

  it('tells heartbeats by outcome, how long each lane takes, and what write-behind took', async () => {
    const before = await scrape();
    const risen = async () => {
      const now = await scrape();
      return (name: string) => (now.get(name) ?? 0) - (before.get(name) ?? 0);
    };
    const tv = playback.device();
    await tv.play(0, 10 * secondMs);
    await playback.clock.advance(5 * secondMs);
    const again = tv.observe('HEARTBEAT', 15 * secondMs);
    await tv.send(again);
    await tv.send(again);
    await tv.send({ ...again, sequence: again.sequence + 1, positionMs: -1 });
    await tv.report('PAUSE', 15 * secondMs);
    await playback.playhead();
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    await expect(tv.report('SEEK', 0)).rejects.toThrow();
    playback.hot.repair();
    playback.durable.repair();
    for (let second = 0; second < 60; second += 1) await playback.clock.advance(secondMs);
    const counted = await risen();
    const heartbeats = (outcome: string) =>
      counted(`playhead_heartbeats_total{outcome="${outcome}"}`);
    expect(['accepted', 'duplicate', 'refused', 'failed'].map(heartbeats)).toEqual([5, 1, 1, 1]);
    const lane = (name: string, outcome = 'answered') =>
      counted(`playhead_lane_duration_seconds_count{lane="${name}",outcome="${outcome}"}`);
    expect([lane('session'), lane('heartbeat'), lane('intent'), lane('resume')]).toEqual([
      1, 6, 1, 1,
    ]);
    expect(lane('intent', 'failed')).toBe(1);
    const flushed = counted('playhead_flush_lag_seconds_count');
    expect(flushed).toBeGreaterThan(0);
    // A title is due after a minute, and written by the next pass.
    expect(counted('playhead_flush_lag_seconds_bucket{le="45"}')).toBe(0);
    expect(counted('playhead_flush_lag_seconds_bucket{le="120"}')).toBe(flushed);
  });

  it('tells how the breakers are, and what went past the hot store', async () => {
    const tv = playback.device();
    await tv.play(0);
    playback.hot.isDown = true;
    for (let time = 0; time < 6; time += 1) await tv.report('HEARTBEAT', time);
    const samples = await scrape();
    expect(samples.get('playhead_breaker_state{store="hot store (process)"}')).toBe(2);
    expect(samples.get('playhead_breaker_state{store="durable store"}')).toBe(0);
    expect(samples.get('playhead_direct_writes_total')).toBe(1);
    expect(samples.get('playhead_held_heartbeats_total')).toBe(5);
    expect(samples.get('playhead_owed_titles')).toBe(1);
    // What only the hot store knows is not guessed.
    expect(samples.has('playhead_dirty_titles')).toBe(false);
    playback.hot.isDown = false;
    await playback.clock.advance(2 * secondMs);
    const repaired = await scrape();
    expect(repaired.get('playhead_owed_titles')).toBe(0);
    expect(repaired.get('playhead_breaker_state{store="hot store (process)"}')).toBe(0);
  });

  it('tells how far the watch log is behind, and gives it up while it does not answer', async () => {
    const behind = `playhead_watch_log_entries_behind{partition="${playback.partition}"}`;
    const age = `playhead_watch_log_oldest_unread_age_seconds{partition="${playback.partition}"}`;
    const breaker = 'playhead_breaker_state{store="watch log"}';
    const failedPasses = 'playhead_watch_log_failed_passes_total';
    await playback.data(sessionsQuery);
    const before = await scrape();
    expect([before.get(behind), before.get(age), before.get(breaker)]).toEqual([0, 0, 0]);
    playback.watchLog.forgetCalls();
    playback.watchLog.isDown = true;
    await playback.device().play(0);
    await playback.clock.advance(7 * secondMs);
    for (let time = 0; time < 6; time += 1) {
      const { errors } = await playback.ask(sessionsQuery);
      expect(errors).toMatchObject([{ extensions: { code: 'STATE_UNAVAILABLE' } }]);
    }
    expect(playback.watchLog.calls('offset')).toBe(5);
    const away = await scrape();
    expect([away.get(behind), away.get(age), away.get(breaker)]).toEqual([1, 7, 2]);
    expect(away.get(failedPasses)).toBe((before.get(failedPasses) as number) + 6);
    playback.watchLog.repair();
    await playback.clock.advance(secondMs);
    await playback.data(sessionsQuery);
    const back = await scrape();
    expect([back.get(behind), back.get(age), back.get(breaker)]).toEqual([0, 0, 0]);
    const kept = 'playhead_watch_log_kept_entries_total';
    expect(back.get(kept)).toBe((before.get(kept) as number) + 1);
    expect(back.get('playhead_watch_log_poison_entries_total')).toBe(0);
  });
});
