import type { Device, TitleState } from '../../domain/playhead.ts';
import { partitionOf } from '../../domain/version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../../stores/faults.ts';
import type { HotStore, MergeRequest } from '../../stores/hot-store.ts';
import { KeptRequests } from './kept-requests.ts';

/** Longer than a Redis that fails over or restarts may lose (2 s), and than it takes to notice (1 s). */
const keptMs = 10_000;
/** How often a partition with something to remember is looked at: back within two seconds of a repair. */
const lookEveryMs = 1_000;
/** Titles remembered, about 2 kB each: ten seconds of 5,000 heartbeats a second. */
const defaultTitlesMax = 50_000;
/** Merges under way at once: one script call each way of a Redis that has just come back. */
const mergesInFlightMax = 64;

/** How things stand between this process and one partition of the hot store. */
interface PartitionView {
  kept: KeptRequests;
  /** Null while it does not answer, and before it was asked. */
  epoch: string | null;
  /** Of the store that was looked at last, wherever that is now. */
  lookedAtEpoch: string | null;
  /** It did not answer the last time anybody asked. */
  isAway: boolean;
  takesNoWrites: boolean;
  /** Something owed was let go: whoever reads must compare. */
  hasForgotten: boolean;
  /** Told when it is back. */
  listeners: Set<() => void>;
}

export interface HotRestorerDeps {
  hot: HotStore;
  clock: Clock;
  log: Logger;
  /** @default 50_000 — what ten seconds of a busy process come to. */
  titlesMax?: number;
}

/** A write that the hot store may lack. */
export interface OwedWrite {
  title: string;
  state: TitleState;
  device: Device | null;
}

/**
 * Remembers what the hot store may lack, and merges it in as soon as it can be: what this process wrote
 * straight to the durable store, and, when the hot store comes back or is another, everything that it
 * accepted from this process in the last ten seconds.
 *
 * Shape: the ordinary merge, so subscribers, event stream and write-behind learn of it as of any other;
 * any repetition is harmless. Until then, reads of this process have it laid over.
 * Errors: none; a hot store that does not answer is asked again in a second.
 * Cost: one small call a second for each partition that was written to lately, or not seen yet; memory as the limits
 * say. Beyond them the partition's marks are invalidated instead, and its profiles compared anew.
 */
export class HotRestorer {
  readonly #deps: HotRestorerDeps;
  readonly #partitions: PartitionView[];
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> | null = null;
  #isRunning = false;

