import { expect } from '@jest/globals';
import { mergeTitle } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import { partitionOf, sessionVersion } from '../../domain/version.ts';
import type { DirtyTitle, HotStore, MarkWitness } from '../../stores/hot-store.ts';
import { type HotStoreUnderTest, lastMs, put, read, settleAll } from './hot-subject.ts';
import { beatOf, msAt, nothing, phone, playheadAt, tv } from './writes.ts';

interface Write {
  profileId: string;
  title: string;
  register: 'playhead' | 'visibility';
  agoMs: number;
  deviceId: string;
}

/** What may happen to a hot store; `nth` picks one of those under way. */
export type Step =
  | ({ kind: 'write' | 'intent' } & Write)
  | ({ kind: 'beat'; event: 'START' | 'HEARTBEAT'; passMs: number } & Omit<Write, 'register'>)
  | { kind: 'pass'; ms: number }
  | { kind: 'take-due'; limit: number }
  | { kind: 'write-durably' | 'settle' | 'lose-drain' | 'end-hydration'; nth: number }
  | { kind: 'begin-hydration' | 'drop-mark' | 'raise-generation'; profileId: string }
  | { kind: 'evict' }
  | { kind: 'quarantine'; profileId: string; title: string };

type Profiles = Map<string, Map<string, TitleState>>;

/** A title is drained once it was dirty for this long. */
const intervalMs = 30_000;

const profileIds = ['demo', 'kids', 'guest'] as const;

/**
 * One random history of a hot store beside a durable one made of the domain's merge, checked after
 * every step against all that was acknowledged.
 */
