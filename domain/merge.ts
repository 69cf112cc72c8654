import { packPlayhead, packVisibility } from './codec.ts';
import type { PlayheadRegister, TitleState, VisibilityRegister } from './playhead.ts';
import { type Version, versionZero } from './version.ts';

/**
 * Folds two writes of one position register: the larger version stays.
 *
 * Shape: total, commutative, associative, idempotent; equal versions are the same write. Should a
 * hash collide all the same, the larger packed value stays: what every store does with equal bytes
 * in front.
 * Cost: pure, O(1).
 * Source: last-writer-wins register, Shapiro et al., INRIA RR-7506 (2011).
 */
export function mergePlayhead<Left extends PlayheadRegister | null>(
  left: Left,
  right: PlayheadRegister | null,
): Left | PlayheadRegister | null {
  if (left === null || right === null) return left ?? right;
  if (left.version !== right.version) return left.version > right.version ? left : right;
  return packPlayhead(left) >= packPlayhead(right) ? left : right;
}

/** The same fold for the visibility register. */
export function mergeVisibility(
  left: VisibilityRegister | null,
  right: VisibilityRegister | null,
): VisibilityRegister | null {
  if (left === null || right === null) return left ?? right;
  if (left.version !== right.version) return left.version > right.version ? left : right;
  return packVisibility(left) >= packVisibility(right) ? left : right;
}

/** Both registers at once; they never influence each other. */
export function mergeTitle(left: TitleState, right: TitleState): TitleState {
  return {
    playhead: mergePlayhead(left.playhead, right.playhead),
    visibility: mergeVisibility(left.visibility, right.visibility),
  };
}

/**
 * What is in force for a title once the profile's floor is taken into account: everything that is
 * not newer than the floor counts as forgotten, with the floor's version.
 */
export function aboveFloor(state: TitleState, floor: PlayheadRegister | null): TitleState {
  if (floor === null) return state;
  const { playhead, visibility } = state;
  return {
    playhead: playhead !== null && playhead.version > floor.version ? playhead : floor,
    visibility: visibility !== null && visibility.version > floor.version ? visibility : null,
  };
}

/** The version the outside sees: the newer of the two registers; it moves with either. */
export function publicVersion(state: TitleState): Version {
  const position = state.playhead?.version ?? versionZero;
  const visibility = state.visibility?.version ?? versionZero;
  return laterVersion(position, visibility);
}

/** The later of two versions. */
export function laterVersion(left: Version, right: Version): Version {
  if (left > right) return left;
  return right;
}

/** Hidden until a session that begins, or a PLAY that is made, after it: both write the register. */
export function isHidden(state: TitleState): boolean {
  return state.visibility?.hidden ?? false;
}
