import { defaultPolicy } from '../domain/policy.ts';
import { systemClock } from '../runtime/clock.ts';
import type { HotStore, MergeRequest } from '../stores/hot-store.ts';
import { openRedisHotStore } from '../stores/redis/hot.ts';
import { profileKeys } from '../stores/redis/keys.ts';
import { MergeCall, mergeResult } from '../stores/redis/merge-call.ts';
import { startRedis } from '../test/support/redis-server.ts';
import { Audience } from './audience.ts';
import { redisCpuUs, type Spread, spreadOf } from './machine.ts';
import { encodeCommand, RawRedis, type RawReply } from './raw-redis.ts';

/** Titles that every profile holds, one of which is being watched. */
export const titlesPerProfile = 20;
/** Heartbeats, or empty calls, of one turn: some milliseconds, so that neighbours' noise is shared. */
const turnLength = 500;
/** Commands in one write: a busy process's share of a turn. */
const pipelineDepth = 16;
/** Heartbeats that one call of the script takes: alone, and as the collector makes batches of them. */
const batchLengths = [1, 10, 25] as const;
/** Everything is in one slot, as it is for one call. */
const partition = 0;
const mergeCall = new MergeCall({ policy: defaultPolicy, partitions: 1 });

/** Set-up is done for so many viewers at once. */
const setUpInFlightMax = 100;
/** How long a title is dirty before it is drained. */
const drainAfterMs = 30_000;

/**
 * What of a heartbeat's life is in the figures: `between events`, the same title again and again, still
 * dirty; `five seconds`, the rhythm of players, so that every third is a progress event; `drained`, the
 * same under write-behind, so that every sixth makes its title dirty anew (the drain's own cost is the
 * drain's).
 */
const scenes = {
  'between events': { beatMs: 50, isDrained: false },
  'five seconds': { beatMs: 5_000, isDrained: false },
  drained: { beatMs: 5_000, isDrained: true },
} as const;

export type Scene = keyof typeof scenes;

export interface HeartbeatFigure {
  scene: Scene;
  heartbeatsPerCall: number;
  /** CPU of Redis for one heartbeat, microseconds. */
  redisUs: Spread;
  /** That heartbeat to an EVALSHA that does nothing, in the same round; the middle of all rounds. */
  ratio: Spread;
  /** Share of the heartbeats that moved their playhead: with less than all, something else was measured. */
  accepted: number;
}

/** How much is measured. */
export interface RedisScriptScale {
  viewers: number;
  /** Turns of each kind of call in each scene. */
  rounds: number;
}

export interface RedisScriptFigures {
  noopUs: Record<Scene, Spread>;
  heartbeats: HeartbeatFigure[];
  memory: { bytesPerTitle: number; profile: string; sessions: string };
}

/**
 * Measures what a heartbeat costs Redis, in CPU of Redis: merge.lua with the requests of
 * `recordHeartbeats`, beside an EVALSHA that does nothing, in turns.
 *
 * Shape: a Redis of its own without persistence; commands are made beforehand and sent without a driver,
 * 16 to a write. Versions rise within and between rounds. A turn is short and the rounds are many,
 * because a busy machine changes from second to second.
 */
export async function measureRedisScript(scale: RedisScriptScale): Promise<RedisScriptFigures> {
  const { viewers, rounds } = scale;
  const server = await startRedis({ args: ['--appendonly', 'no'] });
  const hot = await openRedisHotStore({
    address: { url: server.url },
    partitions: 1,
    policy: defaultPolicy,
    commandTimeoutMs: 30_000,
    clock: systemClock,
  });
  const redis = await RawRedis.open(server.port);
  try {
    const rig = { hot, redis, audience: new Audience(viewers), noopSha1: await loadScripts(redis) };
    await preload(rig);
    const memory = await memoryOf(rig);
    await beginWatching(rig);
    const figures: RedisScriptFigures = {
      noopUs: {} as Record<Scene, Spread>,
      heartbeats: [],
      memory: { ...memory, sessions: await encodingOf(rig, 'sessions') },
    };
    for (const scene of Object.keys(scenes) as Scene[]) {
      const { noop, heartbeats } = await measureScene(rig, { scene, rounds });
      figures.noopUs[scene] = noop;
      figures.heartbeats.push(...heartbeats);
    }
    return figures;
  } finally {
    redis.close();
    await hot.close();
    await server.close();
  }
}

