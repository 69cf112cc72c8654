import { floorTitle, type PlayheadRegister, type TitleState } from './playhead.ts';
import type { Transition } from './transition.ts';
import { activityTimeMs, type Version, versionFloor } from './version.ts';

/** Every process looks for new fences this often. */
export const fencesReadEveryMs = 3_000;
/**
 * How far ahead of now a fence is set: two looks of every process, the skew between servers (2 s) and a
 * durable write under way (2 s). By the time that it names everybody knows of it, and nothing of before is
 * still on its way.
 */
export const fenceLeadMs = 10_000;
/** How long after its fence an erasure is looked at once more: a session token lives no longer than 30 days. */
export const fencesKeptMs = 31 * 24 * 3_600_000;
/** How long it is remembered at all: as long as the oldest backup may hold what was erased, and a year more. */
export const erasuresKeptMs = 400 * 24 * 3_600_000;

/**
 * The record of one erasure. It names nobody: whoever lacks the installation's secret cannot tell whose
 * it is.
 */
export interface Erasure {
  receipt: string;
  /** Keyed hash of the profile's id. */
  profileKey: string;
  /** What is not newer is gone, and sessions that began no later are revoked. */
  fence: Version;
  begunAtMs: number;
  /** When every store had been read again and held nothing; null: PENDING. */
  doneAtMs: number | null;
}

/** The fence of an erasure that begins now: the first version of a millisecond, so that it splits no tie. */
export function fenceAt(nowMs: number): Version {
  return versionFloor(nowMs + fenceLeadMs);
}

/** The floor that goes with a fence: to whoever reads, all that is not newer was never there. */
export function floorOf(fence: Version): PlayheadRegister {
  return {
    version: fence,
    status: 'NOT_STARTED',
    positionMs: 0,
    durationMs: null,
    deviceHash: null,
    laterFields: '',
  };
}

/** The registers of a title that a fence leaves. */
export function stateAbove({ playhead, visibility }: TitleState, fence: Version): TitleState {
  return {
    playhead: playhead !== null && playhead.version > fence ? playhead : null,
    visibility: visibility !== null && visibility.version > fence ? visibility : null,
  };
}

/** What the event stream is told, so that whoever follows it erases as well. */
export function erasureTransition(of: { profileId: string; fence: Version }): Transition {
  const { profileId, fence } = of;
  const { status, positionMs, durationMs } = floorOf(fence);
  return {
    ...{ kind: 'FORGET_ALL', profileId, title: floorTitle, version: fence },
    ...{ occurredAtMs: activityTimeMs(fence), status, positionMs, durationMs },
    ...{ device: null, sessionId: null },
  };
}

/** Whether a session that began at this server time is one of those that a fence revokes. */
export function isRevoked(session: { issuedAtMs: number }, fence: Version): boolean {
  return versionFloor(session.issuedAtMs) <= fence;
}
