import { expect } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import type { PlaybackEvent } from '../../../domain/heartbeat.ts';
import { isOvertaken } from '../../../domain/overtaken.ts';
import { defaultPolicy } from '../../../domain/policy.ts';
import { advancePresence, type Presence, type PresenceReport } from '../../../domain/presence.ts';
import { anchorOf } from '../../../domain/session-token.ts';
import { sessionVersion, sessionWriter, versionZero, writerOf } from '../../../domain/version.ts';
import {
  type ChangeByHand,
  type HeartbeatInput,
  minuteMs,
  type Playhead,
  type Recorded,
  secondMs,
  type TestDevice,
  type TestPlayback,
} from '../../support/playback.ts';
import { Model } from './model.ts';

export const titles = ['film', 'other-film'];
const deviceIds = ['tv', 'phone', 'tab'];

/** One thing that happens; numbers choose among what there is at that moment. */
export type Happening =
  | { does: 'begin'; device: number; title: number; elapsedMs: number; base: number | null }
  | { does: 'observe'; device: number; event: string; positionMs: number }
  | { does: 'send'; device: number; from: number; length: number }
  | { does: 'change'; field: ChangeByHand; title: number; base: number | null }
  | { does: 'forget all' }
  | { does: 'pass'; forMs: number };

const device = fc.nat({ max: deviceIds.length - 1 });
const title = fc.nat({ max: titles.length - 1 });
const base = fc.option(fc.nat());
const begins = fc.record({
  does: fc.constant('begin' as const),
  device,
  title,
  elapsedMs: fc.oneof(fc.constant(0), fc.nat({ max: 5 * minuteMs })),
  base,
});
const observes = fc.record({
  does: fc.constant('observe' as const),
  device,
  event: fc.constantFrom(
    'START',
    'HEARTBEAT',
    'HEARTBEAT',
    'PLAY',
    'PAUSE',
    'SEEK',
    'STOP',
    'PING',
  ),
  positionMs: fc.nat({ max: 3 * minuteMs }),
});
const sends = fc.record({
  does: fc.constant('send' as const),
  device,
  from: fc.nat({ max: 20 }),
  length: fc.integer({ min: 1, max: 4 }),
});
const changes = fc.record({
  does: fc.constant('change' as const),
  field: fc.constantFrom<ChangeByHand>(
    'finishPlayhead',
    'restartPlayhead',
    'hidePlayhead',
    'unhidePlayhead',
    'forgetPlayhead',
  ),
  title,
  base,
});
const passes = fc.record({
  does: fc.constant('pass' as const),
  forMs: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 20 * secondMs })),
});

/** What several devices of one profile may do, in any order. */
export const histories: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: begins },
    { weight: 10, arbitrary: observes },
    { weight: 10, arbitrary: sends },
    { weight: 3, arbitrary: changes },
    { weight: 1, arbitrary: fc.constant({ does: 'forget all' as const }) },
    { weight: 6, arbitrary: passes },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

interface Session {
  device: TestDevice;
  deviceId: string;
  title: string;
  anchorMs: number;
  /** By the server's clock. */
  beganAtMs: number;
  isStale: boolean;
  observed: HeartbeatInput[];
}

/** Plays histories on the real subgraph and on the model, and compares every answer. */
export class Rehearsal {
  readonly model = new Model();
  readonly #playback: TestPlayback;
  readonly #profileId: string;
  readonly #sessions = new Map<string, Session>();
  /** Versions that somebody may base something on: whatever was once in force. */
  readonly #seen = new Map<string, string[]>();
  readonly #presences = new Map<string, Presence>();
  #hasRestarted = false;

  constructor(playback: TestPlayback, profileId: string) {
    this.#playback = playback;
    this.#profileId = profileId;
  }

  async live(happening: Happening): Promise<void> {
    if (happening.does === 'begin') await this.#begin(happening);
    if (happening.does === 'observe') await this.#observe(happening);
    if (happening.does === 'send') await this.#send(happening);
    if (happening.does === 'change') await this.#change(happening);
    if (happening.does === 'forget all') await this.#forgetAll();
    if (happening.does === 'pass') await this.#playback.clock.advance(happening.forMs);
    for (const title of titles) this.#see(title, this.model.expected(title).version);
  }

  /** The process is killed once everything hot is durable; who acted in which session is forgotten. */
  async restart(): Promise<void> {
    await this.#playback.drain();
    await this.#playback.kill();
    this.#hasRestarted = true;
    this.#presences.clear();
  }

  async expectAsModelled(): Promise<void> {
    for (const title of titles) {
      const playhead = await this.#playback.playhead(title, this.#profileId);
      expect(playhead).toMatchObject(this.model.expected(title));
    }
    const query = '{ viewer { history { edges { node { playableId } } } } }';
    const { viewer } = await this.#playback.data(query, {}, this.#profileId);
    const listed = viewer.history.edges.map(({ node }: { node: Playhead }) => node.playableId);
    expect(listed).toEqual(this.model.listed());
  }

