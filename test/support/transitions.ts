import { floorTitle } from '../../domain/playhead.ts';
import type { Transition, TransitionKind } from '../../domain/transition.ts';
import { sessionVersion } from '../../domain/version.ts';
import { noonMs } from './manual-clock.ts';

const byHand: ReadonlySet<TransitionKind> = new Set([
  'RESTART',
  'HIDE',
  'UNHIDE',
  'FORGET',
  'FORGET_ALL',
]);

/** A transition as playback appends it; what is left out is half an hour into an hour, on a TV. */
export function transition(
  given: Partial<Transition> & { kind: TransitionKind; deviceKind?: string },
): Transition {
  const { deviceKind = 'TV', ...rest } = given;
  const occurredAtMs = given.occurredAtMs ?? noonMs;
  const deviceId = `a-${deviceKind.toLowerCase()}`;
  const sessionId = `session-of-${given.title}`;
  const isByHand = byHand.has(given.kind);
  return {
    profileId: 'demo',
    title: given.kind === 'FORGET_ALL' ? floorTitle : 'mov_sintel',
    version: sessionVersion({ activityAtMs: occurredAtMs, deviceId, sessionId }),
    occurredAtMs,
    status: given.kind === 'FINISH' ? 'FINISHED' : 'IN_PROGRESS',
    positionMs: 30 * 60_000,
    durationMs: 60 * 60_000,
    device: isByHand ? null : { id: deviceId, kind: deviceKind, name: null },
    sessionId: isByHand ? null : sessionId,
    ...rest,
  };
}
