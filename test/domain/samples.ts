import type { Admission, AdmittedHeartbeat, Heartbeat } from '../../domain/heartbeat.ts';
import { admitHeartbeats } from '../../domain/heartbeat.ts';
import type { PlayheadRegister, VisibilityRegister } from '../../domain/playhead.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import type { SessionToken } from '../../domain/session-token.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** When the sessions of these tests begin: 2026-11-23, 17:00 UTC. */
export const beganAtMs = Date.UTC(2026, 10, 23, 17);

/** The session of a television that began at `beganAtMs`, in a film of two hours. */
export function tokenOf(overrides: Partial<SessionToken> = {}): SessionToken {
  return {
    profileId: 'demo',
    title: 'sintel',
    deviceId: 'tv',
    deviceKind: 'TV',
    deviceName: 'Living room',
    sessionId: 'evening',
    anchorMs: beganAtMs,
    issuedAtMs: beganAtMs,
    startedFrom: null,
    isStale: false,
    durationMs: 2 * hourMs,
    creditsStartMs: null,
    ...overrides,
  };
}

/** A plain heartbeat, ten minutes into the session and into the title. */
export function heartbeatOf(overrides: Partial<Heartbeat> = {}): Heartbeat {
  return {
    sequence: 120,
    event: 'HEARTBEAT',
    elapsedMs: 10 * minuteMs,
    positionMs: 10 * minuteMs,
    durationMs: null,
    fromPositionMs: null,
    ...overrides,
  };
}

/** Admits heartbeats that arrive as soon as the last of them was made, unless told otherwise. */
export function admit(
  heartbeats: readonly Heartbeat[],
  at: { token?: SessionToken; receivedAtMs?: number } = {},
): Admission {
  const token = at.token ?? tokenOf();
  const lastMs = heartbeats.at(-1)?.elapsedMs ?? 0;
  const receivedAtMs = at.receivedAtMs ?? token.anchorMs + lastMs;
  return admitHeartbeats(heartbeats, { token, receivedAtMs, policy: defaultPolicy });
}

/** Admits one heartbeat that nothing is wrong with. */
export function admitOne(
  heartbeat: Heartbeat,
  at: { token?: SessionToken; receivedAtMs?: number } = {},
): AdmittedHeartbeat {
  const { admitted, problems } = admit([heartbeat], at);
  const [first] = admitted;
  if (first === undefined) throw new Error(`Refused: ${JSON.stringify(problems)}.`);
  return first;
}

/** What forgetting a title by hand writes. */
export function forgotten(version: string): PlayheadRegister {
  return {
    version,
    status: 'NOT_STARTED',
    positionMs: 0,
    durationMs: null,
    deviceHash: null,
    laterFields: '',
  };
}

export function hiddenAt(version: string): VisibilityRegister {
  return { version, hidden: true, laterFields: '' };
}

export function shownAt(version: string): VisibilityRegister {
  return { version, hidden: false, laterFields: '' };
}
