/** Events of the schema that this SDK sends. */
export type PlaybackEvent =
  | 'START'
  | 'HEARTBEAT'
  | 'PLAY'
  | 'PAUSE'
  | 'SEEK'
  | 'STOP'
  | 'FINISH'
  | 'PING';

/** One report of a session, as it goes over the wire. Positions and session clock in ms. */
export interface Heartbeat {
  /** Grows by 1 within the session, from 0. */
  sequence: number;
  event: PlaybackEvent;
  /** Session clock when it was observed; grows by at least 1 with each sequence. */
  elapsedMs: number;
  positionMs: number;
  durationMs?: number | undefined;
  fromPositionMs?: number | undefined;
}

/**
 * Most heartbeats kept on the device. Plain ones replace each other, so it is presses of pause and
 * seek that add up: 500 are weeks of them, and five requests once the server is back.
 */
export const outboxLengthMax = 500;

/** What one `recordHeartbeats` takes (schema, "1 to 100"). */
export const batchLengthMax = 100;

interface Entry {
  playback: string;
  heartbeat: Heartbeat;
  isInFlight: boolean;
}

/** Whether a newer plain one says all that it says. */
export function isPlain(event: PlaybackEvent): boolean {
  return event === 'HEARTBEAT' || event === 'PING';
}

/**
 * Heartbeats of all playbacks on this device that are not known to be stored yet.
 *
 * Shape: in order of sequence within a playback, never more than `outboxLengthMax` in all; a waiting
 * plain heartbeat gives way to a newer one of its playback, and on overflow the oldest plain one
 * goes before any other.
 * Errors: none.
 * Cost: in memory, O(length).
 */
export class Outbox {
  #entries: Entry[] = [];

  get length(): number {
    return this.#entries.length;
  }

  add(playback: string, heartbeat: Heartbeat): void {
    this.#entries = this.#entries.filter((entry) => !isReplaced(entry, { playback, heartbeat }));
    this.#entries.push({ playback, heartbeat, isInFlight: false });
    if (this.#entries.length > outboxLengthMax) this.#dropOne();
  }

  /** The oldest waiting heartbeats of a playback, for one request; they stay until removed. */
  take(playback: string): Heartbeat[] {
    const batch = this.#of(playback).slice(0, batchLengthMax);
    for (const entry of batch) entry.isInFlight = true;
    return batch.map(({ heartbeat }) => heartbeat);
  }

  /** The newest heartbeats of a playback, in flight or not: for a page that ends now. */
  newest(playback: string): Heartbeat[] {
    return this.all(playback).slice(-batchLengthMax);
  }

  /** Everything of a playback that is not known to be stored. */
  all(playback: string): Heartbeat[] {
    return this.#of(playback).map(({ heartbeat }) => heartbeat);
  }

  /** These are stored, or refused for good. */
  remove(playback: string, sequences: ReadonlySet<number>): void {
    this.#entries = this.#entries.filter(
      (entry) => entry.playback !== playback || !sequences.has(entry.heartbeat.sequence),
    );
  }

  /** The request failed: what was in flight waits again, the newest plain heartbeat alone. */
  release(playback: string): void {
    const entries = this.#of(playback);
    for (const entry of entries) entry.isInFlight = false;
    const newest = entries.findLast(({ heartbeat }) => isPlain(heartbeat.event));
    if (!newest) return;
    this.#entries = this.#entries.filter((entry) => entry === newest || !isReplaced(entry, newest));
  }

  /** Numbers what waits from 0 for a new session of the same playback; answers the next number. */
  renumber(playback: string): number {
    const entries = this.#of(playback);
    entries.forEach((entry, sequence) => {
      entry.heartbeat = { ...entry.heartbeat, sequence };
    });
    return entries.length;
  }

  /** Nothing of this playback will ever be taken. */
  forget(playback: string): void {
    this.#entries = this.#entries.filter((entry) => entry.playback !== playback);
  }

  #of(playback: string): Entry[] {
    return this.#entries.filter((entry) => entry.playback === playback);
  }

  #dropOne(): void {
    const oldestPlain = this.#entries.findIndex(({ heartbeat }) => isPlain(heartbeat.event));
    this.#entries.splice(Math.max(0, oldestPlain), 1);
  }
}

/** A PING says less than a HEARTBEAT: it replaces only its like. */
function isReplaced(entry: Entry, by: { playback: string; heartbeat: Heartbeat }): boolean {
  const { event, sequence } = entry.heartbeat;
  if (entry.playback !== by.playback || entry.isInFlight) return false;
  if (sequence >= by.heartbeat.sequence || !isPlain(event)) return false;
  return by.heartbeat.event === 'HEARTBEAT' || by.heartbeat.event === event;
}