/** Viewers, and the store that their heartbeats go to. */
interface Viewing {
  hot: HotStore;
  audience: Audience;
}

interface Rig extends Viewing {
  redis: RawRedis;
  noopSha1: string;
}

/** Commands that were made before the clock runs, and what is asked of their replies after it. */
interface Prepared {
  commands: Buffer[];
  accepted: (replies: readonly RawReply[]) => number;
}

async function loadScripts(redis: RawRedis): Promise<string> {
  await redis.ask('SCRIPT', 'LOAD', mergeCall.script.source);
  return String(await redis.ask('SCRIPT', 'LOAD', 'return 1'));
}

/** Profiles as they are after some evenings: compared with the durable store, and owing nothing. */
export async function preload(rig: Viewing): Promise<void> {
  const { hot, audience } = rig;
  const [write] = (await audience.report(0, 'START')).writes;
  const titles = Array.from({ length: titlesPerProfile }, (_, number) => ({
    title: `mov_title_number_${number}`,
    playhead: write?.playhead ?? null,
    visibility: write?.visibility ?? null,
  }));
  const compared = new Map(titles.map(({ title, ...state }) => [title, state]));
  await eachViewer(audience, async ({ token }) => {
    const { profileId } = token;
    const { nowMs } = audience;
    const device = { id: token.deviceId, kind: token.deviceKind, name: token.deviceName };
    const whole = { profileId, nowMs, writes: titles, device };
    await hot.merge({ ...whole, presence: null, transitions: [], onlyIf: null });
    const { witness } = await hot.read({ profileId, titles: null, nowMs });
    const hydration = { profileId, titles: compared, devices: [device], witness };
    await hot.hydrate({ ...hydration, nowMs, markMs: 600_000 });
  });
  await drain(rig, Number.MAX_SAFE_INTEGER);
}

async function eachViewer(
  { viewers }: Audience,
  act: (viewer: Audience['viewers'][number]) => Promise<unknown>,
): Promise<void> {
  for (let first = 0; first < viewers.length; first += setUpInFlightMax) {
    await Promise.all(viewers.slice(first, first + setUpInFlightMax).map(act));
  }
}

/** The durable store has everything that is dirty since then. */
export async function drain({ hot, audience }: Viewing, sinceMs: number): Promise<void> {
  for (;;) {
    const due = await hot.due({ partition, sinceMs, skip: 0, limit: 500 });
    if (due.length === 0) return;
    const titles = due.map(({ profileId, title, playhead, visibility }) => ({
      profileId,
      title,
      playheadVersion: playhead?.version ?? null,
      visibilityVersion: visibility?.version ?? null,
    }));
    await hot.settle({ partition, titles, nowMs: audience.nowMs });
  }
}

async function memoryOf({ redis, audience }: Rig) {
  let bytes = 0;
  for (const { token } of audience.viewers) {
    const { profile } = profileKeys({ partition, profileId: token.profileId });
    bytes += Number(await redis.ask('MEMORY', 'USAGE', profile, 'SAMPLES', 0));
  }
  return {
    bytesPerTitle: rounded(bytes / audience.viewers.length / titlesPerProfile),
    profile: await encodingOf({ redis, audience }, 'profile'),
  };
}

async function encodingOf(
  { redis, audience }: Pick<Rig, 'redis' | 'audience'>,
  key: 'profile' | 'sessions',
): Promise<string> {
  const profileId = audience.viewers[0]?.token.profileId ?? '';
  return String(await redis.ask('OBJECT', 'ENCODING', profileKeys({ partition, profileId })[key]));
}

