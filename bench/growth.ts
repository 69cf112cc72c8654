import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { partitionOf } from '../domain/version.ts';
import { profileKeys } from '../stores/redis/keys.ts';
import { productionKeys } from '../test/support/production-keys.ts';
import { startRedis } from '../test/support/redis-server.ts';
import { type ServerProcess, startServer } from './child.ts';
import { playbackEnv, playbackFile } from './lane-servers.ts';
import { LoadProcess } from './load.ts';
import { cpuUsOf, reapedCpuUsOf, redisCpuUs } from './machine.ts';
import { checkState, expectedState, type StateCheck } from './state-check.ts';
import { openHot, preload } from './tiers.ts';
import { type Contender, type Turn, type TurnScale, takeTurns } from './turns.ts';
import { anchorAgeMs, benchProfiles, type ProfileRange, partitions } from './workload.ts';

/** How much a store holds while heartbeats come. */
export interface Population {
  profiles: number;
  titles: number;
  /** Profiles whose heartbeats they are, all from one process. */
  reporting: number;
}

export interface GrowthScale extends TurnScale {
  /** At least, and `warmBeats` of each session: nobody's first ones are measured. */
  warmUpRequests: number;
  connections: number;
}

export interface PopulationFigures {
  population: Population;
  /** What all of them took in Redis, their keys' own places included. */
  bytes: number;
  turns: Turn[];
  /** CPU of playback and Redis for each row that write-behind wrote in the end, µs. */
  drainUs: number;
  check: StateCheck;
  wrongOutcomes: number;
}

/** Keys that one write restores. */
const pipelineLength = 2_000;
/** Of a session, until merge.lua meets what it left itself. */
const warmBeats = 2;
/**
 * The longest that there is: nothing is drained while heartbeats are measured. They come sooner here than from
 * players, and one that is the only one of its title in an interval would pay for a whole row.
 */
const writeBehindMs = 300_000;

/**
 * Populations of different size in databases of one Redis, a playback process over each, and the same load on
 * each in turn.
 *
 * Errors: throws when anything but a recorded heartbeat is answered. What it opened is closed either way.
 */