  constructor(deps: HotRestorerDeps) {
    this.#deps = deps;
    const { partitions } = deps.hot;
    const titlesMax = deps.titlesMax ?? defaultTitlesMax;
    this.#partitions = Array.from({ length: partitions }, () => ({
      kept: new KeptRequests({ titlesMax: Math.ceil(titlesMax / partitions) }),
      epoch: null,
      lookedAtEpoch: null,
      isAway: false,
      takesNoWrites: false,
      hasForgotten: false,
      listeners: new Set(),
    }));
  }

  /** Titles that the hot store may lack. */
  get owedCount(): number {
    return this.#partitions.reduce((count, { kept }) => count + kept.owedCount, 0);
  }

  /**
   * Looks every second while there is anything to remember, until closed; and at once: a store that is known
   * before it accepts anything is not given the first second of it once more.
   */
  start(): void {
    this.#isRunning = true;
    this.#lookNow();
  }

  /** Tries once more. What is owed then is in the durable store, and is read at the next comparison. */
  async close(): Promise<void> {
    this.#isRunning = false;
    this.#cancelLook?.();
    await this.look();
  }

  /** The hot store accepted this request. */
  accepted(request: MergeRequest): void {
    const view = this.#view(request.profileId);
    const wasOut = isOut(view);
    view.takesNoWrites = false;
    view.isAway = false;
    if (wasOut) tellBack(view);
    this.#keep(request, { view, isOwed: false });
  }

  /** The durable store has this request and the hot store may not: tried at once, then each second. */
  owe(request: MergeRequest): void {
    this.#keep(request, { view: this.#view(request.profileId), isOwed: true });
    this.#lookNow();
  }

  /** The hot store refused a write of this profile, and so does its partition until it accepts one. */
  refused(profileId: string): void {
    this.#view(profileId).takesNoWrites = true;
    this.#lookLater();
  }

  /** The hot store did not answer somebody who asked for this profile: its partition is looked at now. */
  unreachable(profileId: string): void {
    lose(this.#view(profileId));
    this.#lookNow();
  }

  /**
   * Nobody need wait for the hot store to find out once more: it did not answer, and it is known within
   * a second when it does.
   */
  isAway(profileId: string): boolean {
    return this.#view(profileId).isAway;
  }

  /**
   * Calls back when the hot store is there for this profile again, after it did not answer or took no
   * writes: whoever read meanwhile may have missed what other processes wrote. The answer stops it.
   */
  onBack(profileId: string, listener: () => void): () => void {
    const { listeners } = this.#view(profileId);
    // One that stands for this call alone: the same function may be given twice.
    const own = () => listener();
    listeners.add(own);
    return () => listeners.delete(own);
  }

  /** Writes go past the hot store just now: what it holds of the profile is not all there is. */
  takesNoWrites(profileId: string): boolean {
    return this.#view(profileId).takesNoWrites;
  }

  /** Whether the hot store, and the stream that it tells, may lack something of a profile. */
  lacks(profileId: string): boolean {
    const view = this.#view(profileId);
    return isOut(view) || view.kept.owedTo(profileId).length > 0;
  }

  /** What the hot store may lack of a profile. */
  owedTo(profileId: string): OwedWrite[] {
    return asWrites(this.#view(profileId).kept.owedTo(profileId));
  }

  /**
   * What the hot store that answered may lack of a profile: what is owed, and when it is another than
   * the one that was looked at last, whatever that one accepted. It is looked at now.
   *
   * @param epoch of the store that answered; null when none did.
   */
  lackedBy(profileId: string, epoch: string | null): OwedWrite[] {
    const { kept, lookedAtEpoch } = this.#view(profileId);
    const isAnother = epoch !== null && lookedAtEpoch !== null && epoch !== lookedAtEpoch;
    if (!isAnother) return asWrites(kept.owedTo(profileId));
    this.#lookNow();
    return asWrites(kept.of(profileId));
  }

  /** One look at every partition that matters; whoever asks meanwhile waits for the same one. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  #lookNow(): void {
    if (this.#isRunning) this.#deps.clock.after(0, () => void this.look());
    this.#lookLater();
  }

  #lookLater(): void {
    if (!this.#isRunning || this.#cancelLook !== undefined) return;
    this.#cancelLook = this.#deps.clock.after(lookEveryMs, async () => {
      await this.look();
      this.#cancelLook = undefined;
      if (this.#partitions.some(needsLook)) this.#lookLater();
    });
  }

  async #lookAtAll(): Promise<void> {
    const { hot } = this.#deps;
    const partitions = [...this.#partitions.keys()].filter((partition) =>
      needsLook(this.#viewOf(partition)),
    );
    const domains = Map.groupBy(partitions, (partition) => hot.failureDomain(partition));
    await Promise.all([...domains.values()].map((domain) => this.#lookAtDomain(domain)));
  }

  /** One of them asks whether the server is there at all. */
  async #lookAtDomain([first, ...others]: readonly number[]): Promise<void> {
    const isThere = await this.#lookAt(first as number);
    if (isThere) await Promise.all(others.map((partition) => this.#lookAt(partition)));
    else for (const partition of others) lose(this.#viewOf(partition));
  }

  /** False when the partition did not answer. */
  async #lookAt(partition: number): Promise<boolean> {
    const view = this.#viewOf(partition);
    const wasOut = isOut(view);
    try {
      const { epoch, isWritable } = await this.#deps.hot.identity(partition);
      // Another store, or one that was out of sight or never seen, may have lost what it accepted.
      if (epoch !== view.epoch) view.kept.oweAll();
      view.epoch = epoch;
      view.lookedAtEpoch = epoch;
      view.isAway = false;
      if (!isWritable) throw new StoreTakesNoWrites('The hot store is read-only.');
      await this.#catchUp(partition);
      view.takesNoWrites = false;
      if (wasOut) tellBack(view);
      return true;
    } catch (error) {
      this.#deps.log.debug({ partition, err: error }, 'the hot store is tried again');
      if (error instanceof StoreTakesNoWrites) view.takesNoWrites = true;
      if (!(error instanceof StoreUnreachable)) return true;
      lose(view);
      return false;
    }
  }

  async #catchUp(partition: number): Promise<void> {
    const view = this.#viewOf(partition);
    if (view.hasForgotten) await this.#deps.hot.raiseGeneration(partition);
    view.hasForgotten = false;
    const owed = view.kept.owed();
    for (let first = 0; first < owed.length; first += mergesInFlightMax) {
      const some = owed.slice(first, first + mergesInFlightMax);
      await Promise.all(some.map((request) => this.#merge(request)));
    }
    view.kept.forgetOld(this.#deps.clock.nowMs());
  }

  async #merge(request: MergeRequest): Promise<void> {
    const { profileId } = request;
    try {
      // Conditions were judged when it was accepted; by now it is a fact like any other.
      const now = { nowMs: this.#deps.clock.nowMs(), onlyIf: null, isFact: true as const };
      await this.#deps.hot.merge({ ...request, ...now });
    } catch (error) {
      if (error instanceof StoreUnreachable || error instanceof StoreTakesNoWrites) throw error;
      this.#deps.log.error({ profileId, err: error }, 'what the hot store lacks cannot be merged');
      await this.#deps.hot.dropMark(profileId);
    }
    this.#view(profileId).kept.settle(request);
  }

  #keep(request: MergeRequest, of: { view: PartitionView; isOwed: boolean }): void {
    if (isEmpty(request)) return;
    const { view, isOwed } = of;
    const untilMs = this.#deps.clock.nowMs() + keptMs;
    if (view.kept.keep(request, { untilMs, isOwed })) view.hasForgotten = true;
    this.#lookLater();
  }

  #view(profileId: string): PartitionView {
    return this.#viewOf(partitionOf(profileId, this.#deps.hot.partitions));
  }

  #viewOf(partition: number): PartitionView {
    return this.#partitions[partition] as PartitionView;
  }
}

function needsLook({ kept, epoch, takesNoWrites, hasForgotten }: PartitionView): boolean {
  return !kept.isEmpty || epoch === null || takesNoWrites || hasForgotten;
}

function isOut({ isAway, takesNoWrites }: PartitionView): boolean {
  return isAway || takesNoWrites;
}

function tellBack({ listeners }: PartitionView): void {
  for (const listener of [...listeners]) listener();
}

function asWrites(requests: readonly MergeRequest[]): OwedWrite[] {
  return requests.flatMap(({ writes, device }) =>
    writes.map(({ title, ...state }) => ({ title, state, device })),
  );
}

/** Out of sight: when it is back, it may have lost what it accepted. */
function lose(view: PartitionView): void {
  view.epoch = null;
  view.isAway = true;
}

/** Nothing but that a session is alive: there is nothing to keep. */
export function isEmpty({ writes }: MergeRequest): boolean {
  return writes.every(({ playhead, visibility }) => playhead === null && visibility === null);
}
