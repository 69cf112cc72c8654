import { mergeTitle } from '../../domain/merge.ts';
import type { Device } from '../../domain/playhead.ts';
import { deviceHash } from '../../domain/version.ts';
import {
  type MergeRequest,
  oneByTitle,
  type TitleWrite,
  type TransitionOffer,
} from '../../stores/hot-store.ts';

/**
 * Transitions remembered of one title: what a viewer does in ten seconds; of what is owed, as many as
 * one upload of an offline device holds.
 */
const transitionsMax = { kept: 4, owed: 100 };

/** What the hot store accepted, or may lack, of one profile's title. */
export interface KeptRequest {
  request: MergeRequest;
  /** Nobody needs it after that, unless it is owed; ms. */
  untilMs: number;
  /** Written past the hot store, or accepted by one that may have lost it. */
  isOwed: boolean;
}

/**
 * The requests of one partition that its hot store may lack, one a title: later ones join the earlier.
 * Holds `titlesMax`; the longest kept leave first.
 */
export class KeptRequests {
  readonly #titlesMax: number;
  /** By profile and title, the longest kept first. */
  readonly #profiles = new Map<string, Map<string, KeptRequest>>();
  #titles = 0;

  constructor(options: { titlesMax: number }) {
    this.#titlesMax = options.titlesMax;
  }

  get isEmpty(): boolean {
    return this.#titles === 0;
  }

  /** Answers what had to leave to make room. */
  keep(kept: KeptRequest): KeptRequest | null {
    const { profileId, writes } = kept.request;
    const key = keyOf(writes);
    const titles = this.#profiles.get(profileId) ?? new Map<string, KeptRequest>();
    const before = this.#remove(profileId, key);
    titles.set(key, before === undefined ? kept : together(before, kept));
    this.#profiles.set(profileId, titles);
    this.#titles += 1;
    return this.#titles > this.#titlesMax ? this.#removeOldest() : null;
  }

  owed(): KeptRequest[] {
    const all = [...this.#profiles.values()].flatMap((titles) => [...titles.values()]);
    return all.filter(({ isOwed }) => isOwed);
  }

  /** Owed or not. */
  of(profileId: string): KeptRequest[] {
    return [...(this.#profiles.get(profileId)?.values() ?? [])];
  }

  owedTo(profileId: string): KeptRequest[] {
    return this.of(profileId).filter(({ isOwed }) => isOwed);
  }

  oweAll(): void {
    for (const titles of this.#profiles.values()) {
      for (const kept of titles.values()) kept.isOwed = true;
    }
  }

  /** Lets go of what is neither owed nor needed any more. */
  forgetOld(nowMs: number): void {
    for (const [profileId, titles] of this.#profiles) {
      for (const [key, { isOwed, untilMs }] of titles) {
        if (!isOwed && untilMs <= nowMs) this.#remove(profileId, key);
      }
    }
  }

  #removeOldest(): KeptRequest | null {
    for (const [profileId, titles] of this.#profiles) {
      for (const key of titles.keys()) return this.#remove(profileId, key) ?? null;
    }
    return null;
  }

  #remove(profileId: string, key: string): KeptRequest | undefined {
    const titles = this.#profiles.get(profileId);
    const kept = titles?.get(key);
    if (titles === undefined || kept === undefined) return undefined;
    titles.delete(key);
    this.#titles -= 1;
    if (titles.size === 0) this.#profiles.delete(profileId);
    return kept;
  }
}

function keyOf(writes: readonly TitleWrite[]): string {
  const [first] = writes;
  if (first !== undefined && writes.length === 1) return first.title;
  return writes.map(({ title }) => title).join();
}

/** Two requests to the same titles as the one that they come to. */
function together(earlier: KeptRequest, later: KeptRequest): KeptRequest {
  const [first, second] = [earlier.request, later.request];
  const isOwed = earlier.isOwed || later.isOwed;
  const offers = distinctOffers([...first.transitions, ...second.transitions]);
  const writes = joined(first.writes, second.writes);
  return {
    request: {
      ...second,
      writes,
      device: deviceOf(writes, [second.device, first.device]),
      presence: second.presence ?? first.presence,
      transitions: offers.slice(-(isOwed ? transitionsMax.owed : transitionsMax.kept)),
    },
    untilMs: later.untilMs,
    isOwed,
  };
}

function joined(first: readonly TitleWrite[], second: readonly TitleWrite[]) {
  const [[earlier], [later]] = [first, second];
  const isOneEach = first.length === 1 && second.length === 1;
  if (!isOneEach || !earlier || !later) return oneByTitle([...first, ...second]);
  return [{ title: later.title, ...mergeTitle(earlier, later) }];
}

/** The device that the newest write names by hash: the other one may have come later and lost. */
function deviceOf(
  writes: readonly TitleWrite[],
  candidates: readonly [later: Device | null, earlier: Device | null],
): Device | null {
  const [later, earlier] = candidates;
  if (!later || !earlier || later.id === earlier.id) return later ?? earlier ?? null;
  const hashes = new Set(writes.map(({ playhead }) => playhead?.deviceHash));
  const isNamed = (device: Device) => hashes.has(deviceHash(device.id));
  return !isNamed(later) && isNamed(earlier) ? earlier : later;
}

/** Each transition once, as a retry offers it again; of the progress of one stretch the newest. */
function distinctOffers(offers: readonly TransitionOffer[]): TransitionOffer[] {
  return offers.filter((offer, index) => !isOfferedAgain(offer, { offers, from: index + 1 }));
}

function isOfferedAgain(
  offer: TransitionOffer,
  { offers, from }: { offers: readonly TransitionOffer[]; from: number },
): boolean {
  for (let index = from; index < offers.length; index += 1) {
    if (isAlike(offer, offers[index] as TransitionOffer)) return true;
  }
  return false;
}

function isAlike(one: TransitionOffer, other: TransitionOffer): boolean {
  const isProgress = one.transition.kind === 'PROGRESS';
  if (isProgress !== (other.transition.kind === 'PROGRESS')) return false;
  return isProgress
    ? one.onlyIfBefore === other.onlyIfBefore
    : one.transition.version === other.transition.version;
}
