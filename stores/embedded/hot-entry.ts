import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  packPlayhead,
  packVisibility,
  unpackPlayhead,
  unpackVisibility,
} from '../../domain/codec.ts';
import { floorOf, stateAbove } from '../../domain/erasure.ts';
import { laterVersion, mergeTitle, publicVersion } from '../../domain/merge.ts';
import {
  type Device,
  floorTitle,
  type PlayheadRegister,
  type TitleState,
} from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import {
  advancePresence,
  mergePresence,
  type Presence,
  type PresenceReport,
  type TakenOver,
} from '../../domain/presence.ts';
import { deviceHash, laterAct, type Version } from '../../domain/version.ts';
import type { AcceptedChange } from '../accepted-stream.ts';
import type { HotProfile, MarkState, MergedTitle, TitleWrite } from '../hot-store.ts';

/** Sessions remembered of one profile: far more than a household has screens. */
const sessionsMax = 20;

interface Mark {
  epoch: string;
  generation: number;
  untilMs: number;
  lengthMs: number;
}

/** Whether a merge forgot its title: then where its sessions were is forgotten too. */
export function isForgotten({ before, after }: MergedTitle): boolean {
  return after.playhead !== before.playhead && after.playhead?.status === 'NOT_STARTED';
}

/** Everything the hot store holds of one profile; registers packed, as every hot store has them. */
export class HotEntry {
  mark: Mark | null = null;
  /** Another for every entry that this profile ever had, and after every dropped mark. */
  incarnation: string = randomUUID();
  /** Of the profile's erasure: what is not newer stays out. */
  fence: Version | null = null;
  readonly sessions = new Map<string, Presence>();
  readonly #playheads = new Map<string, string>();
  readonly #visibilities = new Map<string, string>();
  readonly #devices = new Map<string, Device>();

  get floor(): PlayheadRegister | null {
    return this.state(floorTitle).playhead;
  }

  state(title: string): TitleState {
    const playhead = this.#playheads.get(title);
    const visibility = this.#visibilities.get(title);
    return {
      playhead: playhead === undefined ? null : unpackPlayhead(playhead),
      visibility: visibility === undefined ? null : unpackVisibility(visibility),
    };
  }

  version(title: string): Version {
    return publicVersion(this.state(title));
  }

  /** What a write would make of its title; changes nothing. */
  preview({ title, playhead, visibility }: TitleWrite): MergedTitle {
    const before = this.state(title);
    return { title, before, after: mergeTitle(before, { playhead, visibility }) };
  }

  /** Stores what `preview` answered; true if a register rose. */
  store({ title, before, after }: MergedTitle): boolean {
    const { playhead, visibility } = after;
    const hasMoved = playhead !== null && playhead !== before.playhead;
    const hasTurned = visibility !== null && visibility !== before.visibility;
    if (hasMoved) this.#playheads.set(title, packPlayhead(playhead));
    if (hasTurned) this.#visibilities.set(title, packVisibility(visibility));
    return hasMoved || hasTurned;
  }

  remember(device: Device): void {
    this.#devices.set(deviceHash(device.id), device);
  }

  knows(device: Device): boolean {
    return this.#devices.has(deviceHash(device.id));
  }

  /** What comes late, repeated or as a fact is no word of its session, and makes no other one give way. */
  report(report: PresenceReport, by: { policy: Policy; isFact: boolean }): Presence {
    const previous = this.sessions.get(report.sessionId);
    const presence = advancePresence(previous ?? null, report, by.policy);
    const isLate = previous !== undefined && report.sequence <= previous.sequence;
    if (!isLate && !by.isFact) this.#keep(presence);
    else if (previous !== undefined || this.sessions.size < sessionsMax) {
      this.sessions.set(presence.sessionId, presence);
    }
    return presence;
  }

  /**
   * Merges what another region accepted and no fence turned back; answers the titles that rose, and those
   * of sessions that changed.
   */
  takeIn({ writes, devices, sessions }: AcceptedChange): string[] {
    const risen: string[] = [];
    for (const write of writes) {
      const merged = this.preview(write);
      if (!this.store(merged)) continue;
      risen.push(write.title);
      if (isForgotten(merged)) this.forgetSessions(write.title);
    }
    // A device has no version: it is described by whoever played last.
    const inForce = new Set(risen.map((title) => this.state(title).playhead?.deviceHash));
    for (const device of devices) {
      if (!this.knows(device) || inForce.has(deviceHash(device.id))) this.remember(device);
    }
    const changed = sessions.flatMap((session) => this.#mergeSession(session));
    return [...risen, ...changed.map(({ title }) => title)];
  }

  /** Answers what is known of the session now, if anything about it is new. */
  #mergeSession(session: Presence): Presence[] {
    const known = this.sessions.get(session.sessionId);
    const merged = known === undefined ? session : mergePresence(known, session);
    if (isDeepStrictEqual(known, merged)) return [];
    this.#keep(merged);
    return [merged];
  }

