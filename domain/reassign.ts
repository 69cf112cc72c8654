import { mergePlayhead } from './merge.ts';
import type { PlayheadRegister, TitleState } from './playhead.ts';
import type { Transition, TransitionKind } from './transition.ts';
import { activityTimeMs, versionZero, writerOf } from './version.ts';
import {
  isMarked,
  isOfSession,
  marksIn,
  type OfSession,
  registersOf,
  type WatchedTitle,
} from './watch-log.ts';

/**
 * What a session did to a title, as the log of another profile is told it: under the versions that it
 * had, in their order, so that telling it twice changes nothing.
 *
 * Shape: nothing that was undone, or went to a third profile. What was too late to win here is told as it
 * was played, for it may win there; what an overtaken session told stays history. Ends with where the
 * session was, as exactly as this profile knows it.
 * Cost: pure, O(log × marks).
 */
export function toldToOther(
  watched: Pick<WatchedTitle, 'title' | 'writers'>,
  of: { log: readonly Transition[]; inForce: TitleState; sessionId: string; to: string },
): OfSession[] {
  const { title, writers } = watched;
  const told = of.log.filter((transition) => transition.title === title);
  const marks = marksIn(told).filter(({ reassignedTo }) => reassignedTo !== of.to);
  const own = told
    .filter(isOfSession)
    .filter((one) => one.sessionId === of.sessionId && !isMarked(one, marks))
    .map((one) => asPlayed(one, of.to))
    .sort((left, right) => (left.version < right.version ? -1 : 1));
  const position = [of.inForce, ...told.map(registersOf)]
    .map(({ playhead }) => playhead)
    .filter((playhead) => playhead !== null)
    .filter(({ version }) => writers.has(writerOf(version)) && !isMarked({ title, version }, marks))
    .reduce<PlayheadRegister | null>(mergePlayhead, null);
  return position === null ? own : [...own, ...progressTo(position, own)];
}

/** LATE keeps what was written, not by which act: a lift was a PLAY or as good as one. */
function asPlayed({ registers, ...told }: OfSession, to: string): OfSession {
  if (told.kind !== 'LATE') return { ...told, profileId: to };
  const kind: TransitionKind = registers?.visibility == null ? 'PROGRESS' : 'PLAY';
  return { ...told, kind, profileId: to };
}

/** Progress is told now and then; what was in force in between, only its register says. */
function progressTo(position: PlayheadRegister, own: readonly OfSession[]): OfSession[] {
  const { version, status, positionMs, durationMs } = position;
  const writes = own.filter(({ isHistory }) => !isHistory);
  const of = writes.find((one) => writerOf(one.version) === writerOf(version));
  if (of === undefined || version <= (writes.at(-1)?.version ?? versionZero)) return [];
  const occurredAtMs = activityTimeMs(version);
  const at = { version, occurredAtMs, status, positionMs, durationMs };
  return [{ ...of, ...at, kind: 'PROGRESS' }];
}
