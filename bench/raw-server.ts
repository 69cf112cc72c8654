import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import type { PlayheadRegister } from '../domain/playhead.ts';
import { defaultPolicy } from '../domain/policy.ts';
import { deviceHash, partitionOf, sessionVersion, versionFloor } from '../domain/version.ts';
import { systemClock } from '../runtime/clock.ts';
import { listen } from '../runtime/listen.ts';
import type { MergeRequest } from '../stores/hot-store.ts';
import { RedisConnection } from '../stores/redis/connection.ts';
import { partitionKeys, profileKeys } from '../stores/redis/keys.ts';
import { type MergeReply, mergeArguments } from '../stores/redis/merge-call.ts';
import { readScript } from '../stores/redis/scripts.ts';
import type { Outcome } from './plays.ts';
import type { WatchSession } from './workload.ts';

/** A heartbeat in the clear: no token to open, nothing to check. */
interface RawHeartbeat extends WatchSession {
  sequence: number;
  event: 'HEARTBEAT';
  elapsedMs: number;
  positionMs: number;
}

const mergeScript = readScript('merge');
/** As stores/redis/hot.ts has them; they only say when something is thrown away. */
const limits = [72 * 3_600_000, 24 * 3_600_000, 20, 100_000, 100_000];

/**
 * The floor of what a heartbeat over HTTP can cost here: node:http, JSON in and out, and the product's
 * own merge script with the product's own connection, once a heartbeat. No GraphQL, no token, no check.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { redis: { type: 'string' }, partitions: { type: 'string' } },
  });
  const partitions = Number(values.partitions);
  const connection = await RedisConnection.open({
    address: { url: values.redis as string },
    commandTimeoutMs: 5_000,
    clock: systemClock,
  });
  const merge = async (heartbeat: RawHeartbeat): Promise<Outcome> => {
    const request = requestOf(heartbeat);
    const partition = partitionOf(request.profileId, partitions);
    const keys = partitionKeys(partition);
    const { profile, sessions, changed } = profileKeys({ partition, ...request });
    const [reply] = (await connection.run(mergeScript, {
      keys: [
        ...[keys.dirty, keys.quarantine, keys.events, keys.out, keys.generation, keys.appended],
        ...[profile, sessions, changed],
      ],
      args: [...limits, ...mergeArguments(request, defaultPolicy)],
    })) as [MergeReply];
    if (reply[0] !== 'merged') throw new Error(String(reply));
    const before = (reply[2] ?? '').slice(0, 24);
    const version = request.writes[0]?.playhead?.version ?? '';
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
      ...{ sessionId, title, device, event: heartbeat.event, positionMs, hasActed: false },
      ...{ startedAtMs: heartbeat.anchorMs, receivedAtMs: activityAtMs },
      sequence: heartbeat.sequence,
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