export class HotStoreHistory {
  readonly #hot: HotStore;
  readonly #evict: () => Promise<void>;
  readonly #acknowledged: Profiles = new Map();
  readonly #durable: Profiles = new Map();
  readonly #quarantined = new Set<string>();
  #drains: { titles: DirtyTitle[]; isWritten: boolean }[] = [];
  #hydrations: {
    profileId: string;
    witness: MarkWitness;
    titles: Map<string, TitleState>;
  }[] = [];
  #nowMs = msAt(0);

  constructor(opened: HotStoreUnderTest) {
    this.#hot = opened.hot;
    this.#evict = opened.evict;
  }

  async take(step: Step): Promise<void> {
    await this.#apply(step);
    for (const profileId of profileIds) await this.#check(profileId);
  }

  /** Everything that is still owed reaches the durable store in one more drain. */
  async end(): Promise<void> {
    const owed = await this.#due(lastMs);
    for (const title of owed) fold(this.#durable, title);
    await settleAll(this.#hot, owed, this.#nowMs);
    expect(await this.#due(lastMs)).toEqual([]);
    for (const profileId of profileIds) {
      for (const [title, state] of this.#acknowledged.get(profileId) ?? []) {
        if (this.#quarantined.has(`${profileId}|${title}`)) continue;
        expect(stateIn(this.#durable, { profileId, title })).toEqual(state);
      }
    }
  }

  async #apply(step: Step): Promise<void> {
    const hot = this.#hot;
    switch (step.kind) {
      case 'write':
      case 'intent':
        return this.#write(step, step.kind === 'intent');
      case 'beat':
        return this.#beat(step);
      case 'pass':
        this.#nowMs += step.ms;
        return;
      case 'take-due':
        this.#drains.push({
          titles: await this.#due(this.#nowMs - intervalMs, step.limit),
          isWritten: false,
        });
        return;
      case 'write-durably':
      case 'settle':
      case 'lose-drain':
        return this.#drain(step.kind, step.nth);
      case 'begin-hydration':
        return this.#beginHydration(step.profileId);
      case 'end-hydration':
        return this.#endHydration(step.nth);
      case 'evict':
        return this.#evict();
      case 'drop-mark':
        return hot.dropMark(step.profileId);
      case 'raise-generation':
        return hot.raiseGeneration(partitionOf(step.profileId, hot.partitions));
      case 'quarantine':
        return this.#quarantine(step);
    }
  }

  async #write(write: Write, isDurable: boolean): Promise<void> {
    const { profileId, title } = write;
    const state = stateOf(write, this.#nowMs);
    const result = await put(this.#hot, { profileId, title, ...state, nowMs: this.#nowMs });
    expect(result.kind).toBe('merged');
    fold(this.#acknowledged, { profileId, title, ...state });
    if (isDurable) fold(this.#durable, { profileId, title, ...state });
  }

  /** As a player reports: one of a session, of which an adapter may make less than of other writes. */
  async #beat(beat: Extract<Step, { kind: 'beat' }>): Promise<void> {
    const { profileId, title, event } = beat;
    this.#nowMs += beat.passMs;
    const atMs = this.#nowMs - beat.agoMs;
    const device = beat.deviceId === tv.id ? tv : phone;
    const sequence = atMs - msAt(-1_000);
    const request = beatOf({ profileId, title, device, event, atMs, nowMs: this.#nowMs, sequence });
    const merged = await this.#hot.merge(request);
    // Of a session that was overtaken nothing is acknowledged, and nothing kept.
    if (merged.kind !== 'merged') throw new Error(`A report met a ${merged.kind}.`);
    for (const write of merged.isHeld ? [] : request.writes) {
      fold(this.#acknowledged, { profileId, ...write });
    }
  }

  async #drain(kind: 'write-durably' | 'settle' | 'lose-drain', nth: number): Promise<void> {
    const drain = this.#drains[nth % this.#drains.length];
    if (drain === undefined) return;
    if (kind === 'write-durably') {
      for (const title of drain.titles) fold(this.#durable, title);
      drain.isWritten = true;
      return;
    }
    if (kind === 'settle' && !drain.isWritten) return;
    this.#drains = this.#drains.filter((other) => other !== drain);
    if (kind === 'settle') await settleAll(this.#hot, drain.titles, this.#nowMs);
  }

  async #beginHydration(profileId: string): Promise<void> {
    const { witness } = await read(this.#hot, { profileId, nowMs: this.#nowMs });
    const titles = new Map(this.#durable.get(profileId));
    this.#hydrations.push({ profileId, witness, titles });
  }

  async #endHydration(nth: number): Promise<void> {
    const hydration = this.#hydrations[nth % this.#hydrations.length];
    if (hydration === undefined) return;
    this.#hydrations = this.#hydrations.filter((other) => other !== hydration);
    await this.#hot.hydrate({ ...hydration, devices: [], nowMs: this.#nowMs, markMs: 60_000 });
  }

  async #quarantine(of: { profileId: string; title: string }): Promise<void> {
    const partition = partitionOf(of.profileId, this.#hot.partitions);
    await this.#hot.quarantine({ partition, ...of });
    this.#quarantined.add(`${of.profileId}|${of.title}`);
  }

  async #due(sinceMs: number, limit = 1_000): Promise<DirtyTitle[]> {
    const due: DirtyTitle[] = [];
    for (let partition = 0; partition < this.#hot.partitions; partition += 1) {
      due.push(...(await this.#hot.due({ partition, sinceMs, skip: 0, limit })));
    }
    return due;
  }

  async #check(profileId: string): Promise<void> {
    const { titles, floor, mark } = await read(this.#hot, { profileId, nowMs: this.#nowMs });
    if (floor !== null) titles.set(floorTitle, { playhead: floor, visibility: null });
    const owed = new Set(
      (await this.#due(lastMs)).map((title) => `${title.profileId}|${title.title}`),
    );
    for (const [title, acknowledged] of this.#acknowledged.get(profileId) ?? []) {
      const hot = titles.get(title) ?? nothing;
      const durable = stateIn(this.#durable, { profileId, title });
      expect(mergeTitle(hot, durable)).toEqual(acknowledged);
      // A mark that merely ran out vouches for the hot copy as much as a valid one.
      if (mark !== 'absent') expect(hot).toEqual(acknowledged);
      const member = `${profileId}|${title}`;
      if (this.#quarantined.has(member) || owed.has(member)) continue;
      expect(durable).toEqual(acknowledged);
    }
  }
}

/** A value is a function of its write alone: equal versions are the same value. */
function stateOf({ title, register, agoMs, deviceId }: Write, nowMs: number): TitleState {
  const activityAtMs = nowMs - agoMs;
  const version = sessionVersion({ activityAtMs, deviceId, sessionId: 'evening' });
  if (register === 'playhead' || title === floorTitle) {
    const playhead = playheadAt(0, { version, positionMs: activityAtMs % 7_200_000 });
    return { playhead, visibility: null };
  }
  const visibility = { version, hidden: activityAtMs % 2 === 0, laterFields: '' };
  return { playhead: null, visibility };
}

function fold(
  profiles: Profiles,
  { profileId, title, playhead, visibility }: TitleState & { profileId: string; title: string },
): void {
  const titles = profiles.get(profileId) ?? new Map<string, TitleState>();
  profiles.set(profileId, titles);
  titles.set(title, mergeTitle(titles.get(title) ?? nothing, { playhead, visibility }));
}

function stateIn(profiles: Profiles, of: { profileId: string; title: string }): TitleState {
  return profiles.get(of.profileId)?.get(of.title) ?? nothing;
}
