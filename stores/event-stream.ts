import type { Transition } from '../domain/transition.ts';

/** A place in one partition's log; opaque, compares as a string. */
export type Offset = string;

export interface StreamEntry {
  offset: Offset;
  transition: Transition;
}

/** Unread entries that are counted, at most: beyond it a consumer is far behind, whatever the number. */
export const unreadMax = 10_000;

export interface Unread {
  /** At most `unreadMax`. */
  entries: number;
  /** When the oldest of them was appended, Unix ms; null when there is none. */
  oldestAppendedAtMs: number | null;
}

/**
 * The ordered log of what happened to playheads, in partitions by profile.
 *
 * Shape: entries of one partition are in the order of appending; a consumer keeps its own offset,
 * with its own state, and may read again from any place that is still kept.
 * Errors: PlatformError STATE_UNAVAILABLE; reading is safe to retry, appending too (folding by version
 * makes a repeated entry harmless).
 * Cost: one round trip a call.
 */
export interface EventStream {
  readonly partitions: number;
  append(entry: { partition: number; transitions: readonly Transition[] }): Promise<void>;
  /** Entries after `after` (null: from the oldest kept), oldest first, at most `limit`. */
  read(from: { partition: number; after: Offset | null; limit: number }): Promise<StreamEntry[]>;
  /** Offset of the newest entry; null when there is none. */
  newest(partition: number): Promise<Offset | null>;
  /** What a consumer has not read that came to `after` (null: that read nothing). Cost: O(entries). */
  unread(from: { partition: number; after: Offset | null }): Promise<Unread>;
  /** Drops entries appended before `beforeMs` (Unix epoch); answers how many. */
  trim(before: { beforeMs: number }): Promise<number>;
  /**
   * Calls back soon after something was appended by this or another process: a hint to read, which
   * may come too often and, across processes, up to 200 ms late. The answer stops it.
   */
  onAppended(listener: (partition: number) => void): () => void;
  close(): Promise<void>;
}
