import { expect } from '@jest/globals';
import { floorOf, stateAbove } from '../../domain/erasure.ts';
import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import { mergePlayhead, mergeTitle } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import { partitionOf, sessionVersion, type Version, versionFloor } from '../../domain/version.ts';
import type { AcceptedEntry, ReadPoint } from '../../stores/accepted-stream.ts';
import type { MergeRequest } from '../../stores/hot-store.ts';
import { appended, dirtyOf, type HotStoreUnderTest, put, read } from './hot-subject.ts';
import { changesOf } from './other-region.ts';
import { beatOf, forgottenAt, hiddenAt, msAt, nothing, phone, playheadAt, tv } from './writes.ts';

export const profileIds = ['demo', 'kids'] as const;
const entriesMax = 1_000;

/** What may happen in one of several regions, `at`. */
export type RegionStep = { at: number; profileId: (typeof profileIds)[number] } & (
  | { kind: 'beat'; session: 'on-tv' | 'on-phone'; event: PlaybackEvent; title: string }
  /** The newest report of a session arrives in another region, or once more. */
  | { kind: 'retry'; session: 'on-tv' | 'on-phone' }
  | { kind: 'put'; title: string; agoMs: number; isHidden: boolean }
  | { kind: 'forget'; title: string }
  | { kind: 'take over'; session: 'on-tv' | 'on-phone' }
  | { kind: 'erase' }
  /** `order` sorts what a batch holds; `isAgain`: from the beginning. */
  | { kind: 'replicate'; from: number; limit: number; order: number; isAgain: boolean }
);

type Titles = Map<string, TitleState>;

/** Regions that tell each other what they accept, beside the merge of all that any of them accepted. */
export class RegionHistory {
  readonly #regions: readonly HotStoreUnderTest[];
  readonly #accepted = new Map<string, Titles>(profileIds.map((id) => [id, new Map()]));
  readonly #fences = new Map<string, Version>();
  /** Profiles of which something was forgotten: sessions are then known in one region, and not in another. */
  readonly #forgetful = new Set<string>();
  readonly #lastReports = new Map<string, MergeRequest>();
  #second = 0;

  constructor(regions: readonly HotStoreUnderTest[]) {
    this.#regions = regions;
  }

