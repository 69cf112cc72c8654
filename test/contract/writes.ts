import type {
  Device,
  PlayheadRegister,
  TitleState,
  VisibilityRegister,
} from '../../domain/playhead.ts';
import type { Transition } from '../../domain/transition.ts';
import { deviceHash, sessionVersion, type Version } from '../../domain/version.ts';
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
