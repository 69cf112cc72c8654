import type { Play } from '../domain/play.ts';
import type { Transition } from '../domain/transition.ts';
import type { Viewing } from '../domain/viewing.ts';
import type { Erasing } from './erasures.ts';
import type { Offset } from './event-stream.ts';

/** Plays kept of a profile, the latest: a year of an evening's watching, and 120 bytes each. */
export const playsMax = 500;

/** What a consumer read of one partition, and the place it has then read up to. */
export interface ViewingBatch {
  partition: number;
  transitions: readonly Transition[];
  offset: Offset;
  /**
   * The offset that the consumer knows to be stored. Where another consumer of the same view has come
   * past this batch since, nothing is folded twice. Left out: fold whatever is stored.
   */
  expected?: Offset | null;
}

/** Which play, of all: what `endedPlays` tells and `claimPlay` takes. */
export interface PlayKey {
  profileId: string;
  title: string;
  sessionId: string;
}

/** What is kept of a profile besides what it watched. */
export interface ProfileLearning {
  /** Nothing is learned from this profile, and nothing of it is logged. */
  isOptedOut: boolean;
  /** The profile's own part of the ranking, as its owner packed it; null: none. */
  correction: Uint8Array | null;
}

/**
 * The row's own view of what was watched, folded from the event stream.
 *
 * Shape: transitions and offset are stored in one step, so a crash between reading and storing reads
 * again and folds the same transitions into the same viewings and plays. Any order, any repetition, with
 * two limits to the order of plays: one of which a part was forgotten or undone is dropped as a whole if the rest
 * had come before the forgetting did, and beyond `playsMax` those that ended longest ago leave for good.
 * The stream, read from its beginning, never runs into either twice: it gives the same state again.
 * Errors: PlatformError STATE_UNAVAILABLE; everything is safe to retry. PlatformError
 * INTERNAL_SERVER_ERROR when a batch can never be stored.
 * Cost: one commit a batch; one range read of at most `limit` viewings, and one of the plays, a row.
 */
export interface ViewingStore {
  /** Transitions that are folded in one go, at most, without anybody else waiting for long. */
  readonly batchLengthMax: number;
  /** Where this view has read up to; null: nothing yet. */
  offset(partition: number): Promise<Offset | null>;
  /**
   * Answers the profiles whose viewings or plays it changed, or that another consumer may have changed
   * in its place.
   */
  fold(batch: ViewingBatch): Promise<string[]>;
  /** Viewings above the profile's floor that still tell something, most recent first. */
  recent(query: { profileId: string; limit: number }): Promise<Viewing[]>;
  /** The profile's latest plays, in the order in which they began. */
  plays(profileId: string): Promise<Play[]>;
  /**
   * Plays that nobody has claimed and nobody continued since `beforeMs`, at most `limit`, the oldest first;
   * some of them up to a minute later.
   */
  endedPlays(query: { beforeMs: number; limit: number }): Promise<(PlayKey & { play: Play })[]>;
  /** True for one claim only, of all processes; a play that goes on after all can be claimed again. */
  claimPlay(key: PlayKey): Promise<boolean>;
  learning(profileId: string): Promise<ProfileLearning>;
  /** Null forgets it; forgetting the whole profile does so too. */
  putCorrection(profileId: string, correction: Uint8Array | null): Promise<void>;
  /** Opting out forgets the correction. It outlives forgetting what was watched. */
  setOptOut(profileId: string, isOptedOut: boolean): Promise<void>;
  /** As FORGET_ALL does, and forgets an opt-out too: nothing is left but the floor. */
  erase(erasing: Erasing): Promise<void>;
  /** Every profile of which anything is kept, one after the other; some of them more than once. */
  eachProfile(visit: (profileId: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
