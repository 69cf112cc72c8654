import { type DeviceClock, withinMs } from './clock.ts';
import type { LiveState } from './live-state.ts';
import { type ExplainedPlayhead, type PlayheadQueryResult, playheadQuery } from './operations.ts';
import type { Transport } from './transport.ts';

/** Where to start, and how far to trust it. */
export interface ResumePoint {
  /** In ms; null: nobody knows, which is not the same as the beginning. */
  positionMs: number | null;
  /** `server`: asked just now; `cache`: as last seen on this device; `none`: unknown, or not asked. */
  source: 'server' | 'cache' | 'none';
  /** Version of the playhead it comes from; null without one. */
  version: string | null;
  /** A newer position may exist that could not be read just now. */
  degraded: boolean;
  /** Why it is what it is; null where the server did not say it just now. */
  reason: ExplainedPlayhead['resumeReason'] | null;
  /** The other place to go on from: offer it, with its device and age. Null: none, or nobody knows. */
  alternative: ExplainedPlayhead['alternative'];
  /** The session that was to be taken over is told, and its player pauses. */
  isTakenOver: boolean;
}

/** Nobody knows. */
export const unknownPoint: ResumePoint = {
  positionMs: null,
  source: 'none',
  version: null,
  degraded: true,
  reason: null,
  alternative: null,
  isTakenOver: false,
};

/** Longest that a viewer waits for the server before play: one more blink of a loading picture. */
export const resumeWaitMsMax = 800;

/**
 * Where this profile stopped, by the server if it answers in time, else by what this device last saw.
 *
 * Errors: none thrown; unknown is `source: 'none'`.
 * Cost: one round trip, at most `resumeWaitMsMax`.
 */
export async function resumePoint(
  deps: { transport: Transport; clock: DeviceClock; state: LiveState },
  playableId: string,
): Promise<ResumePoint> {
  const answered = await withinMs(deps.clock, resumeWaitMsMax, ask(deps, playableId));
  return startingPoint(deps.state, playableId, answered);
}

/** The playhead that is held, and what was `answered` just now, if that is the same. */
export function startingPoint(
  state: LiveState,
  playableId: string,
  answered?: ExplainedPlayhead,
): ResumePoint {
  const held = state.held.get(playableId);
  if (!held) return unknownPoint;
  const isFresh = answered?.version === held.version;
  return {
    ...unknownPoint,
    positionMs: held.resumePositionMs,
    source: isFresh ? 'server' : 'cache',
    version: held.version,
    degraded: !isFresh || held.freshness.degraded,
    ...(isFresh && { reason: answered.resumeReason, alternative: answered.alternative }),
  };
}

/** A late answer is held all the same: it is right for the next question. */
async function ask(
  deps: { transport: Transport; state: LiveState },
  playableId: string,
): Promise<ExplainedPlayhead | undefined> {
  const answer = await deps.transport.request<PlayheadQueryResult>(playheadQuery, { playableId });
  const playhead = answer.kind === 'answered' ? answer.data.viewer?.playhead : undefined;
  if (!playhead) return undefined;
  deps.state.learn({ playheads: [playhead] });
  return playhead;
}
