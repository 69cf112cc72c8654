import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LiveWorld } from '../test/fault/live-world.ts';
import { SteadyDevice } from '../test/fault/steady-device.ts';
import { type LiveStream, overSsePost, overWebSocket } from '../test/gateway/live-clients.ts';
import { productionKeys } from '../test/support/production-keys.ts';
import { environment, quantile, spreadOf } from './machine.ts';
import { type BenchOptions, type BenchResult, goal, shown } from './result.ts';

const pushMsMax = 250;
const resumeMsMax = 25;
const levelMsMax = 2_000;
/** Between two heartbeats of one device here; half a crowd of players at five seconds would do more. */
const everyMs = 200;

interface Scale {
  profiles: number;
  watchers: number;
  /** Heartbeats whose push is timed, over each kind of connection. */
  pushes: number;
  resumes: number;
}

const wholeScale: Scale = { profiles: 1_000, watchers: 2, pushes: 300, resumes: 1_000 };
/** A smoke test: whether everybody is told, not how soon. */
const quickScale: Scale = { profiles: 20, watchers: 2, pushes: 10, resumes: 50 };

const kinds = { 'graphql-ws': overWebSocket, 'event stream': overSsePost } as const;
const title = 'mov_sintel';
const follow = `subscription { playheadUpdates(playableId: "${title}") { kind playheads { version positionMs } } }`;
const resume = `{ viewer { playhead(playableId: "${title}") { resumePositionMs resumeReason version } } }`;

interface Crowd {
  subscribers: number;
  /** How long after its profile's last write each subscriber was level, ms, by what happened. */
  level: Record<string, number[]>;
  gatewayMb: number;
  playbackMb: number;
  upstreamSockets: number;
  durableReadsEach: number;
}

/** Live subscribers: how soon they are told, what they cost, and what becomes of them in restarts. */
export async function liveBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  const envIn = async (dataDir: string) => ({
    NODE_ENV: 'production',
    PLAINTEXT_ALLOWED: 'redis',
    HOST: '127.0.0.1',
    // The whole crowd is on this machine.
    LIVE_CONNECTIONS_PER_ADDRESS: '100000',
    // What is timed asks for less than a player does.
    PERSISTED_DOCUMENTS: 'all',
    ...(await productionKeys(dataDir)),
  });
  const world = await LiveWorld.open({ ...scale, envIn });
  try {
    say('live: one device reports, another is told');
    const pushes: Record<string, number[]> = {};
    for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
      pushes[kind] = await timePushes(world, { kind, count: scale.pushes });
    }
    say('live: resume');
    const resumes = await timeResumes(world, scale.resumes);
    const crowd = await watchCrowd(world, { scale, say });
    return {
      bench: 'live',
      mode: isQuick ? 'quick' : 'whole',
      environment: environment(),
      goals: goalsOf({ pushes, resumes, crowd }),
      tables: [latencyTable({ pushes, resumes }), crowdTable(crowd)],
      failures:
        crowd.upstreamSockets === 1 ? [] : ['More than one socket between gateway and playback.'],
    };
  } finally {
    await world.close();
  }
}

interface Measured {
  pushes: Record<string, number[]>;
  resumes: Record<string, number[]>;
  crowd: Crowd;
}

function goalsOf({ pushes, resumes, crowd }: Measured): BenchResult['goals'] {
  return [
    ...Object.entries(pushes).map(([kind, ms]) =>
      goal(
        `heartbeat sent to push on another device, ${kind}, p99 ms`,
        { atMost: pushMsMax },
        quantile(ms, 0.99),
      ),
    ),
    ...Object.entries(resumes).map(([what, ms]) =>
      goal(
        `${what} through the gateway, warm, p99 ms`,
        { atMost: resumeMsMax },
        quantile(ms, 0.99),
      ),
    ),
    ...Object.entries(crowd.level).map(([what, ms]) =>
      goal(
        `last of ${crowd.subscribers} subscribers level after the last write, ${what}, ms`,
        { atMost: levelMsMax },
        spreadOf(ms).max,
      ),
    ),
    goal('sockets between gateway and playback', { atMost: 1 }, crowd.upstreamSockets),
    goal(
      'durable reads for each profile of two subscribers when Redis comes back',
      { atMost: 2 },
      crowd.durableReadsEach,
    ),
  ];
}

/** Through the gateway, both ways: one device reports, a viewer elsewhere is told. */
async function timePushes(
  world: LiveWorld,
  { kind, count }: { kind: keyof typeof kinds; count: number },
): Promise<number[]> {
  const url = world.gateway.graphqlUrl;
  const token = await world.token(`pushed-${kind.replaceAll(' ', '-')}`);
  const device = new SteadyDevice({ url, token });
  await device.begin(title);
  const addresses = { url, webSocketUrl: url.replace(/^http/, 'ws') };
  const stream = kinds[kind](addresses, follow, { token });
  const ms: number[] = [];
  try {
    await stream.next();
    for (let turn = 1; turn <= count; turn += 1) {
      const positionMs = turn * 1_000;
      const sentAtMs = performance.now();
      const reported = device.seek(positionMs);
      await told(stream, positionMs);
      ms.push(performance.now() - sentAtMs);
      const outcome = await reported;
      if (outcome !== 'ACCEPTED') throw new Error(`A heartbeat was ${outcome}.`);
      await delay(everyMs);
    }
  } finally {
    device.close();
    await stream.leave();
  }
  return ms;
}

