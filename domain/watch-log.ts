import { packPlayhead, packVisibility, unpackPlayhead, unpackVisibility } from './codec.ts';
import { laterVersion, mergeTitle } from './merge.ts';
import type { Device, PlayheadRegister, TitleState } from './playhead.ts';
import type { PackedRegisters, Transition, Undone } from './transition.ts';
import { activityTimeMs, deviceHash, type Version, versionZero, writerOf } from './version.ts';

/** Of what this session wrote to the title up to the version, nothing counts. */
export interface Mark {
  title: string;
  sessionId: string;
  writer: string;
  upTo: Version;
  /** The profile that it was given to. Left out: none. */
  reassignedTo?: string;
}

/** A title in one session. Times are activity times, Unix ms. */
export interface WatchedTitle {
  title: string;
  startedAtMs: number;
  endedAtMs: number;
  fromPositionMs: number;
  toPositionMs: number;
  durationMs: number | null;
  isFinished: boolean;
  /** `writerOf` the session's versions; several only if several devices used one session id. */
  writers: ReadonlySet<string>;
  /** Null while what the session did counts. */
  undoneAtMs: number | null;
  /** The profile that it was given to, if that is why it counts here no more. */
  reassignedTo: string | null;
}

export interface WatchedSession {
  sessionId: string;
  device: Device;
  /** In the order in which they began. */
  titles: WatchedTitle[];
  startedAtMs: number;
  endedAtMs: number;
  /** Null unless all of it was undone. */
  undoneAtMs: number | null;
}

const nothing: TitleState = { playhead: null, visibility: null };
const lifts: ReadonlySet<string> = new Set(['START', 'PLAY']);

/** Every mark that the log holds: what was undone before. */
export function marksIn(log: readonly Transition[]): Mark[] {
  return log.flatMap(({ title, version, undone }) => {
    if (undone === undefined) return [];
    const { sessionId, writer, reassignedTo } = undone;
    const mark = { title, sessionId, writer, upTo: version };
    return [reassignedTo === undefined ? mark : { ...mark, reassignedTo }];
  });
}

export function isMarked(of: { title: string; version: Version }, marks: readonly Mark[]): boolean {
  const writer = writerOf(of.version);
  return marks.some(
    (mark) => mark.title === of.title && mark.writer === writer && of.version <= mark.upTo,
  );
}

/**
 * What would be in force for a title if none of the marked writes had ever been made: the log played
 * again without them, under the versions that it had. Registers null: nothing would be.
 *
 * Shape: `log` holds nothing that was forgotten. What an undo wrote is no write of its own: it stands for
 * what it restored. Any order, any repetition of the log gives the same.
 * Cost: pure, O(log × marks).
 */
export function replayTitle(
  title: string,
  of: { log: readonly Transition[]; inForce: TitleState; marks: readonly Mark[] },
): TitleState {
  const told = of.log.filter((transition) => transition.title === title);
  const byUndo = new Set(told.filter(({ kind }) => kind === 'UNDO').map(({ version }) => version));
  const counts = ({ version }: { version: Version }) =>
    !byUndo.has(version) && !isMarked({ title, version }, of.marks);
  return [of.inForce, ...told.map(registersOf)]
    .map(({ playhead, visibility }) => ({
      playhead: playhead !== null && counts(playhead) ? playhead : null,
      visibility: visibility !== null && counts(visibility) ? visibility : null,
    }))
    .reduce(mergeTitle, nothing);
}

/**
 * What else counts of a title without the marked writes: the newest START or PLAY, where it was last
 * watched to its end, and the device of a position.
 */
export function countingActs(
  title: string,
  of: { log: readonly Transition[]; marks: readonly Mark[]; position: PlayheadRegister | null },
): Omit<Undone, 'sessionId' | 'writer' | 'reassignedTo'> {
  const told = of.log.filter(
    (one) => one.title === title && !one.isHistory && isOfSession(one) && !isMarked(one, of.marks),
  );
  const newest = (acts: readonly Transition[]) =>
    acts.map(({ version }) => version).reduce(laterVersion, versionZero);
  const writer = of.position === null ? null : writerOf(of.position.version);
  return {
    playedVersion: newest(told.filter((one) => registersOf(one).visibility !== null)),
    finishedVersion: newest(told.filter(({ status }) => status === 'FINISHED')),
    device: told.find(({ version }) => writerOf(version) === writer)?.device ?? null,
  };
}