  /** The session that was heard of longest ago gives way. */
  #keep(presence: Presence): void {
    this.sessions.delete(presence.sessionId);
    this.sessions.set(presence.sessionId, presence);
    const [oldest] = this.sessions.keys();
    if (this.sessions.size > sessionsMax && oldest !== undefined) this.sessions.delete(oldest);
  }

  /** Answers the title of the session; null when it is not known. A later take-over stays. */
  takeOver({ from, by }: { from: string; by: TakenOver }): string | null {
    const session = this.sessions.get(from);
    if (session === undefined) return null;
    const isLater = by.at > (session.takenOver?.at ?? '');
    if (isLater) this.sessions.set(from, { ...session, takenOver: by });
    const taker = this.sessions.get(by.sessionId);
    if (taker !== undefined) {
      this.sessions.set(by.sessionId, { ...taker, actedAt: laterAct(taker.actedAt, by.at) });
    }
    return session.title;
  }

  /** Another entry of the profile that holds what is newer than a fence, and the fence itself. */
  above(fence: Version): HotEntry {
    const entry = new HotEntry();
    entry.fence = laterVersion(fence, this.fence ?? fence);
    for (const title of this.ownTitles()) {
      const { playhead, visibility } = stateAbove(this.state(title), fence);
      entry.store({
        title,
        before: { playhead: null, visibility: null },
        after: { playhead, visibility },
      });
      for (const device of playhead === null ? [] : this.devicesOf(title)) entry.remember(device);
    }
    const floor = this.floor ?? floorOf(fence);
    entry.#playheads.set(floorTitle, packPlayhead(floor.version > fence ? floor : floorOf(fence)));
    return entry;
  }

  /** Those of one title, or of all for the floor. */
  forgetSessions(title: string): void {
    for (const [sessionId, session] of this.sessions) {
      if (title === floorTitle || session.title === title) this.sessions.delete(sessionId);
    }
  }

  /** Titles of which this entry holds something newer than `durable`, or that it alone holds. */
  newerThan(durable: ReadonlyMap<string, TitleState>): string[] {
    return this.titles().filter((title) => {
      const here = this.state(title);
      const there = durable.get(title);
      return (
        here.playhead?.version !== there?.playhead?.version ||
        here.visibility?.version !== there?.visibility?.version
      );
    });
  }

  /** Those of them that are known. */
  sessionsOf(sessionIds: readonly string[]): Presence[] {
    return [...new Set(sessionIds)].flatMap((id) => this.sessions.get(id) ?? []);
  }

  devicesOf(title: string): Device[] {
    return this.deviceOf(this.state(title).playhead);
  }

  /** The one that a position names, if it is known. */
  deviceOf(playhead: PlayheadRegister | null): Device[] {
    const hash = playhead?.deviceHash;
    const device = hash == null ? undefined : this.#devices.get(hash);
    return device === undefined ? [] : [device];
  }

  dropMark(): void {
    this.mark = null;
    this.incarnation = randomUUID();
  }

  markState(at: { epoch: string; generation: number; nowMs: number }): MarkState {
    const { mark } = this;
    if (mark === null || mark.epoch !== at.epoch || mark.generation !== at.generation) {
      return 'absent';
    }
    return at.nowMs < mark.untilMs ? 'valid' : 'expired';
  }

  read(query: {
    titles: readonly string[] | null;
    nowMs: number;
    epoch: string;
    generation: number;
  }): HotProfile {
    const { epoch, generation } = query;
    const mark = this.markState(query);
    const titles = new Map<string, TitleState>();
    for (const title of query.titles ?? this.titles()) {
      const state = this.state(title);
      const isKnown = state.playhead !== null || state.visibility !== null;
      if (isKnown && title !== floorTitle) titles.set(title, state);
    }
    const lengthMs = mark === 'absent' ? null : (this.mark?.lengthMs ?? null);
    return {
      mark,
      witness: { epoch, generation, incarnation: this.incarnation, lengthMs },
      titles,
      floor: this.floor,
      devices: new Map(this.#devices),
      sessions: [...this.sessions.values()],
    };
  }

  /** All but the floor. */
  ownTitles(): string[] {
    return this.titles().filter((title) => title !== floorTitle);
  }

  titles(): string[] {
    return [...new Set([...this.#playheads.keys(), ...this.#visibilities.keys()])];
  }
}
