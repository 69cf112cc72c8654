import type { PlayheadRegister } from '../domain/playhead.ts';
import { defaultPolicy } from '../domain/policy.ts';
import { deviceHash, sessionVersion, versionFloor, versionZero } from '../domain/version.ts';
import { systemClock } from '../runtime/clock.ts';
import type { MergeRequest } from '../stores/hot-store.ts';
import { openRedisHotStore } from '../stores/redis/hot.ts';
import type { Outcome } from './plays.ts';
import type { WatchSession } from './workload.ts';

/** A heartbeat in the clear: no token to open, nothing to check. */
export interface RawHeartbeat extends WatchSession {
  sequence: number;
  event: 'HEARTBEAT';
  elapsedMs: number;
  positionMs: number;
}

/** The product's own merge in Redis, for servers that have nothing else of the product. */
export async function openRawMerge(
  redisUrl: string,
  partitions: number,
): Promise<(heartbeat: RawHeartbeat) => Promise<Outcome>> {
  const hot = await openRedisHotStore({
    ...{ address: { url: redisUrl }, partitions },
    ...{ commandTimeoutMs: 5_000, policy: defaultPolicy, clock: systemClock },
  });
  return async (heartbeat) => {
    const request = requestOf(heartbeat);
    const result = await hot.merge(request);
    if (result.kind !== 'merged') throw new Error(`A heartbeat met a ${result.kind}.`);
    const before = result.titles[0]?.before.playhead?.version ?? versionZero;
    const version = request.writes[0]?.playhead?.version ?? versionZero;
    if (version === before) return 'DUPLICATE';
    return version > before ? 'ACCEPTED' : 'SUPERSEDED';
  };
}

/** What playback/record-heartbeats.ts asks of the hot store for one plain heartbeat. */
function requestOf(heartbeat: RawHeartbeat): MergeRequest {
  const { profileId, title, device, sessionId, positionMs, durationMs } = heartbeat;
  const activityAtMs = heartbeat.anchorMs + heartbeat.elapsedMs;
  const version = sessionVersion({ activityAtMs, deviceId: device.id, sessionId });
  const playhead: PlayheadRegister = {
    ...{ version, status: 'IN_PROGRESS', positionMs, durationMs },
    ...{ deviceHash: deviceHash(device.id), laterFields: '' },
  };
  const { progressEventEveryMs } = defaultPolicy;
  return {
    profileId,
    nowMs: Date.now(),
    writes: [{ title, playhead, visibility: null }],
    device,
    presence: {
      ...{ sessionId, title, device, event: heartbeat.event, positionMs },
      ...{ startedAtMs: heartbeat.anchorMs, receivedAtMs: activityAtMs },
      sequence: heartbeat.sequence,
      actedAt: sessionVersion({ activityAtMs: heartbeat.anchorMs, deviceId: device.id, sessionId }),
    },
    transitions: [
      {
        transition: {
          ...{ kind: 'PROGRESS', profileId, title, version, occurredAtMs: activityAtMs },
          ...{ status: 'IN_PROGRESS', positionMs, durationMs, device, sessionId },
        },
        onlyIfBefore: versionFloor(activityAtMs - (activityAtMs % progressEventEveryMs)),
      },
    ],
    onlyIf: null,
  };
}
