import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Playhead } from '../../client/operations.ts';
import type { Transport } from '../../client/transport.ts';
import { Ledger } from '../../demo/viewers/ledger.ts';
import { reportsOf, type TimedReport } from '../../demo/viewers/reports.ts';
import { SimulatedSession } from '../../demo/viewers/simulated-session.ts';
import { SimulatedTime } from '../../demo/viewers/simulated-time.ts';
import { Tally } from '../../demo/viewers/tally.ts';
import { Progress } from '../../demo/viewers/terminal.ts';
import { inventCatalog } from '../../model/viewers/catalog.ts';
import { quantileOf } from '../../model/viewers/figures.ts';
import { viewerParams } from '../../model/viewers/params.ts';
import { Viewer, type ViewerPlay } from '../../model/viewers/viewer.ts';
import '../support/seeds.ts';

const fromMs = Date.UTC(2024, 0, 1);
const catalog = inventCatalog({ seed: 1, fromMs, days: 60 });
const title = {
  id: 'film_1',
  durationMs: 6_000_000,
  creditsStartMs: 5_700_000,
  availableFromMs: 0,
};

describe('what a simulated player reports', () => {
  /** The first plays of a viewer; no more are drawn. */
  const playsOf = (seed: number, count: number): ViewerPlay[] => {
    const viewer = new Viewer(seed, { catalog, fromMs, days: 60, mix: 'fitted' });
    const plays: ViewerPlay[] = [];
    for (const visit of viewer.visits()) {
      plays.push(...visit.plays);
      if (plays.length >= count) break;
    }
    return plays;
  };
  /** Reports that cannot follow the one before: back in time, or further than time allows. */
  const impossible = (reports: readonly TimedReport[]) =>
    reports.filter((report, at) => {
      const before = reports[at - 1] ?? report;
      const passedMs = report.atMs - before.atMs;
      const movedMs = report.event === 'SEEK' ? 0 : report.positionMs - before.positionMs;
      return passedMs < 0 || movedMs < 0 || movedMs > passedMs;
    });

  it('begins, moves no further than time allows, and ends where the play ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (seed) => {
        for (const play of playsOf(seed, 4)) {
          const reports = [...reportsOf(play, () => 5_000)];
          expect(reports[0]).toMatchObject({ event: 'START', positionMs: play.fromPositionMs });
          expect(impossible(reports)).toEqual([]);
          const last = reports.at(-1)!;
          const hasEnd = last.event === 'STOP' || last.event === 'FINISH';
          expect(hasEnd).toBe(play.ending !== 'LOST');
          expect(hasEnd ? last.positionMs : play.positionMs).toBe(play.positionMs);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('loses about as many stops as real devices do', () => {
    const plays = Array.from({ length: 120 }, (_, seed) => playsOf(seed + 1, 60)).flat();
    const lost = plays.filter(({ ending }) => ending === 'LOST').length / plays.length;
    expect(lost).toBeGreaterThan(0.012);
    expect(lost).toBeLessThan(0.032);
  });
});

describe('what a simulated viewer does while a title plays', () => {
  const { player_events: fitted } = viewerParams;
  const plays = Array.from({ length: 80 }, (_, seed) => {
    const viewer = new Viewer(seed + 1, { catalog, fromMs, days: 60, mix: 'fitted' });
    return [...viewer.visits()].flatMap((visit) => visit.plays);
  }).flat();

  it('pauses as often, and for as long', () => {
    const hours = plays.reduce((sum, { playedMs }) => sum + playedMs / 3_600_000, 0);
    const pauses = plays.flatMap(({ acts }) =>
      acts.flatMap((act, at) => {
        const next = acts[at + 1];
        return act.kind === 'PAUSE' && next ? [(next.atMs - act.atMs) / 1_000] : [];
      }),
    );
    expect(Math.abs(pauses.length / hours - fitted.real_pauses_per_hour)).toBeLessThan(0.2);
    expect(Math.abs(quantileOf(pauses, 0.5) - fitted.pause_s.p50!)).toBeLessThan(8);
    expect(Math.abs(quantileOf(pauses, 0.75) - fitted.pause_s.p75!)).toBeLessThan(40);
    expect(Math.max(...pauses)).toBeLessThan(2_701);
  });

  it('skips as far, and mostly ahead', () => {
    const jumps = plays.flatMap(({ acts }) =>
      acts.flatMap(({ positionMs, fromPositionMs }) =>
        fromPositionMs === null ? [] : [(positionMs - fromPositionMs) / 1_000],
      ),
    );
    const ahead = jumps.filter((seconds) => seconds > 0).length / jumps.length;
    expect(Math.abs(ahead - fitted.p_reposition_forward)).toBeLessThan(0.06);
    const sizes = jumps.map(Math.abs);
    expect(Math.abs(quantileOf(sizes, 0.5) - fitted.reposition_size_s.p50!)).toBeLessThan(1.5);
    expect(Math.abs(jumps.length / plays.length - fitted.repositions_per_session)).toBeLessThan(
      1.5,
    );
  });
});

const report = (atMs: number, positionMs: number, event: TimedReport['event'] = 'STOP') => ({
  ...{ event, atMs, positionMs, fromPositionMs: null },
});
const playhead = (about: Partial<Playhead>) =>
  ({ status: 'IN_PROGRESS', positionMs: 0, resumePositionMs: 0, ...about }) as Playhead;

describe('what the server must say', () => {
  it('is the newest activity, whenever it arrives', () => {
    const ledger = new Ledger();
    const phone = { sessionId: 'phone', newest: report(1_000, 60_000) };
    const tv = { sessionId: 'tv', newest: report(2_000, 90_000) };
    expect(ledger.outcomeOf(title.id, tv)).toBe('ACCEPTED');
    ledger.acknowledge(title, tv);
    expect(ledger.outcomeOf(title.id, phone)).toBe('SUPERSEDED');
    ledger.acknowledge(title, phone);
    const right = playhead({ positionMs: 90_000, resumePositionMs: 80_000 });
    expect(ledger.complaint(title.id, right)).toBeNull();
  });

  it('is complained about when it is anything else', () => {
    const ledger = new Ledger();
    expect(ledger.complaint(title.id, playhead({}))).toMatch(/before it was ever played/);
    expect(ledger.complaint(title.id, playhead({ status: 'NOT_STARTED' }))).toBeNull();
    ledger.acknowledge(title, { sessionId: 'tv', newest: report(2_000, 90_000) });
    const wrong: [about: Partial<Playhead> | null, said: RegExp][] = [
      [null, /unknown/],
      [{ positionMs: 89_000, resumePositionMs: 80_000 }, /at 89000 ms, expected 90000 ms/],
      [{ positionMs: 90_000, status: 'FINISHED' }, /FINISHED, expected IN_PROGRESS/],
      [{ positionMs: 90_000, resumePositionMs: 0 }, /resumes at 0 ms/],
      [{ positionMs: 90_000, resumePositionMs: 90_001 }, /resumes at 90001 ms/],
    ];
    for (const [about, said] of wrong) {
      const answered = about === null ? null : playhead(about);
      expect(ledger.complaint(title.id, answered)).toMatch(said);
    }
  });

  it('is finished from the credits on, and starts over', () => {
    const ledger = new Ledger();
    ledger.acknowledge(title, { sessionId: 'tv', newest: report(2_000, 5_700_000) });
    const done = playhead({ status: 'FINISHED', positionMs: 5_700_000, resumePositionMs: 0 });
    expect(ledger.complaint(title.id, done)).toBeNull();
    expect(ledger.complaint(title.id, { ...done, resumePositionMs: 5_690_000 })).not.toBeNull();
  });

  it('is nobody’s to say once a request failed for good', () => {
    const ledger = new Ledger();
    ledger.acknowledge(title, { sessionId: 'tv', newest: report(2_000, 90_000) });
    ledger.lose(title.id);
    expect(ledger.complaint(title.id, playhead({}))).toBeNull();
    expect(ledger.outcomeOf(title.id, { sessionId: 'tv', newest: report(3_000, 1) })).toBeNull();
  });

  it('knows whose pings still hold the playhead', () => {
    const ledger = new Ledger();
    ledger.acknowledge(title, { sessionId: 'tv', newest: report(2_000, 90_000) });
    const ping = report(3_000, 90_000, 'PING');
    expect(ledger.outcomeOf(title.id, { sessionId: 'tv', newest: ping })).toBe('DUPLICATE');
    expect(ledger.outcomeOf(title.id, { sessionId: 'phone', newest: ping })).toBe('SUPERSEDED');
  });
});

describe('a session that begins', () => {
  /** Answers sessions after so many ms each, the last one for ever. */
  const beginAfter = async (latenciesMs: readonly number[]) => {
    let realMs = 0;
    const clock = {
      monotonicMs: () => realMs,
      wallMs: () => Date.UTC(2026, 0, 1) + realMs,
      after: () => () => {},
    };
    const elapsed: number[] = [];
    const playheadNow = playhead({ status: 'NOT_STARTED' });
    const begun = { session: 'token', stale: false, nextHeartbeatInMs: 7_000, problems: [] };
    const transport = {
      request: async (_operation: object, { input }: { input?: { elapsedMs: number } }) => {
        realMs += latenciesMs[Math.min(elapsed.length, latenciesMs.length - 1)]!;
        elapsed.push(input!.elapsedMs);
        return { kind: 'answered', data: { beginSession: { ...begun, playhead: playheadNow } } };
      },
    } as unknown as Transport;
    const time = new SimulatedTime(clock, { speed: 60, durationMs: 60_000 });
    const ledger = new Ledger();
    const deps = { transport, time, ledger, tally: new Tally(), wait: async () => {} };
    const session = new SimulatedSession(deps, { title, startedAtMs: time.fromMs });
    await session.begin({ id: 'tv', kind: 'TV' });
    return { elapsed, ledger, everyMs: session.everyMs };
  };

  it('asks again when the answer took more than a second, by then with a later clock', async () => {
    const { elapsed, everyMs, ledger } = await beginAfter([1_500, 20]);
    expect(elapsed).toEqual([3_540_000, 3_541_500]);
    expect(everyMs).toBe(7_000);
    const newest = report(1, 1);
    expect(ledger.outcomeOf(title.id, { sessionId: 'tv', newest })).toBe('ACCEPTED');
  });

  it('claims to know nothing of the title when no answer comes soon', async () => {
    const { elapsed, ledger } = await beginAfter([3_000]);
    expect(elapsed).toHaveLength(3);
    const newest = report(1, 1);
    expect(ledger.outcomeOf(title.id, { sessionId: 'tv', newest })).toBeNull();
  });
});

describe('simulated time', () => {
  it('runs ahead of nothing, and arrives at now when the drive ends', async () => {
    let monotonicMs = 500;
    const waits: number[] = [];
    const startWallMs = Date.UTC(2026, 0, 1);
    const clock = {
      monotonicMs: () => monotonicMs,
      wallMs: () => startWallMs + monotonicMs - 500,
      after(delayMs: number, task: () => void) {
        waits.push(delayMs);
        monotonicMs += delayMs;
        task();
        return () => {};
      },
    };
    const time = new SimulatedTime(clock, { speed: 60, durationMs: 10_000 });
    expect(time.untilMs).toBe(startWallMs + 10_000);
    expect(time.nowMs).toBe(time.untilMs - 600_000);
    await time.until(time.fromMs + 60_000);
    expect(waits).toEqual([1_000]);
    expect(time.nowMs).toBeLessThanOrEqual(clock.wallMs());
    expect(time.sinceMs(time.fromMs)).toBe(600_000 - 10_000 + 1_000);
    await time.until(time.untilMs + 3_600_000);
    expect(time.share).toBe(1);
    expect(time.nowMs).toBe(clock.wallMs());
  });
});

describe('progress', () => {
  const shown = (isTTY: boolean) => {
    let text = '';
    const progress = new Progress({ isTTY, write: (part) => (text += part) });
    for (const share of [0.05, 0.1, 0.12, 0.5, 1]) progress.show(share, 'playing');
    progress.end();
    return text;
  };

  it('is a bar on a terminal, gone at the end', () => {
    expect(shown(true)).toContain('█░');
    expect(shown(true)).not.toContain('\n');
    expect(shown(true).endsWith('\r\u001b[K')).toBe(true);
  });

  it('is a line for each tenth elsewhere', () => {
    expect(shown(false)).toBe(' 10 %  playing\n 50 %  playing\n100 %  playing\n');
  });
});
