import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy } from '../../domain/policy.ts';
import { advancePresence, type Presence, type PresenceReport } from '../../domain/presence.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { events } from '../support/arbitraries.ts';
import { hydrate, merge, type OpenHotStore, read } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { msAt, phone, tv, versionAt } from './writes.ts';

/** Of one profile: far more than a household has screens. */
const sessionsMax = 20;

export function describePresence(open: OpenHotStore): void {
  describe('the sessions of a profile', () => {
    const subject = eachTime(open);

    it('are what was reported, one by one', async () => {
      const { hot } = subject();
      const onTv = reportOf({ sessionId: 'on-tv', device: tv, sequence: 3 });
      const onPhone = reportOf({ sessionId: 'on-phone', device: phone, title: 'spring' });
      await send(hot, onTv);
      await send(hot, onPhone);
      expect(await sessionsOf(hot)).toEqual(foldedFrom([onTv, onPhone]));
    });

    it('are of one profile', async () => {
      const { hot } = subject();
      await send(hot, reportOf({}), 'kids');
      expect(await sessionsOf(hot)).toEqual([]);
    });

    it('are not changed by a report that comes late, but for the viewer having acted', async () => {
      const { hot } = subject();
      const actedAt = versionAt(4);
      const newer = reportOf({ sequence: 9, positionMs: 9_000, receivedAtMs: msAt(9) });
      await send(hot, newer);
      await send(hot, reportOf({ sequence: 4, event: 'PAUSE', positionMs: 4_000, actedAt }));
      expect(await sessionsOf(hot)).toMatchObject([
        { sequence: 9, positionMs: 9_000, playerState: 'PLAYING', actedAt },
      ]);
    });

    it('remember since when they are paused', async () => {
      const { hot } = subject();
      await send(hot, reportOf({ sequence: 1, event: 'PAUSE', receivedAtMs: msAt(1) }));
      await send(hot, reportOf({ sequence: 2, event: 'PING', receivedAtMs: msAt(61) }));
      expect(await sessionsOf(hot)).toMatchObject([
        { playerState: 'PAUSED', pausedSinceMs: msAt(1), lastHeartbeatAtMs: msAt(61) },
      ]);
    });

    it('give way when they are many: whichever was heard of longest ago, told once more or not', async () => {
      const { hot } = subject();
      const at = (index: number) =>
        reportOf({ sessionId: `screen-${index}`, receivedAtMs: msAt(index) });
      const reports = Array.from({ length: sessionsMax }, (_, index) => at(index));
      for (const report of reports) await send(hot, report);
      // As a player that has no answer sends it again, and a process whose store may have lost it.
      const nowMs = msAt(sessionsMax);
      for (const presence of reports.slice(0, -1)) await merge(hot, { nowMs, presence });
      for (const presence of reports.slice(1)) await merge(hot, { nowMs, presence, isFact: true });
      await send(hot, at(sessionsMax));
      await merge(hot, { nowMs, presence: at(0), isFact: true });
      await send(hot, at(sessionsMax + 1));
      const left = (await sessionsOf(hot)).map(({ sessionId }) => sessionId);
      const last = Array.from({ length: sessionsMax }, (_, index) => `screen-${index + 2}`);
      expect(new Set(left)).toEqual(new Set(last));
    });

    it('are neither written to the durable store nor needed for a mark', async () => {
      const { hot } = subject();
      await send(hot, reportOf({}));
      expect(await read(hot)).toMatchObject({ mark: 'absent', titles: new Map() });
      await hydrate(hot, {});
      expect(await sessionsOf(hot)).toHaveLength(1);
    });

    it('come to what folding their reports in the order of arrival comes to', async () => {
      const reports = fc.array(
        fc
          .record({
            sessionId: fc.constantFrom('on-tv', 'on-phone'),
            event: events,
            sequence: fc.nat({ max: 6 }),
            positionMs: fc.nat({ max: 9 }),
            actedAt: fc.option(fc.nat({ max: 9 }).map((second) => versionAt(second))),
          })
          .map((drawn) => reportOf({ ...drawn, receivedAtMs: msAt(drawn.sequence) })),
        { maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(reports, async (history) => {
          const { hot, close } = await open();
          try {
            for (const report of history) await send(hot, report);
            expect(await sessionsOf(hot)).toEqual(foldedFrom(history));
          } finally {
            await close();
          }
        }),
        { numRuns: 50 },
      );
    });
  });
}

function reportOf(overrides: Partial<PresenceReport>): PresenceReport {
  return {
    sessionId: 'evening',
    title: 'sintel',
    device: tv,
    event: 'HEARTBEAT',
    positionMs: 0,
    startedAtMs: msAt(0),
    receivedAtMs: msAt(0),
    sequence: 0,
    actedAt: null,
    ...overrides,
  };
}

async function send(hot: HotStore, presence: PresenceReport, profileId = 'demo'): Promise<void> {
  await merge(hot, { profileId, nowMs: presence.receivedAtMs, presence });
}

async function sessionsOf(hot: HotStore): Promise<Presence[]> {
  const { sessions } = await read(hot);
  return sessions.sort(bySessionId);
}

function foldedFrom(reports: readonly PresenceReport[]): Presence[] {
  const sessions = new Map<string, Presence>();
  for (const report of reports) {
    const previous = sessions.get(report.sessionId) ?? null;
    sessions.set(report.sessionId, advancePresence(previous, report, defaultPolicy));
  }
  return [...sessions.values()].sort(bySessionId);
}

function bySessionId(left: Presence, right: Presence): number {
  return left.sessionId < right.sessionId ? -1 : 1;
}