  async #begin(of: Omit<Happening & { does: 'begin' }, 'does'>): Promise<Session> {
    const deviceId = deviceIds[of.device]!;
    const title = titles[of.title]!;
    const { elapsedMs } = of;
    const device = this.#playback.device({ id: deviceId, profileId: this.#profileId });
    const basedOn = this.#base(title, of.base);
    const begun = await device.begin({ playableId: title, elapsedMs, basedOn });
    const position = this.model.position(title);
    const isStale = basedOn !== null && position !== null && basedOn < position.version;
    expect(begun).toMatchObject({ stale: isStale, playhead: this.model.expected(title) });
    const startedFrom = basedOn === null ? (position?.version ?? null) : basedOn;
    const receivedAtMs = this.#playback.clock.nowMs();
    const from = startedFrom === versionZero ? null : startedFrom;
    const knownAtElapsedMs = basedOn === null ? elapsedMs : 0;
    const clock = { receivedAtMs, elapsedMs, knownAtElapsedMs };
    const anchorMs = anchorOf({ ...clock, startedFrom: from }, defaultPolicy);
    const begunAs = { device, deviceId, title, anchorMs, isStale };
    const session: Session = {
      ...begunAs,
      beganAtMs: Math.max(receivedAtMs, anchorMs),
      observed: [],
    };
    this.#sessions.set(deviceId, session);
    return session;
  }

  async #observe({ device, event, positionMs }: Happening & { does: 'observe' }): Promise<void> {
    const session = await this.#sessionOf(device);
    session.observed.push(session.device.observe(event, positionMs));
  }

  /** Nobody reports without a session: a device that has none begins one. */
  async #sessionOf(device: number): Promise<Session> {
    const session = this.#sessions.get(deviceIds[device]!);
    return session ?? (await this.#begin({ device, title: 0, elapsedMs: 0, base: null }));
  }

  /** Some of what the session observed, in order: for the first time, late, or again. */
  async #send(of: Happening & { does: 'send' }): Promise<void> {
    const session = this.#sessions.get(deviceIds[of.device]!);
    if (session === undefined || session.observed.length === 0) return;
    const from = of.from % session.observed.length;
    const batch = session.observed.slice(from, from + of.length);
    const before = this.model.position(session.title)?.version;
    const isWritten = this.#admit(session, batch);
    const recorded = await session.device.send(...batch);
    expect(recorded.problems).toEqual([]);
    expect(recorded.playhead).toMatchObject(this.model.expected(session.title));
    this.#expectOutcome(recorded, { session, batch, isWritten, before });
  }

  #expectOutcome(
    { outcome }: Recorded,
    of: {
      session: Session;
      batch: HeartbeatInput[];
      isWritten: boolean[];
      before?: string | undefined;
    },
  ): void {
    const newest = of.batch.findLastIndex(({ event }) => event !== 'PING');
    const inForce = this.model.position(of.session.title)?.version;
    if (newest < 0) {
      const isOwn = inForce === undefined || writerOf(inForce) === this.#writer(of.session);
      expect(outcome).toBe(isOwn ? 'DUPLICATE' : 'SUPERSEDED');
      return;
    }
    const version = this.#version(of.session, of.batch[newest]!);
    if (!of.isWritten[newest] || version !== inForce) expect(outcome).toBe('SUPERSEDED');
    else if (version !== of.before) expect(outcome).toBe('ACCEPTED');
    // A store that lost its memory cannot say whether it has seen what the durable one holds.
    else expect(this.#hasRestarted ? ['DUPLICATE', 'ACCEPTED'] : ['DUPLICATE']).toContain(outcome);
  }

  /** A batch as the model has it; false for what is held back, or cannot move anything. */
  #admit(session: Session, batch: readonly HeartbeatInput[]): boolean[] {
    const from = this.#letInFrom(session, batch);
    const report = this.#reportOf(session, { batch, isLetIn: from >= 0 });
    const inForce = this.model.position(session.title);
    const playhead = inForce === null ? null : registerOf(inForce);
    const nowMs = this.#playback.clock.nowMs();
    const moving = from < 0 ? [] : batch.slice(from).filter(({ event }) => event !== 'PING');
    const newest = moving.at(-1);
    const offered = newest === undefined ? null : this.#version(session, newest);
    const met = { playhead, offered, sessions: [...this.#presences.values()], nowMs };
    const isHeld = isOvertaken(report, met, defaultPolicy);
    const known = this.#presences.get(report.sessionId) ?? null;
    this.#presences.set(report.sessionId, advancePresence(known, report, defaultPolicy));
    return batch.map(({ event, positionMs, ...heartbeat }, index) => {
      const isKept = !isHeld && event !== 'PING' && from >= 0 && index >= from;
      if (!isKept) return false;
      const version = this.#version(session, { event, positionMs, ...heartbeat });
      this.model.write(session.title, { version, positionMs, status: 'IN_PROGRESS' });
      if (['START', 'PLAY'].includes(event)) {
        this.model.turn(session.title, { version, hidden: false });
      }
      return true;
    });
  }

  /** The first heartbeat of a batch that a session which started from an older playhead may offer. */
  #letInFrom(session: Session, batch: readonly HeartbeatInput[]): number {
    const known = this.#presences.get(session.device.sessionId);
    const inForce = this.model.position(session.title);
    const isFirst = session.isStale && !known?.actedAt;
    if (!isFirst) return 0;
    return batch.findIndex((heartbeat) => {
      const { event, positionMs } = heartbeat;
      if (event === 'PING') return false;
      if (confirms(heartbeat) || inForce === null) return true;
      if (writerOf(inForce.version) === this.#writer(session)) return true;
      const isNear = Math.abs(positionMs - inForce.positionMs) <= 30 * secondMs;
      return isNear && this.#version(session, heartbeat) > inForce.version;
    });
  }

  #reportOf(
    session: Session,
    of: { batch: readonly HeartbeatInput[]; isLetIn: boolean },
  ): PresenceReport {
    const { batch, isLetIn } = of;
    const newest = batch.at(-1)!;
    const told = batch.findLast(({ event }) => event !== 'SEEK') ?? newest;
    const { deviceId, isStale, title, anchorMs } = session;
    const { sessionId } = session.device;
    const acts = batch.filter(
      ({ event }) => ['PLAY', 'SEEK'].includes(event) || (event === 'START' && !isStale),
    );
    const beginning = sessionVersion({ activityAtMs: session.beganAtMs, deviceId, sessionId });
    const hasBegun = !isStale || batch.some(confirms) || (isLetIn && !this.#hasActed(sessionId));
    const proofs = acts.map((act) => this.#version(session, act));
    if (hasBegun) proofs.push(beginning);
    return {
      ...{ sessionId, title, device: { id: deviceId, kind: 'TV', name: null } },
      ...{ event: told.event as PlaybackEvent, positionMs: newest.positionMs },
      ...{ startedAtMs: anchorMs, sequence: newest.sequence },
      receivedAtMs: Math.min(this.#playback.clock.nowMs(), anchorMs + newest.elapsedMs),
      actedAt: proofs.sort().at(-1) ?? null,
    };
  }

  #hasActed(sessionId: string): boolean {
    return (this.#presences.get(sessionId)?.actedAt ?? null) !== null;
  }

  async #change(of: Happening & { does: 'change' }): Promise<void> {
    const title = titles[of.title]!;
    const basedOn = this.#base(title, of.base);
    const before = this.model.expected(title);
    const { playhead } = await this.#playback.change(
      of.field,
      { playableId: title, basedOn },
      this.#profileId,
    );
    if (basedOn === null || before.version <= basedOn) {
      const version = playhead?.version ?? '';
      expect(version > before.version).toBe(true);
      this.#apply(of.field, { title, version, positionMs: before.positionMs });
    }
    expect(playhead).toMatchObject(this.model.expected(title));
  }

  #apply(field: ChangeByHand, to: { title: string; version: string; positionMs: number }): void {
    const { title, version, positionMs } = to;
    if (field === 'hidePlayhead' || field === 'unhidePlayhead') {
      this.model.turn(title, { version, hidden: field === 'hidePlayhead' });
    } else if (field === 'finishPlayhead') {
      this.model.write(title, { version, positionMs, status: 'FINISHED' });
    } else {
      const status = field === 'restartPlayhead' ? 'IN_PROGRESS' : 'NOT_STARTED';
      this.model.write(title, { version, positionMs: 0, status });
      if (status === 'NOT_STARTED') this.#forgetWhoPlayed(title);
    }
  }

  async #forgetAll(): Promise<void> {
    await this.#playback.forgetAll(this.#profileId);
    const { version } = await this.#playback.playhead('never-touched', this.#profileId);
    for (const title of titles) expect(version > this.model.expected(title).version).toBe(true);
    this.model.raiseFloor(version);
    this.#presences.clear();
  }

  /** That it was played, and by whom, goes with where. */
  #forgetWhoPlayed(title: string): void {
    for (const [sessionId, presence] of this.#presences) {
      if (presence.title === title) this.#presences.delete(sessionId);
    }
  }

  #base(title: string, choice: number | null): string | null {
    const seen = this.#seen.get(title) ?? [versionZero];
    return choice === null ? null : seen[choice % seen.length]!;
  }

  #see(title: string, version: string): void {
    const seen = this.#seen.get(title) ?? [versionZero];
    if (seen.at(-1) !== version) seen.push(version);
    this.#seen.set(title, seen);
  }

  #version(session: Session, heartbeat: HeartbeatInput): string {
    const { deviceId } = session;
    const activityAtMs = session.anchorMs + heartbeat.elapsedMs;
    return sessionVersion({ activityAtMs, deviceId, sessionId: session.device.sessionId });
  }

  #writer({ deviceId, device }: Session): string {
    return sessionWriter({ deviceId, sessionId: device.sessionId });
  }
}

function confirms({ event, sequence }: HeartbeatInput): boolean {
  return ['PLAY', 'SEEK'].includes(event) || (event === 'PAUSE' && sequence > 0);
}

function registerOf({ version, positionMs }: { version: string; positionMs: number }) {
  const status = 'IN_PROGRESS' as const;
  return { version, positionMs, status, durationMs: null, deviceHash: null, laterFields: '' };
}
