import { PlatformError } from '../../domain/errors.ts';
import { mergePlayhead, mergeTitle } from '../../domain/merge.ts';
import type { Device, PlayheadRegister, TitleState } from '../../domain/playhead.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Presence } from '../../domain/presence.ts';
import { deviceHash } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { DurableProfile, DurableStore } from '../../stores/durable-store.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../../stores/faults.ts';
import type { HotProfile, HotStore, MarkWitness } from '../../stores/hot-store.ts';
import type { HotRestorer, OwedWrite } from './hot-restore.ts';

/** First mark: a durable read may lag by the other region's drain (30 s) and a hint. */
export const markMsFirst = 60_000;
/** Longest mark: how long an anomaly of the hot tier may go unnoticed on an idle profile. */
export const markMsMax = 600_000;
/** Durable reads in flight per process: a cold start must not become a stampede. */
const readsInFlightMax = 64;

/** What is known of a profile's titles right now, and how far to trust it. */
export interface ProfileState {
  titles: Map<string, TitleState>;
  floor: PlayheadRegister | null;
  devices: Map<string, Device>;
  sessions: Presence[];
  source: 'HOT' | 'DURABLE';
  /** Of the hot store that answered; null when it did not. */
  epoch: string | null;
  /** A newer write may exist that could not be read. */
  isDegraded: boolean;
  /** False: a title that is not among `titles` is unknown, not "never started". */
  isComplete: boolean;
  /** Compared with the durable store, of this region: a decision may rest on it. */
  isCompared: boolean;
  /** Titles of which the durable store holds something that nobody can read: unknown. */
  unreadable: readonly string[];
}

/** Freshness a caller needs: before a decision everything must have been compared; a list may lag. */
export type Need = 'decide' | 'show';

interface Query {
  profileId: string;
  /** Null reads the whole profile. */
  titles: readonly string[] | null;
  need: Need;
}

/** What the durable store said, and whether the hot store took it in. */
interface Hydrated {
  durable: DurableProfile;
  isHot: boolean;
}

export interface ReaderDeps {
  hot: HotStore;
  durable: DurableStore;
  restorer: HotRestorer;
  clock: Clock;
  log: Logger;
}

/**
 * Reads profiles through the hot store, and makes it authoritative first where it is not.
 *
 * Errors: PlatformError STATE_UNAVAILABLE when neither store can say anything.
 * Cost: one hot read; at most one durable read a profile and mark, shared by all who wait for it. While
 * the hot store does not answer, a durable read each, shared by those who ask for a profile at once to show it.
 */
export class ProfileReader {
  readonly #deps: ReaderDeps;
  /** By profile and identity of the hot store. */
  readonly #hydrating = new Map<string, Promise<Hydrated>>();
  /** By profile: reads past a hot store that does not answer. */
  readonly #showing = new Map<string, Promise<DurableProfile>>();
  readonly #queue: (() => void)[] = [];
  #inFlight = 0;
  #durableReads = 0;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  /** Reads of the durable store so far. */
  get durableReads(): number {
    return this.#durableReads;
  }

  async read(query: Query): Promise<ProfileState> {
    const { restorer } = this.#deps;
    // What is given back to the hot store meanwhile may be too late for its answer, and owed no more.
    const owed = restorer.owedTo(query.profileId);
    const state = await this.#fromStores(query);
    const lacked = restorer.lackedBy(query.profileId, state.epoch);
    for (const write of [...owed, ...lacked]) layOver(state, write);
    return state;
  }

