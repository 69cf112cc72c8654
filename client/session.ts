import type { Chance } from './chance.ts';
import type { DeviceClock } from './clock.ts';
import {
  type BeginSessionInput,
  type BeginSessionResult,
  beginSessionMutation,
  type DeviceKind,
  type ServerProblem,
} from './operations.ts';
import { type Answer, type Fault, type Transport, unanswered } from './transport.ts';

/** What a playback is of, and what its player started from. */
export interface PlaybackSubject {
  playableId: string;
  /** Version of the playhead the player started from; null: the viewer chose where to start. */
  basedOn: string | null;
  durationMs?: number | undefined;
  creditsStartMs?: number | undefined;
}

/** This installation, as every session names it. */
export interface DeviceIdentity {
  id: string;
  kind: DeviceKind;
  name?: string;
}

/** Slower answers say too little about when the session clock was read (design of the anchor). */
export const beginAnswerMsMax = 1_000;

/**
 * Tries for an answer within that time. Then the quickest counts: on a slow connection a position
 * with a late clock beats none, and the server refuses what is more than 6 s off.
 */
export const beginTriesMax = 3;

/** Clocks that part by more than the promised order between devices: the device slept, or jumped. */
const clockDriftMsMax = 3_000;

/**
 * The clock of one continuous playback: zero when it began, never a wall clock.
 *
 * Shape: each stamp has the next sequence, from 0, and an elapsed time at least 1 ms above the last.
 */
export class SessionClock {
  /** Wall clock of this device when this clock read zero: how a later page tells its age. */
  readonly wallOriginMs: number;
  readonly #clock: DeviceClock;
  readonly #originMs: number;
  #nextSequence = 0;
  #lastElapsedMs = -1;

  /** `wallOriginMs`: of a clock that began on an earlier page. */
  constructor(clock: DeviceClock, wallOriginMs = clock.wallMs()) {
    this.#clock = clock;
    this.wallOriginMs = wallOriginMs;
    this.#originMs = clock.monotonicMs() - Math.max(0, clock.wallMs() - wallOriginMs);
  }

  /** Session clock now, ms. */
  elapsedMs(): number {
    return Math.max(0, this.#clock.monotonicMs() - this.#originMs);
  }

  stamp(): { sequence: number; elapsedMs: number } {
    const elapsedMs = Math.max(Math.floor(this.elapsedMs()), this.#lastElapsedMs + 1);
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    this.#lastElapsedMs = elapsedMs;
    return { sequence, elapsedMs };
  }

  /** The clock runs on under a new session, whose sequences go on from here. */
  restartAt(sequence: number): void {
    this.#nextSequence = sequence;
  }

  /** Monotonic clocks stand still while a device sleeps: this session would lag behind the world. */
  hasDrifted(): boolean {
    const wallMs = this.#clock.wallMs() - this.wallOriginMs;
    return Math.abs(wallMs - this.elapsedMs()) > clockDriftMsMax;
  }
}

/** What became of an attempt to begin. `refused` is for good. */
export type BeginOutcome =
  | { kind: 'begun'; begun: BegunSession }
  | { kind: 'refused'; problems: readonly ServerProblem[] }
  | Fault;

/** A session that is there: `session` is the token that goes with every heartbeat. */
export type BegunSession = NonNullable<BeginSessionResult['beginSession']> & { session: string };

/** What a session needs to begin. */
export interface SessionDeps {
  transport: Transport;
  clock: DeviceClock;
  chance: Chance;
  device: DeviceIdentity;
}

/**
 * Begins a session: the quickest of at most `beginTriesMax` answers, the first within
 * `beginAnswerMsMax` at once. Each try sends the session clock as it is then.
 *
 * Errors: none thrown. BAD_USER_INPUT is tried once more without what a server may not know.
 * Cost: one round trip; more only on a slow connection. Safe to retry.
 */
export async function beginSession(
  deps: SessionDeps,
  session: SessionStart,
): Promise<BeginOutcome> {
  let quickest: BeginOutcome | undefined;
  let quickestMs = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < beginTriesMax && quickestMs > beginAnswerMsMax; tries += 1) {
    const sentAtMs = deps.clock.monotonicMs();
    const outcome = await beginOnce(deps, session);
    const tookMs = deps.clock.monotonicMs() - sentAtMs;
    if (outcome.kind !== 'begun') return quickest ?? outcome;
    if (tookMs >= quickestMs) continue;
    quickest = outcome;
    quickestMs = tookMs;
  }
  return quickest as BeginOutcome;
}

/** One session of one playback. */
export interface SessionStart {
  sessionId: string;
  subject: PlaybackSubject;
  clock: SessionClock;
}

async function beginOnce(deps: SessionDeps, session: SessionStart): Promise<BeginOutcome> {
  const ask = (input: BeginSessionInput) =>
    deps.transport.request<BeginSessionResult>(beginSessionMutation, { input });
  const answer = await ask({ ...requiredInput(deps, session), ...optionalInput(deps, session) });
  if (answer.kind === 'answered' || answer.code !== 'BAD_USER_INPUT') return outcomeOf(answer);
  return outcomeOf(await ask(requiredInput(deps, session)));
}

/** What every server knows. */
function requiredInput(deps: SessionDeps, session: SessionStart): BeginSessionInput {
  const { subject, sessionId, clock } = session;
  return {
    playableId: subject.playableId,
    sessionId,
    deviceId: deps.device.id,
    deviceKind: 'OTHER',
    elapsedMs: clock.elapsedMs(),
    ...(subject.basedOn === null ? {} : { basedOn: subject.basedOn }),
  };
}

/** What a server of another release may not know, or not in this form; undefined is not sent. */
function optionalInput(deps: SessionDeps, { subject }: SessionStart) {
  const { durationMs, creditsStartMs } = subject;
  const { kind, name } = deps.device;
  return { deviceKind: kind, deviceName: name, durationMs, creditsStartMs };
}

function outcomeOf(answer: Answer<BeginSessionResult>): BeginOutcome {
  if (answer.kind === 'fault') return answer;
  const payload = answer.data.beginSession;
  if (payload?.session) return { kind: 'begun', begun: { ...payload, session: payload.session } };
  return payload?.problems?.length ? { kind: 'refused', problems: payload.problems } : unanswered;
}
