import type { Device, PlayheadStatus } from './playhead.ts';
import type { Version } from './version.ts';

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
  | 'FORGET_ALL'
  | 'UNDO'
  | 'LATE'
  | 'REPLACED';

/** Registers as they are stored, under the versions that they had; null: none. */
export interface PackedRegisters {
  playhead: string | null;
  visibility: string | null;
}

/**
 * One entry of the event stream: an accepted change of one profile's playhead (or visibility), whole.
 *
 * Shape: consumers fold it by `version`, the larger wins; delivery is at least once, in any order.
 * PROGRESS stands for plain heartbeats, at most one per title and `progressEventEveryMs`.
 * LATE and REPLACED change nothing that is in force: they are told for the watch log alone, which must
 * know what would be in force if a session had never been. LATE is a session's own, too old to win;
 * REPLACED is what another session's write took the place of, under the version of that write.
 * UNDO sets a title back to what would be in force without a session.
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
  /**
   * It was watched so, and moved nothing: another session's viewer had acted since. Part of what was
   * played, and not of where the profile is.
   */
  isHistory?: true;
  /** Where it happened, of what was copied from another region; left out: here. */
  region?: string;
  /** LATE: what it wrote. REPLACED: what was in force. UNDO: what would have been. */
  registers?: PackedRegisters;
  undone?: Undone;
}

/** UNDO: of what this session wrote to the title up to the transition's version, nothing counts. */
export interface Undone {
  sessionId: string;
  /** `writerOf` the session's versions. */
  writer: string;
  /** What counts all the same: the newest START or PLAY, and where it was last watched to its end. */
  playedVersion: Version;
  finishedVersion: Version;
  /** Of the position that counts; null when it was set by hand. */
  device: Device | null;
  /** The profile that has it now. Left out: nobody has. */
  reassignedTo?: string;
}

/** What changes nothing that is in force: only the watch log keeps it. */
export function isForLogAlone({ kind }: Transition): boolean {
  return kind === 'LATE' || kind === 'REPLACED';
}
