import { laterVersion } from '../domain/merge.ts';
import type { Transition } from '../domain/transition.ts';
import { type Version, versionZero, writerOf } from '../domain/version.ts';
import type { Erasing } from './erasures.ts';
import type { Offset } from './event-stream.ts';

const dayMs = 24 * 3_600_000;

/** Transitions are kept for as long after they happened. */
export const watchLogKeptMs = 90 * dayMs;
/**
 * Rows of a profile, at most: 200 a day for all of that time. Who watches three hours a day leaves some
 * 40: its acts, and one of its progress in ten minutes.
 */
export const watchLogRowsMax = 18_000;
/** Of each kind of transition of a title in a session, one in this time is kept: the newest. */
const slotMs = 600_000;

/** What a keeper read of one partition, and the place it has then read up to. */
export interface WatchLogBatch {
  partition: number;
  transitions: readonly Transition[];
  offset: Offset;
  nowMs: number;
}

/**
 * What was watched in the last 90 days, transition by transition: durable, and in no one's way.
 *
 * Shape: of one kind, title, session and ten minutes the newest transition stays; any order, any
 * repetition of batches gives the same log. A FORGET or FORGET_ALL erases what is not newer, also what
 * comes after it. Rows run out 90 days after they happened. The offset is stored after the transitions,
 * so a crash between them reads again. Regions that share one log have an offset each: their streams are not
 * the same.
 * Errors: PlatformError STATE_UNAVAILABLE; everything is safe to retry. INTERNAL_SERVER_ERROR for a batch
 * that it can never take. A profile beyond `watchLogRowsMax` loses its oldest rows, or, where a store cannot count
 * as it writes, is STATE_UNAVAILABLE until some have run out: half a log would restore what never was.
 * Cost: one write for each profile of a batch; a read is a profile's rows of 90 days.
 */
export interface WatchLog {
  /** Where this log has read up to; null: nothing yet. */
  offset(partition: number): Promise<Offset | null>;
  keep(batch: WatchLogBatch): Promise<void>;
  /** Everything of the profile that is kept, in no particular order. */
  read(query: { profileId: string; nowMs: number }): Promise<Transition[]>;
  /** Everything of the profile that is not newer, as FORGET_ALL does, in every data centre. */
  erase(erasing: Erasing): Promise<void>;
  /** Every profile of which anything is kept, one after the other; some of them more than once. */
  eachProfile(visit: (profileId: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Where a transition is kept: a newer one of the same place takes it. For adapters. */
export function placeOf(transition: Transition): {
  title: string;
  /** Empty for changes by hand. */
  sessionId: string;
  slot: string;
} {
  const { title, sessionId, undone } = transition;
  return { title, sessionId: undone?.sessionId ?? sessionId ?? '', slot: slotOf(transition) };
}

/** Without those that a newer one of the same place makes superfluous: `keep` would leave the same. */
export function newestOfEachPlace(transitions: readonly Transition[]): Transition[] {
  const placed = transitions.map((transition) => {
    const { title, sessionId, slot } = placeOf(transition);
    return { transition, place: [transition.profileId, title, sessionId, slot].join('\n') };
  });
  const newest = new Map<string, Version>();
  for (const { transition, place } of placed) {
    newest.set(place, laterVersion(newest.get(place) ?? versionZero, transition.version));
  }
  return placed
    .filter(({ transition, place }) => transition.version === newest.get(place))
    .map(({ transition }) => transition);
}

function slotOf({ kind, occurredAtMs, registers, undone }: Transition): string {
  // What went to another profile is not what went to nobody: both are remembered.
  if (undone?.reassignedTo !== undefined) return `UNDO|${undone.writer}|${undone.reassignedTo}`;
  if (undone !== undefined) return `UNDO|${undone.writer}`;
  const slot = String(Math.floor(occurredAtMs / slotMs));
  if (registers === undefined) return `${kind}|${slot}`;
  const { playhead, visibility } = registers;
  if (kind === 'LATE') return `LATE${visibility === null ? '' : ' LIFT'}|${slot}`;
  // One for each session that lost its place: its last register is the one that counts.
  const writers = [playhead, visibility].map((packed) => writerOfPacked(packed));
  return `${kind}|${writers.join('|')}`;
}

/** Packed registers begin with their version. */
function writerOfPacked(packed: string | null): string {
  return packed === null ? '' : writerOf(packed.slice(0, 24) as Version);
}

export function isForgetting({ kind }: Transition): boolean {
  return kind === 'FORGET' || kind === 'FORGET_ALL';
}
