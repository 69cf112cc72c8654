import { type Version, versionZero } from '../../domain/version.ts';
import type { Need } from '../../subgraphs/playback/hydrate.ts';
import type { Life } from './life.ts';
import { type Named, writeName } from './registers.ts';

/** Something that must not happen, and what the rule is called. */
export interface Violation {
  rule: string;
  what: string;
}

/** Somebody was told that a write is kept, or saw it. */
export interface Promised {
  name: string;
  key: string;
  version: Version;
  atMs: number;
  durability: 'HOT' | 'DURABLE' | 'SEEN';
  /** Written past the hot store by this process, which owes it to the hot store until it has it. */
  directBy: Life | null;
  /** Past a hot store that was full, which everybody can reach: its mark was dropped first. */
  wasRefused: boolean;
  /** The process that answered, and what is true in its region. */
  by: Life;
  truth: Truth;
  /** The region was lost before any other data centre had it. */
  isLost?: true;
}

/** Who reads, and when they asked. */
export interface Asker {
  reader: Life;
  /** Of the region that is asked. */
  truth: Truth;
  atMs: number;
  need: Need;
}

/** What the oracle asks the stores of a region, past every fault. */
export interface Truth {
  /** When the hot store last lost anything, ms; before the beginning if never. */
  lastCutMs(): number;
  /** Since when the hot store takes no writes, ms; null when it does. */
  fullSinceMs(): number | null;
  /** The hot store got this write and has not lost it. */
  isInHot(name: string): boolean;
  /** The same, and not only as a copy of what another region accepted. */
  isOwn(name: string): boolean;
  /** It got it once. */
  wasEverHot(name: string): boolean;
  /** The local data centre's version of a register. */
  durableVersion(key: string): Version | null;
}

/**
 * A process keeps what it accepted for 10 s, and takes a second to notice that the hot store is another,
 * two more when it goes on talking to the old one.
 */
const rememberedMs = 6_000;
/** The first mark that a new hot store gets of a profile, and some slack for skew and slow answers. */
const firstMarkMs = 70_000;

/** All that was submitted and promised, and what contradicts it. */
export class Ledger {
  readonly violations: Violation[] = [];
  /** By name of the write. */
  readonly #submitted = new Map<string, string>();
  readonly #truths = new Set<Truth>();
  /** By region. */
  readonly #seen = new Map<Truth, Set<string>>();
  /** By name of the write. */
  readonly #firstAtMs = new Map<string, number>();
  /** By profile and register, the newest version first. */
  readonly #promises = new Map<string, Map<string, Promised[]>>();

  violate(rule: string, what: string): void {
    this.violations.push({ rule, what });
  }

  /** Somebody is about to write this: one version stands for one value, for ever. */
  submit(named: Named): void {
    const name = writeName(named);
    const before = this.#submitted.get(name);
    if (before === undefined) this.#submitted.set(name, named.packed);
    else if (before !== named.packed) {
      this.violate('one value', `${name} is ${before} and ${named.packed}`);
    }
  }

  isSubmitted(named: Named): boolean {
    return this.#submitted.get(writeName(named)) === named.packed;
  }

  /** Whoever sees or writes a register checks that somebody reported it. */
  expectSubmitted(named: Named, where: string): void {
    if (this.isSubmitted(named)) return;
    this.violate('nothing invented', `${where}: nobody reported ${named.key} ${named.packed}`);
  }

