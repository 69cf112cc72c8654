import { isDeepStrictEqual } from 'node:util';
import type { PlayheadRegister, TitleState, VisibilityRegister } from '../../../domain/playhead.ts';
import { floorTitle } from '../../../domain/playhead.ts';
import { defaultPolicy } from '../../../domain/policy.ts';
import { deviceHash, partitionOf, sessionVersion, type Version } from '../../../domain/version.ts';
import { createLog } from '../../../runtime/log.ts';
import type { DurableStore, ProfileBatch } from '../../../stores/durable-store.ts';
import { openEmbeddedDurableStore } from '../../../stores/embedded/durable.ts';
import { openEmbeddedHotStore } from '../../../stores/embedded/hot.ts';
import { openEmbeddedLeases } from '../../../stores/embedded/lease.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import type { HotStore } from '../../../stores/hot-store.ts';
import { HotRestorer } from '../../../subgraphs/playback/hot-restore.ts';
import {
  type Need,
  ProfileReader,
  type ProfileState,
} from '../../../subgraphs/playback/hydrate.ts';
import { WriteBehind } from '../../../subgraphs/playback/write-behind.ts';
import { Chance } from '../../support/chance.ts';
import { type Call, faulty, unreachable, type Weather } from '../../support/faulty.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { idle } from './two-tiers.ts';

/** What a process is built from; a planted bug dresses one of its stores. */
export interface Stores {
  hot: HotStore;
  durable: DurableStore;
}

export type Dress = (stores: Stores) => Stores;

/** Slow answers take longer than a title waits to be drained: everything may overtake everything. */
const intervalMs = 10_000;
const slowestMs = 15_000;
const partitions = 2;
const profilesMax = 3;

const profileIds = ['ada', 'ben', 'cleo', 'dora'];
const titles = ['sintel', 'spring', 'charge', floorTitle];
const devices = ['tv', 'phone'].map((id) => ({ id, kind: 'OTHER', name: null }));
const log = createLog({ level: 'silent', part: 'test' });

type Register = PlayheadRegister | VisibilityRegister;
/** By `profile|title|register`. */
type Versions = Map<string, Version>;

interface Life extends Stores {
  reader: ProfileReader;
  writeBehind: WriteBehind;
  isOver: boolean;
}

/**
 * One random evening of a household: heartbeats that come late, twice and out of order, evictions,
 * processes that die and durable stores that do not answer, over the production write-behind and
 * reader. The same seed is the same evening.
 *
 * Shape: what was acknowledged DURABLE, or drained, is required for ever; what was acknowledged HOT,
 * until the process dies. No complete answer is older than what was required when it was asked for,
 * and every register that is seen was submitted.
 */
export class Household {
  /** What went wrong, in words; empty after a good evening. */
  readonly violations: string[] = [];
  /** What was seen, for comparing two runs of one seed. */
  readonly history: string[] = [];
  readonly #chance: Chance;
  readonly #dress: Dress;
  readonly #clock = new ManualClock();
  readonly #durable = openEmbeddedDurableStore({ path: ':memory:' });
  readonly #events = openEmbeddedEventStream({ path: ':memory:', partitions, clock: this.#clock });
  readonly #submitted = new Map<string, Register>();
  readonly #drained: Versions = new Map();
  readonly #hotOnly: Versions = new Map();
  readonly #late: (() => Promise<void>)[] = [];
  #isDurableDown = false;
  #life: Life;

  constructor(seed: number, dress: Dress = (stores) => stores) {
    this.#chance = new Chance(seed);
    this.#dress = dress;
    this.#life = this.#start();
  }

  async run(options: { steps: number }): Promise<void> {
    for (let step = 0; step < options.steps && this.violations.length === 0; step += 1) {
      await this.#step();
      const pauseMs = this.#chance.of(0.06) ? 90_000 : 2_500;
      await this.#clock.advance(this.#chance.below(pauseMs));
    }
    await this.#heal();
    await this.#checkHealed();
    await this.#close();
  }

