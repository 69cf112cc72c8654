import type { PlayheadRegister } from './playhead.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;

/**
 * The rules in numbers, as data: configuration may replace any of them, code holds no literal.
 * Units are in the names; shares are of the title's duration.
 */
export interface Policy {
  heartbeatEveryMs: number;
  pingEveryMs: number;
  livenessFactor: number;
  sessionOverAfterMs: number;
  sessionOverPausedMs: number;
  heartbeatsMax: number;
  positionSlackMs: number;
  heartbeatAgeMaxMs: number;
  aheadMaxMs: number;
  anchorLiftMaxMs: number;
  staleDistanceMs: number;
  alternativeDistanceMs: number;
  finished: {
    shortFormMs: number;
    shortFormShare: number;
    episodeMs: number;
    episodeRemainingMs: number;
    episodeShareMin: number;
    filmRemainingShare: number;
    filmRemainingMs: number;
  };
  rewind: readonly { pausedUnderMs: number; rewindMs: number }[];
  progressEventEveryMs: number;
}

export const defaultPolicy: Policy = {
  /** A crash costs a few seconds; the durable store does not feel it (write-behind coalesces). */
  heartbeatEveryMs: 5 * secondMs,
  /** A paused player says that it is still there, no more. */
  pingEveryMs: 60 * secondMs,
  /** Two heartbeats may be lost before a session counts as gone. */
  livenessFactor: 2.5,
  /** Silent for longer: the session is over, whatever interval it was given. */
  sessionOverAfterMs: 5 * minuteMs,
  /** Paused for longer: nobody is watching. */
  sessionOverPausedMs: 30 * minuteMs,
  /** An outbox of 500 is five requests; one request stays under the gateway's body limit. */
  heartbeatsMax: 100,
  /** Players report a position slightly behind the end. */
  positionSlackMs: 5 * secondMs,
  /** What is older than an outbox may hold is refused; removals are remembered for longer (45 days). */
  heartbeatAgeMaxMs: 30 * dayMs,
  /** Server skew (2 s), anchor lift (3 s), a slow answer (1 s): beyond it a session clock is wrong. */
  aheadMaxMs: 6 * secondMs,
  /** Servers' clocks differ by 2 s at most, an anchor is 1 s late: what was seen happened before. */
  anchorLiftMaxMs: 3 * secondMs,
  /** Nearer than this a stale start does no harm, and judging it would silence honest sessions. */
  staleDistanceMs: 30 * secondMs,
  /** Devices that are nearer to each other are at the same place, for a viewer who is asked. */
  alternativeDistanceMs: minuteMs,
  finished: {
    shortFormMs: 15 * minuteMs,
    shortFormShare: 0.95,
    episodeMs: 60 * minuteMs,
    episodeRemainingMs: 3 * minuteMs,
    episodeShareMin: 0.9,
    filmRemainingShare: 0.05,
    filmRemainingMs: 8 * minuteMs,
  },
  /** The longer the pause, the more context one needs to find back in. */
  rewind: [
    { pausedUnderMs: 10 * secondMs, rewindMs: 0 },
    { pausedUnderMs: minuteMs, rewindMs: 3 * secondMs },
    { pausedUnderMs: 30 * minuteMs, rewindMs: 10 * secondMs },
    { pausedUnderMs: Number.POSITIVE_INFINITY, rewindMs: 20 * secondMs },
  ],
  /** Plain heartbeats reach the event stream this often: a row needs no finer progress. */
  progressEventEveryMs: 15 * secondMs,
};

/**
 * Whether a position means that the title was watched to its end.
 *
 * Shape: with a credits marker that alone decides; an unknown duration never means finished.
 */
export function isFinished(
  at: { positionMs: number; durationMs: number | null; creditsStartMs: number | null },
  policy: Policy,
): boolean {
  if (at.creditsStartMs !== null) return at.positionMs >= at.creditsStartMs;
  if (at.durationMs === null) return false;
  const rule = policy.finished;
  const share = at.positionMs / at.durationMs;
  const remainingMs = at.durationMs - at.positionMs;
  if (at.durationMs <= rule.shortFormMs) return share >= rule.shortFormShare;
  if (at.durationMs <= rule.episodeMs) {
    return remainingMs <= rule.episodeRemainingMs && share >= rule.episodeShareMin;
  }
  return remainingMs <= Math.min(rule.filmRemainingShare * at.durationMs, rule.filmRemainingMs);
}

export type ResumeReason =
  | 'EXACT'
  | 'REWOUND_AFTER_PAUSE'
  | 'FINISHED_SO_FROM_START'
  | 'PLAYING_ELSEWHERE';

/** Where a player should start, and why: true at `nowMs`, because the rewind grows with the pause. */
export function resumePoint(
  playhead: PlayheadRegister,
  at: { pausedForMs: number; isPlayingElsewhere: boolean },
  policy: Policy,
): { resumePositionMs: number; resumeReason: ResumeReason } {
  if (playhead.status === 'FINISHED') {
    return { resumePositionMs: 0, resumeReason: 'FINISHED_SO_FROM_START' };
  }
  const { positionMs } = playhead;
  if (at.isPlayingElsewhere) {
    return { resumePositionMs: positionMs, resumeReason: 'PLAYING_ELSEWHERE' };
  }
  const step = policy.rewind.find(({ pausedUnderMs }) => at.pausedForMs < pausedUnderMs);
  const rewindMs = Math.min(step?.rewindMs ?? 0, positionMs);
  return rewindMs === 0
    ? { resumePositionMs: positionMs, resumeReason: 'EXACT' }
    : { resumePositionMs: positionMs - rewindMs, resumeReason: 'REWOUND_AFTER_PAUSE' };
}

/** Whether a session that started from an older playhead is far enough from the one in force to matter. */
export function isStalePosition(
  at: { positionMs: number; inForceMs: number },
  policy: Policy,
): boolean {
  return Math.abs(at.positionMs - at.inForceMs) > policy.staleDistanceMs;
}

/** Whether two devices are far enough apart that a viewer may want to choose. */
export function isFarApart(at: { positionMs: number; otherMs: number }, policy: Policy): boolean {
  return Math.abs(at.positionMs - at.otherMs) > policy.alternativeDistanceMs;
}

/** 0 to 1; null while the duration is unknown. */
export function progressOf(at: { positionMs: number; durationMs: number | null }): number | null {
  if (at.durationMs === null) return null;
  return Math.min(1, at.positionMs / at.durationMs);
}