/** Everybody presses play, and has been watching for some seconds. */
async function beginWatching({ hot, audience }: Viewing): Promise<void> {
  for (const event of ['START', 'HEARTBEAT', 'HEARTBEAT'] as const) {
    await eachViewer(audience, async () => hot.merge(await audience.report(5_000, event)));
  }
}

async function measureScene(
  rig: Rig,
  of: { scene: Scene; rounds: number },
): Promise<{ noop: Spread; heartbeats: HeartbeatFigure[] }> {
  const { beatMs, isDrained } = scenes[of.scene];
  const noopUs: number[] = [];
  const figures = batchLengths.map((batchLength) => ({
    batchLength,
    us: [] as number[],
    accepted: 0,
  }));
  for (let round = 0; round < of.rounds; round += 1) {
    const noop = await measure(rig, prepareNoop(rig));
    noopUs.push(noop.us / turnLength);
    for (const figure of figures) {
      if (isDrained) await drain(rig, rig.audience.nowMs - drainAfterMs);
      const { batchLength } = figure;
      const prepared = await prepareHeartbeats(rig, { beatMs, batchLength });
      const { us, accepted } = await measure(rig, prepared);
      figure.us.push(us / turnLength);
      figure.accepted += accepted / turnLength / of.rounds;
    }
  }
  const heartbeats = figures.map(({ batchLength, us, accepted }) => ({
    scene: of.scene,
    heartbeatsPerCall: batchLength,
    redisUs: spreadOf(us),
    ratio: spreadOf(us.map((each, round) => each / (noopUs[round] ?? Number.NaN))),
    accepted: rounded(accepted),
  }));
  return { noop: spreadOf(noopUs), heartbeats };
}

function prepareNoop({ noopSha1 }: Rig): Prepared {
  const command = encodeCommand(['EVALSHA', noopSha1, 0]);
  return { commands: Array.from({ length: turnLength }, () => command), accepted: () => 0 };
}

async function prepareHeartbeats(
  { audience }: Rig,
  of: { beatMs: number; batchLength: number },
): Promise<Prepared> {
  const batches: MergeRequest[][] = [];
  for (let made = 0; made < turnLength; made += 1) {
    if ((batches.at(-1)?.length ?? of.batchLength) === of.batchLength) batches.push([]);
    batches.at(-1)?.push(await audience.report(of.beatMs));
  }
  const commands = batches.map((requests) => {
    const { keys, args } = mergeCall.step({ partition, requests });
    return encodeCommand(['EVALSHA', mergeCall.script.sha1, keys.length, ...keys, ...args]);
  });
  const accepted = (replies: readonly RawReply[]) =>
    replies.reduce<number>((sum, reply, index) => sum + acceptedOf(batches[index] ?? [], reply), 0);
  return { commands, accepted };
}

function acceptedOf(requests: readonly MergeRequest[], answer: RawReply): number {
  const replies = mergeCall.replies(requests, answer);
  return replies.filter((reply, index) => {
    const result = mergeResult(requests[index] as MergeRequest, reply);
    if (result.kind === 'conflict') return false;
    return result.titles.every(({ before, after }) => before.playhead !== after.playhead);
  }).length;
}

/** Sends what was prepared; answers the CPU time that Redis spent on it, without the asking. */
async function measure(
  { redis }: Rig,
  { commands, accepted }: Prepared,
): Promise<{ us: number; accepted: number }> {
  const [before, start] = [await cpuUs(redis), await cpuUs(redis)];
  const replies: RawReply[] = [];
  for (let first = 0; first < commands.length; first += pipelineDepth) {
    replies.push(...(await redis.pipeline(commands.slice(first, first + pipelineDepth))));
  }
  const end = await cpuUs(redis);
  const failure = replies.find((reply) => reply instanceof Error);
  if (failure !== undefined) throw new Error('Redis refused a command.', { cause: failure });
  return { us: end - start - (start - before), accepted: accepted(replies) };
}

function cpuUs(redis: RawRedis): Promise<number> {
  return redisCpuUs({ info: async (section) => String(await redis.ask('INFO', section)) });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
