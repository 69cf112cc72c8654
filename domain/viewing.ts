import { unpackPlayhead, unpackVisibility } from './codec.ts';
import { laterVersion } from './merge.ts';
import type { PlayheadStatus } from './playhead.ts';
import type { PackedRegisters, Transition, TransitionKind, Undone } from './transition.ts';
import { type Version, versionZero } from './version.ts';

/** The newest change of a title's position, as far as a row speaks of it. */
export interface ViewedPosition {
  version: Version;
  kind: TransitionKind;
  status: PlayheadStatus;
  positionMs: number;
  durationMs: number | null;
  /** Null when it was set by hand. */
  device: { kind: string; name: string | null } | null;
}

/**
 * What the event stream told about one (profile, title): a product of registers, each the newest of
 * its kind. `versionZero` stands for never.
 */
export interface Viewing {
  title: string;
  /** Null when nothing happened since it was forgotten. */
  position: ViewedPosition | null;
  visibility: { version: Version; hidden: boolean } | null;
  /** Of the newest START or PLAY: the deliberate act that lifts what was hidden before it. */
  playedVersion: Version;
  /** Last watched to its end: kept while it is being watched again; marking by hand is not watching. */
  finishedVersion: Version;
  forgottenVersion: Version;
  /** Left out: no session of it was ever undone. */
  undo?: {
    /** Of the newest UNDO: everything up to it counts as that said. */
    version: Version;
    /** By session id, up to where it was undone; of the sessions that were undone last. */
    sessions: Readonly<Record<string, Version>>;
  };
}

/** Undone sessions that a viewing remembers, lest what comes again counts: some weeks of them. */
const undoneSessionsMax = 20;

const untouched = {
  position: null,
  visibility: null,
  playedVersion: versionZero,
  finishedVersion: versionZero,
  forgottenVersion: versionZero,
};

/**
 * Folds one transition of a title into what is known of it. (FORGET_ALL speaks of the profile: keep
 * the largest version as its floor, see `viewingAbove`.)
 *
 * Shape: any permutation or repetition of transitions gives the same viewing. Hiding is not undone by
 * forgetting the title: both say "not in my row".
 * What changes nothing that is in force is not to be folded: see `isForLogAlone`.
 * Cost: pure, O(1).
 */
export function foldTransition(viewing: Viewing | null, transition: Transition): Viewing {
  const before = viewing ?? { title: transition.title, ...untouched };
  if (transition.isHistory) return before;
  const after = advance(before, transition);
  return forgetUpTo(after, after.forgottenVersion);
}

/** What is left of a viewing once everything up to the profile's floor is forgotten; null: nothing. */
export function viewingAbove(viewing: Viewing, floor: Version): Viewing | null {
  const { visibility, forgottenVersion } = viewing;
  const left: Viewing = {
    ...forgetUpTo(viewing, floor),
    visibility: visibility !== null && visibility.version > floor ? visibility : null,
    forgottenVersion: above(forgottenVersion, floor),
  };
  if (left.undo !== undefined && left.undo.version <= floor) delete left.undo;
  const isEmpty =
    left.forgottenVersion === versionZero &&
    newestVersion(left) === versionZero &&
    left.undo === undefined;
  return isEmpty ? null : left;
}

/** Up to where a session was undone. */
export function undoneUpTo(viewing: Viewing | undefined, sessionId: string): Version {
  return viewing?.undo?.sessions[sessionId] ?? versionZero;
}

/** Of the newest thing that is still to be told; `versionZero` when everything was forgotten. */
export function newestVersion({ position, visibility }: Viewing): Version {
  return laterVersion(position?.version ?? versionZero, visibility?.version ?? versionZero);
}

