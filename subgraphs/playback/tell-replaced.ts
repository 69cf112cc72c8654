import { aboveFloor } from '../../domain/merge.ts';
import type { PlayheadRegister, TitleState } from '../../domain/playhead.ts';
import type { Transition } from '../../domain/transition.ts';
import { partitionOf, writerOf } from '../../domain/version.ts';
import { packRegisters, registersOf } from '../../domain/watch-log.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type {
  HotStore,
  MergedTitle,
  MergeRequest,
  MergeResult,
  TransitionOffer,
} from '../../stores/hot-store.ts';

type Merged = Extract<MergeResult, { kind: 'merged' }>;

/**
 * The hot store, and beside what it tells the event stream itself, what only the watch log needs: a
 * session's writes that came too late to be in force (LATE), and what a session's write took the place of
 * (REPLACED). Without them, nobody could say what would be in force if that session had never been.
 *
 * Shape: told after the merge and before its answer; a process that dies in between leaves the log with
 * what the stream was told before, 15 s of progress less at most.
 * Errors: those of the stream, as if the merge had failed; safe to retry.
 * Cost: none, but one append where one session follows on another or comes too late for it.
 */
export function tellingReplaced(hot: HotStore, events: EventStream): HotStore {
  return {
    ...hot,
    async merge(request) {
      const result = await hot.merge(request);
      if (result.kind === 'conflict' || isOwnAlone(request, result)) return result;
      if (sessionOf(request) === null) return result;
      const told = result.titles.flatMap((title) => toldOf(request, title, result.floor));
      // Of a session that was overtaken nothing took the place of anything.
      const transitions = told.filter(({ kind }) => kind === 'LATE' || !result.isHeld);
      if (transitions.length > 0) {
        const partition = partitionOf(request.profileId, hot.partitions);
        await events.append({ partition, transitions });
      }
      return result;
    },
  };
}

/** Nearly all of them: a session's one title goes on from where that session had come to. */
function isOwnAlone({ transitions }: MergeRequest, { titles, floor }: Merged): boolean {
  const [merged] = titles;
  const newest = transitions.at(-1)?.transition;
  if (titles.length !== 1 || merged === undefined || newest === undefined) return false;
  const { before } = merged;
  return (
    floor === null &&
    newest.title === merged.title &&
    before.playhead !== null &&
    before.playhead.status !== 'NOT_STARTED' &&
    writerOf(before.playhead.version) === writerOf(newest.version)
  );
}

/** Whose writes these are; null for a change by hand, which nobody undoes. */
function sessionOf({ transitions }: MergeRequest): string | null {
  const own = transitions.find(({ transition }) => transition.sessionId !== null);
  return own?.transition.sessionId ?? null;
}

function toldOf(
  request: MergeRequest,
  merged: MergedTitle,
  floor: PlayheadRegister | null,
): Transition[] {
  const before = aboveFloor(merged.before, floor);
  const isOwn = ({ transition }: TransitionOffer) => transition.title === merged.title;
  const newest = request.transitions.findLast(isOwn)?.transition;
  if (newest === undefined) return [];
  // What was forgotten is told by nobody: neither what is from before it, nor that it is gone.
  if (before.playhead === null || before.playhead.status === 'NOT_STARTED') {
    return replacedOf(newest, { playhead: null, visibility: before.visibility });
  }
  const inForce = before.playhead.version;
  if (writerOf(inForce) === writerOf(newest.version)) return [];
  const own = request.transitions.filter(isOwn).map(({ transition }) => transition);
  const late = own.filter(({ version }) => version < inForce).map(lateOf);
  return newest.version > inForce ? [...late, ...replacedOf(newest, before)] : late;
}

function lateOf(transition: Transition): Transition {
  return { ...transition, kind: 'LATE', registers: packRegisters(registersOf(transition)) };
}

/** Under the version of what took its place: that is when it happened. */
function replacedOf(by: Transition, { playhead, visibility }: TitleState): Transition[] {
  // Lifting is told as START and PLAY; what was hidden long ago is told nowhere else any more.
  const hidden = visibility?.hidden ? visibility : null;
  if (playhead === null && hidden === null) return [];
  const registers = packRegisters({ playhead, visibility: hidden });
  return [{ ...by, kind: 'REPLACED', registers }];
}
