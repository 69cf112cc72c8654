import { type AdmittedHeartbeat, isAct } from '../../domain/heartbeat.ts';
import type { PlayheadRegister } from '../../domain/playhead.ts';
import { isStalePosition, type Policy } from '../../domain/policy.ts';
import type { SessionToken } from '../../domain/session-token.ts';
import { sessionWriter, writerOf } from '../../domain/version.ts';
import type { PlaybackDeps } from './deps.ts';
import { stateUnavailable } from './hydrate.ts';
import { inForce } from './playhead-view.ts';

/**
 * Leaves out what a session that started from an older playhead may not move yet: everything before
 * its viewer acts there, or comes within reach of the position in force.
 *
 * Shape: admission at the edge, once; merge, write-behind and replication never ask. A batch keeps
 * what its heartbeats would keep one by one.
 * Errors: PlatformError STATE_UNAVAILABLE when nobody can say what is in force, and no act settles it.
 * Cost: nothing for a session that was not stale; else one read, under a valid mark.
 */
export async function dropStale(
  deps: PlaybackDeps,
  batch: { token: SessionToken; admitted: readonly AdmittedHeartbeat[] },
): Promise<{ kept: readonly AdmittedHeartbeat[]; hasActed: boolean }> {
  const { token, admitted } = batch;
  const firstAct = admitted.findIndex(({ heartbeat }) => isAct(heartbeat));
  const hasActed = firstAct >= 0;
  const beforeAct = hasActed ? admitted.slice(0, firstAct) : admitted;
  if (!token.isStale || !beforeAct.some(canMove)) return { kept: admitted, hasActed };

  const { profileId, title, sessionId } = token;
  const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
  const presence = state.sessions.find((session) => session.sessionId === sessionId);
  if (presence?.hasActed === true) return { kept: admitted, hasActed };
  const registers = inForce(state, title);
  if (registers === null && !hasActed) throw stateUnavailable();
  // A PING moves nothing, and so lets nothing in behind it.
  const isLetIn = (one: AdmittedHeartbeat) =>
    canMove(one) &&
    (isAct(one.heartbeat) ||
      (registers !== null &&
        isWithinReach(one, registers.playhead, { token, policy: deps.policy })));
  const from = admitted.findIndex(isLetIn);
  const kept = admitted.filter((one, index) => !canMove(one) || (from >= 0 && index >= from));
  return { kept, hasActed };
}

function canMove({ playhead }: AdmittedHeartbeat): boolean {
  return playhead !== null;
}

/** Takes over nothing, its own session's playhead, or one that is near: without harm, and for good. */
function isWithinReach(
  { version, heartbeat }: AdmittedHeartbeat,
  playhead: PlayheadRegister | null,
  of: { token: SessionToken; policy: Policy },
): boolean {
  if (playhead === null || writerOf(playhead.version) === sessionWriter(of.token)) return true;
  const at = { positionMs: heartbeat.positionMs, inForceMs: playhead.positionMs };
  return version > playhead.version && !isStalePosition(at, of.policy);
}