  async #step(): Promise<void> {
    const actions: [weight: number, act: () => void | Promise<void>][] = [
      [50, () => this.#heartbeat()],
      [8, () => this.#changeByHand()],
      [16, () => this.#readSome()],
      [6, () => this.#arriveLate()],
      [8, () => this.#evict()],
      [4, () => this.#crash()],
      [5, () => this.#turnWeather()],
      [2, () => this.#life.hot.dropMark(this.#chance.pick(profileIds))],
      [1, () => this.#life.hot.raiseGeneration(this.#chance.below(partitions))],
    ];
    const act = this.#chance.weighted(actions);
    // Nothing is waited for: what takes time goes on while time is moved on.
    void Promise.resolve(act()).catch(() => {});
  }

  /** A process, new and empty but for the durable store. */
  #start(): Life {
    const life = { isOver: false };
    const weather = new LifeWeather({
      life,
      chance: this.#chance,
      clock: this.#clock,
      isDurableDown: () => this.#isDurableDown,
      written: (batch) => this.#note(this.#drained, batch.profileId, batch.titles),
    });
    const hot = openEmbeddedHotStore({
      policy: defaultPolicy,
      partitions,
      events: this.#events,
      profilesMax,
    });
    const stores = this.#dress({
      hot: faulty(hot, weather.hot),
      durable: faulty(this.#durable, weather.durable),
    });
    const parts = { ...stores, clock: this.#clock, log };
    const leases = openEmbeddedLeases({ clock: this.#clock });
    const restorer = new HotRestorer(parts);
    const writeBehind = new WriteBehind({ ...parts, leases, owner: 'household', intervalMs });
    writeBehind.start();
    return Object.assign(life, {
      ...stores,
      reader: new ProfileReader({ ...parts, restorer }),
      writeBehind,
    });
  }

  #crash(): void {
    this.history.push('crash');
    this.#life.isOver = true;
    this.#hotOnly.clear();
    this.#life = this.#start();
  }

  #turnWeather(): void {
    this.#isDurableDown = !this.#isDurableDown;
  }

  /** A device reports: its request arrives at once, late, twice, or never. */
  #heartbeat(): Promise<void> {
    const device = this.#chance.pick(devices);
    const activityAtMs = this.#clock.nowMs();
    const version = sessionVersion({ activityAtMs, deviceId: device.id, sessionId: 'evening' });
    const playhead: PlayheadRegister = {
      version,
      status: 'IN_PROGRESS',
      positionMs: activityAtMs % 7_200_000,
      durationMs: 7_200_000,
      deviceHash: deviceHash(device.id),
      laterFields: '',
    };
    const title = this.#chance.pick(titles.slice(0, -1));
    return this.#submit({
      title,
      state: { playhead, visibility: null },
      isIntent: this.#chance.of(0.2),
    });
  }

  #changeByHand(): Promise<void> {
    const title = this.#chance.pick(titles);
    const activityAtMs = this.#clock.nowMs();
    const version = sessionVersion({ activityAtMs, deviceId: 'by hand', sessionId: '' });
    const forgotten: PlayheadRegister = {
      version,
      status: 'NOT_STARTED',
      positionMs: 0,
      durationMs: null,
      deviceHash: null,
      laterFields: '',
    };
    const visibility = { version, hidden: this.#chance.of(0.5), laterFields: '' };
    const state =
      title === floorTitle || this.#chance.of(0.3)
        ? { playhead: forgotten, visibility: null }
        : { playhead: null, visibility };
    return this.#submit({ title, state, isIntent: true });
  }

  async #submit(of: { title: string; state: TitleState; isIntent: boolean }): Promise<void> {
    const request = { profileId: this.#chance.pick(profileIds), ...of };
    for (const [key, register] of registersOf(request.profileId, [[of.title, of.state]])) {
      this.#submitted.set(`${key}|${register.version}`, register);
    }
    const fate = this.#chance.below(10);
    if (fate < 3) this.#late.push(() => this.#arrive(request));
    if (fate !== 0) await this.#arrive(request);
  }

  /** What the write path does with a request: hot first, an intent durably before the answer. */
  async #arrive(request: {
    profileId: string;
    title: string;
    state: TitleState;
    isIntent: boolean;
  }): Promise<void> {
    const life = this.#life;
    const { profileId, title, state } = request;
    const writes = [{ title, ...state }];
    const nothing = { presence: null, transitions: [], onlyIf: null };
    const device = this.#chance.pick(devices);
    const nowMs = this.#clock.nowMs();
    await life.hot.merge({ profileId, nowMs, writes, device, ...nothing });
    if (life.isOver) return;
    this.#note(this.#hotOnly, profileId, writes);
    if (!request.isIntent) return;
    await life.durable.write({ profileId, titles: writes, devices: [device] });
    if (!life.isOver) this.#note(this.#drained, profileId, writes);
  }

  async #arriveLate(): Promise<void> {
    const [late] = this.#late.splice(this.#chance.below(this.#late.length), 1);
    await late?.();
  }

  /** Visitors come until those who are clean have to go. */
  async #evict(): Promise<void> {
    for (let visitor = 0; visitor < 2 * profilesMax; visitor += 1) {
      await this.#life.hot.merge({
        profileId: `visitor-${visitor}`,
        nowMs: this.#clock.nowMs(),
        writes: [],
        device: null,
        presence: null,
        transitions: [],
        onlyIf: null,
      });
    }
  }

  async #readSome(): Promise<void> {
    const need = this.#chance.of(0.5) ? 'show' : 'decide';
    await this.#read(this.#chance.pick(profileIds), need);
  }

  async #read(profileId: string, need: Need): Promise<ProfileState> {
    const required = this.#required(profileId);
    const state = await this.#life.reader.read({ profileId, titles: null, need });
    const seen = new Map(registersOf(profileId, [...state.titles, floorOf(state)]));
    this.history.push(`${need} ${[...seen].map(([key, { version }]) => key + version).join()}`);
    for (const [key, register] of seen) {
      const submitted = this.#submitted.get(`${key}|${register.version}`);
      if (!isDeepStrictEqual(submitted, register)) this.#violated(`${key} was never submitted`);
    }
    if (state.isDegraded || !state.isComplete) return state;
    for (const [key, version] of required) {
      const seenVersion = seen.get(key)?.version ?? 'nothing';
      if (seenVersion === 'nothing' || seenVersion < version) {
        this.#violated(`${need}: ${key} is ${seenVersion}, acknowledged was ${version}`);
      }
    }
    return state;
  }

  /** Everything works again, what was late arrives, and what is owed has time to be drained. */
  async #heal(): Promise<void> {
    this.#isDurableDown = false;
    this.#chance.end();
    for (const late of this.#late) void late().catch(() => {});
    for (let pass = 0; pass < 24; pass += 1) {
      await this.#clock.advance(intervalMs / 4);
      await idle();
    }
  }

  async #checkHealed(): Promise<void> {
    for (let partition = 0; partition < partitions; partition += 1) {
      const { dirty, quarantined } = await this.#life.hot.backlog(partition);
      if (dirty + quarantined > 0) this.#violated(`${dirty} dirty, ${quarantined} set aside`);
    }
    for (const profileId of profileIds) {
      const warm = await this.#read(profileId, 'decide');
      await this.#life.hot.raiseGeneration(partitionOf(profileId, partitions));
      await this.#evict();
      const cold = await this.#read(profileId, 'decide');
      const [before, after] = [warm, cold].map((state) =>
        [...registersOf(profileId, [...state.titles, floorOf(state)])].sort(),
      );
      if (!isDeepStrictEqual(before, after)) this.#violated(`${profileId}: hot is not durable`);
      if (warm.isDegraded || cold.isDegraded) this.#violated(`${profileId}: still degraded`);
    }
  }

  async #close(): Promise<void> {
    await this.#life.reader.close();
    await this.#life.writeBehind.close();
    await this.#life.hot.close();
    await this.#events.close();
    await this.#durable.close();
  }

  #required(profileId: string): Versions {
    const required: Versions = new Map();
    for (const versions of [this.#drained, this.#hotOnly]) {
      for (const [key, version] of versions) {
        if (key.startsWith(`${profileId}|`)) raise(required, key, version);
      }
    }
    return required;
  }

  #note(versions: Versions, profileId: string, written: ProfileBatch['titles']): void {
    const states = written.map((state) => [state.title, state] as const);
    for (const [key, { version }] of registersOf(profileId, states)) raise(versions, key, version);
  }

  #violated(what: string): void {
    this.violations.push(what);
  }
}

