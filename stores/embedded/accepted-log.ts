import { floorTitle } from '../../domain/playhead.ts';
import { partitionOf, type Version } from '../../domain/version.ts';
import type {
  AcceptedChange,
  AcceptedEntry,
  AcceptedStream,
  ReadPoint,
} from '../accepted-stream.ts';
import type { Offset } from '../event-stream.ts';
import { type MergedTitle, type MergeRequest, oneByTitle, type TitleWrite } from '../hot-store.ts';
import type { HotEntry } from './hot-entry.ts';

/** Digits of each half of an offset, time and count: as in Redis, so that offsets compare as text. */
const halfLength = 20;

/** A region, and how much of what it accepts is kept for the others. */
export interface RegionOfStore {
  name: string;
  /** Entries kept of a partition; the oldest go first. */
  outLengthMax: number;
}

/** A change of one profile that is nothing but this. */
export function acceptedOf(
  profileId: string,
  parts: Partial<Omit<AcceptedChange, 'profileId'>>,
): AcceptedChange {
  return { profileId, writes: [], devices: [], sessions: [], fence: null, ...parts };
}

/** Of a merge: registers also if they were here already, and the session as its report left it. */
export function acceptedBy(
  { profileId, writes: asked, presence }: MergeRequest,
  met: { entry: HotEntry; titles: readonly MergedTitle[]; isHeld: boolean },
): AcceptedChange {
  const writes = met.isHeld ? [] : acceptedWrites(asked, met.titles);
  return acceptedOf(profileId, {
    writes,
    devices: writes.flatMap(({ playhead }) => met.entry.deviceOf(playhead)),
    sessions: met.entry.sessionsOf(presence === null ? [] : [presence.sessionId]),
  });
}

/** Of an erasure, what it left: it is let go of with the rest, maybe before everybody has read it. */
export function leftOf(profileId: string, entry: HotEntry): AcceptedChange {
  const titles = entry.ownTitles();
  const isFloorNewer = (entry.floor?.version ?? '') > (entry.fence ?? '');
  return acceptedOf(profileId, {
    writes: [...titles, ...(isFloorNewer ? [floorTitle] : [])].map((title) => ({
      title,
      ...entry.state(title),
    })),
    devices: titles.flatMap((title) => entry.devicesOf(title)),
  });
}

/** Of what was asked, the registers that what was met was not newer than. */
function acceptedWrites(asked: readonly TitleWrite[], met: readonly MergedTitle[]): TitleWrite[] {
  return oneByTitle(asked)
    .map(({ title, playhead, visibility }) => {
      const before = met.find((each) => each.title === title)?.before;
      return {
        title,
        playhead: isNewest(playhead, before?.playhead) ? playhead : null,
        visibility: isNewest(visibility, before?.visibility) ? visibility : null,
      };
    })
    .filter(({ playhead, visibility }) => playhead !== null || visibility !== null);
}

function isNewest(
  write: { version: Version } | null,
  before: { version: Version } | null | undefined,
): boolean {
  return write !== null && write.version >= (before?.version ?? '');
}

type Kept = Extract<AcceptedEntry, { change: AcceptedChange }>;

/** What this process accepted, for other regions: gone with it. */
export class AcceptedLog {
  readonly #region: RegionOfStore;
  readonly #entries: Kept[][];
  #lastMs = 0;
  /** Entries ever appended: two of one millisecond differ. */
  #count = 0;

  constructor(region: RegionOfStore, partitions: number) {
    this.#region = region;
    this.#entries = Array.from({ length: partitions }, () => []);
  }

  /** What says nothing is no entry. Times never go back, whatever a clock does. */
  append(change: AcceptedChange, nowMs: number): void {
    const { writes, sessions, fence } = change;
    if (writes.length === 0 && sessions.length === 0 && fence === null) return;
    this.#lastMs = Math.max(this.#lastMs, Math.floor(nowMs));
    this.#count += 1;
    const kept = this.#of(this.#partition(change.profileId));
    const offset = offsetOf(this.#lastMs, this.#count);
    kept.push({ offset, appendedAtMs: this.#lastMs, change });
    if (kept.length > this.#region.outLengthMax) kept.shift();
  }

  /** Lets go of all that was accepted of one profile. */
  forget(profileId: string): void {
    const partition = this.#partition(profileId);
    this.#entries[partition] = this.#of(partition).filter(
      ({ change }) => change.profileId !== profileId,
    );
  }

  stream(): AcceptedStream {
    return {
      region: this.#region.name,
      read: async (query) => this.#read(query),
      async close() {},
    };
  }

  #read(query: { partition: number; from: ReadPoint | null; limit: number }): {
    entries: AcceptedEntry[];
    hasGap: boolean;
  } {
    const { partition, from, limit } = query;
    const kept = this.#of(partition);
    const last = from === null ? -1 : kept.findLastIndex(({ offset }) => offset <= from.offset);
    return {
      entries: kept.slice(last + 1, last + 1 + limit),
      hasGap: from?.isSeen === true && kept[last]?.offset !== from.offset,
    };
  }

  #partition(profileId: string): number {
    return partitionOf(profileId, this.#entries.length);
  }

  #of(partition: number): Kept[] {
    const kept = this.#entries[partition];
    if (kept === undefined) throw new RangeError(`No partition ${partition}.`);
    return kept;
  }
}

function offsetOf(timeMs: number, count: number): Offset {
  return [timeMs, count].map((half) => String(half).padStart(halfLength, '0')).join('-');
}
