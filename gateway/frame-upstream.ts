import type { Clock } from '../runtime/clock.ts';
import type { FrameKeys } from '../runtime/frame-hello.ts';
import type { Logger } from '../runtime/log.ts';
import type { StatementSigner } from '../runtime/signed-identity.ts';
import { FrameLink, type FrameTarget, type LinkEvents, type LinkTicks } from './frame-link.ts';
import {
  type LaneAnswer,
  type LaneRequest,
  type LaneUpstream,
  upstreamTimeoutDefaultMs,
} from './lane-upstream.ts';
import { pauseMs } from './pauses.ts';

export interface FrameUpstreamOptions extends FrameTarget {
  /** Of `identityKeys`: the first one proves who asks. */
  keys: FrameKeys;
  signer: StatementSigner;
  clock: Clock;
  log: Logger;
  /** From 0 to 1, 1 left out. */
  random: () => number;
  /** @default 4_000: as long as the normal lane waits for a subgraph. */
  timeoutMs?: number;
  /**
   * Of a connection, from one half of it to three: load spreads again over replicas behind a balancer of
   * connections.
   * @default 300_000
   */
  lifetimeMs?: number;
}

/** Two, so that one carries what the other one's end would interrupt. */
const linksWanted = 2;
/** Ten looks at each second: what is late by a tenth is late enough. */
const tickMsMax = 100;
/** Connection, TLS and both proofs; with the pause after it, below 2 s where whoever is away takes connections and says nothing. */
const openMs = 1_400;
/** The longest one is followed by a look of lane-refresh.ts, in less than these 2 s. */
const pauses = { firstMs: 25, maxMs: 1_000 };
/** Of a pause, after an attempt that took longer than that. */
const leastShare = 0.25;
const pingMs = 500;
/** A second without an answer to the ping: asked elsewhere from then on. */
const suspectMs = 1_500;
/** A link that was open for so long was worth opening. */
const goodAfterMs = 1_000;
/** After the subgraph has said goodbye, while there is no other link. */
const leavingMs = 500;
const lifetimeDefaultMs = 5 * 60_000;

/**
 * Asks one of our own subgraphs by frames: on two connections, each replaced when it is lost, when the
 * subgraph says goodbye, and every few minutes.
 */
