import { mergeTitle } from '../domain/merge.ts';
import type { Device, PlayheadRegister, TitleState } from '../domain/playhead.ts';
import type { Presence, PresenceReport, TakenOver } from '../domain/presence.ts';
import type { Transition } from '../domain/transition.ts';
import type { Version } from '../domain/version.ts';
import type { AcceptedChange, ReadPoint } from './accepted-stream.ts';
import type { Erasing } from './erasures.ts';

/** What one request writes to one title; null leaves that register alone. */
export interface TitleWrite extends TitleState {
  title: string;
}

/**
 * A transition for the event stream, appended only when it tells something new: the position in force
 * before the merge is older than `onlyIfBefore`, or its status differs from the transition's. So
 * neither a retry nor the twentieth plain heartbeat of a minute makes an entry. Of a session that was
 * overtaken it is appended as history, if its time is after what was last heard of the session and its
 * viewer ever acted there.
 */
export interface TransitionOffer {
  transition: Transition;
  onlyIfBefore: Version;
}

export interface MergeRequest {
  profileId: string;
  nowMs: number;
  /** Several to one title count as what they merge to. */
  writes: readonly TitleWrite[];
  /** The device that the writes name by hash. */
  device: Device | null;
  presence: PresenceReport | null;
  transitions: readonly TransitionOffer[];
  /**
   * It was judged when it was accepted, and is made once more. Otherwise the writes of a report count
   * only if its session was not overtaken (`isOvertaken`, judged in the same step).
   */
  isFact?: true;
  /** A change by hand: applies only under a valid mark while this is still in force. */
  onlyIf: { title: string; version: Version; floorVersion: Version } | null;
}

export interface MergedTitle {
  title: string;
  /**
   * Registers before and after the merge, the profile's floor not yet applied: what is turned back at the fence
   * of an erasure counts as merged, below it.
   */
  before: TitleState;
  after: TitleState;
}

export type MergeResult =
  | {
      kind: 'merged';
      titles: MergedTitle[];
      floor: PlayheadRegister | null;
      /** The session was overtaken: nothing was written, what was offered was told as history. */
      isHeld: boolean;
    }
  /** `onlyIf` did not hold; nothing was written. Read again and decide anew. */
  | { kind: 'conflict' };

/**
 * `valid`: compared with the durable store, and nothing that invalidates it happened since.
 * `expired`: merely ran out. `absent`: never compared here, or in another epoch or generation.
 */
export type MarkState = 'valid' | 'expired' | 'absent';

export interface StoreIdentity {
  /** Another after every restart and failover. */
  epoch: string;
  /** Raised to invalidate every mark of a partition. */
  generation: number;
}

/** What a reader saw of the store's identity; a mark is only set for the same one. */
export interface MarkWitness extends StoreIdentity {
  /**
   * Another once the profile was evicted or its mark dropped: what a drain moved to the durable store
   * meanwhile may be missing from both, from what was read there before and from what is here now.
   */
  incarnation: string;
  /** Length of the mark that was there, ms; null when it was absent. */
  lengthMs: number | null;
}

export interface HotProfile {
  mark: MarkState;
  witness: MarkWitness;
  /** The titles asked for, or all; a title that is not here is not known here. */
  titles: Map<string, TitleState>;
  floor: PlayheadRegister | null;
  /** By `deviceHash`. */
  devices: Map<string, Device>;
  /** May hold sessions that are no longer alive: `isAlive` decides. */
  sessions: Presence[];
}

export interface Hydration {
  profileId: string;
  /** Everything the durable store holds of the profile. */
  titles: ReadonlyMap<string, TitleState>;
  devices: readonly Device[];
  witness: MarkWitness;
  nowMs: number;
  /** How long the hot copy then counts as compared; 0 sets no mark. */
  markMs: number;
}

/** A title whose registers are newer than what the durable store was given. */
export interface DirtyTitle extends TitleState {
  profileId: string;
  title: string;
  /** Dirty since, or since the drain that met it half written; Unix epoch, ms. */
  sinceMs: number;
  /** The devices its registers name. */
  devices: Device[];
}

/** A title that no drain could write, kept out of their way until an operator replays it. */
export interface QuarantinedTitle {
  profileId: string;
  title: string;
  /** Dirty since, ms. */
  sinceMs: number;
}

/** What a drain wrote; null for a register that it did not write. */
export interface SettledTitle {
  profileId: string;
  title: string;
  playheadVersion: Version | null;
  visibilityVersion: Version | null;
}

export interface Backlog {
  dirty: number;
  /** Null when nothing is dirty. The age of this is the lag. */
  oldestSinceMs: number | null;
  quarantined: number;
}

/** What was read of another region's stream, for one partition. */
export interface TakenIn {
  partition: number;
  /** The region that accepted it. */
  region: string;
  /** Where the reader stood: if this store says otherwise, nothing is taken in. */
  after: ReadPoint | null;
  /** In the order of the stream; their fences are not looked at. */
  changes: readonly AcceptedChange[];
  /** Where the reader stands with these. */
  upTo: ReadPoint;
  nowMs: number;
}

