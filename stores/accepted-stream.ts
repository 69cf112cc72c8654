import type { Device } from '../domain/playhead.ts';
import type { Presence } from '../domain/presence.ts';
import type { Version } from '../domain/version.ts';
import type { Offset } from './event-stream.ts';
import type { TitleWrite } from './hot-store.ts';

/** What one request left in the region that accepted it, for every other region. */
export interface AcceptedChange {
  profileId: string;
  /** Registers that were accepted, the floor among them; also those that were there already. */
  writes: readonly TitleWrite[];
  /** The devices that the writes name. */
  devices: readonly Device[];
  /** Sessions as the request left them: what their players do, their viewers' acts, who took them over. */
  sessions: readonly Presence[];
  /** Of an erasure: nothing of the profile that is not newer may stay anywhere; null: none. */
  fence: Version | null;
}

/**
 * Why an entry is not taken: nobody can read it; it says that another region wrote it than the one that
 * is asked; it was written in a format of another release; or for another number of partitions.
 */
export type Refusal = 'garbage' | 'region' | 'format' | 'partitions';

export type AcceptedEntry =
  | { offset: Offset; appendedAtMs: number; change: AcceptedChange }
  | { offset: Offset; appendedAtMs: number; refusal: Refusal };

/** Where a reader stands in a partition's stream. */
export interface ReadPoint {
  /** That of the entry that was read last, or of a time that all before was read up to. */
  offset: Offset;
  /** Whether that entry was seen there: if it is gone, so may be what came after it. */
  isSeen: boolean;
}

/**
 * What one region accepted, in the order in which it did: read by the other regions, over a link that may
 * be slow, cut, or lead to the wrong place.
 *
 * Shape: entries say themselves which region wrote them, in which format, and for how many partitions; one
 * that does not fit is answered as refused, and never as a change. Capped by length: the oldest go first.
 * Offsets are the times of appending, as `offsetAt` writes them, each with a count of its own.
 * Errors: StoreUnreachable; reading is safe to retry.
 * Cost: one round trip a call.
 */
export interface AcceptedStream {
  /** Name of the region that is asked. */
  readonly region: string;
  /**
   * Entries after `from` (null: from the oldest kept), oldest first, at most `limit`. `hasGap`: the entry
   * of a `from` that was seen is there no more, so entries after it may be missing as well.
   */
  read(query: { partition: number; from: ReadPoint | null; limit: number }): Promise<{
    entries: AcceptedEntry[];
    hasGap: boolean;
  }>;
  close(): Promise<void>;
}

/** Digits of each half of an offset, a time in ms and a count: padded, offsets compare as text. */
const halfLength = 20;

/** Before every entry that was appended at this time (Unix epoch, ms) or later. */
export function offsetAt(timeMs: number): Offset {
  return [Math.max(0, Math.floor(timeMs)), 0]
    .map((half) => String(half).padStart(halfLength, '0'))
    .join('-');
}

/** When the entry of this offset was appended, by the clock of its region, Unix epoch, ms. */
export function timeOfOffset(offset: Offset): number {
  return Number(offset.slice(0, offset.indexOf('-')));
}
