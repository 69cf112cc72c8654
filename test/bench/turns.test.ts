import { describe, expect, it } from '@jest/globals';
import { laneNames } from '../../bench/lane-candidates.ts';
import { laneGoals, laneLimits } from '../../bench/lane-goals.ts';
import { Plays } from '../../bench/plays.ts';
import { ratioOf, type Turn } from '../../bench/turns.ts';
import { anchorAgeMs, benchProfiles } from '../../bench/workload.ts';
import { noonMs } from '../support/manual-clock.ts';

function turnOf(cpuUs: Partial<Turn['cpuUs']>, heartbeatsPerS = 1_000): Turn {
  return {
    ...{ requests: 1, durationMs: 1, wrongOutcomes: 0, retries: 0, clientCpuUs: 0 },
    ...{ latencyMsP50: 1, latencyMsP99: 1, heartbeatsPerS },
    outcomes: { ACCEPTED: 1, SUPERSEDED: 0, DUPLICATE: 0 },
    cpuUs: { gateway: 0, server: 0, redis: 0, store: 0, ...cpuUs },
  };
}

describe('a ratio between two candidates', () => {
  it("is the median of the rounds' own ratios, so that a disturbed round does not count", () => {
    const left = [10, 1_000, 30].map((server) => turnOf({ server }));
    const right = [10, 10, 15].map((server) => turnOf({ server }));
    expect(ratioOf(left, right, ({ cpuUs }) => cpuUs.server)).toBe(2);
  });

  it('is none where one of them was not measured', () => {
    expect(ratioOf([turnOf({ server: 1 })], [], ({ cpuUs }) => cpuUs.server)).toBeNaN();
  });
});

describe('the quick mode', () => {
  const good = new Map([
    ['raw' as const, [turnOf({ server: 50, redis: 10 })]],
    ['direct' as const, [turnOf({ server: 100, redis: 10 })]],
    ['direct, batches of 10' as const, [turnOf({ server: 30, redis: 5 })]],
    ['lane, frames' as const, [turnOf({ gateway: 60, server: 30, redis: 10 })]],
    ['normal lane' as const, [turnOf({ gateway: 1_000, server: 150, redis: 10 })]],
    ['stock Apollo' as const, [turnOf({ server: 200, redis: 10 })]],
  ]);

  it('fails for no rate, however low', () => {
    const slow = [...good].map(
      ([name, [turn]]) => [name, [{ ...turn!, heartbeatsPerS: 1 }]] as const,
    );
    expect(laneLimits(new Map(slow.map(([name, turns]) => [name, [...turns]])))).toEqual([]);
  });

  it('fails for a lane that costs what the normal one does, and names it', () => {
    const lost = new Map(good).set('lane, frames', [turnOf({ gateway: 1_000 })]);
    expect(laneLimits(lost)).toEqual([expect.stringContaining("the lane's gateway")]);
  });

  it('fails for a candidate that was not measured', () => {
    const without = new Map(good);
    without.delete('stock Apollo');
    expect(laneLimits(without)).toEqual([expect.stringContaining('stock Apollo')]);
  });

  it('needs neither Cassandra nor PostgreSQL, and measures what it judges', () => {
    const quick = laneNames(true);
    expect(quick).not.toContain('Apollo to Cassandra');
    expect(quick).not.toContain('PostGraphile');
    expect([...good.keys()].filter((name) => !quick.includes(name))).toEqual([]);
  });

  it('shows goals of what it measures, and no others', () => {
    const figures = laneGoals(good).map(({ figure }) => figure);
    expect(figures).toContain('heartbeats a second, lane by frames ÷ direct');
    expect(figures.filter((figure) => /PostGraphile|Cassandra/.test(figure))).toEqual([]);
  });
});

describe('batches of heartbeats', () => {
  it('are beats of one session in order, the newest last, some of them sent twice', () => {
    const profiles = benchProfiles({ first: 0, count: 3, anchorMs: noonMs - anchorAgeMs });
    const plays = new Plays(profiles);
    const outcomes = new Set<string>();
    for (let sent = 0; sent < 500; sent += 1) {
      const play = plays.nextBatch(10);
      const sequences = play.batch.map(({ sequence }) => sequence);
      const [first = 0] = sequences;
      expect(sequences).toEqual(sequences.map((_, index) => first + index));
      expect(new Set(play.batch.map(({ session }) => session.sessionId)).size).toBe(1);
      expect(play.beat).toBe(play.batch.at(-1));
      outcomes.add(play.expected);
      plays.acknowledge(play);
    }
    expect([...outcomes].sort()).toEqual(['ACCEPTED', 'DUPLICATE', 'SUPERSEDED']);
  });
});
