import { unpackPlayhead, unpackVisibility } from '../domain/codec.ts';
import type { TitleState } from '../domain/playhead.ts';

/** Profiles that the log named already: an operator needs one line each, not one a read. */
const toldProfilesMax = 10_000;

/** A row that this release cannot read: damaged, or written by a later one. */
export interface UnreadableRow {
  profileId: string;
  kind: string;
  /** Of the title, or of the device. */
  id: string;
  cause: unknown;
}

/** Tells and counts the rows of a durable store that nobody can read. */
export class UnreadableRows {
  /** Met so far; a row counts each time. */
  count = 0;
  readonly #told = new Set<string>();
  readonly #log: { error(fields: object, message: string): void };

  constructor(log: { error(fields: object, message: string): void } = { error() {} }) {
    this.#log = log;
  }

  met({ profileId, kind, id, cause }: UnreadableRow): void {
    this.count += 1;
    if (this.#told.has(profileId)) return;
    this.#told.add(profileId);
    const [oldest] = this.#told;
    if (this.#told.size > toldProfilesMax) this.#told.delete(oldest as string);
    this.#log.error({ profileId, kind, id, err: cause }, 'a row of this profile is not readable');
  }
}

/** One register as it is stored. */
export interface StoredRegister {
  title: string;
  kind: 'playhead' | 'visibility';
  packed: string;
}

/**
 * The titles of a profile, and apart from them those with a register that cannot be read.
 *
 * Shape: a title is in one of the two. What can be read of an unreadable one is left out as well: its
 * position without its visibility, or the reverse, would pass for the whole.
 */
export function unpackTitles(from: {
  profileId: string;
  registers: Iterable<StoredRegister>;
  unreadable: UnreadableRows;
}): { titles: Map<string, TitleState>; unreadable: string[] } {
  const titles = new Map<string, TitleState>();
  const unreadable = new Set<string>();
  for (const { title, kind, packed } of from.registers) {
    const state = titles.get(title) ?? { playhead: null, visibility: null };
    titles.set(title, state);
    try {
      if (kind === 'playhead') state.playhead = unpackPlayhead(packed);
      else state.visibility = unpackVisibility(packed);
    } catch (cause) {
      unreadable.add(title);
      from.unreadable.met({ profileId: from.profileId, kind, id: title, cause });
    }
  }
  for (const title of unreadable) titles.delete(title);
  return { titles, unreadable: [...unreadable] };
}