/** What a transition says was written, or had been, or would have been; history wrote nothing. */
export function registersOf(transition: Transition): TitleState {
  const { kind, version, registers } = transition;
  if (transition.isHistory) return nothing;
  if (registers !== undefined) return unpackRegisters(registers);
  if (kind === 'FORGET' || kind === 'FORGET_ALL' || kind === 'UNDO') return nothing;
  if (kind === 'HIDE' || kind === 'UNHIDE') {
    const hidden = kind === 'HIDE';
    return { playhead: null, visibility: { version, hidden, laterFields: '' } };
  }
  const visibility = lifts.has(kind) ? { version, hidden: false, laterFields: '' } : null;
  return { playhead: positionOf(transition), visibility };
}

function positionOf(transition: Transition): PlayheadRegister {
  const { version, status, positionMs, durationMs, device } = transition;
  const hash = device === null ? null : deviceHash(device.id);
  return { version, status, positionMs, durationMs, deviceHash: hash, laterFields: '' };
}

export function packRegisters({ playhead, visibility }: TitleState): PackedRegisters {
  return {
    playhead: playhead === null ? null : packPlayhead(playhead),
    visibility: visibility === null ? null : packVisibility(visibility),
  };
}

function unpackRegisters({ playhead, visibility }: PackedRegisters): TitleState {
  return {
    playhead: playhead === null ? null : unpackPlayhead(playhead),
    visibility: visibility === null ? null : unpackVisibility(visibility),
  };
}

/** What a session told of itself: its own positions, in force or too late for it. */
export function isOfSession(transition: Transition): transition is OfSession {
  const { kind, device, sessionId } = transition;
  return kind !== 'UNDO' && kind !== 'REPLACED' && device !== null && sessionId !== null;
}

/** The log session by session, the one that began last first; ties by id, so that the order is total. */
export function sessionsIn(log: readonly Transition[]): WatchedSession[] {
  const marks = marksIn(log);
  const sessions = Map.groupBy(log.filter(isOfSession), ({ sessionId }) => sessionId);
  return [...sessions]
    .map(([sessionId, told]) => sessionOf(sessionId, told, marks))
    .sort((left, right) => {
      if (left.startedAtMs !== right.startedAtMs) return right.startedAtMs - left.startedAtMs;
      return left.sessionId < right.sessionId ? 1 : -1;
    });
}

export type OfSession = Transition & { device: Device; sessionId: string };

function sessionOf(
  sessionId: string,
  told: readonly OfSession[],
  marks: readonly Mark[],
): WatchedSession {
  const titles = [...Map.groupBy(told, ({ title }) => title).values()]
    .map((ofTitle) => titleOf(ofTitle, marks))
    .sort((left, right) => left.startedAtMs - right.startedAtMs);
  const undone = titles.map(({ undoneAtMs }) => undoneAtMs);
  const newest = told.reduce((one, other) => (other.version > one.version ? other : one));
  return {
    sessionId,
    device: newest.device,
    titles,
    startedAtMs: Math.min(...titles.map(({ startedAtMs }) => startedAtMs)),
    endedAtMs: Math.max(...titles.map(({ endedAtMs }) => endedAtMs)),
    undoneAtMs: undone.includes(null) ? null : Math.max(...undone.map(Number)),
  };
}

/** Of a title that went on after it was undone, only what came since. */
function titleOf(told: readonly OfSession[], marks: readonly Mark[]): WatchedTitle {
  const counting = told.filter((transition) => !isMarked(transition, marks));
  const [first, ...others] = (counting.length > 0 ? counting : told).toSorted((left, right) =>
    left.version < right.version ? -1 : 1,
  ) as [OfSession, ...OfSession[]];
  const last = others.at(-1) ?? first;
  const own = marks.filter(
    ({ title, sessionId }) => title === first.title && sessionId === first.sessionId,
  );
  const undone = own.map(({ upTo }) => upTo).reduce(laterVersion, versionZero);
  const newest = own.find(({ upTo }) => upTo === undone);
  return {
    title: first.title,
    startedAtMs: first.occurredAtMs,
    endedAtMs: last.occurredAtMs,
    fromPositionMs: first.positionMs,
    toPositionMs: last.positionMs,
    durationMs: last.durationMs ?? first.durationMs,
    isFinished: last.status === 'FINISHED',
    writers: new Set(told.map(({ version }) => writerOf(version))),
    undoneAtMs: counting.length > 0 ? null : activityTimeMs(undone),
    reassignedTo: counting.length > 0 ? null : (newest?.reassignedTo ?? null),
  };
}
