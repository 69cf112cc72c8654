import { type AdmittedHeartbeat, isAct } from '../../domain/heartbeat.ts';
import { isStalePosition } from '../../domain/policy.ts';
import type { SessionToken } from '../../domain/session-token.ts';
import { sessionWriter, writerOf } from '../../domain/version.ts';
import type { PlaybackDeps } from './deps.ts';
import { inForce } from './playhead-view.ts';

/**
 * Leaves out what a session that started from an older playhead may not move yet: everything before
 * its viewer acts there, unless it is within reach of the position in force.
 *
 * Shape: admission at the edge, once; merge, write-behind and replication never ask.
 * Errors: PlatformError STATE_UNAVAILABLE when nobody can say what is in force.
 * Cost: nothing for a session that was not stale; else one read, under a valid mark.
 */
export async function dropStale(
  deps: PlaybackDeps,
  batch: { token: SessionToken; admitted: readonly AdmittedHeartbeat[] },
): Promise<{ kept: readonly AdmittedHeartbeat[]; hasActed: boolean }> {
  const { token, admitted } = batch;
  const firstAct = admitted.findIndex(({ heartbeat }) => isAct(heartbeat));
  if (!token.isStale) return { kept: admitted, hasActed: firstAct >= 0 };

  const { profileId, title, sessionId } = token;
  const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
  const playhead = inForce(state, title)?.playhead ?? null;
  const presence = state.sessions.find((session) => session.sessionId === sessionId);
  const isFree =
    playhead === null ||
    presence?.hasActed === true ||
    writerOf(playhead.version) === sessionWriter(token);
  if (isFree) return { kept: admitted, hasActed: firstAct >= 0 };
  const inForceMs = playhead.positionMs;
  const kept = admitted.filter(
    ({ heartbeat }, index) =>
      (firstAct >= 0 && index >= firstAct) ||
      heartbeat.event === 'PING' ||
      !isStalePosition({ positionMs: heartbeat.positionMs, inForceMs }, deps.policy),
  );
  return { kept, hasActed: firstAct >= 0 };
}
