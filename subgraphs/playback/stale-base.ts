import {
  type AdmittedHeartbeat,
  confirmsStart,
  type Heartbeat,
  isAct,
} from '../../domain/heartbeat.ts';
import type { PlayheadRegister } from '../../domain/playhead.ts';
import { isStalePosition, type Policy } from '../../domain/policy.ts';
import type { SessionToken } from '../../domain/session-token.ts';
import {
  laterAct,
  sessionWriter,
  type Version,
  versionBy,
  writerOf,
} from '../../domain/version.ts';
import type { PlaybackDeps } from './deps.ts';
import { stateUnavailable } from './hydrate.ts';
import { inForce } from './playhead-view.ts';

/** What of a batch may be offered, and the newest act of its viewer that it proves. */
export interface Claim {
  kept: readonly AdmittedHeartbeat[];
  actedAt: Version | null;
}

/**
 * Says since when a session's viewer is known to be there: since the newest PLAY or SEEK, else since the
 * session began. What began from an older playhead than the one in force proves no beginning before its
 * viewer acts, or it comes within reach of the position in force; what came before is left out.
 *
 * Shape: what the claim is worth is judged where it is merged (`isOvertaken`). A batch keeps what its
 * heartbeats would keep one by one.
 * Errors: PlatformError STATE_UNAVAILABLE when nobody can say what is in force, and no act settles it.
 * Cost: nothing for a session that was not stale; else one read, under a valid mark.
 */
export function claimOf(
  deps: PlaybackDeps,
  batch: { token: SessionToken; admitted: readonly AdmittedHeartbeat[] },
): Claim | Promise<Claim> {
  const { token, admitted } = batch;
  const act = admitted.findLast(({ heartbeat }) => provesAct(heartbeat, token));
  // Offline it began long before it was heard of: until then nobody could have gone on from it. And what
  // its player started from happened before, whatever the servers' clocks say.
  const beganAtMs = Math.max(token.issuedAtMs, token.anchorMs);
  const beginning = versionBy(writerIn(batch), beganAtMs);
  const actedAt = act?.version ?? null;
  if (!token.isStale) return { kept: admitted, actedAt: laterAct(actedAt, beginning) };
  return staleClaimOf(deps, { ...batch, actedAt, beginning });
}

/** All that a session writes has the same. */
function writerIn({ token, admitted }: Parameters<typeof claimOf>[1]): string {
  const [first] = admitted;
  return first === undefined ? sessionWriter(token) : writerOf(first.version);
}

async function staleClaimOf(
  deps: PlaybackDeps,
  batch: {
    token: SessionToken;
    admitted: readonly AdmittedHeartbeat[];
    actedAt: Version | null;
    beginning: Version;
  },
): Promise<Claim> {
  const { token, admitted, actedAt, beginning } = batch;
  const firstAct = admitted.findIndex(({ heartbeat }) => confirmsStart(heartbeat));
  const hasActed = firstAct >= 0;
  const confirmed = laterAct(actedAt, hasActed ? beginning : null);
  const beforeAct = hasActed ? admitted.slice(0, firstAct) : admitted;
  if (!beforeAct.some(canMove)) return { kept: admitted, actedAt: confirmed };

  const { profileId, title, sessionId } = token;
  const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
  const presence = state.sessions.find((session) => session.sessionId === sessionId);
  if (presence !== undefined && presence.actedAt !== null) {
    return { kept: admitted, actedAt: confirmed };
  }
  const registers = inForce(state, title);
  if (registers === null && !hasActed) throw stateUnavailable();
  // A PING moves nothing, and so lets nothing in behind it.
  const isLetIn = (one: AdmittedHeartbeat) =>
    canMove(one) &&
    (confirmsStart(one.heartbeat) ||
      (registers !== null &&
        isWithinReach(one, registers.playhead, { token, policy: deps.policy })));
  const from = admitted.findIndex(isLetIn);
  const kept = admitted.filter((one, index) => !canMove(one) || (from >= 0 && index >= from));
  return { kept, actedAt: from >= 0 ? laterAct(confirmed, beginning) : null };
}

/** A start is the act that begins a session; of a stale one it shows what the player did, not the viewer. */
function provesAct(heartbeat: Heartbeat, token: SessionToken): boolean {
  return isAct(heartbeat) || (heartbeat.event === 'START' && !token.isStale);
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
