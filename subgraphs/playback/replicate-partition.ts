import { partitionOf } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import {
  type AcceptedChange,
  type AcceptedEntry,
  type AcceptedStream,
  offsetAt,
  type ReadPoint,
  type Refusal,
  timeOfOffset,
} from '../../stores/accepted-stream.ts';
import type { Offset } from '../../stores/event-stream.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../../stores/faults.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { coalesced, fencesOf } from './coalesce.ts';

/** Entries read at a time, some 100 kB: a step that a partition's other callers hardly feel. */
export const batchLengthMax = 256;
/**
 * How far before a lost entry the reader goes on: a store that lost its last moments (2 s of a failover) and
 * whose clock is another's gives new entries times that were read past.
 */
const goBackMs = 60_000;
/** Where a stretch was refused everything is compared again, at most this often. */
const raiseForRefusedEveryMs = 60_000;
/** Within this time no stream passes its cap: 50,000 entries of a partition are more than a Redis appends. */
const followedMs = 5_000;
/** How often the own store is asked where it stands although nothing new came: it may have lost that. */
const lookEveryMs = 1_000;

/** Before every entry: a reader that stands there has seen none. */
const start: ReadPoint = { offset: offsetAt(0), isSeen: false };

export interface ReplicaDeps {
  hot: HotStore;
  clock: Clock;
  log: Logger;
  /**
   * Applies known fences again to the profiles of a partition: that of an erasure may be among what was
   * missed. Default: nobody erases.
   */
  reapplyFences?: (partition: number) => Promise<void>;
}

/** What was met in one region's streams since the process began. */
export interface ReplicaCounts {
  takenIn: number;
  refused: Record<Refusal, number>;
  gaps: number;
  /** How often a partition was compared anew, for whatever reason. */
  raised: number;
}

export function noCounts(): ReplicaCounts {
  const refused = { garbage: 0, region: 0, format: 0, partitions: 0 };
  return { takenIn: 0, refused, gaps: 0, raised: 0 };
}

/**
 * Takes one partition of another region's stream into the own hot store.
 *
 * Shape: the store notes where the reader stands in the same step in which it takes entries in, and lets the
 * reader do so only from where it stood: so a restored store or another reader is noticed, and a crash
 * anywhere only repeats. Where entries were or may have been missed, every profile of the partition is
 * compared with the durable store again, and that before the noted point moves past them: refused entries are
 * read past at once, and noted only once good ones followed and the partition was compared anew.
 * Errors: those of the peer and of the hot store; safe to retry.
 * Cost: one read of the peer a step, one script call a batch, a look at the own point each second.
 */
export class PartitionReplica {
  readonly #deps: ReplicaDeps;
  readonly #peer: AcceptedStream;
  readonly #partition: number;
  readonly #counts: ReplicaCounts;
  /** What the own store says; undefined: it was not asked yet. */
  #noted: ReadPoint | null | undefined;
  /** Where to read on: further than what is noted, past what was refused or after a gap. */
  #at: ReadPoint | null = null;
  /** When the peer was asked last for what was then taken in, or when everything was compared, ms. */
  #followedAtMs = Number.NEGATIVE_INFINITY;
  /** The first of the entries that were read and could not be taken in. */
  #untaken: Offset | undefined;
  /** `stretch`: the last entries were refused. `ended`: good ones followed, and nothing was raised yet. */
  #refused: 'none' | 'stretch' | 'ended' = 'none';
  #raisedForRefusedAtMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Entries still to be tried one by one: one of a batch could not be taken in. */
  #oneByOne = 0;
  #caughtUpAtMs: number;

  constructor(
    deps: ReplicaDeps,
    of: { peer: AcceptedStream; partition: number; counts: ReplicaCounts },
  ) {
    this.#deps = deps;
    this.#peer = of.peer;
    this.#partition = of.partition;
    this.#counts = of.counts;
    this.#caughtUpAtMs = deps.clock.nowMs();
  }

  /** When everything that the peer had accepted was taken in. */
  get caughtUpAtMs(): number {
    return this.#caughtUpAtMs;
  }

  /** Another process had the partition until now, or it begins. */
  begin(): void {
    this.#noted = undefined;
    this.#caughtUpAtMs = this.#deps.clock.nowMs();
  }

