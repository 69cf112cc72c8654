import type { Transition } from '../domain/transition.ts';
import type { Viewing } from '../domain/viewing.ts';
import type { Offset } from './event-stream.ts';

/** What a consumer read of one partition, and the place it has then read up to. */
export interface ViewingBatch {
  partition: number;
  transitions: readonly Transition[];
  offset: Offset;
}

/**
 * The row's own view of what was watched, folded from the event stream.
 *
 * Shape: transitions and offset are stored in one step, so a crash between reading and storing reads
 * again and folds the same transitions into the same viewings. Any order, any repetition.
 * Errors: PlatformError STATE_UNAVAILABLE; everything is safe to retry.
 * Cost: one commit a batch; one range read of at most `limit` viewings a row.
 */
export interface ViewingStore {
  /** Where this view has read up to; null: nothing yet. */
  offset(partition: number): Promise<Offset | null>;
  /** Answers the profiles whose viewings it changed. */
  fold(batch: ViewingBatch): Promise<string[]>;
  /** Viewings above the profile's floor that still tell something, most recent first. */
  recent(query: { profileId: string; limit: number }): Promise<Viewing[]>;
  close(): Promise<void>;
}