  promise(named: Named, of: Omit<Promised, 'name' | 'key' | 'version'>): void {
    const { key, version } = named;
    this.#truths.add(of.truth);
    const name = writeName(named);
    if (!this.#firstAtMs.has(name)) this.#firstAtMs.set(name, of.atMs);
    const promised: Promised = { name, key, version, ...of };
    const known = this.#promisesOf(key);
    const index = known.findIndex((one) => one.version <= version);
    known.splice(index < 0 ? known.length : index, 0, promised);
    this.#expectKept(promised);
  }

  /** When a write was promised first, wherever that was, ms: a later answer may tell of it once more. */
  firstPromisedAtMs({ name, atMs }: Promised): number {
    return this.#firstAtMs.get(name) ?? atMs;
  }

  /** What was shown once, unflagged, is there for whoever asks later. */
  see(named: Named, of: { atMs: number; by: Life; truth: Truth }): void {
    const name = writeName(named);
    const seen = this.#seen.get(of.truth) ?? new Set();
    this.#seen.set(of.truth, seen);
    if (seen.has(name)) return;
    seen.add(name);
    this.promise(named, { ...of, durability: 'SEEN', directBy: null, wasRefused: false });
  }

  /** What must be seen of a profile by whoever asks. */
  visibleTo(asker: Asker, profileId: string): Map<string, Promised> {
    return this.newest(
      profileId,
      (promised) => promised.atMs <= asker.atMs && this.isVisibleTo(asker, promised),
    );
  }

  isVisibleTo({ reader, truth, atMs, need }: Asker, promised: Promised): boolean {
    if (promised.directBy === reader || truth.isInHot(promised.name)) return true;
    // Another region's promises are seen here once they are here.
    if (promised.truth !== truth || promised.isLost) return false;
    if (promised.wasRefused && isFullSince(truth, promised.atMs)) return true;
    // Another process owes it to the hot store, and cannot reach it perhaps.
    if (promised.directBy !== null || promised.durability !== 'DURABLE') return false;
    // The hot store lost it; every mark went with that, so the durable store is asked. It may have
    // been asked just before it had it, and a first mark is short.
    const isMarkOver = need === 'decide' && atMs - promised.atMs > firstMarkMs;
    return isMarkOver || promised.atMs < truth.lastCutMs();
  }

  /** What was asked for is no older than what was promised. */
  expectNotOlder(
    promised: Promised,
    of: { named: Named | undefined; asker: Asker; where: string },
  ): void {
    const version = of.named?.version ?? versionZero;
    if (version >= promised.version || !this.isVisibleTo(of.asker, promised)) return;
    const { key, durability } = promised;
    this.violate(
      'never older',
      `${of.where} ${key} at ${version}; ${durability} was ${promised.version}`,
    );
  }

  /**
   * What must be there in the end: all but what was hot only when the hot store lost it. `late`: when every mark
   * has ended.
   */
  lasting(profileId: string, of: { truth: Truth; isLate: boolean }): Map<string, Promised> {
    const { truth, isLate } = of;
    return this.newest(profileId, (promised) => {
      if (truth.isInHot(promised.name)) return true;
      if (promised.durability === 'SEEN' || promised.isLost) return false;
      if (promised.truth !== truth) return hasComeAcross(promised, { isLate });
      if (promised.durability === 'HOT') return this.#isRestored(promised);
      // Who died owing it to the hot store leaves that to the end of a mark.
      return isLate || !(promised.directBy?.isOver ?? false);
    });
  }

  /** Accepted shortly before the hot store lost it, by a process that lived to tell it again. */
  #isRestored({ by, atMs, truth }: Promised): boolean {
    return !by.isOver && truth.lastCutMs() - atMs < rememberedMs;
  }

  /** A region was built anew: what had left it for no other data centre is lost. */
  lose(truth: Truth): void {
    for (const registers of this.#promises.values()) {
      for (const [key, promises] of registers) {
        const version = truth.durableVersion(key) ?? versionZero;
        for (const promised of promises) {
          if (promised.truth === truth && promised.version > version) promised.isLost = true;
        }
      }
    }
  }

  /** What is durable stays durable. */
  expectDurable(): void {
    for (const truth of this.#truths) this.#expectDurableIn(truth);
  }

  #expectDurableIn(of: Truth): void {
    for (const profileId of this.#promises.keys()) {
      const newest = this.newest(
        profileId,
        ({ durability, truth, isLost }) => durability === 'DURABLE' && truth === of && !isLost,
      );
      for (const [key, { version: promised, truth }] of newest) {
        const version = truth.durableVersion(key) ?? versionZero;
        if (version >= promised) continue;
        this.violate('durable for good', `${key} is ${version}, was ${promised}`);
      }
    }
  }

  /** Promises at the moment they are made: hot means merged, durable means in the durable store. */
  #expectKept({ name, key, version, durability, truth }: Promised): void {
    if (durability === 'HOT' && !truth.wasEverHot(name)) {
      this.violate('acknowledged when hot', `${name} was never merged`);
    }
    const durableVersion = durability === 'DURABLE' ? truth.durableVersion(key) : version;
    if (durableVersion === null || durableVersion < version) {
      this.violate('acknowledged when durable', `${name}: the durable store has ${durableVersion}`);
    }
  }

  /** The newest promise of each register that counts. */
  newest(profileId: string, counts: (promised: Promised) => boolean): Map<string, Promised> {
    const newest = new Map<string, Promised>();
    for (const [key, promises] of this.#promises.get(profileId) ?? []) {
      const found = promises.find(counts);
      if (found !== undefined) newest.set(key, found);
    }
    return newest;
  }

  #promisesOf(key: string): Promised[] {
    const profileId = key.slice(0, key.indexOf('|'));
    const registers = this.#promises.get(profileId) ?? new Map<string, Promised[]>();
    this.#promises.set(profileId, registers);
    const promises = registers.get(key) ?? [];
    registers.set(key, promises);
    return promises;
  }
}

/**
 * In the end whatever its region still has. Before that: it came by replication; or what it left for others was let go of before they read it, and they compared
 * everything anew: by now with what their data centres had when all was healed.
 */
function hasComeAcross(
  { durability, truth, name }: Promised,
  { isLate }: { isLate: boolean },
): boolean {
  const isDurable = durability === 'DURABLE';
  return isLate ? isDurable || truth.isInHot(name) : isDurable && truth.isOwn(name);
}

function isFullSince(truth: Truth, atMs: number): boolean {
  const sinceMs = truth.fullSinceMs();
  return sinceMs !== null && sinceMs < atMs;
}
