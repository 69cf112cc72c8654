import { isHidden, publicVersion } from '../../domain/merge.ts';
import type { PlayheadRegister, TitleState } from '../../domain/playhead.ts';
import { idProblem, type Problem } from '../../domain/problem.ts';
import type { Transition } from '../../domain/transition.ts';
import { activityTimeMs, type Version, versionZero } from '../../domain/version.ts';
import {
  countingActs,
  type Mark,
  marksIn,
  packRegisters,
  replayTitle,
  sessionsIn,
  type WatchedTitle,
} from '../../domain/watch-log.ts';
import type { MergeRequest } from '../../stores/hot-store.ts';
import { contended, forgotten, nextVersion, triesMax } from './change-playhead.ts';
import type { PlaybackDeps } from './deps.ts';
import { type ProfileState, stateUnavailable } from './hydrate.ts';
import type { WatchLogKeeper } from './keep-watch-log.ts';
import { aliveSessions, inForce } from './playhead-view.ts';

export interface UndoDeps extends PlaybackDeps {
  watchLog: Pick<WatchLogKeeper, 'read'>;
}

export interface UndoOutcome {
  problems: Problem[];
  /** Whose playheads are the answer; none with a problem. */
  undone: { titles: string[] };
}

/** Which session, and what of it. */
export interface SessionInput {
  sessionId: string;
  /** Null: all that it watched. */
  playableId: string | null;
}

/**
 * Takes back what a session did: each of its titles is what the watch log says without it.
 *
 * Shape: title by title, each in one atomic step together with the mark that it was done; what was done
 * before is left alone, so a crash in the middle is finished by asking again. What the session does
 * afterwards counts. Writes from before that arrive later are covered, the session's own and others'.
 * Errors: PlatformError STATE_UNAVAILABLE when state or log cannot be known; safe to retry.
 * Cost: for each title a hot read, a read of the watch log, and a change by hand.
 */
export async function undoSession(
  deps: UndoDeps,
  profileId: string,
  input: SessionInput,
): Promise<UndoOutcome> {
  const problems = inputProblems(input);
  if (problems.length > 0) return refused(...problems);
  const watched = titlesOf(await deps.watchLog.read({ profileId }), input);
  if (watched.length === 0) return refused(unknownSession(input));
  const owed = watched.filter(({ undoneAtMs }) => undoneAtMs === null);
  if (owed.length === 0) return refused(alreadyUndone);
  const titles = owed.map(({ title }) => title);
  if (await isPlaying(deps, { profileId, titles, sessionId: input.sessionId })) {
    return refused(stillPlaying);
  }
  for (const title of titles) {
    await undoTitle(deps, { profileId, title, sessionId: input.sessionId });
  }
  return { problems: [], undone: { titles: watched.map(({ title }) => title) } };
}

export function refused(...problems: Problem[]): UndoOutcome {
  return { problems, undone: { titles: [] } };
}

/** What a session watched, as the log has it. */
export function titlesOf(log: readonly Transition[], of: SessionInput): WatchedTitle[] {
  const session = sessionsIn(log).find(({ sessionId }) => sessionId === of.sessionId);
  const titles = session?.titles ?? [];
  return titles.filter(({ title }) => of.playableId === null || title === of.playableId);
}

/** Its next heartbeat would move the playhead again a moment later. */
export async function isPlaying(
  deps: PlaybackDeps,
  of: { profileId: string; titles: readonly string[]; sessionId: string },
): Promise<boolean> {
  const { profileId, titles } = of;
  const state = await deps.reader.read({ profileId, titles, need: 'decide' });
  const at = { profileId, nowMs: deps.clock.nowMs(), policy: deps.policy };
  return aliveSessions(state, at).some(
    ({ sessionId, playerState }) =>
      sessionId === of.sessionId && (playerState === 'PLAYING' || playerState === 'BUFFERING'),
  );
}

export interface TitleUndo {
  profileId: string;
  title: string;
  sessionId: string;
  /** Whom it is given to. Left out: nobody. */
  reassignedTo?: string;
  /** What must be done before it counts here no more, by what the log then says; again at every try. */
  first?: (met: { log: readonly Transition[]; current: TitleState }) => Promise<void>;
}

