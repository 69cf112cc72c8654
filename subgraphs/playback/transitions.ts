import type { AdmittedHeartbeat, PlaybackEvent } from '../../domain/heartbeat.ts';
import type { Device } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { reporterOf } from '../../domain/reporter.ts';
import type { SessionToken } from '../../domain/session-token.ts';
import type { Transition, TransitionKind } from '../../domain/transition.ts';
import { versionFloor } from '../../domain/version.ts';
import type { TransitionOffer } from '../../stores/hot-store.ts';

/** Events that are news by themselves; everything else is progress. */
const kindOf: Partial<Record<PlaybackEvent, TransitionKind>> = {
  START: 'START',
  PLAY: 'PLAY',
  PAUSE: 'PAUSE',
  SEEK: 'SEEK',
  STOP: 'STOP',
  FINISH: 'FINISH',
};

/**
 * What a batch of heartbeats has to tell the event stream, in order: each intent, and of the plain
 * heartbeats the last one of every `progressEventEveryMs`.
 */
export function offersOf(
  token: SessionToken,
  kept: readonly AdmittedHeartbeat[],
  policy: Policy,
): TransitionOffer[] {
  const { device } = reporterOf(token);
  const offers = kept.flatMap((admitted) => offerOf({ token, device, policy }, admitted) ?? []);
  return offers.filter((offer, index) => {
    const next = offers[index + 1];
    const isProgress = offer.transition.kind === 'PROGRESS';
    return !isProgress || next === undefined || next.onlyIfBefore !== offer.onlyIfBefore;
  });
}

function offerOf(
  by: { token: SessionToken; device: Device; policy: Policy },
  admitted: AdmittedHeartbeat,
): TransitionOffer | null {
  const { token, device, policy } = by;
  const { playhead, version, activityAtMs } = admitted;
  if (playhead === null) return null;
  const kind = kindOf[admitted.heartbeat.event] ?? 'PROGRESS';
  const transition: Transition = {
    kind,
    profileId: token.profileId,
    title: token.title,
    version,
    occurredAtMs: activityAtMs,
    status: playhead.status,
    positionMs: playhead.positionMs,
    durationMs: playhead.durationMs,
    device,
    sessionId: token.sessionId,
  };
  const everyMs = policy.progressEventEveryMs;
  const onlyIfBefore =
    kind === 'PROGRESS' ? versionFloor(activityAtMs - (activityAtMs % everyMs)) : version;
  return { transition, onlyIfBefore };
}
