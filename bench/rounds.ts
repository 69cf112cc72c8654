import type { Redis } from 'ioredis';
import type { LoadProcess } from './load.ts';
import type { LoadReport } from './load-client.ts';
import { cpuUsOf, cpuUsOfAll, redisCpuUs } from './machine.ts';

/** One candidate's turn: what was sent and answered, and what that cost. */
export interface Round extends LoadReport {
  requestsPerS: number;
  /** For each request: of the server's process, of Redis, of Cassandra. */
  serverCpuUs: number;
  redisCpuUs: number;
  cassandraCpuUs: number;
}

export interface Measured {
  load: LoadProcess;
  redis: Redis;
  cassandraPids: readonly number[];
  /** Of each candidate's server. */
  pids: ReadonlyMap<string, number>;
}

/** Loads one candidate for a while and measures what that costs everyone. */
export async function measureRound(
  candidate: string,
  durationMs: number,
  of: Measured,
): Promise<Round> {
  const before = await costs(candidate, of);
  const { report } = await of.load.tell({ kind: 'load', candidate, durationMs }, 'loaded');
  const after = await costs(candidate, of);
  return {
    ...report,
    requestsPerS: report.requests / (report.durationMs / 1_000),
    serverCpuUs: (after.serverUs - before.serverUs) / report.requests,
    redisCpuUs: (after.redisUs - before.redisUs) / report.requests,
    cassandraCpuUs: (after.cassandraUs - before.cassandraUs) / report.requests,
  };
}

async function costs(candidate: string, of: Measured) {
  return {
    serverUs: cpuUsOf(of.pids.get(candidate) ?? 0),
    redisUs: await redisCpuUs(of.redis),
    cassandraUs: cpuUsOfAll(of.cassandraPids),
  };
}
