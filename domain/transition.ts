import type { PlayheadStatus } from './playhead.ts';

/** What happened to a playhead, as the event stream tells it. */
export type TransitionKind =
  | 'START'
  | 'PLAY'
  | 'PROGRESS'
  | 'PAUSE'
  | 'SEEK'
  | 'STOP'
  | 'FINISH'
  | 'RESTART'
  | 'HIDE'
  | 'UNHIDE'
  | 'FORGET'
  | 'FORGET_ALL';

/**
 * One entry of the event stream: an accepted change of one profile's playhead (or visibility), whole.
 *
 * Shape: consumers fold it by `version`, the larger wins; delivery is at least once, in any order.
 * PROGRESS stands for plain heartbeats, at most one per title and `progressEventEveryMs`.
 * Units: positions and times in milliseconds.
 */
export interface Transition {
  kind: TransitionKind;
  profileId: string;
  /** The playable; `*` for FORGET_ALL. */
  title: string;
  /** Of the register that changed: position, or visibility for HIDE and UNHIDE. */
  version: string;
  occurredAtMs: number;
  status: PlayheadStatus;
  positionMs: number;
  durationMs: number | null;
  /** Null for changes by hand. */
  device: { id: string; kind: string; name: string | null } | null;
  sessionId: string | null;
}
