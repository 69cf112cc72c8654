import { floorTitle } from '../../domain/playhead.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import type { MergeRequest } from '../../stores/hot-store.ts';
import type { Need, ProfileState } from '../../subgraphs/playback/hydrate.ts';
import { recordHeartbeats } from '../../subgraphs/playback/record-heartbeats.ts';
import { Chance } from '../support/chance.ts';
import { noonMs } from '../support/manual-clock.ts';
import { type DataCentre, SimulatedCassandra } from './cassandra.ts';
import { Gateway } from './gateway.ts';
import { HandOvers } from './hand-overs.ts';
import { type Asker, Ledger, type Promised } from './ledger.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { type Operated, PlaybackProcess, type ReadQuery } from './playback-process.ts';
import { Region } from './region.ts';
import { type Named, registersIn, registersOf } from './registers.ts';
import { Routes } from './route.ts';
import { Timeline } from './timeline.ts';

export const profileIds = ['ada', 'ben', 'cleo', 'dora'];
/** Somebody follows these live, and so compares them whenever they change. */
export const followedIds = ['ada', 'ben'];
/** Of each profile. */
export const deviceIds = ['ada-tv', 'ada-phone', 'ben-tv', 'ben-phone', 'cleo-tv', 'dora-phone'];
export const titles = ['sintel', 'spring', 'charge', 'wing-it'];
/** Most runs have one: every second each process looks at each of them. */
const partitionChoices = [1, 1, 2];
/** The default with Redis, and shorter ones: a profile is clean, and can be evicted, the sooner. */
const writeBehindMsChoices = [30_000, 10_000, 5_000, 1_000];
/** Servers' clocks differ by at most this much. */
export const skewMsMax = 2_000;
/** What is kept for other regions: the default, and less than a partition lets pile up. */
const outLengthChoices = [50_000, 50_000, 50_000, 30, 6];
/** A region alone has a copy elsewhere all the same. */
const centresMin = 2;

/** What a world is made of. */
export interface WorldOptions {
  seed: number;
  bug: PlantedBug;
  isTraced: boolean;
  /** Null: there is one, and a data centre elsewhere that nobody writes to. */
  regionNames: readonly string[] | null;
}

/**
 * Regions over the data centres of one Cassandra, and all who are there. Everything that happens by
 * chance is drawn from the seed.
 */
export class World {
  readonly timeline = new Timeline(noonMs);
  readonly chance: Chance;
  readonly regions: readonly Region[];
  readonly cassandra: SimulatedCassandra;
  readonly routes: Routes;
  readonly gateway: Gateway;
  readonly ledger = new Ledger();
  readonly handOvers: HandOvers;
  /** In words, for comparing two runs of one seed, and for reading one. */
  readonly history: string[] = [];
  /** By profile and title: when somebody last reported, by the server's clock. */
  readonly lastActivityMs = new Map<string, number>();
  /** Nothing begins any more: what is under way comes to its end. */
  isEnding = false;
  readonly writeBehindMs: number;
  readonly recordHeartbeats: typeof recordHeartbeats;
  readonly #bug: PlantedBug;
  readonly #isTraced: boolean;

  constructor({ seed, bug, isTraced, regionNames }: WorldOptions) {
    this.#bug = bug;
    this.#isTraced = isTraced;
    this.recordHeartbeats = bug.recordHeartbeats ?? recordHeartbeats;
    this.chance = new Chance(seed);
    this.writeBehindMs = this.chance.pick(writeBehindMsChoices);
    const { timeline, chance } = this;
    const partitions = chance.pick(partitionChoices);
    const names = regionNames ?? [null];
    const outLengthMax = names.length > 1 ? chance.pick(outLengthChoices) : 0;
    const centres = Math.max(names.length, centresMin);
    this.cassandra = new SimulatedCassandra({ timeline, chance, centres });
    this.regions = names.map((name, index) => {
      const centre = this.cassandra.centres[index] as DataCentre;
      return new Region(this, { name, centre, partitions, profileIds, outLengthMax });
    });
    this.routes = new Routes(names.length > 1 ? this.regions : [], this.cassandra.links);
    this.gateway = new Gateway({ timeline, chance, alive: () => this.processes });
    this.handOvers = new HandOvers(this);
    bug.world?.(this);
  }

  /** Of every region. */
  get processes(): readonly PlaybackProcess[] {
    return this.regions.flatMap(({ processes }) => processes);
  }

  /** Where something goes wrong. */
  anyRegion(): Region {
    return this.regions.length === 1 ? (this.regions[0] as Region) : this.chance.pick(this.regions);
  }

  note(what: string): void {
    this.history.push(`${this.timeline.nowMs() - noonMs} ${what}`);
  }

