import { cpuUsOfAll, redisCpuUs } from './machine.ts';
import type { Tiers } from './tiers.ts';
import { titlesPerProfile } from './workload.ts';

/** Reads under way at a time. */
export const readsInFlight = 16;

/** The state of a whole row, read from one of the stores; for each read. */
export interface RowRound {
  readsPerS: number;
  /** Of this process, which does nothing else meanwhile, and of the store's. */
  nodeCpuUs: number;
  storeCpuUs: number;
}

/** Where rows are read from, and what that store has spent so far, µs. */
interface RowSource {
  read(profileId: string): Promise<{ titles: ReadonlyMap<string, unknown> }>;
  spentUs(): number | Promise<number>;
}

export interface RowScale {
  warmUpReads: number;
  rounds: number;
  roundMs: number;
}

/** Reads rows of 20 playheads through the product's adapters, from each store in turn. */
export async function measureRowReads(
  tiers: Pick<Tiers, 'hot' | 'durable' | 'redis' | 'cassandraPids'>,
  profileIds: readonly string[],
  scale: RowScale,
): Promise<{ redis: RowRound[]; cassandra: RowRound[] }> {
  const sources: Record<'redis' | 'cassandra', RowSource> = {
    redis: {
      read: (profileId) => tiers.hot.read({ profileId, titles: null, nowMs: Date.now() }),
      spentUs: () => redisCpuUs(tiers.redis),
    },
    cassandra: {
      read: (profileId) => tiers.durable.read(profileId),
      spentUs: () => cpuUsOfAll(tiers.cassandraPids),
    },
  };
  const rounds: Record<keyof typeof sources, RowRound[]> = { redis: [], cassandra: [] };
  for (const source of Object.values(sources)) {
    await readRows(source, profileIds, { reads: scale.warmUpReads });
  }
  for (let round = 0; round < scale.rounds; round += 1) {
    for (const name of ['redis', 'cassandra'] as const) {
      const limit = { durationMs: scale.roundMs };
      rounds[name].push(await readRows(sources[name], profileIds, limit));
    }
  }
  return rounds;
}

async function readRows(
  source: RowSource,
  profileIds: readonly string[],
  limit: { reads?: number; durationMs?: number },
): Promise<RowRound> {
  const spentUs = await source.spentUs();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + (limit.durationMs ?? Number.POSITIVE_INFINITY);
  const readsMax = limit.reads ?? Number.POSITIVE_INFINITY;
  let reads = 0;
  const reader = async () => {
    while (reads < readsMax && performance.now() < endMs) {
      reads += 1;
      const { titles } = await source.read(profileIds[reads % profileIds.length] as string);
      if (titles.size !== titlesPerProfile) throw new Error(`A row of ${titles.size} titles.`);
    }
  };
  await Promise.all(Array.from({ length: readsInFlight }, reader));
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    readsPerS: reads / seconds,
    nodeCpuUs: (user + system) / reads,
    storeCpuUs: ((await source.spentUs()) - spentUs) / reads,
  };
}
