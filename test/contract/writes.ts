import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import type {
  Device,
  PlayheadRegister,
  PlayheadStatus,
  TitleState,
  VisibilityRegister,
} from '../../domain/playhead.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import type { Transition } from '../../domain/transition.ts';
import { deviceHash, sessionVersion, type Version, versionFloor } from '../../domain/version.ts';
import type { MergeRequest } from '../../stores/hot-store.ts';
import { noonMs } from '../support/manual-clock.ts';

export const tv: Device = { id: 'tv', kind: 'TV', name: 'Living room' };
export const phone: Device = { id: 'phone', kind: 'PHONE', name: null };

export const nothing: TitleState = { playhead: null, visibility: null };

/** Unix epoch, ms, of a second after noon: what these suites tell time in. */
export function msAt(second: number): number {
  return noonMs + second * 1_000;
}

/** The version of what `device` reported at this second after noon. */
export function versionAt(second: number, device: Device = tv): Version {
  const activityAtMs = msAt(second);
  return sessionVersion({ activityAtMs, deviceId: device.id, sessionId: 'evening' });
}

export function playheadAt(
  second: number,
  overrides: Partial<PlayheadRegister> = {},
): PlayheadRegister {
  return {
    version: versionAt(second),
    status: 'IN_PROGRESS',
    positionMs: 600_000 + second * 1_000,
    durationMs: 7_200_000,
    deviceHash: deviceHash(tv.id),
    laterFields: '',
    ...overrides,
  };
}

export function hiddenAt(second: number): VisibilityRegister {
  return { version: versionAt(second), hidden: true, laterFields: '' };
}

export function shownAt(second: number): VisibilityRegister {
  return { version: versionAt(second), hidden: false, laterFields: '' };
}

/** What forgetting writes: to a title, or to the floor. */
export function forgottenAt(second: number): PlayheadRegister {
  return playheadAt(second, {
    status: 'NOT_STARTED',
    positionMs: 0,
    durationMs: null,
    deviceHash: null,
  });
}

export function transitionAt(second: number, overrides: Partial<Transition> = {}): Transition {
  return {
    kind: 'PAUSE',
    profileId: 'demo',
    title: 'sintel',
    version: versionAt(second),
    occurredAtMs: msAt(second),
    status: 'IN_PROGRESS',
    positionMs: 600_000 + second * 1_000,
    durationMs: 7_200_000,
    device: tv,
    sessionId: 'evening',
    ...overrides,
  };
}

/** A report of one session, and what makes it late, or its request another shape. */
export interface Beat {
  profileId?: string;
  title?: string;
  device?: Device;
  sessionId?: string;
  event?: PlaybackEvent;
  /** When it was observed, Unix epoch, ms. */
  atMs: number;
  /** When it arrived. Default: at once. */
  nowMs?: number;
  sequence: number;
  /** What the report proves of its viewer. Default: that the session began at noon. */
  acts?: 'BEGAN' | 'NEVER' | 'NOW';
  status?: PlayheadStatus;
}

/** A plain heartbeat proves no more than that its session began. */
function actedAtOf(
  { acts = 'BEGAN', event, device = tv, sessionId = 'evening' }: Beat,
  version: Version,
): Version | null {
  if (acts === 'NEVER') return null;
  const isAct = acts === 'NOW' && event !== undefined && event !== 'HEARTBEAT';
  return isAct ? version : sessionVersion({ activityAtMs: noonMs, deviceId: device.id, sessionId });
}

/** The request that a session's report comes to, as `recordHeartbeats` makes it. */
export function beatOf(beat: Beat): MergeRequest {
  const { profileId = 'demo', title = 'sintel', device = tv, sessionId = 'evening' } = beat;
  const { event = 'HEARTBEAT', atMs, nowMs = atMs, sequence, status = 'IN_PROGRESS' } = beat;
  const version = sessionVersion({ activityAtMs: atMs, deviceId: device.id, sessionId });
  const positionMs = atMs % 7_200_000;
  const playhead = playheadAt(0, {
    version,
    status,
    positionMs,
    deviceHash: deviceHash(device.id),
  });
  const isLifting = event === 'START' || event === 'PLAY';
  const visibility = isLifting ? { version, hidden: false, laterFields: '' } : null;
  const kind = event === 'HEARTBEAT' ? 'PROGRESS' : 'PAUSE';
  const told = { profileId, title, version, occurredAtMs: atMs, status, positionMs, device };
  const { progressEventEveryMs } = defaultPolicy;
  return {
    profileId,
    nowMs,
    writes: [{ title, playhead, visibility }],
    device,
    presence: {
      ...{ sessionId, title, device, event, positionMs, sequence },
      startedAtMs: noonMs,
      receivedAtMs: Math.min(nowMs, atMs),
      actedAt: actedAtOf(beat, version),
    },
    transitions: [
      {
        transition: { kind, ...told, durationMs: playhead.durationMs, sessionId },
        onlyIfBefore:
          kind === 'PROGRESS' ? versionFloor(atMs - (atMs % progressEventEveryMs)) : version,
      },
    ],
    onlyIf: null,
  };
}
