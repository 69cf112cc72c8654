import { defaultPolicy } from '../../../domain/policy.ts';
import { partitionOf, type Version } from '../../../domain/version.ts';
import { createLog } from '../../../runtime/log.ts';
import type { AcceptedEntry, AcceptedStream, Refusal } from '../../../stores/accepted-stream.ts';
import { type EmbeddedHotStore, openEmbeddedHotStore } from '../../../stores/embedded/hot.ts';
import { openEmbeddedLeases } from '../../../stores/embedded/lease.ts';
import {
  type EmbeddedEventStream,
  openEmbeddedEventStream,
} from '../../../stores/embedded/stream.ts';
import type { HotStore } from '../../../stores/hot-store.ts';
import type { Leases } from '../../../stores/lease.ts';
import { fencingAgain } from '../../../subgraphs/playback/fence-again.ts';
import { Replicator } from '../../../subgraphs/playback/replicate.ts';
import { Faults, faulty } from '../../support/faulty.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const partitions = 4;
export const demoPartition = partitionOf('demo', partitions);

/** Entries of a partition that a region keeps for the others. */
const outLengthMax = 1_000;

export interface RegionOptions {
  name: string;
  clock: ManualClock;
  outLengthMax?: number;
}

/** A hot store of its own, its link to each other region, and whoever reads over them. */
export class Region {
  readonly name: string;
  readonly clock: ManualClock;
  readonly leases: Leases;
  /** Between this region's processes and their hot store. */
  readonly hotFaults = new Faults();
  /** Between this region and another, by its name. */
  readonly links = new Map<string, Faults>();
  /** Partitions whose known fences were applied again, in order. */
  readonly fencedAgain: number[] = [];
  /** Those that this region's processes know, by profile. */
  readonly fences = new Map<string, Version>();
  /** What becomes of entries on their way here. */
  tamper: (entry: AcceptedEntry) => AcceptedEntry = (entry) => entry;
  readonly #events: EmbeddedEventStream;
  readonly #options: RegionOptions;
  readonly #replicators: Replicator[] = [];
  /** The store that is there just now. */
  actual: EmbeddedHotStore;

  constructor(options: RegionOptions) {
    const { name, clock } = options;
    this.#options = options;
    this.name = name;
    this.clock = clock;
    this.leases = openEmbeddedLeases({ clock });
    this.#events = openEmbeddedEventStream({ path: ':memory:', partitions, clock });
    this.actual = this.#newStore();
  }

  /** As this region's processes see it. */
  get hot(): HotStore {
    return faulty(
      current(() => this.actual),
      this.hotFaults,
    );
  }

  /** Another store takes its place, which knows nothing. */
  loseStore(): void {
    this.actual = this.#newStore();
  }

  /** What another region accepted, over the link to it. */
  streamOf(other: Region): AcceptedStream {
    const faults = this.links.get(other.name) ?? new Faults();
    this.links.set(other.name, faults);
    const read: AcceptedStream['read'] = async (query) => {
      const { entries, hasGap } = await other.actual.accepted().read(query);
      return { entries: entries.map((entry) => this.tamper(entry)), hasGap };
    };
    return faulty({ region: other.name, read, async close() {} }, faults);
  }

  link(other: Region): Faults {
    return this.links.get(other.name) as Faults;
  }

  /** A process of this region begins to read what these accept. */
  replicate(others: readonly Region[], of: { owner?: string; leases?: Leases } = {}): Replicator {
    const { hot, clock, fences } = this;
    const fenceAgain = fencingAgain({ hot, clock, keyOf: (id) => id, known: () => fences });
    const replicator = new Replicator({
      hot: this.hot,
      peers: others.map((other) => this.streamOf(other)),
      leases: of.leases ?? this.leases,
      clock: this.clock,
      log: createLog({ level: 'silent', part: 'test' }),
      owner: of.owner ?? `a process in ${this.name}`,
      reapplyFences: async (partition) => {
        this.fencedAgain.push(partition);
        await fenceAgain(partition);
      },
    });
    this.#replicators.push(replicator);
    replicator.start();
    return replicator;
  }

  async close(): Promise<void> {
    this.hotFaults.heal();
    for (const faults of this.links.values()) faults.heal();
    for (const replicator of this.#replicators) await replicator.close();
    await this.actual.close();
    await this.#events.close();
  }

  #newStore(): EmbeddedHotStore {
    const { name, outLengthMax: lengthMax = outLengthMax } = this.#options;
    const region = { name, outLengthMax: lengthMax };
    return openEmbeddedHotStore({
      ...{ policy: defaultPolicy, partitions, events: this.#events, region },
    });
  }
}

/** Regions of these names under one clock. */
export function openRegions<Names extends readonly string[]>(
  names: readonly [...Names],
  options: { outLengthMax?: number } = {},
): { clock: ManualClock; regions: { [Index in keyof Names]: Region }; close(): Promise<void> } {
  const clock = new ManualClock();
  const regions = names.map((name) => new Region({ name, clock, ...options }));
  return {
    clock,
    regions: regions as { [Index in keyof Names]: Region },
    async close() {
      for (const region of regions) await region.close();
    },
  };
}

/** The same entry, refused. */
export function refused({ offset, appendedAtMs }: AcceptedEntry, refusal: Refusal): AcceptedEntry {
  return { offset, appendedAtMs, refusal };
}

/** Whatever `find` answers at the time of each call. */
function current<Store extends object>(find: () => Store): Store {
  return new Proxy({} as Store, {
    get(_, property) {
      const store = find();
      const member: unknown = Reflect.get(store, property);
      return typeof member === 'function' ? member.bind(store) : member;
    },
  });
}
