import { defaultPolicy } from '../../domain/policy.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;

/** The rules of the row in numbers, as data; units are in the names, shares are of the duration. */
export interface RowPolicy {
  poolMax: number;
  cardsMax: number;
  filmShownFromShare: number;
  filmShownFromMs: number;
  episodeShownFromMs: number;
  shortFormMs: number;
  demotedAfterMs: number;
  leavesAfterMs: number;
  playingForMs: number;
  almostFinished: { shareMin: number; remainingMsMax: number };
  recentlyMs: number;
  binge: { episodes: number; withinMs: number; rememberedMs: number };
}

export const defaultRowPolicy: RowPolicy = {
  /** Beyond this nobody scrolls, and a row stays one read. */
  poolMax: 300,
  /** Twice what is shown by default: a second page, and an end. */
  cardsMax: 40,
  /** A film that was opened by mistake is not "continue watching"; a short one soon is. */
  filmShownFromShare: 0.03,
  filmShownFromMs: 2 * minuteMs,
  /** Episodes start by themselves after one another: two minutes in, somebody is watching. */
  episodeShownFromMs: 2 * minuteMs,
  /** Trailers and clips: neither film nor episode, and nobody resumes them. */
  shortFormMs: 15 * minuteMs,
  /** Two months on, most viewers have given up on it. */
  demotedAfterMs: 60 * dayMs,
  /** Four months on, it is clutter; the position stays where it is. */
  leavesAfterMs: 16 * weekMs,
  playingForMs: playingForMs(defaultPolicy.heartbeatEveryMs),
  /** "12 min left" persuades near the end; of a film just begun it would deter. */
  almostFinished: { shareMin: 0.75, remainingMsMax: 20 * minuteMs },
  /** What one still remembers without being told. */
  recentlyMs: 2 * dayMs,
  /** Three in a day is a binge; a week later it is the past. */
  binge: { episodes: 3, withinMs: dayMs, rememberedMs: weekMs },
};

/** The stream tells of a playing title this often, and two heartbeats may be lost on top. */
export function playingForMs(heartbeatEveryMs: number): number {
  return defaultPolicy.progressEventEveryMs + defaultPolicy.livenessFactor * heartbeatEveryMs;
}