export async function measureGrowth(
  populations: readonly Population[],
  of: { scale: GrowthScale; say: (line: string) => void },
): Promise<PopulationFigures[]> {
  const { scale, say } = of;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-growth-'));
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    const keys = await productionKeys(dataDir);
    // A copy of its file, made while it is measured, would be on some population's account.
    const redisServer = await startRedis({ args: ['--auto-aof-rewrite-percentage', '0'] });
    closers.push(() => redisServer.close());
    const load = LoadProcess.start();
    closers.push(() => load.close());
    const anchorMs = Date.now() - anchorAgeMs;
    await warmRedis(`${redisServer.url}/0`, anchorMs);
    const members = [];
    for (const [index, population] of populations.entries()) {
      const redisUrl = `${redisServer.url}/${index}`;
      const redis = new Redis(redisUrl);
      closers.push(async () => redis.disconnect());
      const { titles, reporting } = population;
      const range: ProfileRange = { first: 0, count: reporting, anchorMs, titles };
      const bytes = await populate(redis, { redisUrl, population, range });
      say(`growth: ${nameOf(population)}, ${Math.round(bytes / 1e3)} kB`);
      const own = join(dataDir, String(index));
      const env = playbackEnv(keys, { redisUrl, dataDir: own });
      const undrained = { ...env, PLAYBACK_WRITE_BEHIND_MS: String(writeBehindMs) };
      const server = await startServer(playbackFile, { env: undrained });
      closers.push(server.kill);
      members.push({ population, redisUrl, redis, range, bytes, server });
    }
    const wrong = new Map<Member, number>();
    for (const member of members) wrong.set(member, await warmUp(member, { load, scale, dataDir }));
    const turns = await takeTurns(members.map(contenderOf), { load, scale, say });
    const figures: PopulationFigures[] = [];
    for (const member of members) {
      const { population, bytes } = member;
      const own = turns.get(nameOf(population)) ?? [];
      const drainUs = await drainUsOf(member);
      const check = await checkOf(load, member);
      const wrongOutcomes = own.reduce(
        (sum, turn) => sum + turn.wrongOutcomes,
        wrong.get(member) ?? 0,
      );
      figures.push({ population, bytes, turns: own, drainUs, check, wrongOutcomes });
    }
    return figures;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

interface Member {
  population: Population;
  redisUrl: string;
  redis: Redis;
  range: ProfileRange;
  bytes: number;
  server: ServerProcess;
}

export function nameOf({ profiles, titles, reporting }: Population): string {
  return `${profiles} profiles of ${titles}, ${reporting} reporting`;
}

/** Answers how many outcomes were wrong. */
async function warmUp(
  { population, range, server }: Member,
  of: { load: LoadProcess; scale: GrowthScale; dataDir: string },
): Promise<number> {
  const { load, scale, dataDir } = of;
  const candidate = nameOf(population);
  const { connections, warmUpRequests } = scale;
  const to = { candidate, dialect: 'plain', url: server.url, connections } as const;
  await load.tell({ kind: 'connect', ...to, range, dataDir }, 'connected');
  const sessions = benchProfiles(range).reduce((total, one) => total + one.sessions.length, 0);
  const requests = Math.max(warmUpRequests, warmBeats * sessions);
  const { report } = await load.tell({ kind: 'load', candidate, requests }, 'loaded');
  return report.wrongOutcomes;
}

/** The process is told to end, and writes all that is owed. */
async function drainUsOf({ range, redis, server }: Member): Promise<number> {
  const played = benchProfiles(range).map(
    ({ sessions }) => new Set(sessions.map((it) => it.title)),
  );
  const rows = played.reduce((total, { size }) => total + size, 0);
  const before = { server: cpuUsOf(server.pid), redis: await redisCpuUs(redis) };
  const reapedUs = reapedCpuUsOf(process.pid);
  await server.stop();
  const serverUs = reapedCpuUsOf(process.pid) - reapedUs - before.server;
  return (serverUs + (await redisCpuUs(redis)) - before.redis) / rows;
}

function contenderOf({ population, redis, server }: Member): Contender {
  const meters = { server: () => cpuUsOf(server.pid), redis: () => redisCpuUs(redis) };
  return { name: nameOf(population), heartbeatsPerRequest: 1, meters };
}

/** Loads those that report as a hydration does, and beside them as many copies of one as are missing. */
async function populate(
  redis: Redis,
  of: { redisUrl: string; population: Population; range: ProfileRange },
): Promise<number> {
  const before = await usedBytes(redis);
  const hot = await openHot(of.redisUrl);
  const active = benchProfiles(of.range);
  await preload(active, { hot, durable: null });
  await hot.close();
  const template = keyOf((active[0] as { profileId: string }).profileId);
  const [dump, ttlMs] = await Promise.all([redis.dumpBuffer(template), redis.pttl(template)]);
  if (dump === null) throw new Error(`There is no ${template}.`);
  for (let first = active.length; first < of.population.profiles; first += pipelineLength) {
    const pipeline = redis.pipeline();
    const end = Math.min(first + pipelineLength, of.population.profiles);
    for (let index = first; index < end; index += 1) {
      pipeline.restore(keyOf(`prf_${String(index).padStart(6, '0')}`), Math.max(0, ttlMs), dump);
    }
    await pipeline.exec();
  }
  return (await usedBytes(redis)) - before;
}

function keyOf(profileId: string): string {
  return profileKeys({ partition: partitionOf(profileId, partitions), profileId }).profile;
}

/** What Redis uses for keys and scripts: whoever is connected does not count. */
async function usedBytes(redis: Redis): Promise<number> {
  const report = await redis.info('memory');
  const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(report)?.[1]);
  return figure('used_memory') - figure('mem_clients_normal') - figure('mem_aof_buffer');
}

/** Scripts and tables that Redis makes once are on no population's account. */
async function warmRedis(redisUrl: string, anchorMs: number): Promise<void> {
  const hot = await openHot(redisUrl);
  await preload(benchProfiles({ first: 0, count: 64, anchorMs }), { hot, durable: null });
  await hot.close();
  const redis = new Redis(redisUrl);
  await redis.flushdb();
  redis.disconnect();
}

async function checkOf(
  load: LoadProcess,
  of: { population: Population; range: ProfileRange; redisUrl: string },
): Promise<StateCheck> {
  const candidate = nameOf(of.population);
  const { inForce } = await load.tell({ kind: 'model', candidate }, 'model');
  const hot = await openHot(of.redisUrl);
  const read = async (profileId: string) =>
    (await hot.read({ profileId, titles: null, nowMs: Date.now() })).titles;
  const check = await checkState(expectedState(benchProfiles(of.range), inForce), read);
  await hot.close();
  return check;
}
