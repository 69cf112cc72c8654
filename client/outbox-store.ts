import type { Heartbeat } from './outbox.ts';
import type { PlaybackSubject } from './session.ts';

/** A playback with heartbeats that are not known to be stored: enough for another page to send them. */
export interface KeptPlayback {
  /** Names the playback on this device. */
  key: string;
  /** The page that recorded it; another page sends it only when that one is gone. */
  page: string;
  sessionId: string;
  /** From `beginSession`; null: not begun yet. */
  session: string | null;
  /** Wall clock of this device when the session clock read zero, Unix epoch ms. */
  wallOriginMs: number;
  subject: PlaybackSubject;
  /** In order of sequence. */
  heartbeats: Heartbeat[];
}

/**
 * Where playbacks wait for the server beyond the life of a page. Every method may reject: what cannot
 * be kept is sent from memory, what cannot be read is left out and counted.
 */
export interface OutboxStore {
  /** In no particular order. */
  keys(): Promise<string[]>;
  /** As it was written, or whatever became of it; undefined: nothing there. */
  read(key: string): Promise<unknown>;
  /** All or nothing, in the order of calls; null removes. */
  write(changes: ReadonlyMap<string, KeptPlayback | null>): Promise<void>;
  close(): void;
}
