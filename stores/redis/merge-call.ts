import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import { mergeTitle } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import type { MergedTitle, MergeRequest, MergeResult, TitleWrite } from '../hot-store.ts';
import { unavailable } from './connection.ts';
import { packDevice } from './device.ts';
import { type PartitionKeys, partitionKeys, profileKeys } from './keys.ts';
import { outConstants, type RegionOptions } from './out.ts';
import { statusLetter, unpackState } from './packed-profile.ts';
import { packPlainHeartbeat } from './plain-heartbeat.ts';
import { readScript, type Script, type Step } from './scripts.ts';
import { packReport, sessionConstants } from './session.ts';
import { eventsLengthMax } from './stream.ts';

/** A clean profile is kept this long after it was last written or compared: three evenings. */
export const cleanProfileTtlMs = 72 * 3_600_000;

/**
 * One request's answer from merge.lua: all that there is to say of a plain heartbeat is the position that
 * it met.
 */
export type MergeReply = string | ['merged' | 'held' | 'conflict' | 'failed', ...(string | null)[]];

/** merge.lua under a policy: what it is called with, and what its replies mean. */
export class MergeCall {
  readonly script: Script;
  readonly #policy: Policy;
  readonly #hasRegions: boolean;
  readonly #keys: readonly PartitionKeys[];

  constructor(options: { policy: Policy; partitions: number; region?: RegionOptions }) {
    this.#policy = options.policy;
    this.#hasRegions = options.region !== undefined;
    this.#keys = Array.from({ length: options.partitions }, (_, index) => partitionKeys(index));
    this.script = readScript('merge', {
      events_length_max: eventsLengthMax,
      ...outConstants(options),
      clean_ttl_ms: cleanProfileTtlMs,
      ...sessionConstants(options.policy),
    });
  }

  /** One call for requests of one partition, each of one write a title. */
  step(of: { partition: number; requests: readonly MergeRequest[] }): Step {
    const { partition, requests } = of;
    const own = this.#keys[partition] as PartitionKeys;
    const { dirty, quarantine, events, generation, out } = own;
    const profiles = requests.map(({ profileId }) => profileKeys({ partition, profileId }));
    const isSeldom = this.#hasRegions || requests.some(({ onlyIf }) => onlyIf !== null);
    return {
      keys: [
        ...[dirty, quarantine, events],
        ...profiles.flatMap(({ profile, sessions }) => [profile, sessions]),
        ...(isSeldom ? [generation, out] : []),
      ],
      args: requests.map(
        (request) => packPlainHeartbeat(request, this.#policy) ?? packRequest(request),
      ),
    };
  }

  /** The replies of one call, in the order of its requests. */
  replies(requests: readonly MergeRequest[], answer: unknown): MergeReply[] {
    return requests.length === 1 ? [answer as MergeReply] : (answer as MergeReply[]);
  }
}

/** Any request, as merge-any.lua takes it. */
function packRequest(request: MergeRequest): string {
  const { nowMs, writes, device, presence, transitions, onlyIf } = request;
  return JSON.stringify({
    nowMs: String(nowMs),
    ...(request.isFact && { isFact: true }),
    ...(onlyIf !== null && {
      condition: { title: onlyIf.title, version: onlyIf.version, floor: onlyIf.floorVersion },
    }),
    ...(device !== null && { device: packDevice(device) }),
    writes: writes.map((write) => ({ title: write.title, ...packState(write) })),
    offers: transitions.map(({ transition, onlyIfBefore }) => ({
      title: transition.title,
      version: transition.version,
      newsBefore: onlyIfBefore,
      status: statusLetter(transition.status),
      entry: ['e', JSON.stringify(transition)],
    })),
    ...(presence !== null && { report: packReport(presence) }),
  });
}

/** Packed registers; '' for one that is not written. */
export function packState({ playhead, visibility }: TitleState): {
  playhead: string;
  visibility: string;
} {
  return {
    playhead: playhead === null ? '' : packPlayhead(playhead),
    visibility: visibility === null ? '' : packVisibility(visibility),
  };
}

/** Errors: PlatformError STATE_UNAVAILABLE when the step failed, or met a value nobody can read. */
export function mergeResult(request: MergeRequest, reply: MergeReply): MergeResult {
  if (typeof reply === 'string') return plainResult(request, reply);
  const [kind, ...answers] = reply;
  if (kind === 'conflict') return { kind };
  if (kind === 'failed') throw unavailable('merge', new Error(String(answers[0])));
  const { profileId } = request;
  const isHeld = kind === 'held';
  const [floor = null, ...met] = answers;
  const titles = request.writes.map((write, index) => {
    const [playhead = null, visibility = null] = met.slice(2 * index);
    const before = unpackState({ profileId, title: write.title, playhead, visibility });
    return isHeld ? { title: write.title, before, after: before } : mergedTitle(before, write);
  });
  const floorState = { profileId, title: floorTitle, playhead: floor, visibility: null };
  return { kind: 'merged', titles, floor: unpackState(floorState).playhead, isHeld };
}

/** Of a plain heartbeat, whose one write met this position. */
function plainResult({ profileId, writes }: MergeRequest, playhead: string): MergeResult {
  const titles = writes.map((write) => {
    const { title } = write;
    return mergedTitle(unpackState({ profileId, title, playhead, visibility: null }), write);
  });
  return { kind: 'merged', titles, floor: null, isHeld: false };
}

/** What the script stored follows from what it met: its rule is the domain's. */
function mergedTitle(before: TitleState, write: TitleWrite): MergedTitle {
  return { title: write.title, before, after: mergeTitle(before, write) };
}