  async #fromStores(query: Query): Promise<ProfileState> {
    const { profileId } = query;
    const hot = this.#deps.restorer.isAway(profileId) ? null : await this.#tryHot(query);
    if (hot === null) return this.#durableOnly(query);
    if (this.#deps.restorer.takesNoWrites(profileId)) return this.#fromBoth(query, hot);
    if (hot.mark === 'valid') return fromHot(hot, current);
    if (hot.mark === 'expired' && query.need === 'show') {
      void this.#hydrateOnce(profileId, hot.witness).catch((error: unknown) =>
        this.#failed(profileId, error),
      );
      return fromHot(hot, current);
    }
    return this.#fromHydrated(query, hot);
  }

  /** Null when the hot store cannot say. */
  async #tryHot(query: Query): Promise<HotProfile | null> {
    try {
      return await this.#hotRead(query);
    } catch (error) {
      if (error instanceof StoreUnreachable) this.#deps.restorer.unreachable(query.profileId);
      this.#report(error, { profileId: query.profileId, what: 'the hot store does not answer' });
      return null;
    }
  }

  async #fromHydrated(query: Query, hot: HotProfile): Promise<ProfileState> {
    try {
      const { durable, isHot } = await this.#hydrateOnce(query.profileId, hot.witness);
      const compared = isHot ? await this.#tryHot(query) : null;
      // Evicted, or another epoch by now: what was here when it was asked for, and what the durable
      // store said since, is complete all the same; what is here now need not be.
      const isAllHot = compared?.mark === 'valid' && durable.unreadable.length === 0;
      const known = isAllHot ? compared : together(hot, durable);
      return fromHot(known, { ...trustIn(durable), isDegraded: durable.isRemote || !isHot });
    } catch (error) {
      this.#failed(query.profileId, error);
      return fromHot(hot, behind(hot));
    }
  }

  /** While the hot store takes no writes, either tier may hold what the other lacks. */
  async #fromBoth({ profileId }: Query, hot: HotProfile): Promise<ProfileState> {
    try {
      const durable = await this.#durableRead(profileId);
      return fromHot(together(hot, durable), { ...trustIn(durable), isDegraded: true });
    } catch (error) {
      this.#failed(profileId, error);
      return fromHot(hot, { ...behind(hot), isComplete: hot.mark !== 'absent' });
    }
  }

  /** A store that is away is the breaker's news, once; anything else is somebody's to look at. */
  #report(error: unknown, of: { profileId: string; what: string }): void {
    const level = error instanceof StoreUnreachable ? 'debug' : 'warn';
    this.#deps.log[level]({ profileId: of.profileId, err: error }, of.what);
  }

  #failed(profileId: string, error: unknown): void {
    this.#report(error, { profileId, what: 'a profile could not be compared' });
  }

  /** Waits for hydrations under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#hydrating.values());
  }

  #hotRead({ profileId, titles }: Query): Promise<HotProfile> {
    return this.#deps.hot.read({ profileId, titles, nowMs: this.#deps.clock.nowMs() });
  }

  /**
   * Single flight per profile: whoever comes while one runs waits for that one, unless what it was
   * begun for is no more (see `MarkWitness`): then what it read may be too old.
   */
  #hydrateOnce(profileId: string, witness: MarkWitness): Promise<Hydrated> {
    const { epoch, generation, incarnation } = witness;
    const flight = [profileId, epoch, generation, incarnation].join('|');
    return shared(this.#hydrating, flight, () => this.#hydrate(profileId, witness));
  }

  /** What the durable store said is worth having, even when the hot store cannot take it in. */
  async #hydrate(profileId: string, witness: MarkWitness): Promise<Hydrated> {
    const durable = await this.#durableRead(profileId);
    try {
      await this.#deps.hot.hydrate({
        profileId,
        ...durable,
        witness,
        nowMs: this.#deps.clock.nowMs(),
        // A copy that may lag, or lacks a row, is merged all the same, but does not count as compared.
        markMs: isWhole(durable) ? nextMarkMs(witness) : 0,
      });
      return { durable, isHot: true };
    } catch (error) {
      if (error instanceof StoreTakesNoWrites) this.#deps.restorer.refused(profileId);
      this.#failed(profileId, error);
      return { durable, isHot: false };
    }
  }

  async #durableOnly({ profileId, need }: Query): Promise<ProfileState> {
    const durable = await (need === 'show'
      ? this.#durableShared(profileId)
      : this.#durableRead(profileId));
    const { titles, floor, devices } = together(nothingHot, durable);
    const trust = { ...trustIn(durable), isDegraded: true };
    return { titles, floor, devices, sessions: [], source: 'DURABLE', epoch: null, ...trust };
  }

  /** Whoever only shows it, flagged, waits for a read that is under way: all followers ask at once. */
  #durableShared(profileId: string): Promise<DurableProfile> {
    return shared(this.#showing, profileId, () => this.#durableRead(profileId));
  }

  async #durableRead(profileId: string): Promise<DurableProfile> {
    if (this.#inFlight < readsInFlightMax) this.#inFlight += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#durableReads += 1;
    try {
      return await this.#deps.durable.read(profileId);
    } finally {
      // The place goes to the next in line: freed for a moment, a newcomer would take it as well.
      const next = this.#queue.shift();
      if (next === undefined) this.#inFlight -= 1;
      else next();
    }
  }
}

