import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import type { PlayheadRegister } from '../domain/playhead.ts';
import { defaultPolicy } from '../domain/policy.ts';
import { deviceHash, sessionVersion, versionFloor, versionZero } from '../domain/version.ts';
import { systemClock } from '../runtime/clock.ts';
import { listen } from '../runtime/listen.ts';
import type { MergeRequest } from '../stores/hot-store.ts';
import { openRedisHotStore } from '../stores/redis/hot.ts';
import type { Outcome } from './plays.ts';
import type { WatchSession } from './workload.ts';

/** A heartbeat in the clear: no token to open, nothing to check. */
interface RawHeartbeat extends WatchSession {
  sequence: number;
  event: 'HEARTBEAT';
  elapsedMs: number;
  positionMs: number;
}

/**
 * The floor of what a heartbeat over HTTP can cost here: node:http, JSON in and out, and the product's
 * own adapter of Redis: the same script with the same batching. No GraphQL, no token, no check, no
 * breaker, nothing remembered.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { redis: { type: 'string' }, partitions: { type: 'string' } },
  });
  const hot = await openRedisHotStore({
    ...{ address: { url: values.redis as string }, partitions: Number(values.partitions) },
    ...{ commandTimeoutMs: 5_000, policy: defaultPolicy, clock: systemClock },
  });
  const merge = async (heartbeat: RawHeartbeat): Promise<Outcome> => {
    const request = requestOf(heartbeat);
    const result = await hot.merge(request);
    if (result.kind !== 'merged') throw new Error(`A heartbeat met a ${result.kind}.`);
    const before = result.titles[0]?.before.playhead?.version ?? versionZero;
    const version = request.writes[0]?.playhead?.version ?? versionZero;
    if (version === before) return 'DUPLICATE';
    return version > before ? 'ACCEPTED' : 'SUPERSEDED';
  };
  const server = createServer((request, response) => answer({ request, response, merge }));
  const { url } = await listen(server, { host: '127.0.0.1', port: 0 });
  process.stdout.write(`raw  ${url}/graphql\n`);
}

function answer(of: {
  request: IncomingMessage;
  response: ServerResponse;
  merge: (heartbeat: RawHeartbeat) => Promise<Outcome>;
}): void {
  const { request, response, merge } = of;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const heartbeat = JSON.parse(Buffer.concat(chunks).toString()) as RawHeartbeat;
      const outcome = await merge(heartbeat);
      const text = JSON.stringify({ outcome, durability: 'HOT', nextHeartbeatInMs: 5_000 });
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': text.length,
      });
      response.end(text);
    } catch (error) {
      response.writeHead(500, { 'content-length': 0 }).end();
      process.stderr.write(`${(error as Error).stack}\n`);
    }
  });
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

await main();