function advance(before: Viewing, transition: Transition): Viewing {
  const { kind, version, status, device } = transition;
  if (kind === 'UNDO') return undo(before, transition);
  // What came before an undo is in what that said, unless it was forgotten.
  if (kind !== 'FORGET' && version <= (before.undo?.version ?? versionZero)) return before;
  if (kind === 'HIDE' || kind === 'UNHIDE') {
    const visibility = { version, hidden: kind === 'HIDE' };
    return { ...before, visibility: newer(before.visibility, visibility) };
  }
  if (kind === 'FORGET') {
    return { ...before, forgottenVersion: laterVersion(before.forgottenVersion, version) };
  }
  const isPlayed = kind === 'START' || kind === 'PLAY';
  const isFinished = status === 'FINISHED' && device !== null;
  return {
    ...before,
    position: newer(before.position, positionOf(transition)),
    playedVersion: laterVersion(before.playedVersion, isPlayed ? version : versionZero),
    finishedVersion: laterVersion(before.finishedVersion, isFinished ? version : versionZero),
  };
}

/** Everything up to an undo is what that says; what came since stands on top of it. */
function undo(before: Viewing, { version, registers, undone }: Transition): Viewing {
  if (registers === undefined || undone === undefined) return before;
  const sessions = withSession(before.undo?.sessions ?? {}, {
    sessionId: undone.sessionId,
    upTo: version,
  });
  if (version <= (before.undo?.version ?? versionZero)) {
    return { ...before, undo: { version: before.undo?.version ?? version, sessions } };
  }
  const { position, visibility } = before;
  return {
    ...before,
    position: isAfter(position, version) ? position : restoredPosition(registers, undone),
    visibility: isAfter(visibility, version) ? visibility : restoredVisibility(registers),
    playedVersion: laterVersion(above(before.playedVersion, version), undone.playedVersion),
    finishedVersion: laterVersion(above(before.finishedVersion, version), undone.finishedVersion),
    undo: { version, sessions },
  };
}

function isAfter(register: { version: Version } | null, version: Version): boolean {
  return register !== null && register.version > version;
}

/** Under the version that it had: the title goes back to where it stood in its row. */
function restoredPosition(
  { playhead }: PackedRegisters,
  { device }: Undone,
): ViewedPosition | null {
  if (playhead === null) return null;
  const { version, status, positionMs, durationMs } = unpackPlayhead(playhead);
  return {
    ...{ version, kind: 'UNDO', status, positionMs, durationMs },
    device: device === null ? null : { kind: device.kind, name: device.name },
  };
}

function restoredVisibility({ visibility }: PackedRegisters): Viewing['visibility'] {
  if (visibility === null) return null;
  const { version, hidden } = unpackVisibility(visibility);
  return { version, hidden };
}

/** In one order, so that equal sets are equal texts. */
function withSession(
  sessions: Readonly<Record<string, Version>>,
  of: { sessionId: string; upTo: Version },
): Record<string, Version> {
  const upTo = laterVersion(sessions[of.sessionId] ?? versionZero, of.upTo);
  const all = Object.entries({ ...sessions, [of.sessionId]: upTo });
  all.sort(([oneId, one], [otherId, other]) => {
    if (one !== other) return one > other ? -1 : 1;
    return oneId < otherId ? -1 : 1;
  });
  return Object.fromEntries(all.slice(0, undoneSessionsMax));
}

/** Equal versions are the same write; should a hash collide all the same, the larger text stays. */
function newer<Register extends { version: Version }>(
  left: Register | null,
  right: Register,
): Register {
  if (left === null) return right;
  if (left.version !== right.version) return left.version > right.version ? left : right;
  return JSON.stringify(left) >= JSON.stringify(right) ? left : right;
}

function positionOf(transition: Transition): ViewedPosition {
  const { version, kind, status, positionMs, durationMs, device } = transition;
  return {
    version,
    kind,
    status,
    positionMs,
    durationMs,
    device: device === null ? null : { kind: device.kind, name: device.name },
  };
}

function forgetUpTo(viewing: Viewing, version: Version): Viewing {
  const { position } = viewing;
  return {
    ...viewing,
    position: position !== null && position.version > version ? position : null,
    playedVersion: above(viewing.playedVersion, version),
    finishedVersion: above(viewing.finishedVersion, version),
  };
}

function above(version: Version, floor: Version): Version {
  return version > floor ? version : versionZero;
}
