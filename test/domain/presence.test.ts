import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import {
  advancePresence,
  aliveUntilMs,
  intervalAfter,
  isAlive,
  type Presence,
  type PresenceReport,
} from '../../domain/presence.ts';
import { versionFloor } from '../../domain/version.ts';
import { events } from '../support/arbitraries.ts';
import { beganAtMs, hourMs, minuteMs, secondMs } from './samples.ts';

type Report = Partial<PresenceReport> & { event: PlaybackEvent; atMs: number };

const device = { id: 'tv', kind: 'TV', name: 'Living room' };

/** What is known of a session after these reports, numbered in the order given. */
function presenceAfter(...reports: Report[]): Presence {
  const [presence] = presencesAfter(...reports).slice(-1);
  if (presence === undefined) throw new Error('No report, no presence.');
  return presence;
}

function presencesAfter(...reports: Report[]): Presence[] {
  let presence: Presence | null = null;
  return reports.map(({ atMs, ...report }, sequence) => {
    const whole = {
      sessionId: 'evening',
      title: 'sintel',
      device,
      positionMs: atMs,
      startedAtMs: beganAtMs,
      receivedAtMs: beganAtMs + atMs,
      sequence,
      actedAt: null,
      ...report,
    };
    presence = advancePresence(presence, whole, policy);
    return presence;
  });
}

/** For how long after it began a session counts as alive. */
function aliveForMs(presence: Presence): number {
  return aliveUntilMs(presence, policy) - beganAtMs;
}

describe('a playing session', () => {
  it('is alive for two and a half intervals after each heartbeat: 12.5 s', () => {
    const presence = presenceAfter(
      { event: 'START', atMs: 0 },
      { event: 'HEARTBEAT', atMs: 5_000 },
    );
    expect(aliveForMs(presence)).toBe(17_500);
    expect(isAlive(presence, beganAtMs + 17_499, policy)).toBe(true);
    expect(isAlive(presence, beganAtMs + 17_500, policy)).toBe(false);
    expect(isAlive(presence, beganAtMs + 17_501, policy)).toBe(false);
  });

  it('says where it is, on which device, and since when', () => {
    expect(presenceAfter({ event: 'START', atMs: 0 }, { event: 'HEARTBEAT', atMs: 5_000 })).toEqual(
      {
        sessionId: 'evening',
        title: 'sintel',
        device,
        playerState: 'PLAYING',
        positionMs: 5_000,
        startedAtMs: beganAtMs,
        lastHeartbeatAtMs: beganAtMs + 5_000,
        intervalMs: 5_000,
        pausedSinceMs: null,
        sequence: 1,
        actedAt: null,
        takenOver: null,
      },
    );
  });

  it('is over after five silent minutes, however long an interval it was given', () => {
    const slow = { ...policy, heartbeatEveryMs: 10 * minuteMs };
    const presence = { ...presenceAfter({ event: 'START', atMs: 0 }), intervalMs: 10 * minuteMs };
    expect(aliveUntilMs(presence, slow)).toBe(beganAtMs + 5 * minuteMs);
  });
});

describe('a paused session', () => {
  const pingsAt = (count: number): Report[] =>
    Array.from({ length: count }, (_, index) => ({
      event: 'PING',
      atMs: (index + 1) * minuteMs,
    }));

  it('is alive for 150 s after each PING', () => {
    const paused = presenceAfter({ event: 'START', atMs: -10_000 }, { event: 'PAUSE', atMs: 0 });
    expect(aliveForMs(paused)).toBe(150_000);
    const pinged = presenceAfter({ event: 'PAUSE', atMs: 0 }, { event: 'PING', atMs: minuteMs });
    expect(pinged.playerState).toBe('PAUSED');
    expect(aliveForMs(pinged)).toBe(minuteMs + 150_000);
  });

  it('is over after 30 min, PINGs or not', () => {
    const pause: Report = { event: 'PAUSE', atMs: 0 };
    expect(aliveForMs(presenceAfter(pause, ...pingsAt(27)))).toBe(27 * minuteMs + 150_000);
    expect(aliveForMs(presenceAfter(pause, ...pingsAt(28)))).toBe(30 * minuteMs);
    expect(aliveForMs(presenceAfter(pause, ...pingsAt(40)))).toBe(30 * minuteMs);
    const last = presenceAfter(pause, ...pingsAt(29));
    expect(isAlive(last, beganAtMs + 30 * minuteMs - 1, policy)).toBe(true);
    expect(isAlive(last, beganAtMs + 30 * minuteMs, policy)).toBe(false);
  });

  it('counts the pause from its start, and anew after playing on', () => {
    const again = presenceAfter(
      { event: 'PAUSE', atMs: 0 },
      ...pingsAt(20),
      { event: 'PLAY', atMs: 21 * minuteMs },
      { event: 'PAUSE', atMs: 22 * minuteMs },
    );
    expect(again.pausedSinceMs).toBe(beganAtMs + 22 * minuteMs);
    const played = presenceAfter({ event: 'PAUSE', atMs: 0 }, { event: 'PLAY', atMs: minuteMs });
    expect(played.pausedSinceMs).toBeNull();
    expect(aliveForMs(played)).toBe(minuteMs + 12_500);
  });

  it('stays paused, and alive as long, through a SEEK', () => {
    const presence = presenceAfter({ event: 'PAUSE', atMs: 0 }, { event: 'SEEK', atMs: 20_000 });
    expect(presence).toMatchObject({ playerState: 'PAUSED', pausedSinceMs: beganAtMs });
    expect(aliveForMs(presence)).toBe(20_000 + 150_000);
  });

  it('is one that PINGs, even if nothing of it was known', () => {
    const presence = presenceAfter({ event: 'PING', atMs: 0 });
    expect(presence).toMatchObject({ playerState: 'PAUSED', pausedSinceMs: beganAtMs });
  });
});

