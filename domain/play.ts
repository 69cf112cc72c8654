import type { Transition } from './transition.ts';
import type { Version } from './version.ts';

/** A stretch of one title in one session: what ranking learns from. Times are activity times, Unix ms. */
export interface Play {
  title: string;
  sessionId: string;
  /** Of the newest transition. */
  version: Version;
  deviceKind: string;
  startedAtMs: number;
  endedAtMs: number;
  positionMs: number;
  /** Null: never told. */
  durationMs: number | null;
  /** Smallest and largest position that was seen: what was watched lies between. */
  positionMinMs: number;
  positionMaxMs: number;
  /** Whether it was watched to its end at any time of the stretch. */
  isFinished: boolean;
  /** The newest of it happened in another region, which speaks of it; left out: here. */
  isElsewhere?: true;
}

/**
 * Folds one transition into the play it belongs to; the play as it was when it belongs to none (a change
 * by hand, hiding, forgetting).
 *
 * Shape: any permutation or repetition of a play's transitions gives the same play.
 * Cost: pure, O(1).
 */
export function foldPlay(play: Play | null, transition: Transition): Play | null {
  const told = playIn(transition);
  if (told === null) return play;
  if (play === null) return told;
  const newest = isNewer(told, play) ? told : play;
  return {
    ...newest,
    durationMs: newest.durationMs ?? play.durationMs ?? told.durationMs,
    startedAtMs: Math.min(play.startedAtMs, told.startedAtMs),
    endedAtMs: Math.max(play.endedAtMs, told.endedAtMs),
    positionMinMs: Math.min(play.positionMinMs, told.positionMinMs),
    positionMaxMs: Math.max(play.positionMaxMs, told.positionMaxMs),
    isFinished: play.isFinished || told.isFinished,
  };
}

/**
 * Time that was really watched, ms: no longer than the stretch took (jumping ahead is not watching), nor
 * than what its positions span (a pause is not watching).
 */
export function watchedMs(play: Play): number {
  return Math.min(play.endedAtMs - play.startedAtMs, play.positionMaxMs - play.positionMinMs);
}

const byHand: ReadonlySet<string> = new Set(['HIDE', 'UNHIDE', 'FORGET', 'FORGET_ALL', 'UNDO']);

function playIn(transition: Transition): Play | null {
  const { kind, title, version, occurredAtMs, status, positionMs, device, sessionId } = transition;
  if (device === null || sessionId === null || byHand.has(kind)) return null;
  return {
    ...{ title, sessionId, version, deviceKind: device.kind },
    ...{ startedAtMs: occurredAtMs, endedAtMs: occurredAtMs },
    ...{ positionMs, durationMs: transition.durationMs },
    ...{ positionMinMs: positionMs, positionMaxMs: positionMs },
    isFinished: status === 'FINISHED',
    ...(transition.region !== undefined && { isElsewhere: true }),
  };
}

/** Two transitions of one version are of one moment: the larger text stays, and of equal ones that of here. */
function isNewer(left: Play, right: Play): boolean {
  if (left.version !== right.version) return left.version > right.version;
  const [one, other] = [left, right].map(({ deviceKind, positionMs, durationMs, isElsewhere }) =>
    JSON.stringify([deviceKind, positionMs, durationMs, isElsewhere ? 0 : 1]),
  );
  return (one as string) > (other as string);
}