/** Single flight: whoever asks while one is under way waits for that one. */
function shared<Value>(
  running: Map<string, Promise<Value>>,
  flight: string,
  start: () => Promise<Value>,
): Promise<Value> {
  const known = running.get(flight);
  if (known !== undefined) return known;
  const started = start().finally(() => running.delete(flight));
  running.set(flight, started);
  return started;
}

/** Each mark that merely ran out is followed by one twice as long. */
function nextMarkMs({ lengthMs }: MarkWitness): number {
  return lengthMs === null ? markMsFirst : Math.min(2 * lengthMs, markMsMax);
}

/** The fault that a title's state is unknown just now. */
export function stateUnavailable(cause?: unknown): PlatformError {
  return new PlatformError('The playback state could not be read just now.', {
    code: 'STATE_UNAVAILABLE',
    cause,
    retryAfterMs: 1_000,
  });
}

/** A profile of which the hot store says nothing. */
const nothingHot: Pick<HotProfile, 'titles' | 'floor' | 'devices'> = {
  titles: new Map(),
  floor: null,
  devices: new Map(),
};

function together<Hot extends Pick<HotProfile, 'titles' | 'floor' | 'devices'>>(
  hot: Hot,
  durable: DurableProfile,
): Hot {
  const titles = new Map(hot.titles);
  for (const [title, state] of durable.titles) {
    const known = titles.get(title);
    titles.set(title, known === undefined ? state : mergeTitle(known, state));
  }
  const floor = mergePlayhead(hot.floor, titles.get(floorTitle)?.playhead ?? null);
  titles.delete(floorTitle);
  const devices = durable.devices.map((device) => [deviceHash(device.id), device] as const);
  return { ...hot, titles, floor, devices: new Map([...devices, ...hot.devices]) };
}

/** What a profile's hot copy is worth. */
type Trust = Pick<ProfileState, 'isDegraded' | 'isComplete' | 'isCompared' | 'unreadable'>;

const current: Trust = { isDegraded: false, isComplete: true, isCompared: true, unreadable: [] };

function isWhole({ isRemote, unreadable }: DurableProfile): boolean {
  return !isRemote && unreadable.length === 0;
}

/** Compared just now; another data centre's copy may lag. */
function trustIn({ isRemote, unreadable }: DurableProfile): Trust {
  return { isDegraded: isRemote, isComplete: true, isCompared: !isRemote, unreadable };
}

/** Not compared, and it cannot be: complete only if it once was. */
function behind(hot: HotProfile): Trust {
  return { ...current, isDegraded: true, isComplete: hot.mark === 'expired', isCompared: false };
}

function fromHot(hot: HotProfile, trust: Trust): ProfileState {
  const { titles, floor, devices, sessions, witness } = hot;
  return { titles, floor, devices, sessions, source: 'HOT', epoch: witness.epoch, ...trust };
}

/** What this process wrote and the hot store may not have yet. */
function layOver(state: ProfileState, { title, state: written, device }: OwedWrite): void {
  if (title === floorTitle) {
    state.floor = mergePlayhead(state.floor, written.playhead);
    return;
  }
  const known = state.titles.get(title);
  state.titles.set(title, known === undefined ? written : mergeTitle(known, written));
  if (device !== null) state.devices.set(deviceHash(device.id), device);
}
