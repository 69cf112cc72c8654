import { PlatformError } from '../../domain/errors.ts';
import { aboveFloor, mergeTitle } from '../../domain/merge.ts';
import { idProblem, type Problem } from '../../domain/problem.ts';
import { toldToOther } from '../../domain/reassign.ts';
import { activityTimeMs, partitionOf, versionZero } from '../../domain/version.ts';
import { marksIn, type OfSession, registersOf, type WatchedTitle } from '../../domain/watch-log.ts';
import type { Viewer } from '../../runtime/identity.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { MergeRequest } from '../../stores/hot-store.ts';
import { stateUnavailable } from './hydrate.ts';
import { inForce } from './playhead-view.ts';
import {
  alreadyUndone,
  inputProblems,
  isPlaying,
  refused,
  type SessionInput,
  stillPlaying,
  titlesOf,
  type UndoDeps,
  type UndoOutcome,
  undoTitle,
  unknownSession,
} from './undo-session.ts';

/** Transitions merged in one step: as many as an upload of an offline device may hold. */
const stepLengthMax = 100;

export interface ReassignDeps extends UndoDeps {
  events: Pick<EventStream, 'append' | 'partitions'>;
}

interface ReassignInput extends SessionInput {
  /** Of the same account. */
  profileId: string;
}

/**
 * Gives what a session did to another profile of the account: there it is what it would be had that
 * profile watched it, here what it would be had it never been.
 *
 * Shape: title by title, first there, then taken back here. Both keep the versions that the session had,
 * so a crash between them leaves it with both until it is asked for again, and asking again changes
 * nothing, or takes along what came late.
 * Errors: PlatformError FORBIDDEN when the token does not name that profile; STATE_UNAVAILABLE when
 * state or log of either cannot be known; safe to retry.
 * Cost: for each title an undo, a read and a change by hand there, and both logs.
 */
export async function reassignSession(
  deps: ReassignDeps,
  viewer: Pick<Viewer, 'profileId' | 'accountProfiles'>,
  input: ReassignInput,
): Promise<UndoOutcome> {
  const { profileId } = viewer;
  const { sessionId, profileId: to } = input;
  const problems = [...inputProblems(input), ...targetProblems(profileId, to)];
  if (problems.length > 0) return refused(...problems);
  if (!viewer.accountProfiles.includes(to)) throw notOfAccount();
  const watched = titlesOf(await deps.watchLog.read({ profileId }), input);
  if (watched.length === 0) return refused(unknownSession(input));
  const given = watched.filter(({ undoneAtMs, reassignedTo }) => {
    return undoneAtMs === null || reassignedTo === to;
  });
  if (given.length === 0) return refused(reasonNotToGive(watched));
  const titles = given.map(({ title }) => title);
  if (await isPlaying(deps, { profileId, titles, sessionId })) return refused(stillPlaying);
  if (await isUndoneThere(deps, { given, sessionId, to })) return refused(undoneThere);
  for (const title of titles) await reassignTitle(deps, { profileId, title, sessionId, to });
  return { problems: [], undone: { titles } };
}

function reasonNotToGive(watched: readonly WatchedTitle[]): Problem {
  const isElsewhere = watched.some(({ reassignedTo }) => reassignedTo !== null);
  return isElsewhere ? alreadyReassigned : alreadyUndone;
}

/** What that profile undid, or gave away itself, up to later than this: it would count nowhere. */
async function isUndoneThere(
  deps: ReassignDeps,
  of: { given: readonly WatchedTitle[]; sessionId: string; to: string },
): Promise<boolean> {
  const log = await deps.watchLog.read({ profileId: of.to });
  const marks = marksIn(log).filter(({ sessionId }) => sessionId === of.sessionId);
  const isCovered = ({ title, endedAtMs }: WatchedTitle) =>
    marks.some((mark) => mark.title === title && activityTimeMs(mark.upTo) >= endedAtMs);
  return of.given.some((watched) => watched.undoneAtMs === null && isCovered(watched));
}

async function reassignTitle(
  deps: ReassignDeps,
  of: { profileId: string; title: string; sessionId: string; to: string },
): Promise<void> {
  const { profileId, title, sessionId, to } = of;
  await undoTitle(deps, {
    ...{ profileId, title, sessionId, reassignedTo: to },
    async first({ log, current }) {
      const [watched] = titlesOf(log, { sessionId, playableId: title });
      if (watched === undefined) return;
      const told = toldToOther(watched, { log, inForce: current, sessionId, to });
      await give(deps, { to, title, told });
      // What is taken away here is kept for good there.
      await deps.watchLog.read({ profileId: to });
    },
  });
}

/** Makes the other profile's state and its consumers what they would be had it watched this. */
async function give(
  deps: ReassignDeps,
  of: { to: string; title: string; told: readonly OfSession[] },
): Promise<void> {
  const { to: profileId, title, told } = of;
  // What the writes meet there must be known: whoever takes them back goes by what they displaced.
  const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
  if (inForce(state, title) === null || !state.isCompared) throw stateUnavailable();
  const untold = told.filter(({ isHistory }) => isHistory);
  for (const step of stepsOf(told.filter(({ isHistory }) => !isHistory))) {
    untold.push(...(await mergeStep(deps, step)));
  }
  // What is not in force there was watched all the same.
  const partition = partitionOf(profileId, deps.events.partitions);
  await deps.events.append({ partition, transitions: untold });
}

/** One device's, in order. */
function stepsOf(writes: readonly OfSession[]): OfSession[][] {
  const byDevice = [...Map.groupBy(writes, ({ device }) => device.id).values()];
  return byDevice.flatMap((own) =>
    Array.from({ length: Math.ceil(own.length / stepLengthMax) }, (_, index) =>
      own.slice(index * stepLengthMax, (index + 1) * stepLengthMax),
    ),
  );
}

/** Answers what the stream was not told, because something newer was in force. */
async function mergeStep(deps: ReassignDeps, step: readonly OfSession[]): Promise<OfSession[]> {
  const { profileId, title, device } = step.at(-1) as OfSession;
  const request: MergeRequest = {
    ...{ profileId, nowMs: deps.clock.nowMs(), device, presence: null, onlyIf: null },
    writes: [{ title, ...step.map(registersOf).reduce(mergeTitle) }],
    transitions: step.map((transition) => ({ transition, onlyIfBefore: transition.version })),
  };
  const written = await deps.writePath.write(request, { isIntent: true });
  if (written.kind !== 'merged') throw stateUnavailable();
  const [merged] = written.titles;
  if (merged === undefined) return [];
  const met = aboveFloor(merged.before, written.floor).playhead?.version ?? versionZero;
  return step.filter(({ version }) => version <= met);
}

function targetProblems(profileId: string, to: string): Problem[] {
  const problems = idProblem(to, ['profileId']);
  if (problems.length > 0 || to !== profileId) return problems;
  const message = 'This profile watched it: name another one of the account.';
  return [{ code: 'INVALID_INPUT', message, path: ['profileId'] }];
}

function notOfAccount(): PlatformError {
  return new PlatformError('The access token names no such profile of the account.', {
    code: 'FORBIDDEN',
  });
}

const alreadyReassigned: Problem = {
  code: 'ALREADY_REASSIGNED',
  message: 'Another profile has it already: it can be given away from there.',
  path: ['sessionId'],
};

const undoneThere: Problem = {
  code: 'ALREADY_UNDONE',
  message: 'That profile undid this session, or gave it away, and cannot take it again.',
  path: ['profileId'],
};
