import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { erasureTransition } from '../../domain/erasure.ts';
import { aboveFloor, mergeTitle } from '../../domain/merge.ts';
import { isOvertaken } from '../../domain/overtaken.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { isAlive } from '../../domain/presence.ts';
import { activityTimeMs, partitionOf, versionZero } from '../../domain/version.ts';
import type { AcceptedChange, AcceptedStream, ReadPoint } from '../accepted-stream.ts';
import type { Erasing } from '../erasures.ts';
import { aboveFence, acceptedAboveFence, knowsFence } from '../fence.ts';
import {
  type Backlog,
  type DirtyTitle,
  type HotProfile,
  type HotStore,
  type Hydration,
  type MergedTitle,
  type MergeRequest,
  type MergeResult,
  oneByTitle,
  type QuarantinedTitle,
  type SettledTitle,
  type StoreIdentity,
  type TakenIn,
} from '../hot-store.ts';
import { AcceptedLog, acceptedBy, acceptedOf, leftOf, type RegionOfStore } from './accepted-log.ts';
import { DirtySet } from './dirty-set.ts';
import { HotEntry, isForgotten } from './hot-entry.ts';
import { historyOf, newsOf } from './news.ts';
import { ProfileListeners } from './profile-listeners.ts';
import type { EmbeddedEventStream } from './stream.ts';

/** Profiles kept while clean, about 10 kB each: the working set of one machine. */
const profilesMax = 20_000;

export interface EmbeddedHotOptions {
  policy: Policy;
  partitions: number;
  events: EmbeddedEventStream;
  /** Clean profiles kept; the least recently used leave first. */
  profilesMax?: number;
  /** Keeps what is accepted for other regions. Default: there are none. */
  region?: RegionOfStore;
}

/** What a hot store without a memory limit needs on top: letting go when it is told to. */
export interface EmbeddedHotStore extends HotStore {
  /** Lets one profile go as a full store would. False: it owes something and stays, or is not here. */
  evict(profileId: string): boolean;
  /** What this store accepted, for other regions; throws when it was opened without one. */
  accepted(): AcceptedStream;
}

/** The hot store inside the process: gone with it, which every mark's epoch then says. */
export function openEmbeddedHotStore(options: EmbeddedHotOptions): EmbeddedHotStore {
  return new HotStoreInProcess(options);
}

/** What a fence turned back counts as merged: the floor covers it. */
function answered(titles: MergedTitle[], asked: MergeRequest, isHeld: boolean): MergedTitle[] {
  if (isHeld) return titles;
  const writes = new Map(oneByTitle(asked.writes).map((write) => [write.title, write]));
  return titles.map(({ title, before, after }) => {
    const { playhead, visibility } = writes.get(title) ?? after;
    return { title, before, after: mergeTitle(before, { playhead, visibility }) };
  });
}

class HotStoreInProcess implements EmbeddedHotStore {
  readonly partitions: number;
  readonly #policy: Policy;
  readonly #events: EmbeddedEventStream;
  readonly #profilesMax: number;
  readonly #epoch = randomUUID();
  /** In order of use, the least recent first. */
  readonly #profiles = new Map<string, HotEntry>();
  readonly #dirty: DirtySet[];
  readonly #generations: number[];
  readonly #listeners = new ProfileListeners();
  readonly #out: AcceptedLog | null;
  /** Where the readers of other regions stand, by partition and region. */
  readonly #taken = new Map<string, ReadPoint>();

  constructor(options: EmbeddedHotOptions) {
    this.partitions = options.partitions;
    this.#policy = options.policy;
    this.#events = options.events;
    this.#profilesMax = options.profilesMax ?? profilesMax;
    this.#dirty = Array.from({ length: options.partitions }, () => new DirtySet());
    this.#generations = new Array(options.partitions).fill(0);
    const { region, partitions } = options;
    this.#out = region === undefined ? null : new AcceptedLog(region, partitions);
  }