  async take(step: RegionStep): Promise<void> {
    this.#second += 1;
    const { hot } = this.#region(step.at);
    const { profileId } = step;
    switch (step.kind) {
      case 'beat':
        return this.#report(step, this.#beat(step));
      case 'retry': {
        const last = this.#lastReports.get(`${profileId} ${step.session}`);
        return last && this.#report(step, this.#received(last));
      }
      case 'put':
        return this.#put(step);
      case 'forget':
        this.#forgetful.add(profileId);
        return this.#write(step, { title: step.title, playhead: forgottenAt(this.#second) });
      case 'take over': {
        const from = step.session === 'on-tv' ? 'on-phone' : 'on-tv';
        const at = versionFloor(msAt(this.#second));
        const by = { sessionId: step.session, device: deviceOf(step.session), at };
        await hot.takeOver({ profileId, from, by });
        return;
      }
      case 'erase':
        return this.#erase(step.at, { profileId, fence: versionFloor(msAt(this.#second + 10)) });
      case 'replicate':
        return this.#replicate(step);
    }
  }

  /** Everything that is there to read is read: then all regions are equal. */
  async end(): Promise<void> {
    const indices = [...this.#regions.keys()];
    const links = indices.flatMap((at) => indices.map((from) => ({ at, from })));
    const all = { limit: entriesMax, order: 0, isAgain: false };
    // What an erasure makes a region say again is read in the second round.
    for (const link of [...links, ...links]) {
      for (const profileId of profileIds) await this.#replicate({ ...link, ...all, profileId });
    }
    for (const profileId of profileIds) await this.#checkEqual(profileId);
  }

  async #checkEqual(profileId: string): Promise<void> {
    const held = await Promise.all(this.#regions.map(({ hot }) => read(hot, { profileId })));
    for (const { titles, floor, sessions } of held) {
      const found = new Map(titles);
      if (floor !== null) found.set(floorTitle, { ...nothing, playhead: floor });
      expect(found).toEqual(this.#expected(profileId));
      if (this.#forgetful.has(profileId)) continue;
      expect(new Set(sessions)).toEqual(new Set(held[0]?.sessions));
    }
  }

  #beat(step: Extract<RegionStep, { kind: 'beat' }>): MergeRequest {
    const { profileId, session, event, title } = step;
    const atMs = msAt(this.#second);
    const request = beatOf({
      ...{ profileId, title, event, atMs, sequence: this.#second, acts: 'NOW' },
      ...{ device: deviceOf(session), sessionId: session },
    });
    this.#lastReports.set(`${profileId} ${session}`, request);
    return request;
  }

  /** The same request, now. */
  #received(request: MergeRequest): MergeRequest {
    const nowMs = msAt(this.#second);
    const { presence } = request;
    return { ...request, nowMs, presence: presence && { ...presence, receivedAtMs: nowMs } };
  }

  async #report({ at, profileId }: RegionStep, request: MergeRequest): Promise<void> {
    const merged = await this.#region(at).hot.merge(request);
    if (merged.kind !== 'merged') throw new Error(`A report met a ${merged.kind}.`);
    if (merged.isHeld) return;
    for (const write of request.writes) this.#accept(profileId, write);
  }

  async #put(step: Extract<RegionStep, { kind: 'put' }>): Promise<void> {
    const { title, agoMs, isHidden } = step;
    const of = { deviceId: tv.id, sessionId: 'evening' };
    const version = sessionVersion({ ...of, activityAtMs: msAt(this.#second) - agoMs });
    if (isHidden) return this.#write(step, { title, visibility: { ...hiddenAt(0), version } });
    return this.#write(step, { title, playhead: playheadAt(0, { version }) });
  }

  async #write(
    { at, profileId }: RegionStep,
    write: { title: string } & Partial<TitleState>,
  ): Promise<void> {
    await put(this.#region(at).hot, { profileId, nowMs: msAt(this.#second), ...write });
    this.#accept(profileId, { ...nothing, ...write });
  }

  async #erase(at: number, of: { profileId: string; fence: Version }): Promise<void> {
    this.#forgetful.add(of.profileId);
    const known = this.#fences.get(of.profileId);
    if (known === undefined || known < of.fence) this.#fences.set(of.profileId, of.fence);
    await this.#region(at).hot.erase({ ...of, nowMs: msAt(this.#second) });
  }

  /** As a replicator does: fences first, then the rest, and the place in the same step. */
  async #replicate(step: Omit<Extract<RegionStep, { kind: 'replicate' }>, 'kind'>): Promise<void> {
    const [to, peer] = [this.#region(step.at), this.#region(step.from)];
    if (to === peer) return;
    const { region } = peer.accepted();
    const partition = partitionOf(step.profileId, to.hot.partitions);
    const after = await to.hot.takenUpTo({ partition, region });
    const from = step.isAgain ? null : after;
    const { entries } = await peer.accepted().read({ partition, from, limit: step.limit });
    const changes = shuffled(entries.map(changeIn), step.order);
    for (const { profileId, fence } of changes) {
      if (fence !== null) await this.#erase(step.at, { profileId, fence });
    }
    const upTo = placeAfter(entries, from);
    if (upTo === null) return;
    const before = await owedBy(to);
    const nowMs = msAt(this.#second);
    const taken = { partition, region, after, changes, upTo, nowMs };
    expect(await to.hot.takeIn(taken)).toEqual(upTo);
    expect(await owedBy(to)).toEqual(before);
  }

  #accept(
    profileId: string,
    { title, playhead, visibility }: { title: string } & TitleState,
  ): void {
    const titles = this.#accepted.get(profileId);
    titles?.set(title, mergeTitle(titles.get(title) ?? nothing, { playhead, visibility }));
  }

  #expected(profileId: string): Titles {
    const titles = new Map(this.#accepted.get(profileId));
    const fence = this.#fences.get(profileId);
    if (fence === undefined) return titles;
    const floor = titles.get(floorTitle)?.playhead ?? null;
    for (const [title, state] of titles) {
      const left = stateAbove(state, fence);
      if (left.playhead === null && left.visibility === null) titles.delete(title);
      else titles.set(title, left);
    }
    return titles.set(floorTitle, { ...nothing, playhead: mergePlayhead(floor, floorOf(fence)) });
  }

  #region(index: number): HotStoreUnderTest {
    return this.#regions[index % this.#regions.length] as HotStoreUnderTest;
  }
}

function deviceOf(session: 'on-tv' | 'on-phone') {
  return session === 'on-tv' ? tv : phone;
}

function changeIn(entry: AcceptedEntry) {
  if ('refusal' in entry) throw new Error(`An entry is refused: ${entry.refusal}.`);
  return entry.change;
}

function placeAfter(entries: readonly AcceptedEntry[], from: ReadPoint | null): ReadPoint | null {
  const last = entries.at(-1);
  return last === undefined ? from : { offset: last.offset, isSeen: true };
}

/** The same entries in one of their orders. */
function shuffled<Each>(all: readonly Each[], order: number): Each[] {
  const placeOf = (index: number) => ((index + 1) * (order + 1)) % 1_009;
  return [...all.entries()]
    .sort(([left], [right]) => (order === 0 ? left - right : placeOf(left) - placeOf(right)))
    .map(([, each]) => each);
}

/** What taking in must not touch: what is owed, the marks, both streams. */
async function owedBy(opened: HotStoreUnderTest): Promise<unknown> {
  return Promise.all(
    profileIds.map(async (profileId) => ({
      dirty: (await dirtyOf(opened.hot, profileId))
        .map((dirty) => `${dirty.profileId} ${dirty.title} ${dirty.sinceMs}`)
        .sort(),
      mark: (await read(opened.hot, { profileId })).mark,
      told: await appended(opened, profileId),
      accepted: await changesOf(opened, profileId),
    })),
  );
}
