import type { Device } from '../../domain/playhead.ts';
import { deviceHash } from '../../domain/version.ts';
import {
  type MergeRequest,
  oneByTitle,
  type TitleWrite,
  type TransitionOffer,
} from '../../stores/hot-store.ts';

/** Transitions remembered of one title: what a viewer does in ten seconds. */
const keptTransitionsMax = 4;
/** Of one that is owed: as many as one upload of an offline device holds. */
const owedTransitionsMax = 100;

/** What was asked of some titles of one profile. */
interface Kept {
  request: MergeRequest;
  /** Nobody needs it after that, unless it is owed; ms. */
  untilMs: number;
}

/**
 * The requests of one partition that its hot store may lack, one a title: later ones join the earlier.
 * Owed are those that were written past the hot store, or accepted by one that may have lost them.
 *
 * Shape: holds `titlesMax`; the longest kept leave first. Each is needed no less long than those before it.
 * Cost: each call by what it answers, and by what is owed or has run out, however much is held.
 */
export class KeptRequests {
  readonly #titlesMax: number;
  /** By profile and title. */
  readonly #profiles = new Map<string, Map<string, Kept>>();
  /** All of them, the longest kept first. */
  readonly #inOrder = new Set<Kept>();
  readonly #owed = new Set<Kept>();

  constructor(options: { titlesMax: number }) {
    this.#titlesMax = options.titlesMax;
  }

  get isEmpty(): boolean {
    return this.#inOrder.size === 0;
  }

  get owedCount(): number {
    return this.#owed.size;
  }

  /** True when something that is owed had to leave to make room. */
  keep(request: MergeRequest, of: { untilMs: number; isOwed: boolean }): boolean {
    const earlier = this.#find(request);
    const kept = earlier ?? this.#hold({ request, untilMs: of.untilMs });
    if (of.isOwed) this.#owed.add(kept);
    if (earlier !== undefined) {
      const transitionsMax = this.#owed.has(kept) ? owedTransitionsMax : keptTransitionsMax;
      kept.request = together(earlier.request, request, { transitionsMax });
      kept.untilMs = of.untilMs;
    }
    this.#inOrder.delete(kept);
    this.#inOrder.add(kept);
    return this.#inOrder.size > this.#titlesMax && this.#removeOldest();
  }

  owed(): MergeRequest[] {
    return Array.from(this.#owed, ({ request }) => request);
  }

  /** Owed or not. */
  of(profileId: string): MergeRequest[] {
    return this.#allOf(profileId).map(({ request }) => request);
  }

  owedTo(profileId: string): MergeRequest[] {
    const owed = this.#allOf(profileId).filter((kept) => this.#owed.has(kept));
    return owed.map(({ request }) => request);
  }

  oweAll(): void {
    for (const kept of this.#inOrder) this.#owed.add(kept);
  }

  /** The hot store has this one. If another joined it meanwhile, what they come to is owed still. */
  settle(request: MergeRequest): void {
    const kept = this.#find(request);
    if (kept?.request === request) this.#owed.delete(kept);
  }

  /** Lets go of what is neither owed nor needed any more. */
  forgetOld(nowMs: number): void {
    for (const kept of this.#inOrder) {
      if (kept.untilMs > nowMs) return;
      if (!this.#owed.has(kept)) this.#remove(kept);
    }
  }

  #allOf(profileId: string): Kept[] {
    return [...(this.#profiles.get(profileId)?.values() ?? [])];
  }

  #find({ profileId, writes }: MergeRequest): Kept | undefined {
    return this.#profiles.get(profileId)?.get(keyOf(writes));
  }

  #hold(kept: Kept): Kept {
    const { profileId, writes } = kept.request;
    const titles = this.#profiles.get(profileId) ?? new Map<string, Kept>();
    this.#profiles.set(profileId, titles.set(keyOf(writes), kept));
    return kept;
  }

  /** True when it was owed. */
  #removeOldest(): boolean {
    const [oldest] = this.#inOrder;
    return oldest !== undefined && this.#remove(oldest);
  }

  /** True when it was owed. */
  #remove(kept: Kept): boolean {
    const { profileId, writes } = kept.request;
    const titles = this.#profiles.get(profileId);
    titles?.delete(keyOf(writes));
    if (titles?.size === 0) this.#profiles.delete(profileId);
    this.#inOrder.delete(kept);
    return this.#owed.delete(kept);
  }
}

function keyOf(writes: readonly TitleWrite[]): string {
  const [first] = writes;
  if (first !== undefined && writes.length === 1) return first.title;
  // What several requests come to names no title twice.
  return [...new Set(writes.map(({ title }) => title))].join();
}

/** Two requests to the same titles as the one that they come to. */
function together(
  earlier: MergeRequest,
  later: MergeRequest,
  { transitionsMax }: { transitionsMax: number },
): MergeRequest {
  const writes = oneByTitle([...earlier.writes, ...later.writes]);
  return {
    ...later,
    writes,
    device: deviceOf(writes, [later.device, earlier.device]),
    presence: later.presence ?? earlier.presence,
    transitions: distinctOffers([...earlier.transitions, ...later.transitions]).slice(
      -transitionsMax,
    ),
  };
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