export class FrameUpstream implements LaneUpstream {
  /** Why the last connection ended, or was not to be had: for people. */
  fault: string | undefined;
  readonly #options: FrameUpstreamOptions;
  readonly #tickMs: number;
  readonly #ticks: LinkTicks;
  /** All that are not gone; those that finish among them. */
  readonly #links = new Set<FrameLink>();
  readonly #places: Place[];
  /** The one that is asked; links of another one wait for it to be gone, or for their own end. */
  #release = '';
  #generation = 0;
  #turn = 0;
  /** The one that was asked last. */
  #last: FrameLink | undefined;
  #wasReady: boolean | undefined;
  #cancelTick = () => {};
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(options: FrameUpstreamOptions) {
    const timeoutMs = options.timeoutMs ?? upstreamTimeoutDefaultMs;
    this.#options = options;
    this.#tickMs = Math.max(1, Math.min(tickMsMax, timeoutMs / 10));
    const ticksOf = (ms: number) => Math.ceil(ms / this.#tickMs);
    this.#ticks = {
      timeout: ticksOf(timeoutMs),
      open: ticksOf(openMs),
      ping: ticksOf(pingMs),
      suspect: ticksOf(suspectMs),
      cut: ticksOf(Math.max(timeoutMs, suspectMs)),
    };
    this.#places = Array.from({ length: linksWanted }, () => new Place(this.#placeParts()));
    for (const place of this.#places) place.replace();
    this.#tick();
  }

  get generation(): number {
    return this.#generation;
  }

  get isReady(): boolean {
    return this.#places.some(({ link }) => this.#canAsk(link));
  }

  /** Links that can be asked, or were and finish. */
  get connections(): number {
    return [...this.#links].filter(({ release }) => release !== '').length;
  }

  ask(request: LaneRequest): Promise<LaneAnswer> {
    const link = this.#linkToAsk();
    if (link === undefined) return Promise.resolve({ kind: 'unsent' });
    return link.ask(request, this.#options.signer.sign(request.viewer));
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers();
      for (const place of this.#places) place.close();
      for (const link of this.#links) link.finish();
      this.#endWhenGone();
    }
    return this.#closing.promise;
  }

  /** What is asked in one turn of the event loop leaves, and comes back, together. */
  #linkToAsk(): FrameLink | undefined {
    const last = this.#last;
    if (this.#canAsk(last) && last.isGathering) return last;
    this.#last = this.#least();
    return this.#last;
  }

  /** The one on which fewest wait; in turn, if these are equal. */
  #least(): FrameLink | undefined {
    let least: FrameLink | undefined;
    this.#turn += 1;
    for (let index = 0; index < linksWanted; index += 1) {
      const link = this.#places[(index + this.#turn) % linksWanted]?.link;
      if (!this.#canAsk(link)) continue;
      if (least === undefined || isBetter(link, least)) least = link;
    }
    return least;
  }

  /** Decisions are made for one release; another one, for a while beside it, may take more. */
  #canAsk(link: FrameLink | undefined): link is FrameLink {
    return link?.isUsable === true && link.release === this.#release;
  }

  #placeParts(): PlaceParts {
    const { clock, random, keys, url, socketPath } = this.#options;
    return {
      clock,
      random,
      lifetimeMs: this.#options.lifetimeMs ?? lifetimeDefaultMs,
      goodAfterTicks: Math.ceil(goodAfterMs / this.#tickMs),
      connect: (events) => {
        const link = new FrameLink({
          ...{ target: { url, socketPath }, keys, ticks: this.#ticks },
          events: {
            ...events,
            onGone: (gone, why) => {
              this.#links.delete(gone);
              this.fault = why;
              events.onGone(gone, why);
              this.#changed();
            },
          },
        });
        this.#links.add(link);
        return link;
      },
      onChange: (opened) => this.#changed(opened),
      isSpare: (place) => place !== this.#places[0] && this.#isAway,
    };
  }

  get #isAway(): boolean {
    return this.#places.every(({ link }) => link === undefined);
  }

  /** Another generation: what is asked now is not what was asked before. The latest is what stays. */
  #changed(opened?: FrameLink): void {
    const releases = this.#places.flatMap(({ link }) => link?.release ?? []);
    const [other] = releases.includes(this.#release) ? [] : releases;
    const now = opened?.release ?? other ?? this.#release;
    if (now !== this.#release) {
      this.#release = now;
      this.#generation += 1;
    }
    if (opened !== undefined) for (const place of this.#places) place.fill();
    const { isReady } = this;
    if (isReady !== this.#wasReady && this.#closing === undefined) {
      this.#wasReady = isReady;
      const { url, log } = this.#options;
      if (isReady) log.info({ url }, 'the framed channel is open');
      else log.warn({ url, why: this.fault }, 'the framed channel is down');
    }
    this.#endWhenGone();
  }

  #endWhenGone(): void {
    if (this.#closing === undefined || this.#links.size > 0) return;
    this.#cancelTick();
    this.#closing.resolve();
  }

  #tick(): void {
    this.#cancelTick = this.#options.clock.after(this.#tickMs, () => {
      this.#tick();
      for (const link of this.#links) link.tick();
      for (const place of this.#places) place.tick();
    });
  }
}

function isBetter(link: FrameLink, than: FrameLink): boolean {
  return link.isLeaving === than.isLeaving ? link.load < than.load : than.isLeaving;
}

interface PlaceParts {
  clock: Clock;
  random: () => number;
  lifetimeMs: number;
  goodAfterTicks: number;
  connect(events: LinkEvents): FrameLink;
  onChange(opened?: FrameLink): void;
  /** Whether another place looks alone for a subgraph that is away. */
  isSpare(place: Place): boolean;
}

/** Where one link stands, and the next one after it. */
class Place {
  link: FrameLink | undefined;
  readonly #parts: PlaceParts;
  #next: FrameLink | undefined;
  #isReplacing = false;
  #isClosed = false;
  /** Since the last one that was good. */
  #attempts = 0;
  /** When the last one began. */
  #attemptMs = 0;
  #cancelPause = () => {};
  #cancelLife = () => {};
  #cancelLeaving = () => {};

  constructor(parts: PlaceParts) {
    this.#parts = parts;
  }

  /** Opens another link; the one that stands here goes on until that is open. */
  replace(): void {
    if (this.#isReplacing || this.#isClosed) return;
    this.#isReplacing = true;
    const isFirst = this.#attempts === 0;
    const restMs = isFirst ? 0 : this.#restMs();
    this.#attempts += 1;
    if (isFirst) this.#connect();
    else this.#cancelPause = this.#parts.clock.after(restMs, () => this.#connect());
  }

  /** The subgraph is there. */
  fill(): void {
    if (this.link === undefined) this.replace();
  }

  tick(): void {
    if (this.link === undefined) return;
    if (this.link.isSuspect) this.replace();
    else if (this.link.openTicks >= this.#parts.goodAfterTicks) this.#attempts = 0;
  }

  close(): void {
    this.#isClosed = true;
    this.link = undefined;
    for (const cancel of [this.#cancelPause, this.#cancelLife, this.#cancelLeaving]) cancel();
  }

  /** What the last attempt took is a part of the pause. A clock that was set makes none longer. */
  #restMs(): number {
    const { clock, random } = this.#parts;
    const wholeMs = pauseMs(this.#attempts, pauses, random);
    const leftMs = wholeMs - (clock.nowMs() - this.#attemptMs);
    return Math.min(wholeMs, Math.max(leftMs, leastShare * wholeMs));
  }

  #connect(): void {
    this.#attemptMs = this.#parts.clock.nowMs();
    this.#next = this.#parts.connect({
      onOpen: (link) => this.#adopt(link),
      onLeaving: (link) => this.#leave(link),
      onGone: (link) => this.#forget(link),
    });
  }

  #adopt(link: FrameLink): void {
    const before = this.link;
    this.link = link;
    this.#next = undefined;
    this.#isReplacing = false;
    this.#cancelLeaving();
    before?.finish();
    const { clock, random, lifetimeMs, onChange } = this.#parts;
    this.#cancelLife();
    this.#cancelLife = clock.after(lifetimeMs * (0.5 + random()), () => this.replace());
    onChange(link);
  }

  #leave(link: FrameLink): void {
    this.replace();
    this.#cancelLeaving = this.#parts.clock.after(leavingMs, () => {
      if (this.link !== link) return;
      this.link = undefined;
      link.finish();
      this.#parts.onChange();
    });
  }

  #forget(link: FrameLink): void {
    const wasNext = link === this.#next;
    if (wasNext) this.#isReplacing = false;
    if (link === this.link) this.link = undefined;
    else if (!wasNext) return;
    this.#next = wasNext ? undefined : this.#next;
    if (this.#parts.isSpare(this)) this.#attempts = 0;
    else this.replace();
  }
}