/** Takes one title of a session back, in one atomic step; leaves alone what was before. */
export async function undoTitle(deps: UndoDeps, undo: TitleUndo): Promise<void> {
  const { profileId, title, sessionId } = undo;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
    const current = inForce(state, title);
    if (current === null || !state.isCompared) throw stateUnavailable();
    // After the state: what took the place of what is in force by then makes the write a conflict.
    const log = await deps.watchLog.read({ profileId });
    await undo.first?.({ log, current });
    const [watched] = titlesOf(log, { sessionId, playableId: title });
    if (watched === undefined || watched.undoneAtMs !== null) return;
    const version = nextVersion(deps, publicVersion(current));
    const marks = marksOf(watched, { ...undo, version });
    const all = [...marksIn(log), ...marks];
    const restored = replayTitle(title, { log, inForce: current, marks: all });
    const acts = countingActs(title, { log, marks: all, position: restored.playhead });
    const request = requestOf({ profileId, state, current, restored, acts, version, marks }, deps);
    const written = await deps.writePath.write(request, { isIntent: true });
    if (written.kind !== 'conflict') return;
  }
  throw contended();
}

function marksOf(
  { title, writers }: WatchedTitle,
  { sessionId, reassignedTo, version: upTo }: TitleUndo & { version: Version },
): Mark[] {
  return [...writers].map((writer) => {
    const mark = { title, sessionId, writer, upTo };
    return reassignedTo === undefined ? mark : { ...mark, reassignedTo };
  });
}

interface Undoing {
  profileId: string;
  state: ProfileState;
  current: TitleState;
  restored: TitleState;
  acts: ReturnType<typeof countingActs>;
  version: Version;
  marks: readonly Mark[];
}

function requestOf(undoing: Undoing, deps: UndoDeps): MergeRequest {
  const { profileId, state, current, restored, acts, version, marks } = undoing;
  const title = marks[0]?.title as string;
  const { playhead, visibility } = writeOf(undoing);
  const { status, positionMs, durationMs } = playhead ?? current.playhead ?? forgotten(version);
  const told: Omit<Transition, 'undone'> = {
    ...{ kind: 'UNDO', profileId, title, version, occurredAtMs: activityTimeMs(version) },
    ...{ status, positionMs, durationMs, device: null, sessionId: null },
    registers: packRegisters(restored),
  };
  const raw = state.titles.get(title) ?? { playhead: null, visibility: null };
  return {
    profileId,
    nowMs: deps.clock.nowMs(),
    // What stays as it is, is written as it is: the mark must be told in the step that saw it.
    writes: [{ title, playhead: playhead ?? current.playhead, visibility }],
    device: null,
    presence: null,
    transitions: marks.map(({ title: _title, upTo: _upTo, ...undone }) => ({
      transition: { ...told, undone: { ...undone, ...acts } },
      onlyIfBefore: version,
    })),
    onlyIf: {
      title,
      version: publicVersion(raw),
      floorVersion: state.floor?.version ?? versionZero,
    },
  };
}

/** What must change; a register that says the same already is left to whoever wrote it. */
function writeOf({ current, restored, version }: Undoing): TitleState {
  const playhead = restored.playhead ?? forgotten(version);
  const hidden = isHidden(restored);
  return {
    playhead: isSame(playhead, current.playhead ?? forgotten(version))
      ? null
      : { ...playhead, version },
    visibility: hidden === isHidden(current) ? null : { version, hidden, laterFields: '' },
  };
}

function isSame(left: PlayheadRegister, right: PlayheadRegister): boolean {
  return (
    left.status === right.status &&
    left.positionMs === right.positionMs &&
    left.durationMs === right.durationMs
  );
}

export function inputProblems({ sessionId, playableId }: SessionInput): Problem[] {
  const problems = idProblem(sessionId, ['sessionId']);
  return playableId === null ? problems : [...problems, ...idProblem(playableId, ['playableId'])];
}

export function unknownSession({ playableId }: SessionInput): Problem {
  return {
    code: 'NOT_FOUND',
    message:
      'This profile watched nothing of the kind in the last 90 days, or has forgotten it: read watchSessions again.',
    path: [playableId === null ? 'sessionId' : 'playableId'],
  };
}

export const alreadyUndone: Problem = {
  code: 'ALREADY_UNDONE',
  message: 'This was undone before; nothing was changed.',
  path: ['sessionId'],
};

export const stillPlaying: Problem = {
  code: 'SESSION_ACTIVE',
  message: 'The session is playing: stop it there, or take its playback over, and ask again then.',
  path: ['sessionId'],
};
