import { productionKeys } from '../test/support/production-keys.ts';
import { type ServerProcess, startServer } from './child.ts';
import type { Dialect } from './requests.ts';
import { preload, type Tiers } from './tiers.ts';
import { anchorAgeMs, benchProfiles, type ProfileRange, partitions } from './workload.ts';

/**
 * Who is measured. `raw` and `naive` have files of their own here; `ours` is the product's playback
 * process with the README's mutation, `whole` the same process with the SDK's, which asks for the
 * playhead in force as well.
 */
export const candidates = ['raw', 'ours', 'whole', 'naive'] as const;
export type Candidate = (typeof candidates)[number];

export const dialects: Readonly<Record<Candidate, Dialect>> = {
  raw: 'raw',
  ours: 'plain',
  whole: 'whole',
  naive: 'naive',
};

/** Redis and Cassandra share the machine with everything else: nothing here is about their timeouts. */
const redisTimeoutMs = '5000';

/** Nobody writes to another one's profiles, so that each has a model of its own. */
export function rangesOf(profiles: number): Record<Candidate, ProfileRange> {
  const own = { first: 0, count: profiles, anchorMs: Date.now() - anchorAgeMs };
  return { raw: own, ours: own, naive: own, whole: { ...own, first: profiles } };
}

/** Fills the product's tiers, and the raw server's Redis database. The naive table fills as it runs. */
export async function preloadAll(
  tiers: Tiers,
  ranges: Readonly<Record<Candidate, ProfileRange>>,
): Promise<void> {
  const { hot, rawHot, durable } = tiers;
  await preload(benchProfiles(ranges.ours), { hot, durable });
  await preload(benchProfiles(ranges.whole), { hot, durable });
  await preload(benchProfiles(ranges.raw), { hot: rawHot, durable: null });
}

/** Starts all of them at once: what one does to the machine, it does to all. */
export async function startCandidates(
  tiers: Tiers,
  dataDir: string,
): Promise<Record<Candidate, ServerProcess>> {
  const { contactPoint, dataCentre, keyspace } = tiers;
  const [raw, ours, naive] = await Promise.all([
    startServer('bench/raw-server.ts', {
      argv: ['--redis', tiers.rawUrl, '--partitions', String(partitions)],
    }),
    startServer('subgraphs/playback/main.ts', {
      env: {
        ...(await productionKeys(dataDir)),
        ...{ HOST: '127.0.0.1', PLAYBACK_PORT: '0', DATA_DIR: dataDir },
        // The load goes past the gateway, whose cost is another benchmark's.
        SUBGRAPH_TOKENS: 'accepted',
        ...{ REDIS_URL: tiers.productUrl, REDIS_COMMAND_TIMEOUT_MS: redisTimeoutMs },
        PLAYBACK_PARTITIONS: String(partitions),
        // Each device reports as often as it can here; it is counted all the same.
        RATE_LIMIT_DEVICE: 'off',
        ...{ CASSANDRA_CONTACT_POINTS: contactPoint, CASSANDRA_LOCAL_DC: dataCentre },
        CASSANDRA_KEYSPACE: keyspace,
      },
    }),
    startServer('bench/naive-server.ts', {
      argv: ['--contact', contactPoint, '--dc', dataCentre, '--keyspace', keyspace],
    }),
  ]);
  return { raw, ours, whole: ours, naive };
}