  /** Reads once, and takes in what was read. True: there is more. */
  async step(): Promise<boolean> {
    const nowMs = this.#deps.clock.nowMs();
    await this.#look(nowMs);
    const limit = this.#oneByOne > 0 ? 1 : batchLengthMax;
    const query = { partition: this.#partition, from: this.#at, limit };
    const { entries, hasGap } = await this.#peer.read(query).catch((error: unknown) => {
      this.#followedAtMs = Number.NEGATIVE_INFINITY;
      throw error;
    });
    if (hasGap) {
      await this.#goBack();
      return true;
    }
    this.#meet(entries[0]?.offset);
    const isTaken = await this.#take(entries.map((entry) => this.#checked(entry)));
    if (isTaken) {
      this.#untaken = undefined;
      this.#followedAtMs = nowMs;
    }
    const isMore = !isTaken || entries.length === limit;
    if (!isMore) this.#caughtUpAtMs = nowMs;
    return isMore;
  }

  /** What was read before and not taken in: if the first of it is gone, so may be what came before that is read now. */
  #meet(first: Offset | undefined): void {
    const isGone = this.#untaken !== undefined && this.#untaken !== first;
    if (isGone) this.#followedAtMs = Number.NEGATIVE_INFINITY;
    this.#untaken = first;
  }

  async #look(nowMs: number): Promise<void> {
    if (this.#noted !== undefined && nowMs - this.#lookedAtMs < lookEveryMs) return;
    const { region } = this.#peer;
    const stored = await this.#deps.hot.takenUpTo({ partition: this.#partition, region });
    this.#lookedAtMs = nowMs;
    if (this.#noted === undefined || !isSame(stored, this.#noted)) this.#standAt(stored);
  }

  #standAt(stored: ReadPoint | null): void {
    this.#noted = stored;
    this.#at = stored;
    this.#followedAtMs = Number.NEGATIVE_INFINITY;
    this.#refused = 'none';
  }

  /** The entry read last is there no more, and neither may be what followed it. */
  async #goBack(): Promise<void> {
    const lost = (this.#at as ReadPoint).offset;
    // Told and counted once, however often the own store must be asked.
    await this.#compareAgain();
    this.#deps.log.warn(
      { ...this.#place(), offset: lost },
      'entries of a region were missing: everything is compared again',
    );
    this.#counts.gaps += 1;
    this.#at = { offset: offsetAt(timeOfOffset(lost) - goBackMs), isSeen: false };
    this.#refused = 'none';
  }

  /** An id may be another partition's where the regions were set up with different layouts. */
  #checked(entry: AcceptedEntry): AcceptedEntry {
    const { hot } = this.#deps;
    const isAtHome =
      'refusal' in entry || partitionOf(entry.change.profileId, hot.partitions) === this.#partition;
    if (isAtHome) return entry;
    const { offset, appendedAtMs } = entry;
    return { offset, appendedAtMs, refusal: 'partitions' };
  }

  /** False: another reader was faster, or the own store is another than it was; the batch is read again. */
  async #take(entries: readonly AcceptedEntry[]): Promise<boolean> {
    try {
      return await this.#takeAll(entries);
    } catch (error) {
      if (!(error instanceof CannotTakeIn)) throw error;
      const [only, ...others] = entries.filter((entry) => !isRefused(entry));
      if (only === undefined) throw error;
      if (others.length > 0) {
        this.#oneByOne = entries.length;
        return false;
      }
      const { offset } = only;
      const { cause } = error;
      this.#deps.log.error({ ...this.#place(), offset, err: cause }, 'an entry is passed over');
      return this.#takeAll(entries.map((entry) => (entry === only ? asGarbage(only) : entry)));
    }
  }

  async #takeAll(entries: readonly AcceptedEntry[]): Promise<boolean> {
    const changes = entries.flatMap((entry) => (isRefused(entry) ? [] : [entry.change]));
    const { refused, ends } = this.#afterRefused(entries);
    const isBegun = changes.length > 0 || (entries.length === 0 && this.#at === null);
    if ((isBegun && this.#mayHaveMissed()) || ends) await this.#compareAgain();
    if (ends) this.#raisedForRefusedAtMs = this.#deps.clock.nowMs();
    if (!(await this.#noteWith(changes, this.#toNote(entries, { refused, ends })))) return false;
    this.#at = pointOf(entries.at(-1)) ?? this.#at ?? this.#noted ?? null;
    this.#count(entries, refused);
    return true;
  }

  /**
   * Where no entry was seen yet, the first that is read need not be the first that came: others may have come and
   * gone while nobody read, whatever kept the reader from it. Where one was seen, its absence tells.
   */
  #mayHaveMissed(): boolean {
    if (this.#at?.isSeen === true) return false;
    return this.#deps.clock.nowMs() - this.#followedAtMs > followedMs;
  }

  async #noteWith(changes: readonly AcceptedChange[], point: ReadPoint | null): Promise<boolean> {
    if (changes.length === 0 && isSame(point, this.#noted ?? null)) return true;
    const upTo = point ?? start;
    const stands = await this.#merge(changes, upTo);
    const isOurs = isSame(stands, upTo);
    if (isOurs) this.#noted = stands;
    else this.#standAt(stands);
    return isOurs;
  }

  /**
   * How things stand after these entries with what was refused, and whether it ends with them: good ones
   * follow, and it was long enough ago that everything was compared because of it.
   */
  #afterRefused(entries: readonly AcceptedEntry[]): {
    refused: 'none' | 'stretch' | 'ended';
    ends: boolean;
  } {
    const first = entries.findIndex(isRefused);
    const lastGood = entries.findLastIndex((entry) => !isRefused(entry));
    const wasRefused = this.#refused !== 'none' || (first >= 0 && first < lastGood);
    const isOver = this.#refused === 'ended' || (wasRefused && lastGood >= 0);
    const sinceMs = this.#deps.clock.nowMs() - this.#raisedForRefusedAtMs;
    const ends = isOver && sinceMs >= raiseForRefusedEveryMs;
    const isLastRefused = entries.length > 0 && lastGood < entries.length - 1;
    if (ends) return { ends, refused: isLastRefused ? 'stretch' : 'none' };
    if (isOver) return { ends, refused: 'ended' };
    return { ends, refused: isLastRefused ? 'stretch' : this.#refused };
  }

  /** What to note with these entries: nothing past a refused one before everything is compared again. */
  #toNote(
    entries: readonly AcceptedEntry[],
    after: { refused: 'none' | 'stretch' | 'ended'; ends: boolean },
  ): ReadPoint | null {
    const { refused, ends } = after;
    const noted = this.#noted ?? null;
    if (refused === 'none') return pointOf(entries.at(-1)) ?? this.#at ?? start;
    if (ends) {
      const lastGood = entries.findLastIndex((entry) => !isRefused(entry));
      return pointOf(entries[lastGood]) ?? this.#at;
    }
    if (this.#refused !== 'none') return noted;
    const first = entries.findIndex(isRefused);
    return pointOf(entries[first - 1]) ?? this.#at;
  }

  /** Fences first: what is taken in after that is turned back where one says so. */
  async #merge(changes: readonly AcceptedChange[], upTo: ReadPoint): Promise<ReadPoint | null> {
    const { hot, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const { region } = this.#peer;
    const of = { partition: this.#partition, region, after: this.#noted ?? null, upTo, nowMs };
    try {
      for (const [profileId, fence] of fencesOf(changes)) {
        await hot.erase({ profileId, fence, nowMs });
      }
      return await hot.takeIn({ ...of, changes: coalesced(changes) });
    } catch (error) {
      if (error instanceof StoreUnreachable || error instanceof StoreTakesNoWrites) throw error;
      throw new CannotTakeIn('The own store would not have it.', { cause: error });
    }
  }

  /** Before the noted point moves: whoever dies in between does it once more. */
  async #compareAgain(): Promise<void> {
    const { hot, reapplyFences } = this.#deps;
    await hot.raiseGeneration(this.#partition);
    this.#counts.raised += 1;
    this.#followedAtMs = this.#deps.clock.nowMs();
    await reapplyFences?.(this.#partition);
  }

  #count(entries: readonly AcceptedEntry[], refused: 'none' | 'stretch' | 'ended'): void {
    const isNew = this.#refused === 'none';
    this.#refused = refused;
    this.#oneByOne = Math.max(0, this.#oneByOne - entries.length);
    for (const entry of entries) {
      if (isRefused(entry)) this.#counts.refused[entry.refusal] += 1;
      else this.#counts.takenIn += 1;
    }
    const first = entries.find(isRefused);
    if (first === undefined || !isNew) return;
    const { offset, refusal } = first;
    this.#deps.log.error(
      { ...this.#place(), offset, code: refusal },
      'entries of a region are refused',
    );
  }

  #place() {
    return { region: this.#peer.region, partition: this.#partition };
  }
}

/** The own store is well, and would not have an entry. */
class CannotTakeIn extends Error {}

type Refused = Extract<AcceptedEntry, { refusal: Refusal }>;

function isRefused(entry: AcceptedEntry): entry is Refused {
  return 'refusal' in entry;
}

function asGarbage({ offset, appendedAtMs }: AcceptedEntry): Refused {
  return { offset, appendedAtMs, refusal: 'garbage' };
}

function pointOf(entry: AcceptedEntry | undefined): ReadPoint | null {
  return entry === undefined ? null : { offset: entry.offset, isSeen: true };
}

function isSame(left: ReadPoint | null, right: ReadPoint | null): boolean {
  return left?.offset === right?.offset && left?.isSeen === right?.isSeen;
}
