import { stateAbove } from '../domain/erasure.ts';
import { floorTitle, type TitleState } from '../domain/playhead.ts';
import { activityTimeMs, deviceHash, type Version } from '../domain/version.ts';
import type { AcceptedChange } from './accepted-stream.ts';
import type { MergeRequest } from './hot-store.ts';

/**
 * What of a request may come in over a fence; for adapters. A session's report, and the device that it is
 * of, are as old as what it reports.
 */
export function aboveFence(request: MergeRequest, fence: Version | null): MergeRequest {
  if (fence === null) return request;
  const { presence, nowMs, writes, transitions } = request;
  const isOfBefore = (presence?.receivedAtMs ?? nowMs) <= activityTimeMs(fence);
  return {
    ...request,
    writes: writes.map((write) => ({ title: write.title, ...stateAbove(write, fence) })),
    transitions: transitions.filter(({ transition }) => transition.version > fence),
    ...(isOfBefore && { device: null, presence: null }),
  };
}

/** The same of what another region accepted; of its devices only those stay that it still names. */
export function acceptedAboveFence(change: AcceptedChange, fence: Version | null): AcceptedChange {
  if (fence === null) return change;
  const writes = change.writes
    .map((write) => ({ title: write.title, ...stateAbove(write, fence) }))
    .filter(({ playhead, visibility }) => playhead !== null || visibility !== null);
  const named = new Set(writes.map(({ playhead }) => playhead?.deviceHash));
  const isSince = (atMs: number) => atMs > activityTimeMs(fence);
  return {
    ...change,
    writes,
    devices: change.devices.filter(({ id }) => named.has(deviceHash(id))),
    sessions: change.sessions.filter(({ lastHeartbeatAtMs }) => isSince(lastHeartbeatAtMs)),
  };
}

/** Whether the durable store knew of the fence when this was read of it. */
export function knowsFence(
  titles: ReadonlyMap<string, TitleState>,
  fence: Version | null,
): boolean {
  return fence === null || (titles.get(floorTitle)?.playhead?.version ?? '') >= fence;
}
