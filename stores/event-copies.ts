import type { Transition } from '../domain/transition.ts';
import type { EventStream, Offset } from './event-stream.ts';

/** What was read of another region's event stream, for one partition. */
export interface CopiedEvents {
  partition: number;
  /** Where it happened. */
  region: string;
  /** Where the reader stood: if this stream says otherwise, nothing is appended. */
  after: Offset | null;
  /** In the order of that stream; each says itself where it happened. */
  transitions: readonly Transition[];
  /** Where the reader stands with these. */
  upTo: Offset;
}

/**
 * What an event stream holds of what happened in other regions: viewers move, and whoever follows the stream
 * of one region must find what they did in another.
 *
 * Shape: transitions and place are stored in one step: what was noted was appended.
 * Errors: PlatformError STATE_UNAVAILABLE; safe to retry.
 * Cost: one round trip a call.
 */
export interface EventCopies {
  /**
   * Appends what happened elsewhere, and notes up to where it was read. Answers where the reader of that
   * region stands now: `upTo`, or, if it was not `after`, where it stood, and nothing changed.
   */
  copy(copied: CopiedEvents): Promise<Offset | null>;
  /** Where the reader of another region's stream stands; null: it read nothing, or this stream lost it. */
  copiedUpTo(of: { partition: number; region: string }): Promise<Offset | null>;
}

/** Another region's event stream, as far as it is copied from; its Redis may be away. */
export interface PeerEvents extends Pick<EventStream, 'read' | 'newest' | 'close'> {
  readonly region: string;
}
