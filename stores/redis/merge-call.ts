import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import { mergeTitle } from '../../domain/merge.ts';
import { type Device, floorTitle, type TitleState } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { deviceHash } from '../../domain/version.ts';
import type { MergedTitle, MergeRequest, MergeResult, TitleWrite } from '../hot-store.ts';
import { unavailable } from './connection.ts';
import { statusLetter, unpackState } from './packed-profile.ts';
import { reportArguments } from './session.ts';

/** One request's answer from merge.lua. */
export type MergeReply = ['merged' | 'conflict' | 'failed', ...(string | null)[]];

/** A request as merge.lua takes it, in the order of its header; one write a title. */
export function mergeArguments(request: MergeRequest, policy: Policy): (string | number)[] {
  const { profileId, nowMs, writes, device, presence, transitions, onlyIf } = request;
  const conditions = onlyIf === null ? [] : [[onlyIf.title, onlyIf.version, onlyIf.floorVersion]];
  const offers = transitions.map(({ transition, onlyIfBefore }) => [
    transition.title,
    transition.version,
    onlyIfBefore,
    statusLetter(transition.status),
    JSON.stringify(transition),
  ]);
  const reports = presence === null ? [] : [reportArguments(presence, policy)];
  return [
    profileId,
    nowMs,
    ...(device === null ? ['', '', ''] : deviceArguments(device)),
    ...[conditions.length, writes.length, offers.length, reports.length],
    ...conditions.flat(),
    ...writes.flatMap((write) => [write.title, ...registerArguments(write)]),
    ...offers.flat(),
    ...reports.flat(),
  ];
}

/** Hash, kind and id, name: two short values, where one could be too long for a listpack. */
export function deviceArguments(device: Device): [hash: string, kindAndId: string, name: string] {
  return [deviceHash(device.id), `${device.kind}|${device.id}`, device.name ?? ''];
}

/** Packed registers; '' for one that is not written. */
export function registerArguments({ playhead, visibility }: TitleState): string[] {
  return [
    playhead === null ? '' : packPlayhead(playhead),
    visibility === null ? '' : packVisibility(visibility),
  ];
}

/** Errors: PlatformError STATE_UNAVAILABLE when the step failed, or met a value nobody can read. */
export function mergeResult(request: MergeRequest, reply: MergeReply): MergeResult {
  const [kind, ...answers] = reply;
  if (kind === 'conflict') return { kind };
  if (kind === 'failed') throw unavailable('merge', new Error(String(answers[0])));
  const { profileId } = request;
  const [floor = null, ...before] = answers;
  const titles = request.writes.map((write, index) => {
    const [playhead = null, visibility = null] = before.slice(2 * index);
    return mergedTitle(unpackState({ profileId, title: write.title, playhead, visibility }), write);
  });
  const floorState = { profileId, title: floorTitle, playhead: floor, visibility: null };
  return { kind: 'merged', titles, floor: unpackState(floorState).playhead };
}

/** What the script stored follows from what it met: its rule is the domain's. */
function mergedTitle(before: TitleState, write: TitleWrite): MergedTitle {
  return { title: write.title, before, after: mergeTitle(before, write) };
}
