import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isStalePosition,
  defaultPolicy as policy,
  progressOf,
  resumePoint,
} from '../../domain/policy.ts';
import { durationsMs, playheadsOf, positionsMs, versions } from '../support/arbitraries.ts';
import { admitOne, dayMs, forgotten, heartbeatOf, hourMs, minuteMs, secondMs } from './samples.ts';

const positionMs = 10 * minuteMs;
const stopped = admitOne(heartbeatOf({ positionMs })).playhead!;

function resumedAfter(pausedForMs: number, at: Partial<typeof stopped> = {}) {
  return resumePoint({ ...stopped, ...at }, { pausedForMs, isPlayingElsewhere: false }, policy);
}

describe('a resume point', () => {
  it.each([
    { pause: 'none', pausedForMs: 0, rewindMs: 0 },
    { pause: 'one from the future, on a skewed server', pausedForMs: -2_000, rewindMs: 0 },
    { pause: 'just under 10 s', pausedForMs: 9_999, rewindMs: 0 },
    { pause: '10 s', pausedForMs: 10_000, rewindMs: 3_000 },
    { pause: 'just over 10 s', pausedForMs: 10_001, rewindMs: 3_000 },
    { pause: 'just under 1 min', pausedForMs: minuteMs - 1, rewindMs: 3_000 },
    { pause: '1 min', pausedForMs: minuteMs, rewindMs: 10_000 },
    { pause: 'just over 1 min', pausedForMs: minuteMs + 1, rewindMs: 10_000 },
    { pause: 'just under 30 min', pausedForMs: 30 * minuteMs - 1, rewindMs: 10_000 },
    { pause: '30 min', pausedForMs: 30 * minuteMs, rewindMs: 20_000 },
    { pause: 'just over 30 min', pausedForMs: 30 * minuteMs + 1, rewindMs: 20_000 },
    { pause: 'ten years', pausedForMs: 3_650 * dayMs, rewindMs: 20_000 },
  ])('lies $rewindMs ms back after a pause: $pause', ({ pausedForMs, rewindMs }) => {
    expect(resumedAfter(pausedForMs)).toEqual({
      resumePositionMs: positionMs - rewindMs,
      resumeReason: rewindMs === 0 ? 'EXACT' : 'REWOUND_AFTER_PAUSE',
    });
  });

  it.each([
    { at: 0, resumed: 0, resumeReason: 'EXACT' },
    { at: 1, resumed: 0, resumeReason: 'REWOUND_AFTER_PAUSE' },
    { at: 20_000, resumed: 0, resumeReason: 'REWOUND_AFTER_PAUSE' },
    { at: 20_001, resumed: 1, resumeReason: 'REWOUND_AFTER_PAUSE' },
  ])('is never before the start: $at ms after an hour', ({ at, resumed, resumeReason }) => {
    expect(resumedAfter(hourMs, { positionMs: at })).toEqual({
      resumePositionMs: resumed,
      resumeReason,
    });
  });

  it('starts over once the title is finished, also when it plays elsewhere', () => {
    const finished = { ...stopped, status: 'FINISHED' as const };
    const fromStart = { resumePositionMs: 0, resumeReason: 'FINISHED_SO_FROM_START' };
    for (const isPlayingElsewhere of [false, true]) {
      const at = { pausedForMs: hourMs, isPlayingElsewhere };
      expect(resumePoint(finished, at, policy)).toEqual(fromStart);
    }
  });

  it('is exact on a live hand-off, however long ago the last heartbeat was', () => {
    const at = { pausedForMs: hourMs, isPlayingElsewhere: true };
    expect(resumePoint(stopped, at, policy)).toEqual({
      resumePositionMs: positionMs,
      resumeReason: 'PLAYING_ELSEWHERE',
    });
  });

  it('is the start of a forgotten title', () => {
    const at = { pausedForMs: dayMs, isPlayingElsewhere: false };
    expect(resumePoint(forgotten(stopped.version), at, policy)).toEqual({
      resumePositionMs: 0,
      resumeReason: 'EXACT',
    });
  });

  it('is never ahead of the position, nor more than 20 s behind it unless finished', () => {
    const unfinished = playheadsOf(versions).filter(({ status }) => status !== 'FINISHED');
    fc.assert(
      fc.property(unfinished, fc.integer(), fc.boolean(), (playhead, pausedForMs, isElsewhere) => {
        const at = { pausedForMs, isPlayingElsewhere: isElsewhere };
        const { resumePositionMs } = resumePoint(playhead, at, policy);
        const rewoundMs = playhead.positionMs - resumePositionMs;
        expect(rewoundMs).toBeGreaterThanOrEqual(0);
        expect(rewoundMs).toBeLessThanOrEqual(20 * secondMs);
        expect(resumePositionMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('is exact where the policy has no step for so long a pause', () => {
    const short = { ...policy, rewind: [{ pausedUnderMs: minuteMs, rewindMs: 3_000 }] };
    const at = { pausedForMs: hourMs, isPlayingElsewhere: false };
    expect(resumePoint(stopped, at, short)).toEqual({
      resumePositionMs: positionMs,
      resumeReason: 'EXACT',
    });
  });
});

describe('a position of a session that started from an older playhead', () => {
  it.each([
    { distanceMs: 0, isStale: false },
    { distanceMs: 29_999, isStale: false },
    { distanceMs: 30_000, isStale: false },
    { distanceMs: 30_001, isStale: true },
    { distanceMs: hourMs, isStale: true },
  ])('is stale $distanceMs ms from the one in force: $isStale', ({ distanceMs, isStale }) => {
    const inForceMs = 2 * hourMs;
    expect(isStalePosition({ positionMs: inForceMs - distanceMs, inForceMs }, policy)).toBe(
      isStale,
    );
    expect(isStalePosition({ positionMs: inForceMs + distanceMs, inForceMs }, policy)).toBe(
      isStale,
    );
  });
});

describe('progress', () => {
  it('is the position as a share of the duration, 1 at most', () => {
    expect(progressOf({ positionMs: 0, durationMs: hourMs })).toBe(0);
    expect(progressOf({ positionMs: 15 * minuteMs, durationMs: hourMs })).toBe(0.25);
    expect(progressOf({ positionMs: hourMs, durationMs: hourMs })).toBe(1);
    expect(progressOf({ positionMs: hourMs + 5_000, durationMs: hourMs })).toBe(1);
  });

  it('is unknown, and not zero, while the duration is unknown', () => {
    fc.assert(
      fc.property(positionsMs, durationsMs, (position, durationMs) => {
        const progress = progressOf({ positionMs: position, durationMs });
        if (durationMs === null) expect(progress).toBeNull();
        else expect(progress).toBe(Math.min(1, position / durationMs));
      }),
    );
  });
});
