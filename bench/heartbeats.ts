import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Candidate,
  candidates,
  dialects,
  preloadAll,
  rangesOf,
  startCandidates,
} from './candidates.ts';
import { measureRowReads, type RowRound, type RowScale } from './continue-watching.ts';
import { drainRest } from './drain.ts';
import { LoadProcess } from './load.ts';
import type { LoadReport } from './load-client.ts';
import { cpuUsOfAll, idle } from './machine.ts';
import { measureRound, type Round } from './rounds.ts';
import { checkState, expectedState, type StateCheck } from './state-check.ts';
import { bytesPerTitle, openTiers, type Tiers } from './tiers.ts';
import { benchProfiles, type ProfileRange } from './workload.ts';

export interface HeartbeatScale {
  /** Of each candidate, with 20 titles and two sessions each. */
  profiles: number;
  /** Of a Cassandra of our own: a node and a copy of everything in each. */
  dataCentres: readonly string[];
  warmUpRequests: Readonly<Record<Candidate, number>>;
  rounds: number;
  roundMs: number;
  rows: RowScale;
}

export interface HeartbeatFigures {
  rounds: Record<Candidate, Round[]>;
  rowReads: { redis: RowRound[]; cassandra: RowRound[] };
  redisBytesPerTitle: number;
  checks: { what: string; check: StateCheck }[];
  /** Outcomes that a right merge would not have answered, warming up included. */
  wrongOutcomes: number;
}

/** As many as a busy process's balancer keeps open. */
const connections = 64;

/**
 * Loads every candidate in turn over the same stores, then compares what the stores hold with what was
 * acknowledged.
 *
 * Errors: throws when a candidate answers anything but a recorded heartbeat. Everything it opened is
 * closed either way.
 */
export async function measureHeartbeats(
  scale: HeartbeatScale,
  say: (line: string) => void,
): Promise<HeartbeatFigures> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-bench-'));
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    say('Redis and Cassandra start');
    const tiers = await openTiers(scale);
    closers.push(tiers.close);
    const ranges = rangesOf(scale.profiles);
    await preloadAll(tiers, ranges);
    const redisBytesPerTitle = await bytesPerTitle(tiers.redis, benchProfiles(ranges.ours));
    say('the candidates start');
    const servers = await startCandidates(tiers, dataDir);
    for (const server of Object.values(servers)) closers.push(server.kill);
    const load = LoadProcess.start();
    closers.push(() => load.close());
    const warmed: LoadReport[] = [];
    for (const candidate of candidates) {
      const to = { candidate, dialect: dialects[candidate], url: servers[candidate].url };
      const order = { ...to, connections, range: ranges[candidate], dataDir };
      await load.tell({ kind: 'connect', ...order }, 'connected');
      warmed.push(await warmUp({ load, candidate, requests: scale.warmUpRequests[candidate] }));
      say(`${candidate} is warm`);
    }
    const pids = new Map(candidates.map((name) => [name, servers[name].pid]));
    const rounds = await interleaved(scale, { measured: { ...tiers, load, pids }, say });
    say('what is owed is drained');
    await servers.ours.stop();
    await drainRest(tiers);
    const checks = await checkAll({ tiers, load, ranges });
    const profileIds = benchProfiles(ranges.ours).map(({ profileId }) => profileId);
    const rowReads = await measureRowReads(tiers, profileIds, scale.rows);
    const wrongOutcomes = sum(
      [...warmed, ...Object.values(rounds).flat()].map((report) => report.wrongOutcomes),
    );
    return { rounds, rowReads, redisBytesPerTitle, checks, wrongOutcomes };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function warmUp(of: {
  load: LoadProcess;
  candidate: Candidate;
  requests: number;
}): Promise<LoadReport> {
  const { load, candidate, requests } = of;
  const { report } = await load.tell({ kind: 'load', candidate, requests }, 'loaded');
  return report;
}

/** A B C, A B C, …: what disturbs the machine disturbs them alike. */
async function interleaved(
  scale: HeartbeatScale,
  of: { measured: Parameters<typeof measureRound>[2]; say: (line: string) => void },
): Promise<Record<Candidate, Round[]>> {
  const rounds: Record<Candidate, Round[]> = { raw: [], ours: [], whole: [], naive: [] };
  for (let round = 1; round <= scale.rounds; round += 1) {
    for (const candidate of candidates) {
      // What the naive server gave Cassandra to do is not over when its turn is.
      await idle(() => cpuUsOfAll(of.measured.cassandraPids));
      rounds[candidate].push(await measureRound(candidate, scale.roundMs, of.measured));
    }
    of.say(`round ${round} of ${scale.rounds}`);
  }
  return rounds;
}

/** Each candidate's stores against its own model. */
async function checkAll(of: {
  tiers: Tiers;
  load: LoadProcess;
  ranges: Readonly<Record<Candidate, ProfileRange>>;
}): Promise<HeartbeatFigures['checks']> {
  const { hot, rawHot, durable, readNaive } = of.tiers;
  const inRedis = (store: typeof hot) => async (profileId: string) =>
    (await store.read({ profileId, titles: null, nowMs: Date.now() })).titles;
  const inCassandra = async (profileId: string) => (await durable.read(profileId)).titles;
  const stores = [
    { candidate: 'raw', what: 'raw in Redis', read: inRedis(rawHot) },
    { candidate: 'ours', what: 'ours in Redis', read: inRedis(hot) },
    { candidate: 'ours', what: 'ours in Cassandra', read: inCassandra },
    { candidate: 'whole', what: 'whole in Redis', read: inRedis(hot) },
    { candidate: 'whole', what: 'whole in Cassandra', read: inCassandra },
    { candidate: 'naive', what: 'naive in Cassandra', read: readNaive },
  ] as const;
  const checks: HeartbeatFigures['checks'] = [];
  for (const { candidate, what, read } of stores) {
    const { inForce } = await of.load.tell({ kind: 'model', candidate }, 'model');
    // The naive table was empty; the product's tiers were not.
    const loaded = candidate === 'naive' ? [] : benchProfiles(of.ranges[candidate]);
    checks.push({ what, check: await checkState(expectedState(loaded, inForce), read) });
  }
  return checks;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