  /** For a region, which starts it. */
  newProcess(region: Region, of: { name: string; place: number }): PlaybackProcess {
    const { timeline, chance, cassandra, writeBehindMs } = this;
    const trace = this.#isTraced ? (what: string) => this.note(what) : null;
    const parts = { timeline, chance, region, cassandra, bug: this.#bug, writeBehindMs, trace };
    const process = new PlaybackProcess(
      {
        ...parts,
        onWrite: (request) => this.#expectReported(request),
        onRead: (query, by) => this.#watchRead(by, query),
      },
      { ...of, skewMs: this.#skewMs() },
    );
    this.routes.reach(process);
    return process;
  }

  /** Often as far off as servers may be. */
  #skewMs(): number {
    const mostMs = skewMsMax / 2;
    return this.chance.of(0.5)
      ? this.chance.pick([-mostMs, mostMs])
      : this.chance.below(skewMsMax) - mostMs;
  }

  /** Reads a profile as a client; null when the answer says itself that it may be behind. */
  async read(
    process: PlaybackProcess,
    of: { profileId: string; need: Need },
  ): Promise<ProfileState | null> {
    const { profileId, need } = of;
    const { answer: state } = await this.gateway.ask(process, ({ reader }) =>
      reader.read({ profileId, titles: null, need }),
    );
    this.note(`${process.name} shows ${profileId} ${described(state)}`);
    return isTrusted(state) ? state : null;
  }

  /** Every read of every operation is compared with what was promised when it was asked for. */
  #watchRead(process: PlaybackProcess, query: ReadQuery): (state: ProfileState) => void {
    const { profileId, titles: asked, need } = query;
    const { life: reader, region } = process;
    const asker = { reader, truth: region.truth, atMs: this.timeline.nowMs(), need };
    const expected = [...this.ledger.visibleTo(asker, profileId).values()].filter(
      ({ key }) => asked === null || isAbout(key, asked),
    );
    const wasDeposed = region.redis.isDeposed(process.redisClient.id);
    return (state) => {
      const seen = registersSeen(profileId, state);
      const where = `${process.name} shows (${need})`;
      for (const named of seen.values()) this.ledger.expectSubmitted(named, where);
      this.#expectNamed(profileId, state);
      if (isTrusted(state) && !wasDeposed) this.#expectFresh({ asker, expected, seen, where });
    };
  }

  #expectFresh(of: {
    asker: Asker;
    expected: readonly Promised[];
    seen: ReadonlyMap<string, Named>;
    where: string;
  }): void {
    const { asker, expected, seen, where } = of;
    // What was hot only may have been lost meanwhile, and be restored by now.
    const wasCut = asker.truth.lastCutMs() >= asker.atMs;
    for (const promised of expected) {
      if (wasCut && promised.durability !== 'DURABLE') continue;
      this.ledger.expectNotOlder(promised, { named: seen.get(promised.key), asker, where });
    }
    const at = { atMs: this.timeline.nowMs(), by: asker.reader, truth: asker.truth };
    for (const named of seen.values()) this.ledger.see(named, at);
  }

  /** Whoever shows a playhead can say which device it is of. */
  #expectNamed(profileId: string, { titles: shown, devices }: ProfileState): void {
    for (const [title, { playhead }] of shown) {
      const hash = playhead?.deviceHash ?? null;
      if (hash === null || devices.has(hash)) continue;
      this.ledger.violate('device named', `${profileId} ${title} ${playhead?.version}`);
    }
  }

  /** An operation's answer is there: what it wrote is kept, as far as it said. */
  promise(
    named: readonly Named[],
    of: { durability: 'HOT' | 'DURABLE'; operated: Operated<unknown>; by: PlaybackProcess },
  ): void {
    const { operated, durability, by } = of;
    const isDirect = operated.writes.at(-1)?.written.kind === 'direct';
    for (const one of named) {
      this.ledger.promise(one, {
        ...{ atMs: this.timeline.nowMs(), durability, by: by.life, truth: by.region.truth },
        directBy: isDirect ? by.life : null,
        wasRefused: isDirect && operated.wasRefused,
      });
    }
  }

  /** A device's writes were submitted when it observed them; a change by hand is submitted here. */
  #expectReported(request: MergeRequest): void {
    const { profileId, writes } = request;
    const isByHand = request.presence === null;
    for (const named of registersIn({ profileId, titles: writes })) {
      if (isByHand) this.ledger.submit(named);
      else this.ledger.expectSubmitted(named, 'a write');
    }
  }
}

export const policy = defaultPolicy;

/** Everything that an answer shows, by register. */
export function registersSeen(profileId: string, state: ProfileState): Map<string, Named> {
  const floor = [floorTitle, { playhead: state.floor, visibility: null }] as const;
  const named = registersOf(profileId, [...state.titles, floor]);
  return new Map(named.map((one) => [one.key, one]));
}

/** A read of some titles tells of them, and of the floor. */
function isAbout(key: string, asked: readonly string[]): boolean {
  const title = key.split('|')[1] as string;
  return title === floorTitle || asked.includes(title);
}

function isTrusted({ isComplete, isDegraded }: ProfileState): boolean {
  return isComplete && !isDegraded;
}

function described({ source, isComplete, isDegraded, titles: shown }: ProfileState): string {
  const newest = [...shown].map(([title, { playhead, visibility }]) => {
    const times = [playhead, visibility].map((register) => register?.version.slice(5, 13) ?? '-');
    return `${title}:${times.join('/')}`;
  });
  return `${source}${isDegraded ? ' degraded' : ''}${isComplete ? '' : ' in part'} ${newest.join()}`;
}
