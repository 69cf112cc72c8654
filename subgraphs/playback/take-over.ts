import { admitHeartbeats, type Heartbeat } from '../../domain/heartbeat.ts';
import type { Presence, TakenOver } from '../../domain/presence.ts';
import { idProblem, type Problem } from '../../domain/problem.ts';
import { openSessionToken, type SessionToken } from '../../domain/session-token.ts';
import type { Version } from '../../domain/version.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../../stores/faults.ts';
import { type Context, requireViewer } from './context.ts';
import type { PlaybackDeps } from './deps.ts';
import { stateUnavailable } from './hydrate.ts';
import { type SessionView, sessionView, type TakeOverView, takeOverView } from './playhead-view.ts';
import type { TakeOverInput } from './schema.generated.ts';

export interface TakeOverOutcome {
  from: SessionView | null;
  /** Where the playhead in force is found, and who goes on with it; null with a problem. */
  taken: { title: string; sessionId: string } | null;
  problems: Problem[];
}

/**
 * Goes on in one session with what another one plays: notes that on the other one, which is overtaken
 * from then on, and told.
 *
 * Shape: moves no playhead, the session that goes on does that by playing. Its time follows from the
 * request alone, so a retry changes nothing; one that comes after the other's viewer acted is absorbed.
 * Errors: PlatformError STATE_UNAVAILABLE while the hot store, which alone knows sessions, does not
 * answer; safe to retry. What is wrong with the input is in `problems`.
 * Cost: one hot read, under a valid mark, and one hot write.
 */
export async function takeOver(
  deps: PlaybackDeps,
  profileId: string,
  input: TakeOverInput,
): Promise<TakeOverOutcome> {
  const opened = openInput(deps, profileId, input);
  if ('problems' in opened) return refused(opened.problems);
  const { token, at } = opened;
  const { from } = input;
  const { title, sessionId } = token;
  const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
  if (state.source !== 'HOT') throw stateUnavailable();
  const session = state.sessions.find((one) => one.sessionId === from);
  const by = { sessionId, device: deviceOf(token), at };
  const problem = problemWith(session, by, title);
  if (problem !== null || session === undefined) return refused(problem === null ? [] : [problem]);
  if (!(await noted(deps, { profileId, from, by }))) return refused([unknownSession]);
  const isLater = by.at > (session.takenOver?.at ?? '');
  return {
    from: sessionView(isLater ? { ...session, takenOver: by } : session),
    taken: { title, sessionId },
    problems: [],
  };
}

/** Who took over the session that reported, if somebody did. */
export async function takeOverSeenBy(
  context: Context,
  recorded: { title: string; sessionId: string },
): Promise<TakeOverView | null> {
  const { profileId } = requireViewer(context);
  const { title, sessionId } = recorded;
  const { reader } = context.playback;
  const state = await reader.read({ profileId, titles: [title], need: 'show' });
  const session = state.sessions.find((one) => one.sessionId === sessionId);
  return session === undefined ? null : takeOverView(session);
}

const unknownSession: Problem = {
  code: 'NOT_FOUND',
  message:
    'No session of this profile is known by that id: there is nothing to take over. Play where the playhead is.',
  path: ['from'],
};

function openInput(
  deps: PlaybackDeps,
  profileId: string,
  input: TakeOverInput,
): { token: SessionToken; at: Version } | { problems: Problem[] } {
  const receivedAtMs = deps.clock.nowMs();
  const { policy } = deps;
  const { isValid, known } = deps.signer;
  const opened = openSessionToken(input.session, {
    ...{ isValid, known, profileId, nowMs: receivedAtMs, policy },
    fence: deps.fences?.of(profileId) ?? null,
  });
  if (opened.kind === 'invalid') {
    const message = opened.reason;
    return { problems: [{ code: 'SESSION_INVALID', message, path: ['session'] }] };
  }
  const { token } = opened;
  const problems = idProblem(input.from, ['from']);
  if (problems.length > 0) return { problems };
  if (input.from === token.sessionId) {
    const message = 'A session takes nothing over from itself: send PLAY.';
    return { problems: [{ code: 'INVALID_INPUT', message, path: ['from'] }] };
  }
  // Its time is checked as that of anything else that happens in a session.
  const press = pressedAt(input.elapsedMs);
  const { admitted, problems: refusals } = admitHeartbeats([press], {
    ...{ token, receivedAtMs, policy },
  });
  const [act] = admitted;
  if (act !== undefined) return { token, at: act.version };
  return { problems: refusals.map((problem) => ({ ...problem, path: problem.path.slice(-1) })) };
}

function pressedAt(elapsedMs: number): Heartbeat {
  const nothing = { positionMs: 0, durationMs: null, fromPositionMs: null };
  return { sequence: 0, event: 'PING', elapsedMs, ...nothing };
}

/** Null when the session can be taken over, or was already by this very request. */
function problemWith(session: Presence | undefined, by: TakenOver, title: string): Problem | null {
  if (session === undefined) return unknownSession;
  if (session.title !== title) {
    const message = `That session plays ${session.title}: begin a session of it, and take over with that one.`;
    return { code: 'INVALID_INPUT', message, path: ['from'] };
  }
  const isDone = session.takenOver?.sessionId === by.sessionId && session.takenOver.at >= by.at;
  if (session.playerState !== 'STOPPED' || isDone) return null;
  const message =
    'That session is over: there is nothing to take over. Play where the playhead is.';
  return { code: 'NOT_FOUND', message, path: ['from'] };
}

async function noted(
  deps: PlaybackDeps,
  of: { profileId: string; from: string; by: TakenOver },
): Promise<boolean> {
  try {
    return await deps.hot.takeOver(of);
  } catch (error) {
    const isAway = error instanceof StoreUnreachable || error instanceof StoreTakesNoWrites;
    throw isAway ? stateUnavailable(error) : error;
  }
}

function refused(problems: Problem[]): TakeOverOutcome {
  return { from: null, taken: null, problems };
}

function deviceOf(token: SessionToken) {
  return { id: token.deviceId, kind: token.deviceKind, name: token.deviceName };
}
