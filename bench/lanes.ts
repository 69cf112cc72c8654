import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis } from '../test/support/redis-server.ts';
import type { ServerProcess } from './child.ts';
import {
  databases,
  type LaneName,
  laneCandidate,
  laneNames,
  type ServerName,
} from './lane-candidates.ts';
import { startLaneServers } from './lane-servers.ts';
import { type LaneShare, laneShares } from './lane-share.ts';
import { LoadProcess } from './load.ts';
import type { LoadReport } from './load-client.ts';
import { cpuUsOf, redisCpuUs } from './machine.ts';
import { type OtherStore, openOtherStores } from './other-stores.ts';
import { checkState, expectedState, type ReadTitles, type StateCheck } from './state-check.ts';
import { openHot, preload } from './tiers.ts';
import { type Contender, type Meter, type Turn, type TurnScale, takeTurns } from './turns.ts';
import { anchorAgeMs, benchProfiles, type ProfileRange } from './workload.ts';

export interface LaneScale extends TurnScale {
  isQuick: boolean;
  /** Of each candidate, with 20 titles and two sessions each. */
  profiles: number;
  warmUpRequests: number;
  /** By HTTP: as many as a busy process's balancer keeps open. */
  connections: number;
  /**
   * At the rate that each may send, more than the machine can answer: who has nothing to do in between is woken
   * for every single message, and that would be on its account.
   */
  sockets: number;
}

export interface LaneFigures {
  turns: Map<LaneName, Turn[]>;
  checks: { name: LaneName; check: StateCheck }[];
  /** Outcomes that a right merge would not have answered, warming up included. */
  wrongOutcomes: number;
  retries: number;
  shares: LaneShare[];
}

/** A Redis, and whatever else keeps what these candidates acknowledge. */
export interface LaneWorld {
  dataDir: string;
  redisUrl: string;
  redis: Redis;
  others: OtherStore[];
  names: LaneName[];
  ranges: Map<LaneName, ProfileRange>;
  scale: LaneScale;
  close(): Promise<void>;
}

/**
 * Loads every candidate in turn, then compares what the stores hold with what was acknowledged.
 *
 * Errors: throws when a candidate answers anything but a recorded heartbeat. Everything it opened is
 * closed either way.
 */
