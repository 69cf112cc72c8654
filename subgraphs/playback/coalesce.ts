import { laterVersion } from '../../domain/merge.ts';
import type { Device } from '../../domain/playhead.ts';
import { mergePresence, type Presence } from '../../domain/presence.ts';
import type { Version } from '../../domain/version.ts';
import type { AcceptedChange } from '../../stores/accepted-stream.ts';
import { oneByTitle } from '../../stores/hot-store.ts';

/**
 * What a batch of another region's stream comes to, mostly one change a profile: a title that moves is in
 * it again and again.
 *
 * Shape: taken in, the answer leaves what the batch taken in one by one leaves. Changes keep their order by
 * profile; one that forgets something ends the sessions from before it and not those from after it, so
 * nothing is folded into it.
 * Cost: pure, O(batch).
 */
export function coalesced(changes: readonly AcceptedChange[]): AcceptedChange[] {
  const folded: AcceptedChange[] = [];
  /** By profile, where in `folded` its next change may go. */
  const open = new Map<string, number>();
  for (const change of changes) {
    const place = open.get(change.profileId);
    if (forgets(change)) {
      open.delete(change.profileId);
      folded.push(change);
    } else if (place === undefined) {
      open.set(change.profileId, folded.length);
      folded.push(change);
    } else {
      folded[place] = together(folded[place] as AcceptedChange, change);
    }
  }
  return folded;
}

/** By profile, the fence that reaches furthest. */
export function fencesOf(changes: readonly AcceptedChange[]): ReadonlyMap<string, Version> {
  const fences = new Map<string, Version>();
  for (const { profileId, fence } of changes) {
    if (fence === null) continue;
    fences.set(profileId, laterVersion(fences.get(profileId) ?? fence, fence));
  }
  return fences;
}

function forgets({ writes }: AcceptedChange): boolean {
  return writes.some(({ playhead }) => playhead?.status === 'NOT_STARTED');
}

function together(earlier: AcceptedChange, later: AcceptedChange): AcceptedChange {
  const sessions = new Map<string, Presence>();
  for (const presence of [...earlier.sessions, ...later.sessions]) {
    const known = sessions.get(presence.sessionId);
    sessions.set(presence.sessionId, known ? mergePresence(known, presence) : presence);
  }
  const devices = new Map<string, Device>();
  for (const device of [...earlier.devices, ...later.devices]) devices.set(device.id, device);
  return {
    profileId: later.profileId,
    writes: oneByTitle([...earlier.writes, ...later.writes]),
    devices: [...devices.values()],
    sessions: [...sessions.values()],
    fence: null,
  };
}
