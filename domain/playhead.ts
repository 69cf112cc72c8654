import type { Version } from './version.ts';

/** NOT_STARTED is a state (never started, or forgotten), not an absence. */
export type PlayheadStatus = 'NOT_STARTED' | 'IN_PROGRESS' | 'FINISHED';

/**
 * The position register of one (profile, title): one value, merged last-write-wins.
 * Each value is a function of the request that wrote it alone, never of the state it met.
 */
export interface PlayheadRegister {
  version: Version;
  status: PlayheadStatus;
  positionMs: number;
  durationMs: number | null;
  /** `deviceHash` of the writer; null when set by hand. */
  deviceHash: string | null;
  /** Fields of later releases, as they came: kept when this release copies the value. */
  laterFields: string;
}

/** The visibility register of one (profile, title): a register of its own, with its own versions. */
export interface VisibilityRegister {
  version: Version;
  hidden: boolean;
  laterFields: string;
}

/** Both registers of one title; null: no write of it is known. */
export interface TitleState {
  playhead: PlayheadRegister | null;
  visibility: VisibilityRegister | null;
}

export interface Device {
  id: string;
  kind: string;
  name: string | null;
}

/**
 * The title whose position register is the profile's floor: forgetting everything writes it, and
 * whatever is not newer counts as forgotten. No id of a title can be this.
 */
export const floorTitle = '*';