  failureDomain(): string {
    return 'process';
  }

  async identity(partition: number): Promise<StoreIdentity & { isWritable: boolean }> {
    return { ...this.#identity(partition), isWritable: true };
  }

  async merge(asked: MergeRequest): Promise<MergeResult> {
    const entry = this.#use(asked.profileId);
    const request = aboveFence(asked, entry.fence);
    if (request.onlyIf !== null && !this.#holds(request, entry)) return { kind: 'conflict' };
    const isHeld = this.#isHeld(request, entry);
    const titles = oneByTitle(request.writes).map((write) =>
      entry.preview(isHeld ? { ...write, playhead: null, visibility: null } : write),
    );
    // The stream may refuse (disk full); nothing has changed yet, so the step stays atomic.
    this.#events.appendNow({
      partition: this.#partition(request.profileId),
      transitions: isHeld ? historyOf(request, entry) : newsOf(request, { entry, titles }),
    });
    const rose = titles.filter((title) => entry.store(title)).map(({ title }) => title);
    if (request.device !== null) entry.remember(request.device);
    for (const title of rose) this.#markDirty(request.profileId, title, request.nowMs);
    this.#listeners.tell(request.profileId, [...rose, ...this.#report(request, entry)]);
    for (const title of titles.filter(isForgotten)) entry.forgetSessions(title.title);
    this.#tellRegions(acceptedBy(request, { entry, titles, isHeld }), request.nowMs);
    return {
      kind: 'merged',
      titles: entry.fence === null ? titles : answered(titles, asked, isHeld),
      floor: entry.floor,
      isHeld,
    };
  }