describe('a session', () => {
  it.each([
    ['START', 'PLAYING', 5_000],
    ['HEARTBEAT', 'PLAYING', 5_000],
    ['PLAY', 'PLAYING', 5_000],
    ['PAUSE', 'PAUSED', 60_000],
    ['PING', 'PAUSED', 60_000],
    ['BUFFER', 'BUFFERING', 5_000],
    ['SEEK', 'PLAYING', 5_000],
    ['STOP', 'STOPPED', 5_000],
    ['FINISH', 'STOPPED', 5_000],
  ] as const)(
    'begins with %s as %s, and is told to report in %d ms',
    (event, state, intervalMs) => {
      expect(presenceAfter({ event, atMs: 0 }).playerState).toBe(state);
      expect(intervalAfter(event, policy)).toBe(intervalMs);
    },
  );

  it('goes on doing what it did through a SEEK', () => {
    const statesThrough = (before: PlaybackEvent) =>
      presenceAfter({ event: before, atMs: 0 }, { event: 'SEEK', atMs: 1 }).playerState;
    expect(
      ['PLAY', 'BUFFER', 'STOP'].map((event) => statesThrough(event as PlaybackEvent)),
    ).toEqual(['PLAYING', 'BUFFERING', 'STOPPED']);
  });

  it.each(['STOP', 'FINISH'] as const)('ends with %s, at once', (event) => {
    const presence = presenceAfter({ event: 'PLAY', atMs: 0 }, { event, atMs: 5_000 });
    expect(aliveForMs(presence)).toBe(5_000);
    expect(isAlive(presence, beganAtMs + 5_000, policy)).toBe(false);
  });

  it('is alive again when it reports after its end', () => {
    const presence = presenceAfter({ event: 'STOP', atMs: 0 }, { event: 'PLAY', atMs: 5_000 });
    expect(isAlive(presence, beganAtMs + 5_000, policy)).toBe(true);
  });

  it('does not change for a report that comes late', () => {
    const [current, after] = presencesAfter(
      { event: 'PAUSE', atMs: 10_000, sequence: 7 },
      { event: 'HEARTBEAT', atMs: 60_000, sequence: 6 },
    );
    expect(after).toEqual(current);
  });

  it('does not come back to life by a duplicate of its last report', () => {
    const [current, after] = presencesAfter(
      { event: 'HEARTBEAT', atMs: 10_000, sequence: 7 },
      { event: 'HEARTBEAT', atMs: hourMs, positionMs: 10_000, sequence: 7 },
    );
    expect(after).toEqual(current);
  });

  it('remembers that its viewer acted, also from a report that comes late', () => {
    const act = versionFloor(beganAtMs + secondMs);
    const acted = [
      { event: 'PLAY', atMs: 0, sequence: 7 },
      { event: 'SEEK', atMs: secondMs, sequence: 6, actedAt: act },
      { event: 'HEARTBEAT', atMs: 2 * secondMs, sequence: 8 },
    ] as const;
    expect(presencesAfter(...acted).map(({ actedAt }) => actedAt)).toEqual([null, act, act]);
  });

  it('is the same, whatever the order of its reports, but for when it paused', () => {
    const acts = fc.option(fc.nat({ max: 50 }).map((afterMs) => versionFloor(beganAtMs + afterMs)));
    const reports = fc.uniqueArray(
      fc.record({ event: events, sequence: fc.nat({ max: 50 }), actedAt: acts }),
      { selector: ({ sequence }) => sequence, minLength: 1, maxLength: 10 },
    );
    const shuffled = reports.chain((drawn) =>
      fc.tuple(
        fc.constant([...drawn].sort((left, right) => left.sequence - right.sequence)),
        fc.shuffledSubarray(drawn, { minLength: drawn.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, delivered]) => {
        const fold = (reported: typeof inOrder) =>
          presenceAfter(
            ...reported.map((report) => ({ ...report, atMs: report.sequence * 1_000 })),
          );
        const { sequence, positionMs, lastHeartbeatAtMs, actedAt } = fold(inOrder);
        expect(fold(delivered)).toMatchObject({
          sequence,
          positionMs,
          lastHeartbeatAtMs,
          actedAt,
        });
      }),
    );
  });
});
