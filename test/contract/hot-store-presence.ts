import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy } from '../../domain/policy.ts';
import {
  advancePresence,
  isForgottenBefore,
  type Presence,
  type PresenceReport,
} from '../../domain/presence.ts';
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
      const last = Array.from({ length: sessionsMax }, (_, index) => `screen-${index + 1}`);
      expect(await idsOf(hot)).toEqual(new Set(last));
    });

    it('give way when they are many: those that were stopped first, whether others play or pause', async () => {
      const { hot } = subject();
      const playing = Array.from({ length: sessionsMax - 3 }, (_, index) => `playing-${index}`);
      const began = [
        ...[reportOf({ sessionId: 'paused', event: 'PAUSE' })],
        ...playing.map((sessionId, index) =>
          reportOf({ sessionId, receivedAtMs: msAt(1 + index / 100) }),
        ),
        reportOf({ sessionId: 'stopped', event: 'STOP', receivedAtMs: msAt(3) }),
        reportOf({ sessionId: 'finished', event: 'FINISH', receivedAtMs: msAt(2) }),
      ];
      for (const report of began) await send(hot, report);
      const left = await idsOf(hot);
      for (const [index, next] of ['finished', 'stopped', 'paused', ...playing].entries()) {
        const sessionId = `screen-${index}`;
        await send(hot, reportOf({ sessionId, receivedAtMs: msAt(4 + index) }));
        left.delete(next);
        left.add(sessionId);
        expect(await idsOf(hot)).toEqual(left);
      }
      await send(hot, reportOf({ sessionId: 'over', event: 'STOP', receivedAtMs: msAt(99) }));
      expect(await idsOf(hot)).toEqual(left);
    });

    it('are neither written to the durable store nor needed for a mark', async () => {
      const { hot } = subject();
      await send(hot, reportOf({}));
      expect(await read(hot)).toMatchObject({ mark: 'absent', titles: new Map() });
      await hydrate(hot, {});
      expect(await sessionsOf(hot)).toHaveLength(1);
    });

    it('come to what folding their reports in the order of arrival comes to', async () => {
      const ids = fc.constantFrom('on-tv', 'on-phone');
      await expectFolded(reportsOf(ids, { sequenceMax: 6, length: { maxLength: 12 } }));
    });

    it('come to what is remembered of them when they are many', async () => {
      const ids = fc.nat({ max: sessionsMax + 4 }).map((index) => `screen-${index}`);
      const length = { minLength: sessionsMax, maxLength: 3 * sessionsMax };
      await expectFolded(reportsOf(ids, { sequenceMax: 30, length }));
    });

    async function expectFolded(histories: fc.Arbitrary<PresenceReport[]>): Promise<void> {
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
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
    }
  });
}

function reportsOf(
  sessionIds: fc.Arbitrary<string>,
  of: { sequenceMax: number; length: fc.ArrayConstraints },
): fc.Arbitrary<PresenceReport[]> {
  const report = fc
    .record({
      sessionId: sessionIds,
      event: events,
      sequence: fc.nat({ max: of.sequenceMax }),
      positionMs: fc.nat({ max: 9 }),
      actedAt: fc.option(fc.nat({ max: 9 }).map((second) => versionAt(second))),
    })
    .map((drawn) => reportOf({ ...drawn, receivedAtMs: msAt(drawn.sequence) }));
  return fc.array(report, of.length);
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

async function idsOf(hot: HotStore): Promise<Set<string>> {
  return new Set((await sessionsOf(hot)).map(({ sessionId }) => sessionId));
}

function foldedFrom(reports: readonly PresenceReport[]): Presence[] {
  const sessions = new Map<string, Presence>();
  for (const report of reports) {
    const previous = sessions.get(report.sessionId) ?? null;
    sessions.set(report.sessionId, advancePresence(previous, report, defaultPolicy));
    const [first] = [...sessions.values()].sort((one, other) =>
      isForgottenBefore(one, other) ? -1 : 1,
    );
    if (sessions.size > sessionsMax && first !== undefined) sessions.delete(first.sessionId);
  }
  return [...sessions.values()].sort(bySessionId);
}

function bySessionId(left: Presence, right: Presence): number {
  return left.sessionId < right.sessionId ? -1 : 1;
}