/** What a process's calls meet: delays, a durable store that is down, and its own end. */
class LifeWeather {
  readonly hot: Weather;
  readonly durable: Weather;

  constructor(deps: {
    life: { isOver: boolean };
    chance: Chance;
    clock: ManualClock;
    isDurableDown: () => boolean;
    written: (batch: ProfileBatch) => void;
  }) {
    const { life, chance, clock } = deps;
    const delay = async (limitMs: number) => {
      const ms = chance.below(limitMs);
      if (ms > 0) await new Promise<void>((resolve) => clock.after(ms, resolve));
    };
    // The dead neither act nor hear an answer.
    const live = () => (life.isOver ? new Promise<never>(() => {}) : undefined);
    this.hot = {
      async before() {
        if (chance.of(0.1)) await delay(200);
        await live();
        if (chance.of(0.01)) throw unreachable();
      },
      async after() {
        if (chance.of(0.1)) await delay(200);
        await live();
      },
    };
    this.durable = {
      async before() {
        await delay(chance.of(0.3) ? slowestMs / 2 : 50);
        // Some of what the dead had sent still arrives.
        if (life.isOver && chance.of(0.5)) await live();
        if (deps.isDurableDown() && chance.of(0.7)) throw unreachable();
      },
      async after({ method, args }: Call) {
        await delay(chance.of(0.3) ? slowestMs / 2 : 50);
        await live();
        if (deps.isDurableDown()) throw unreachable();
        if (method === 'write') deps.written(args[0] as ProfileBatch);
      },
    };
  }
}

function raise(versions: Versions, key: string, version: Version): void {
  const known = versions.get(key);
  if (known === undefined || version > known) versions.set(key, version);
}

function floorOf({ floor }: ProfileState): [string, TitleState] {
  return [floorTitle, { playhead: floor, visibility: null }];
}

function registersOf(
  profileId: string,
  states: Iterable<readonly [string, TitleState]>,
): [string, Register][] {
  return [...states].flatMap(([title, { playhead, visibility }]) => {
    const registers: [string, Register | null][] = [
      [`${profileId}|${title}|playhead`, playhead],
      [`${profileId}|${title}|visibility`, visibility],
    ];
    return registers.filter((it): it is [string, Register] => it[1] !== null);
  });
}
