import { idProblem, type Problem } from '../../domain/problem.ts';
import { anchorOf, encodeSessionToken, type SessionToken } from '../../domain/session-token.ts';
import { isVersion, sessionWriter, versionZero, writerOf } from '../../domain/version.ts';
import type { PlaybackDeps } from './deps.ts';
import type { ProfileState } from './hydrate.ts';
import {
  inForce,
  type PlayheadView,
  type SessionView,
  sessionViews,
  type ViewPoint,
  viewOf,
} from './playhead-view.ts';
import type { BeginSessionInput } from './schema.generated.ts';

/** What people call their devices; longer is a mistake. */
const deviceNameLengthMax = 64;

export interface BegunSession {
  session: string | null;
  playhead: PlayheadView | null;
  stale: boolean;
  otherSessions: SessionView[] | null;
  nextHeartbeatInMs: number;
  problems: Problem[];
}

/**
 * Begins a playback: ties its clock to the server's, and answers where to start.
 *
 * Shape: stores nothing. With both stores down the token still comes, with `playhead: null`.
 * Errors: none; what is wrong with the input is in `problems`.
 * Cost: one read of the title, hydrating the profile first if need be.
 */
export async function beginSession(
  deps: PlaybackDeps,
  profileId: string,
  input: BeginSessionInput,
): Promise<BegunSession> {
  const receivedAtMs = deps.clock.nowMs();
  const nextHeartbeatInMs = deps.policy.heartbeatEveryMs;
  const problems = inputProblems(input, deps);
  if (problems.length > 0) {
    const nothing = { session: null, playhead: null, stale: false, otherSessions: null };
    return { ...nothing, nextHeartbeatInMs, problems };
  }
  const state = await readForDecision(deps, { profileId, title: input.playableId });
  const started = judgeStart(state, input);
  const token = tokenOf(input, { profileId, receivedAtMs, ...started }, deps);
  const at = {
    profileId,
    nowMs: deps.clock.nowMs(),
    policy: deps.policy,
    sessionId: input.sessionId,
  };
  const isKnown = state !== null && inForce(state, input.playableId) !== null;
  return {
    session: encodeSessionToken(token, deps.signer.sign),
    playhead: isKnown ? viewOf(state, input.playableId, at) : null,
    stale: started.isStale,
    otherSessions: otherSessions(state, at),
    nextHeartbeatInMs,
    problems: [],
  };
}

/** Null when no store can say anything: a session begins all the same. */
async function readForDecision(
  deps: PlaybackDeps,
  of: { profileId: string; title: string },
): Promise<ProfileState | null> {
  try {
    const { profileId, title } = of;
    return await deps.reader.read({ profileId, titles: [title], need: 'decide' });
  } catch (error) {
    deps.log.warn({ profileId: of.profileId, err: error }, 'a session begins without its playhead');
    return null;
  }
}

function otherSessions(state: ProfileState | null, at: ViewPoint): SessionView[] | null {
  const alive = state === null ? null : sessionViews(state, at);
  return alive?.filter(({ id }) => id !== at.sessionId) ?? null;
}

/** Which playhead the player started from, and whether a newer one was in force. */
function judgeStart(
  state: ProfileState | null,
  input: BeginSessionInput,
): { startedFrom: string | null; isStale: boolean } {
  const basedOn = input.basedOn ?? null;
  const playhead = state === null ? null : (inForce(state, input.playableId)?.playhead ?? null);
  if (basedOn === null) return { startedFrom: playhead?.version ?? null, isStale: false };
  const isStale =
    playhead !== null &&
    basedOn < playhead.version &&
    writerOf(playhead.version) !== sessionWriter(input);
  return { startedFrom: basedOn === versionZero ? null : basedOn, isStale };
}

function tokenOf(
  input: BeginSessionInput,
  begun: {
    profileId: string;
    receivedAtMs: number;
    startedFrom: string | null;
    isStale: boolean;
  },
  deps: PlaybackDeps,
): SessionToken {
  return {
    profileId: begun.profileId,
    title: input.playableId,
    deviceId: input.deviceId,
    deviceKind: input.deviceKind,
    deviceName: input.deviceName ?? null,
    sessionId: input.sessionId,
    anchorMs: anchorOf({ ...begun, ...clockOf(input) }, deps.policy),
    issuedAtMs: begun.receivedAtMs,
    startedFrom: begun.startedFrom,
    isStale: begun.isStale,
    durationMs: input.durationMs ?? null,
    creditsStartMs: input.creditsStartMs ?? null,
  };
}

/** Without `basedOn` the viewer chose where to start: what is in force is known with the answer. */
function clockOf({ elapsedMs, basedOn }: BeginSessionInput) {
  return { elapsedMs, knownAtElapsedMs: basedOn == null ? elapsedMs : 0 };
}

function inputProblems(input: BeginSessionInput, deps: PlaybackDeps): Problem[] {
  const problems = [
    ...idProblem(input.playableId, ['playableId']),
    ...idProblem(input.sessionId, ['sessionId']),
    ...idProblem(input.deviceId, ['deviceId']),
  ];
  const refuse = (field: string, message: string) =>
    problems.push({ code: 'INVALID_INPUT', message, path: [field] });
  const { deviceName, basedOn, elapsedMs, durationMs, creditsStartMs } = input;
  if (deviceName != null && deviceName.length > deviceNameLengthMax) {
    refuse('deviceName', `deviceName is at most ${deviceNameLengthMax} characters.`);
  }
  if (basedOn != null && !isVersion(basedOn)) {
    refuse('basedOn', 'basedOn is the `version` of a playhead, or null.');
  }
  if (elapsedMs < 0 || elapsedMs > 2 * deps.policy.heartbeatAgeMaxMs) {
    refuse('elapsedMs', 'elapsedMs is the session clock in milliseconds, 0 to 60 days.');
  }
  if (durationMs != null && durationMs <= 0) {
    refuse('durationMs', 'durationMs is above 0; leave it out while it is unknown.');
  }
  if (creditsStartMs != null && !isMarker(creditsStartMs, durationMs ?? null)) {
    refuse('creditsStartMs', 'creditsStartMs is above 0 and within the duration.');
  }
  return problems;
}

function isMarker(creditsStartMs: number, durationMs: number | null): boolean {
  return creditsStartMs > 0 && (durationMs === null || creditsStartMs <= durationMs);
}