export async function measureLanes(
  world: LaneWorld,
  say: (line: string) => void,
): Promise<LaneFigures> {
  const { scale } = world;
  const servers = await startServersOf(world, world.names);
  const load = LoadProcess.start();
  try {
    const warmed = new Map<LaneName, LoadReport>();
    for (const name of world.names) {
      await connect(load, { world, name, servers });
      warmed.set(name, await warmUp(load, { name, requests: scale.warmUpRequests }));
      say(`${name}: warm`);
    }
    const contenders = world.names.map((name) => contenderOf(world, name, servers));
    const turns = (await takeTurns(contenders, { load, scale, say })) as Map<LaneName, Turn[]>;
    const checks = await checkAll(world, load);
    const reportsOf = (name: LaneName) =>
      [warmed.get(name), ...(turns.get(name) ?? [])].filter((report) => report !== undefined);
    const requestsOf = (name: LaneName) => sum(reportsOf(name).map(({ requests }) => requests));
    const shares = await laneShares({ servers, names: world.names, requestsOf });
    const all = world.names.flatMap(reportsOf);
    const wrongOutcomes = sum(all.map((report) => report.wrongOutcomes));
    const retries = sum(all.map((report) => report.retries));
    return { turns, checks, wrongOutcomes, retries, shares };
  } finally {
    await load.close();
    for (const server of servers.values()) await server.kill();
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export async function openLaneWorld(scale: LaneScale): Promise<LaneWorld> {
  const names = laneNames(scale.isQuick);
  const anchorMs = Date.now() - anchorAgeMs;
  const range = (index: number) => ({ first: index * scale.profiles, count: scale.profiles });
  const ranges = new Map(names.map((name, index) => [name, { ...range(index), anchorMs }]));
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-lanes-'));
  // A copy of its file, made while others are measured, would be on their account.
  const server = await startRedis({ args: ['--auto-aof-rewrite-percentage', '0'] });
  const redis = new Redis(server.url);
  const others: OtherStore[] = [];
  const close = async () => {
    redis.disconnect();
    for (const other of others) await other.close();
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const wanted = names.map((name) => laneCandidate(name).store);
    for (const open of openOtherStores) {
      if (wanted.includes(open.name)) others.push(await open.open());
    }
    const world = { dataDir, redisUrl: server.url, redis, others, names, ranges, scale, close };
    for (const name of names) await preloadOf(world, name);
    return world;
  } catch (error) {
    await close();
    throw error;
  }
}

/** The servers that these candidates need. */
export function startServersOf(
  world: LaneWorld,
  names: readonly LaneName[],
  nodeArgvOf?: (name: ServerName) => readonly string[],
): Promise<Map<ServerName, ServerProcess>> {
  const needed = new Set(names.flatMap((name) => Object.values(laneCandidate(name).servers)));
  const peers = Object.fromEntries(world.others.map(({ peer, start }) => [peer, start]));
  const { redisUrl, dataDir } = world;
  const profiled = nodeArgvOf === undefined ? {} : { nodeArgvOf };
  return startLaneServers([...needed], { redisUrl, dataDir, peers, ...profiled });
}

export async function preloadOf(world: LaneWorld, name: LaneName): Promise<void> {
  const { store } = laneCandidate(name);
  // What other stores hold begins with the first heartbeat.
  if (typeof store !== 'number') return;
  const hot = await openHot(`${world.redisUrl}/${store}`);
  await preload(profilesOf(world, name), { hot, durable: null });
  await hot.close();
}

function profilesOf({ ranges }: LaneWorld, name: LaneName) {
  return benchProfiles(ranges.get(name) as ProfileRange);
}

export async function connect(
  load: LoadProcess,
  of: { world: LaneWorld; name: LaneName; servers: ReadonlyMap<ServerName, ServerProcess> },
): Promise<void> {
  const { world, name, servers } = of;
  const { dialect, batch, onSocket, servers: own } = laneCandidate(name);
  const { url } = servers.get((own.gateway ?? own.server) as ServerName) as ServerProcess;
  await load.tell(
    {
      ...{ kind: 'connect', candidate: name, dialect, url, dataDir: world.dataDir },
      connections: world.scale[onSocket === undefined ? 'connections' : 'sockets'],
      range: world.ranges.get(name) as ProfileRange,
      ...(onSocket === undefined ? {} : { onSocket: { everyMs: onSocket.everyMs } }),
      ...(batch === undefined ? {} : { batch }),
    },
    'connected',
  );
}

export async function warmUp(
  load: LoadProcess,
  { name, requests }: { name: LaneName; requests: number },
): Promise<LoadReport> {
  return (await load.tell({ kind: 'load', candidate: name, requests }, 'loaded')).report;
}

function contenderOf(
  world: LaneWorld,
  name: LaneName,
  servers: ReadonlyMap<ServerName, ServerProcess>,
): Contender {
  const { batch = 1, store, servers: own } = laneCandidate(name);
  const meterOf = (server: ServerName | undefined): Meter | undefined => {
    const pid = server === undefined ? undefined : servers.get(server)?.pid;
    return pid === undefined ? undefined : () => cpuUsOf(pid);
  };
  const other = world.others.find((one) => one.name === store);
  const meters: Contender['meters'] = {};
  for (const part of ['gateway', 'server'] as const) {
    const meter = meterOf(own[part]);
    if (meter !== undefined) meters[part] = meter;
  }
  if (other === undefined) meters.redis = () => redisCpuUs(world.redis);
  else meters.store = other.cpuUs;
  const busyAfterwards = other === undefined ? {} : { busyAfterwards: () => other.cpuUs() };
  return { name, heartbeatsPerRequest: batch, meters, ...busyAfterwards };
}

/** Each candidate's store against its own model. */
async function checkAll(world: LaneWorld, load: LoadProcess): Promise<LaneFigures['checks']> {
  const checks: LaneFigures['checks'] = [];
  for (const name of world.names) {
    const { inForce } = await load.tell({ kind: 'model', candidate: name }, 'model');
    const { store } = laneCandidate(name);
    const other = world.others.find((one) => one.name === store);
    const loaded = other === undefined ? profilesOf(world, name) : [];
    const { read, close } =
      other === undefined ? await redisReader(world, store as number) : await other.reader();
    checks.push({ name, check: await checkState(expectedState(loaded, inForce), read) });
    await close();
  }
  return checks;
}

async function redisReader(
  { redisUrl }: LaneWorld,
  database: number,
): Promise<{ read: ReadTitles; close(): Promise<void> }> {
  const hot = await openHot(`${redisUrl}/${database}`);
  return {
    read: async (profileId) =>
      (await hot.read({ profileId, titles: null, nowMs: Date.now() })).titles,
    close: () => hot.close(),
  };
}

/** How many databases a Redis has unless it is told otherwise. */
const redisDatabases = 16;
if (Math.max(...Object.values(databases)) >= redisDatabases)
  throw new RangeError('Too many stores.');
