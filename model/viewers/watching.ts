import type { Draw } from './draw.ts';
import { quantilesOf, viewerParams } from './params.ts';

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;

/** What a viewer does while a title plays; the start and the end of a play are none of them. */
export interface ViewerAct {
  kind: 'PAUSE' | 'PLAY' | 'SEEK';
  atMs: number;
  positionMs: number;
  /** For SEEK: where it began. */
  fromPositionMs: number | null;
}

/** A stretch of one title. Positions in ms, times in Unix ms. */
export interface Stretch {
  endedAtMs: number;
  fromPositionMs: number;
  positionMs: number;
  /** Time during which it really played. */
  playedMs: number;
  acts: readonly ViewerAct[];
}

const pauseSeconds = quantilesOf(viewerParams.player_events.pause_s, { least: 2.1, most: 2_700 });
const seekSeconds = quantilesOf(viewerParams.player_events.reposition_size_s, {
  ...{ least: 4, most: 240 },
});
const {
  real_pauses_per_hour: pausesAnHour,
  repositions_per_session: seeksAPlay,
  p_reposition_forward: forwardShare,
} = viewerParams.player_events;
/** Some viewers skip all the time, most hardly ever: seeks come in bursts. */
const playsWithSeeks = 0.4;
/** Seconds of play between two steps of a burst. */
const seekStepMs = { least: 1 * secondMs, most: 3 * secondMs };

/**
 * Plays from a position up to another, or for so long, with pauses and jumps on the way.
 *
 * Shape: ends at `toPositionMs` exactly, unless `playMs` of play end first.
 */
export function watch(
  of: { startedAtMs: number; fromPositionMs: number; toPositionMs: number; playMs: number },
  draw: Draw,
): Stretch {
  const acts: ViewerAct[] = [];
  let positionMs = of.fromPositionMs;
  let playedMs = 0;
  let atMs = of.startedAtMs;
  const advance = (byMs: number) => {
    positionMs += byMs;
    playedMs += byMs;
    atMs += byMs;
  };
  const left = () => Math.min(of.toPositionMs - positionMs, of.playMs - playedMs);
  for (const { kind, afterMs } of interruptions(left(), draw)) {
    const stepMs = afterMs - playedMs;
    if (stepMs >= left()) break;
    advance(stepMs);
    const fromPositionMs = positionMs;
    if (kind === 'PAUSE') {
      acts.push({ kind, atMs, positionMs, fromPositionMs: null });
      atMs += Math.round(draw.quantile(pauseSeconds) * secondMs);
      acts.push({ kind: 'PLAY', atMs, positionMs, fromPositionMs: null });
    } else {
      positionMs = jump(positionMs, of.toPositionMs, draw);
      acts.push({ kind, atMs, positionMs, fromPositionMs });
    }
  }
  advance(Math.max(0, left()));
  return { endedAtMs: atMs, fromPositionMs: of.fromPositionMs, positionMs, playedMs, acts };
}

/** Where a jump ends: never beyond where the stretch is to end, nor before the beginning. */
function jump(fromMs: number, toPositionMs: number, draw: Draw): number {
  const byMs = Math.round(draw.quantile(seekSeconds) * secondMs);
  const targetMs = draw.of(forwardShare) ? fromMs + byMs : fromMs - byMs;
  return Math.max(0, Math.min(targetMs, Math.max(fromMs, toPositionMs - 5 * secondMs)));
}

interface Interruption {
  kind: 'PAUSE' | 'SEEK';
  /** After so much play. */
  afterMs: number;
}

function interruptions(lengthMs: number, draw: Draw): Interruption[] {
  const pauses = draw.poisson((lengthMs / hourMs) * pausesAnHour);
  const found: Interruption[] = Array.from({ length: pauses }, () => ({
    kind: 'PAUSE',
    afterMs: draw.below(lengthMs),
  }));
  if (draw.of(playsWithSeeks)) {
    const seeks = 1 + draw.poisson(seeksAPlay / playsWithSeeks - 1);
    let afterMs = draw.below(lengthMs);
    for (let count = 0; count < seeks; count += 1) {
      found.push({ kind: 'SEEK', afterMs });
      const isBurst = draw.of(0.6);
      afterMs = isBurst
        ? afterMs + Math.round(draw.between(seekStepMs.least, seekStepMs.most))
        : draw.below(lengthMs);
    }
  }
  return found.sort((left, right) => left.afterMs - right.afterMs);
}

/** Up to which share of a title a viewer gets who leaves it for good; null: to its end. */
export function leavesAt(hazards: readonly number[], draw: Draw): number | null {
  for (const [tenth, hazard] of hazards.entries()) {
    if (draw.of(hazard)) return (tenth + draw.unit()) / 10;
  }
  return null;
}
