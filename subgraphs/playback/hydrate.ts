import { PlatformError } from '../../domain/errors.ts';
import { mergePlayhead, mergeTitle } from '../../domain/merge.ts';
import type { Device, PlayheadRegister, TitleState } from '../../domain/playhead.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Presence } from '../../domain/presence.ts';
import { deviceHash } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { DurableProfile, DurableStore } from '../../stores/durable-store.ts';
import type { HotProfile, HotStore, MarkWitness } from '../../stores/hot-store.ts';

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
  /** A newer write may exist that could not be read. */
  isDegraded: boolean;
  /** False: a title that is not among `titles` is unknown, not "never started". */
  isComplete: boolean;
}

/** Freshness a caller needs: before a decision everything must have been compared; a list may lag. */
export type Need = 'decide' | 'show';

export interface ReaderDeps {
  hot: HotStore;
  durable: DurableStore;
  clock: Clock;
  log: Logger;
}

/**
 * Reads profiles through the hot store, and makes it authoritative first where it is not.
 *
 * Errors: PlatformError STATE_UNAVAILABLE when neither store can say anything.
 * Cost: one hot read; at most one durable read a profile and mark, shared by all who wait for it.
 */
export class ProfileReader {
  readonly #deps: ReaderDeps;
  /** By profile and identity of the hot store. */
  readonly #hydrating = new Map<string, Promise<DurableProfile>>();
  readonly #queue: (() => void)[] = [];
  #inFlight = 0;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  async read(query: {
    profileId: string;
    titles: readonly string[] | null;
    need: Need;
  }): Promise<ProfileState> {
    const hot = await this.#hotRead(query).catch((error: unknown) => {
      this.#deps.log.warn({ profileId: query.profileId, err: error }, 'hot store does not answer');
      return null;
    });
    if (hot === null) return this.#durableOnly(query.profileId);
    if (hot.mark === 'valid') return fromHot(hot, { isDegraded: false, isComplete: true });
    if (hot.mark === 'expired' && query.need === 'show') {
      void this.#hydrateOnce(query.profileId, hot.witness).catch((error: unknown) =>
        this.#warn(query.profileId, error),
      );
      return fromHot(hot, { isDegraded: false, isComplete: true });
    }
    try {
      const durable = await this.#hydrateOnce(query.profileId, hot.witness);
      const compared = await this.#hotRead(query);
      // Evicted, or another epoch by now: what was here when it was asked for, and what the durable
      // store said since, is complete all the same; what is here now need not be.
      const known = compared.mark === 'valid' ? compared : together(hot, durable);
      return fromHot(known, { isDegraded: durable.isRemote, isComplete: true });
    } catch (error) {
      this.#warn(query.profileId, error);
      return fromHot(hot, { isDegraded: true, isComplete: hot.mark === 'expired' });
    }
  }

  #warn(profileId: string, error: unknown): void {
    this.#deps.log.warn({ profileId, err: error }, 'hydration failed');
  }

  /** Waits for hydrations under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#hydrating.values());
  }

  #hotRead(query: { profileId: string; titles: readonly string[] | null }): Promise<HotProfile> {
    return this.#deps.hot.read({ ...query, nowMs: this.#deps.clock.nowMs() });
  }

  /**
   * Single flight per profile: whoever comes while one runs waits for that one, unless what it was
   * begun for is no more (see `MarkWitness`): then what it read may be too old.
   */
  #hydrateOnce(profileId: string, witness: MarkWitness): Promise<DurableProfile> {
    const { epoch, generation, incarnation } = witness;
    const flight = [profileId, epoch, generation, incarnation].join('|');
    const running = this.#hydrating.get(flight);
    if (running !== undefined) return running;
    const started = this.#hydrate(profileId, witness).finally(() => this.#hydrating.delete(flight));
    this.#hydrating.set(flight, started);
    return started;
  }

  async #hydrate(profileId: string, witness: MarkWitness): Promise<DurableProfile> {
    const durable = await this.#durableRead(profileId);
    await this.#deps.hot.hydrate({
      profileId,
      ...durable,
      witness,
      nowMs: this.#deps.clock.nowMs(),
      // A copy that may lag is merged all the same, but does not count as compared.
      markMs: durable.isRemote ? 0 : nextMarkMs(witness),
    });
    return durable;
  }

  async #durableOnly(profileId: string): Promise<ProfileState> {
    const { titles, devices } = await this.#durableRead(profileId);
    const floor = titles.get(floorTitle)?.playhead ?? null;
    titles.delete(floorTitle);
    return {
      titles,
      floor,
      devices: new Map(devices.map((device) => [deviceHash(device.id), device])),
      sessions: [],
      source: 'DURABLE',
      isDegraded: true,
      isComplete: true,
    };
  }

  async #durableRead(profileId: string): Promise<DurableProfile> {
    if (this.#inFlight < readsInFlightMax) this.#inFlight += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
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

function together(hot: HotProfile, durable: DurableProfile): HotProfile {
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

function fromHot(
  hot: HotProfile,
  trust: { isDegraded: boolean; isComplete: boolean },
): ProfileState {
  const { titles, floor, devices, sessions } = hot;
  return { titles, floor, devices, sessions, source: 'HOT', ...trust };
}
