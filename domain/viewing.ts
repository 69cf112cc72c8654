import { laterVersion } from './merge.ts';
import type { PlayheadStatus } from './playhead.ts';
import type { Transition, TransitionKind } from './transition.ts';
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
}

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
 * Cost: pure, O(1).
 */
export function foldTransition(viewing: Viewing | null, transition: Transition): Viewing {
  const before = viewing ?? { title: transition.title, ...untouched };
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
  const isEmpty = left.forgottenVersion === versionZero && newestVersion(left) === versionZero;
  return isEmpty ? null : left;
}

/** Of the newest thing that is still to be told; `versionZero` when everything was forgotten. */
export function newestVersion({ position, visibility }: Viewing): Version {
  return laterVersion(position?.version ?? versionZero, visibility?.version ?? versionZero);
}

function advance(before: Viewing, transition: Transition): Viewing {
  const { kind, version, status, device } = transition;
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
