import { stateAbove } from '../domain/erasure.ts';
import { floorTitle, type TitleState } from '../domain/playhead.ts';
import { activityTimeMs, type Version } from '../domain/version.ts';
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

/** Whether the durable store knew of the fence when this was read of it. */
export function knowsFence(
  titles: ReadonlyMap<string, TitleState>,
  fence: Version | null,
): boolean {
  return fence === null || (titles.get(floorTitle)?.playhead?.version ?? '') >= fence;
}