/**
 * The fast tier: answers first, and is authoritative for a profile only while its hydration mark says so.
 *
 * Shape: every method is one atomic step on one profile or one partition. Merging is `mergeTitle`:
 * any order, any repetition. A dirty title is never evicted.
 * Units: times in ms since the Unix epoch, handed in by the caller.
 * Errors: StoreUnreachable; StoreTakesNoWrites from what writes (`dropMark` works all the same);
 * STATE_UNAVAILABLE for a value nobody can read. Everything is safe to retry.
 * Cost: one round trip a call; memory by profiles seen lately plus what is dirty.
 */
export interface HotStore {
  readonly partitions: number;
  /** Partitions with the same answer are served by one server, and fail together. */
  failureDomain(partition: number): string;
  /**
   * Who answers for a partition just now, and whether it takes writes at all. Another epoch may lack
   * what the last one accepted a moment before it ended.
   */
  identity(partition: number): Promise<StoreIdentity & { isWritable: boolean }>;
  /**
   * Folds writes in, marks dirty what rose, appends transitions, tells listeners. With a title that is
   * forgotten its sessions are, until they report again.
   */
  merge(request: MergeRequest): Promise<MergeResult>;
  /** `titles` null reads the whole profile. */
  read(query: {
    profileId: string;
    titles: readonly string[] | null;
    nowMs: number;
  }): Promise<HotProfile>;
  /**
   * Merges the durable state in (never sets it), marks dirty what is newer here, tells listeners what
   * rose, sets the mark if the witness still holds. Answers the titles that rose.
   */
  hydrate(hydration: Hydration): Promise<string[]>;
  /**
   * Notes on a session that another took over from it, unless a later one did; tells listeners its title.
   * False: the session is not known. From then on it is overtaken, until its viewer acts there.
   */
  takeOver(of: { profileId: string; from: string; by: TakenOver }): Promise<boolean>;
  /** Forgets that this profile was compared. */
  dropMark(profileId: string): Promise<void>;
  /** Forgets it for every profile of a partition; tells all who listen to one of them that any may have changed. */
  raiseGeneration(partition: number): Promise<void>;
  /**
   * Merges what another region accepted, as clean copies that were compared with nothing: makes nothing
   * dirty, sets no mark, appends to no stream; a fence of the profile turns back what is not newer. Sessions
   * merge as `mergePresence`; a title that is forgotten loses them. Tells listeners what rose, and the titles
   * of sessions that changed. In the same step it notes `upTo`, so that what was noted was taken in.
   * Answers where the reader of that region stands now: `upTo`, or, if it was not `after`, where it
   * stood, and nothing changed.
   */
  takeIn(taken: TakenIn): Promise<ReadPoint | null>;
  /** Where the reader of another region's stream stands; null: it read nothing, or the store lost it. */
  takenUpTo(of: { partition: number; region: string }): Promise<ReadPoint | null>;
  /**
   * Titles dirty since `sinceMs` or earlier, oldest first; they stay dirty. `skip` passes over as many
   * of the oldest: those that could not be written, and must not hold up the others.
   */
  due(query: {
    partition: number;
    sinceMs: number;
    skip: number;
    limit: number;
  }): Promise<DirtyTitle[]>;
  /** After the durable store answered: clean where nothing newer came, else dirty since `nowMs`. */
  settle(done: {
    partition: number;
    titles: readonly SettledTitle[];
    nowMs: number;
  }): Promise<void>;
  /** Takes a title that cannot be written out of the way, value and all, for an operator. */
  quarantine(poison: { partition: number; profileId: string; title: string }): Promise<void>;
  /** Titles in quarantine, the longest dirty first. */
  quarantined(query: { partition: number; limit: number }): Promise<QuarantinedTitle[]>;
  /** Makes every title in quarantine dirty again, since `nowMs`; answers how many. */
  replay(query: { partition: number; nowMs: number }): Promise<number>;
  backlog(partition: number): Promise<Backlog>;
  /**
   * Raises the profile's floor to a fence (other regions are told, if it rose), lets go of everything of the profile that is not newer, owed,
   * set aside or not, of all its sessions, and of its mark; tells the event stream and listeners.
   * From then on, and for as long as the profile is here, nothing comes in that is not newer: of a
   * merge no such register, and no report, device or history of what was received no later; of a
   * hydration nothing, if it was read before the durable store knew the fence. Callers see the floor.
   */
  erase(erasing: Erasing & { nowMs: number }): Promise<void>;
  /** Every profile that is here, one after the other; some of those that come or go meanwhile. */
  eachProfile(visit: (profileId: string) => Promise<void>): Promise<void>;
  /**
   * Calls back with the titles of the profile that changed; `*`: any may have, because its floor moved
   * or because changes were missed while the store could not be reached. The answer stops it.
   */
  onChanged(
    profileId: string,
    listener: (titles: readonly string[]) => void,
  ): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Several writes to one title as the one that they come to. */
export function oneByTitle(writes: readonly TitleWrite[]): readonly TitleWrite[] {
  if (writes.length < 2) return writes;
  const merged = new Map<string, TitleWrite>();
  for (const write of writes) {
    const other = merged.get(write.title);
    merged.set(write.title, other ? { ...write, ...mergeTitle(other, write) } : write);
  }
  return [...merged.values()];
}
