import type { Device, TitleState } from '../domain/playhead.ts';
import type { Erasing } from './erasures.ts';
import type { TitleWrite } from './hot-store.ts';

/** Writes of one profile: one partition, one batch. */
export interface ProfileBatch {
  profileId: string;
  titles: readonly TitleWrite[];
  devices: readonly Device[];
}

export interface DurableProfile {
  titles: Map<string, TitleState>;
  /**
   * Titles with a register that is there and that this release cannot read: unknown, and not among
   * `titles`. With the floor among them the whole profile is unknown: it may have been forgotten.
   */
  unreadable: readonly string[];
  devices: Device[];
  /** Answered by another data centre, whose copy may lag: good to show, not to be taken as compared. */
  isRemote: boolean;
}

/**
 * The tier that keeps: every register, merged last-write-wins by the store itself.
 *
 * Shape: a write that is older than what is there changes nothing; any order, any repetition.
 * Errors: StoreUnreachable while the store is down; everything is safe to retry.
 * INTERNAL_SERVER_ERROR for a batch that it can never take: nothing of it is kept, no other batch suffers.
 * Cost: a write is one commit, shared with the writes that wait beside it; a read is one partition.
 */
export interface DurableStore {
  /** Resolves once every register of the batch survives a crash of the process. */
  write(batch: ProfileBatch): Promise<void>;
  /** The whole profile; empty when nothing was ever written. */
  read(profileId: string): Promise<DurableProfile>;
  /**
   * In one commit: raises the profile's floor to the fence, and deletes everything of it that is not newer;
   * such a thing that is written later is not kept. Resolves once every data centre has it.
   */
  erase(erasing: Erasing): Promise<void>;
  /** Every profile of which anything is kept, one after the other. */
  eachProfile(visit: (profileId: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
