import type { PlaybackEvent } from '../../client/outbox.ts';
import type { ViewerPlay } from '../../model/viewers/viewer.ts';

/** What a player reports at one moment of a play; times in simulated Unix ms. */
export interface TimedReport {
  event: PlaybackEvent;
  atMs: number;
  positionMs: number;
  fromPositionMs: number | null;
}

/** A paused player says that it is still there this often. */
const pingEveryMs = 60_000;
/** Nearer to its end than this a title has played to its end. */
const endSlackMs = 1_000;

/**
 * Everything a player reports of a play, in order: heartbeats while it plays, pings while it is
 * paused, what the viewer does, and how it ends, which a lost device never tells.
 *
 * Shape: `everyMs` is asked before each heartbeat, so that the server may raise it.
 */
export function* reportsOf(play: ViewerPlay, everyMs: () => number): Generator<TimedReport> {
  const { startedAtMs, fromPositionMs, endedAtMs, positionMs } = play;
  let before: Place = { atMs: startedAtMs, positionMs: fromPositionMs, isPaused: false };
  yield { event: 'START', ...placed(before), fromPositionMs: null };
  for (const act of play.acts) {
    yield* between(before, act.atMs, everyMs);
    yield { event: act.kind, ...placed(act), fromPositionMs: act.fromPositionMs };
    const isPaused = act.kind === 'SEEK' ? before.isPaused : act.kind === 'PAUSE';
    before = { ...placed(act), isPaused };
  }
  yield* between(before, endedAtMs, everyMs);
  if (play.ending === 'LOST') return;
  const isAtEnd = positionMs >= play.title.durationMs - endSlackMs;
  const event = isAtEnd ? 'FINISH' : 'STOP';
  yield { event, atMs: endedAtMs, positionMs, fromPositionMs: null };
}

interface Place {
  atMs: number;
  positionMs: number;
  isPaused: boolean;
}

function placed({ atMs, positionMs }: { atMs: number; positionMs: number }) {
  return { atMs, positionMs };
}

function* between(from: Place, toMs: number, everyMs: () => number): Generator<TimedReport> {
  const stepMs = () => (from.isPaused ? pingEveryMs : everyMs());
  for (let atMs = from.atMs + stepMs(); atMs < toMs; atMs += stepMs()) {
    const passedMs = from.isPaused ? 0 : atMs - from.atMs;
    const positionMs = Math.round(from.positionMs + passedMs);
    const event = from.isPaused ? 'PING' : 'HEARTBEAT';
    yield { event, atMs, positionMs, fromPositionMs: null };
  }
}