  async read(query: {
    profileId: string;
    titles: readonly string[] | null;
    nowMs: number;
  }): Promise<HotProfile> {
    const identity = this.#identity(this.#partition(query.profileId));
    // Even an empty entry is kept: it is the witness that nothing was evicted since.
    return this.#use(query.profileId).read({
      titles: query.titles,
      nowMs: query.nowMs,
      ...identity,
    });
  }

  async hydrate(hydration: Hydration): Promise<string[]> {
    const { profileId, nowMs, witness, markMs } = hydration;
    const entry = this.#use(profileId);
    if (!knowsFence(hydration.titles, entry.fence)) return [];
    const rose: string[] = [];
    for (const [title, state] of hydration.titles) {
      const merged = entry.preview({ title, ...state });
      if (entry.store(merged)) rose.push(title);
    }
    for (const title of entry.newerThan(hydration.titles)) this.#markDirty(profileId, title, nowMs);
    // A device has no version; what is known here was reported here, since.
    for (const device of hydration.devices) if (!entry.knows(device)) entry.remember(device);
    const { epoch, generation } = this.#identity(this.#partition(profileId));
    const isSame =
      witness.epoch === epoch &&
      witness.generation === generation &&
      witness.incarnation === entry.incarnation;
    if (markMs > 0 && isSame) {
      entry.mark = { epoch, generation, untilMs: nowMs + markMs, lengthMs: markMs };
    }
    this.#listeners.tell(profileId, rose);
    return rose;
  }

  async takeOver(of: Parameters<HotStore['takeOver']>[0]): Promise<boolean> {
    const { profileId, from, by } = of;
    const entry = this.#use(profileId);
    const title = entry.takeOver(of);
    if (title === null) return false;
    this.#listeners.tell(profileId, [title]);
    const sessions = entry.sessionsOf([from, by.sessionId]);
    this.#out?.append(acceptedOf(profileId, { sessions }), activityTimeMs(by.at));
    return true;
  }

  async dropMark(profileId: string): Promise<void> {
    this.#profiles.get(profileId)?.dropMark();
  }

  async raiseGeneration(partition: number): Promise<void> {
    this.#generations[partition] = (this.#generations[partition] ?? 0) + 1;
    for (const profileId of this.#listeners.profiles()) {
      if (this.#partition(profileId) === partition) this.#listeners.tell(profileId, [floorTitle]);
    }
  }

  async takeIn(taken: TakenIn): Promise<ReadPoint | null> {
    const { partition, region, after, changes, upTo } = taken;
    const stood = this.#takenUpTo(partition, region);
    if (!isDeepStrictEqual(stood, after)) return stood;
    const changed = new Map<string, string[]>();
    for (const change of changes) {
      const { profileId } = change;
      const entry = this.#use(profileId);
      const titles = entry.takeIn(acceptedAboveFence(change, entry.fence));
      changed.set(profileId, [...(changed.get(profileId) ?? []), ...titles]);
    }
    this.#taken.set(`${partition}|${region}`, upTo);
    for (const [profileId, titles] of changed) this.#listeners.tell(profileId, titles);
    return upTo;
  }

  async takenUpTo(of: { partition: number; region: string }): Promise<ReadPoint | null> {
    return this.#takenUpTo(of.partition, of.region);
  }

  async due(query: {
    partition: number;
    sinceMs: number;
    skip: number;
    limit: number;
  }): Promise<DirtyTitle[]> {
    return this.#dirtySet(query.partition)
      .oldest(query)
      .map(({ profileId, title, sinceMs }) => {
        const entry = this.#use(profileId);
        return {
          profileId,
          title,
          sinceMs,
          ...entry.state(title),
          devices: entry.devicesOf(title),
        };
      });
  }

  async settle(done: {
    partition: number;
    titles: readonly SettledTitle[];
    nowMs: number;
  }): Promise<void> {
    const dirty = this.#dirtySet(done.partition);
    for (const settled of done.titles) {
      const state = this.#use(settled.profileId).state(settled.title);
      const isWritten =
        (state.playhead?.version ?? null) === settled.playheadVersion &&
        (state.visibility?.version ?? null) === settled.visibilityVersion;
      if (isWritten) dirty.remove(settled);
      else dirty.restart(settled, done.nowMs);
    }
  }

  async quarantine(poison: { partition: number; profileId: string; title: string }): Promise<void> {
    this.#dirtySet(poison.partition).quarantine(poison);
  }

  async quarantined(query: { partition: number; limit: number }): Promise<QuarantinedTitle[]> {
    return this.#dirtySet(query.partition).quarantined(query.limit);
  }

  async replay(query: { partition: number; nowMs: number }): Promise<number> {
    return this.#dirtySet(query.partition).replay(query.nowMs);
  }

  async backlog(partition: number): Promise<Backlog> {
    return this.#dirtySet(partition).backlog();
  }

  async erase({ profileId, fence, nowMs }: Erasing & { nowMs: number }): Promise<void> {
    const partition = this.#partition(profileId);
    // The stream may refuse: then nothing has changed yet.
    this.#events.appendNow({
      partition,
      transitions: [erasureTransition({ profileId, fence })],
    });
    const before = this.#use(profileId).fence;
    const entry = this.#use(profileId).above(fence);
    this.#profiles.set(profileId, entry);
    this.#dirtySet(partition).forget(profileId);
    for (const title of entry.ownTitles()) this.#markDirty(profileId, title, nowMs);
    this.#listeners.tell(profileId, [floorTitle]);
    // Once a fence: it comes back from those that it was told to, and what they read last must not be gone again.
    if (entry.fence === before) return;
    this.#out?.forget(profileId);
    this.#out?.append(acceptedOf(profileId, { fence }), nowMs);
    this.#out?.append(leftOf(profileId, entry), nowMs);
  }

  async eachProfile(visit: (profileId: string) => Promise<void>): Promise<void> {
    for (const profileId of [...this.#profiles.keys()]) await visit(profileId);
  }

  async onChanged(
    profileId: string,
    listener: (titles: readonly string[]) => void,
  ): Promise<() => Promise<void>> {
    return this.#listeners.listen(profileId, listener);
  }

  evict(profileId: string): boolean {
    return !this.#owes(profileId) && this.#profiles.delete(profileId);
  }

  accepted(): AcceptedStream {
    if (this.#out === null) throw new Error('A hot store of no region keeps nothing for others.');
    return this.#out.stream();
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #identity(partition: number): StoreIdentity {
    return { epoch: this.#epoch, generation: this.#generations[partition] ?? 0 };
  }

  #holds(request: MergeRequest, entry: HotEntry): boolean {
    const { onlyIf, profileId, nowMs } = request;
    if (onlyIf === null) return true;
    const mark = entry.markState({ ...this.#identity(this.#partition(profileId)), nowMs });
    return (
      mark === 'valid' &&
      entry.version(onlyIf.title) === onlyIf.version &&
      (entry.floor?.version ?? versionZero) === onlyIf.floorVersion
    );
  }

  #isHeld({ presence, isFact, nowMs, writes }: MergeRequest, entry: HotEntry): boolean {
    if (presence === null || isFact) return false;
    const own = oneByTitle(writes).find(({ title }) => title === presence.title);
    const offered = own?.playhead?.version ?? null;
    const { playhead } = aboveFloor(entry.state(presence.title), entry.floor);
    const met = { playhead, offered, sessions: [...entry.sessions.values()], nowMs };
    return isOvertaken(presence, met, this.#policy);
  }

  /** Takes the session's report in; answers its title when who plays there changed. */
  #report(request: MergeRequest, entry: HotEntry): string[] {
    const { presence, isFact = false, nowMs } = request;
    if (presence === null) return [];
    const wasPlaying = entry.sessions.get(presence.sessionId);
    const now = entry.report(presence, { policy: this.#policy, isFact });
    if (wasPlaying === undefined) return [presence.title];
    const isLate = wasPlaying.sequence === now.sequence;
    const isSame =
      wasPlaying.playerState === now.playerState && isAlive(wasPlaying, nowMs, this.#policy);
    return isLate || isSame ? [] : [presence.title];
  }

  #takenUpTo(partition: number, region: string): ReadPoint | null {
    return this.#taken.get(`${partition}|${region}`) ?? null;
  }

  /**
   * What was accepted though it was here already is owed all the same: perhaps it came from another region, which
   * may lose it.
   */
  #tellRegions(accepted: AcceptedChange, nowMs: number): void {
    if (this.#out === null) return;
    for (const { title } of accepted.writes) this.#markDirty(accepted.profileId, title, nowMs);
    this.#out.append(accepted, nowMs);
  }

  #markDirty(profileId: string, title: string, nowMs: number): void {
    this.#dirtySet(this.#partition(profileId)).add({ profileId, title }, nowMs);
  }

  #partition(profileId: string): number {
    return partitionOf(profileId, this.partitions);
  }

  #dirtySet(partition: number): DirtySet {
    const set = this.#dirty[partition];
    if (set === undefined) throw new RangeError(`No partition ${partition}.`);
    return set;
  }

  /** The profile's entry, made if need be, now the most recently used. */
  #use(profileId: string): HotEntry {
    const entry = this.#profiles.get(profileId) ?? new HotEntry();
    this.#profiles.delete(profileId);
    this.#profiles.set(profileId, entry);
    if (this.#profiles.size > this.#profilesMax) this.#evictOne(profileId);
    return entry;
  }

  /** Removes the least recently used clean profile; a dirty one goes to the end of the line. */
  #evictOne(except: string): void {
    for (const [profileId, entry] of this.#profiles) {
      if (profileId === except || this.evict(profileId)) return;
      this.#profiles.delete(profileId);
      this.#profiles.set(profileId, entry);
    }
  }

  #owes(profileId: string): boolean {
    return this.#dirtySet(this.#partition(profileId)).holds(profileId);
  }
}
