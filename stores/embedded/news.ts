import { aboveFloor } from '../../domain/merge.ts';
import type { Transition } from '../../domain/transition.ts';
import { activityTimeMs, versionZero } from '../../domain/version.ts';
import type { MergedTitle, MergeRequest, TransitionOffer } from '../hot-store.ts';
import type { HotEntry } from './hot-entry.ts';

/** What a request offers of a session that was overtaken, and is told as history. */
export function historyOf(request: MergeRequest, entry: HotEntry): Transition[] {
  const { presence, transitions } = request;
  if (presence === null) return [];
  const known = entry.sessions.get(presence.sessionId);
  const hasActed = (known?.actedAt ?? presence.actedAt) !== null;
  const isLate = known !== undefined && presence.sequence <= known.sequence;
  if (!hasActed || isLate) return [];
  const sinceMs = known?.lastHeartbeatAtMs ?? 0;
  return transitions
    .filter(({ onlyIfBefore }) => activityTimeMs(onlyIfBefore) > sinceMs)
    .map(({ transition }) => ({ ...transition, isHistory: true as const }));
}

/** What it offers that tells something new. */
export function newsOf(
  request: MergeRequest,
  met: { entry: HotEntry; titles: readonly MergedTitle[] },
): Transition[] {
  const isNews = ({ transition, onlyIfBefore }: TransitionOffer) => {
    const write = met.titles.find(({ title }) => title === transition.title);
    const state = write?.before ?? met.entry.state(transition.title);
    const { playhead } = aboveFloor(state, met.entry.floor);
    const before = playhead?.version ?? versionZero;
    if (before >= transition.version) return false;
    return before < onlyIfBefore || playhead?.status !== transition.status;
  };
  return request.transitions.filter(isNews).map(({ transition }) => transition);
}