async function told(stream: LiveStream, positionMs: number): Promise<void> {
  for (;;) {
    const result = await stream.next();
    if (result === undefined) throw new Error('The stream has ended.');
    const { playheads } = result.data.playheadUpdates;
    if (playheads.some((playhead: { positionMs: number }) => playhead.positionMs === positionMs))
      return;
  }
}

async function timeResumes(world: LiveWorld, count: number): Promise<Record<string, number[]>> {
  const token = await world.token('viewer-0');
  const device = new SteadyDevice({ url: world.gateway.graphqlUrl, token });
  const time = async (ask: () => Promise<unknown>) => {
    // Warm: the same, without being timed.
    for (let turn = 0; turn < count / 5; turn += 1) await ask();
    const ms: number[] = [];
    for (let turn = 0; turn < count; turn += 1) {
      const sentAtMs = performance.now();
      await ask();
      ms.push(performance.now() - sentAtMs);
    }
    return ms;
  };
  const resumes = {
    'playhead query': await time(() => device.ask(resume)),
    beginSession: await time(() => device.begin(title)),
  };
  device.close();
  return resumes;
}

async function watchCrowd(
  world: LiveWorld,
  { scale, say }: { scale: Scale; say: BenchOptions['say'] },
): Promise<Crowd> {
  const subscribers = scale.profiles * scale.watchers;
  say(`live: ${subscribers} subscribers`);
  const before = [rssMbOf(world.gateway), rssMbOf(world.playback)] as const;
  await world.watch();
  const after = [rssMbOf(world.gateway), rssMbOf(world.playback)] as const;
  const upstreamSockets = await world.metric('playhead_gateway_sockets');
  const level: Crowd['level'] = {};
  await world.reportAll();
  level.quiet = await world.level();
  for (const [what, restart] of Object.entries(restarts)) {
    say(`live: ${what}`);
    await world.reportWhile(restart(world));
    level[what] = await world.level();
  }
  const reads = await world.readsOfRedisRestart();
  return {
    subscribers,
    level,
    gatewayMb: ((after[0] - before[0]) * 1_000) / subscribers,
    playbackMb: ((after[1] - before[1]) * 1_000) / subscribers,
    upstreamSockets,
    durableReadsEach: reads / scale.profiles,
  };
}

const restarts: Record<string, (world: LiveWorld) => Promise<void>> = {
  'gateway restarted': (world) => world.restartGateway(),
  'playback restarted': (world) => world.restartPlayback(),
  'Redis restarted': (world) => world.restartRedis(),
};

function rssMbOf({ process: { pid } }: LiveWorld['gateway']): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_000;
}

function latencyTable({ pushes, resumes }: Pick<Measured, 'pushes' | 'resumes'>) {
  const named = [
    ...Object.entries(pushes).map(([kind, ms]) => [`push, ${kind}`, ms] as const),
    ...Object.entries(resumes),
  ];
  return {
    title: 'How soon another device is told, and a player may begin',
    notes: [
      'Gateway, playback and Redis as processes of their own on this machine, in production mode, embedded durable store; one request at a time. Push: from sending the heartbeat to the gateway until the update has arrived there from the gateway.',
    ],
    header: ['what', 'times', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'],
    plot: {
      kind: 'bars' as const,
      name: 'latency',
      unit: 'ms',
      columns: ['p50 ms', 'p90 ms', 'p99 ms'],
    },
    rows: named.map(([what, ms]) => [
      what,
      String(ms.length),
      ...[0.5, 0.9, 0.99].map((share) => shown(quantile(ms, share))),
      shown(spreadOf(ms).max),
    ]),
  };
}

function crowdTable(crowd: Crowd) {
  return {
    title: `${crowd.subscribers} live subscribers of one gateway`,
    notes: [
      'Two subscribers for each profile, four of five over a WebSocket and the others over SSE, in a process of their own; they come back after a back-off with full jitter of 1 s, then 2 s. Each is killed and started again while every device reports on and on, and once more when all are back. ms from the acknowledgement of its profile’s last heartbeat until a subscriber knows what the store has.',
      `1,000 subscribers took ${shown(crowd.gatewayMb)} MB of the gateway's memory and ${shown(crowd.playbackMb)} MB of playback's.`,
    ],
    header: ['when', 'p50 ms', 'p99 ms', 'last ms'],
    rows: Object.entries(crowd.level).map(([when, ms]) => [
      when,
      ...[0.5, 0.99].map((share) => shown(quantile(ms, share))),
      shown(spreadOf(ms).max),
    ]),
  };
}
