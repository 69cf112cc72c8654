import { randomUUID } from 'node:crypto';
import { Client } from 'cassandra-driver';
import { Redis } from 'ioredis';
import type { PlayheadRegister, TitleState } from '../domain/playhead.ts';
import { defaultPolicy } from '../domain/policy.ts';
import { deviceHash, partitionOf, sessionVersion } from '../domain/version.ts';
import { systemClock } from '../runtime/clock.ts';
import { readConfig } from '../runtime/config.ts';
import type { Region } from '../stores/cassandra/connection.ts';
import { openCassandraDurableStore } from '../stores/cassandra/durable.ts';
import { migrate } from '../stores/cassandra/migrate.ts';
import type { Replication } from '../stores/cassandra/replication.ts';
import type { DurableStore } from '../stores/durable-store.ts';
import { StoreUnreachable } from '../stores/faults.ts';
import type { HotStore } from '../stores/hot-store.ts';
import { openRedisHotStore } from '../stores/redis/hot.ts';
import { profileKeys } from '../stores/redis/keys.ts';
import { type CassandraNode, startCassandra } from '../test/support/cassandra-server.ts';
import { startRedis } from '../test/support/redis-server.ts';
import type { ReadTitles } from './state-check.ts';
import { type BenchProfile, partitions } from './workload.ts';

/** A whole run on a busy machine: the adapters' own deadlines are not what is measured here. */
const commandTimeoutMs = 5_000;
/** Profiles loaded at a time. */
const loadWidth = 16;
/** Each try waits for 1.6 s at most: a minute in all. */
const triesMax = 40;

/** Real servers with the tables of this release: one Redis with two databases, one Cassandra cluster. */
export interface Tiers {
  redis: Redis;
  redisPid: number;
  /** Of the database that `raw` writes to, and of the product's. */
  rawUrl: string;
  productUrl: string;
  cassandra: Client;
  cassandraPids: number[];
  contactPoint: string;
  dataCentre: string;
  keyspace: string;
  hot: HotStore;
  /** The raw server's database, through the same adapter. */
  rawHot: HotStore;
  durable: DurableStore;
  /** The naive server's table, as registers. */
  readNaive: ReadTitles;
  /** Whatever the product's adapters need beside an address. */
  redisOptions: typeof redisOptions;
  close(): Promise<void>;
}

export async function openTiers(options: { dataCentres: readonly string[] }): Promise<Tiers> {
  const redisServer = await startRedis();
  const { region, pids, replication, stop } = await openCassandra(options.dataCentres);
  const { dataCentre } = region;
  const keyspace = `bench_${randomUUID().replaceAll('-', '')}`;
  await migrate({
    ...{ keyspace, region, login: null, replication },
    ...{ isDryRun: false, print: () => {} },
  });
  const contactPoint = region.contactPoints[0] as string;
  const cassandra = new Client({
    ...{ contactPoints: [contactPoint], localDataCenter: dataCentre, keyspace },
    socketOptions: { readTimeout: 30_000 },
  });
  await cassandra.connect();
  await cassandra.execute(naiveTable);
  const redis = new Redis(redisServer.url);
  const [rawUrl, productUrl] = [`${redisServer.url}/1`, `${redisServer.url}/0`];
  const hot = await openHot(productUrl);
  const rawHot = await openHot(rawUrl);
  const durable = patient(
    await openCassandraDurableStore({ keyspace, local: region, remote: null, login: null }),
  );
  const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
  return {
    ...{ redis, redisPid, rawUrl, productUrl, hot, rawHot, durable },
    ...{ cassandra, contactPoint, dataCentre, keyspace, redisOptions },
    readNaive: (profileId) => readNaive(cassandra, profileId),
    cassandraPids: pids,
    async close() {
      await Promise.allSettled([hot.close(), rawHot.close(), durable.close()]);
      redis.disconnect();
      await cassandra.execute(`DROP KEYSPACE ${keyspace}`);
      await cassandra.shutdown();
      await redisServer.close();
      await stop();
    },
  };
}

/** The Cassandra at CASSANDRA_CONTACT_POINTS, where a keyspace is made and dropped; else one of our own. */
async function openCassandra(dataCentres: readonly string[]): Promise<{
  region: Region;
  pids: number[];
  replication: Replication;
  stop(): Promise<void>;
}> {
  const { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_LOCAL_DC: dataCentre } = readConfig();
  if (contactPoints !== undefined && dataCentre !== undefined) {
    const region = { contactPoints, dataCentre };
    return { region, pids: [], replication: { [dataCentre]: 1 }, stop: async () => {} };
  }
  const { nodes, stop } = await startCassandra({ dataCentres, isMeasured: true });
  const [node] = nodes as [CassandraNode];
  const replication = Object.fromEntries(dataCentres.map((name) => [name, 1]));
  return { region: node.region, pids: nodes.map(({ pid }) => pid), replication, stop };
}

/** The store, asked again when it does not answer: one that has just started, on a busy machine. */
function patient(durable: DurableStore): DurableStore {
  const insist = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StoreUnreachable) || tries >= triesMax) throw error;
      }
    }
  };
  return {
    write: (batch) => insist(() => durable.write(batch)),
    read: (profileId) => insist(() => durable.read(profileId)),
    erase: (erasing) => insist(() => durable.erase(erasing)),
    eachProfile: (visit) => durable.eachProfile(visit),
    close: () => durable.close(),
  };
}

const naiveTable = `CREATE TABLE IF NOT EXISTS naive_playhead (
  profile_id text, title_id text, device_id text, device_kind text, session_id text, event text,
  position_ms int, duration_ms int, PRIMARY KEY (profile_id, title_id))`;

const redisOptions = { commandTimeoutMs, partitions, clock: systemClock, policy: defaultPolicy };

/** The product's adapter, for profiles that are loaded before a run and compared after it. */
export function openHot(url: string): Promise<HotStore> {
  return openRedisHotStore({ ...redisOptions, address: { url } });
}

/** What the product's row would be, from columns and write times. */
async function readNaive(client: Client, profileId: string) {
  const query = `SELECT title_id, device_id, session_id, position_ms, duration_ms,
    writetime(position_ms) AS at_us FROM naive_playhead WHERE profile_id = ?`;
  const { rows } = await client.execute(query, [profileId], { prepare: true });
  return new Map(
    rows.map((row): [string, TitleState] => {
      const activityAtMs = Math.floor(Number(row.at_us) / 1_000);
      const { device_id: deviceId, session_id: sessionId } = row;
      const playhead: PlayheadRegister = {
        version: sessionVersion({ activityAtMs, deviceId, sessionId }),
        status: 'IN_PROGRESS',
        ...{ positionMs: row.position_ms, durationMs: row.duration_ms },
        ...{ deviceHash: deviceHash(deviceId), laterFields: '' },
      };
      return [row.title_id, { playhead, visibility: null }];
    }),
  );
}

/** What Redis needs for each title of a clean profile: its hash, devices, mark and key included. */
export async function bytesPerTitle(
  redis: Redis,
  profiles: readonly BenchProfile[],
): Promise<number> {
  const pipeline = redis.pipeline();
  for (const { profileId } of profiles) {
    const partition = partitionOf(profileId, partitions);
    pipeline.memory('USAGE', profileKeys({ partition, profileId }).profile, 'SAMPLES', 0);
  }
  const answers = (await pipeline.exec()) ?? [];
  const bytes = answers.map(([, answer]) => Number(answer));
  const titles = profiles.reduce((total, { preloaded }) => total + preloaded.size, 0);
  return bytes.reduce((total, each) => total + each, 0) / titles;
}

/** Puts the profiles where they would be: durable, and hot as a hydration brings them, clean. */
export async function preload(
  profiles: readonly BenchProfile[],
  to: { hot: HotStore; durable: DurableStore | null },
): Promise<void> {
  for (let first = 0; first < profiles.length; first += loadWidth) {
    const some = profiles.slice(first, first + loadWidth);
    await Promise.all(some.map((profile) => preloadOne(profile, to)));
  }
}

async function preloadOne(
  { profileId, preloaded, devices }: BenchProfile,
  to: { hot: HotStore; durable: DurableStore | null },
): Promise<void> {
  const titles = [...preloaded].map(([title, state]) => ({ title, ...state }));
  await to.durable?.write({ profileId, titles, devices });
  const nowMs = Date.now();
  const { witness } = await to.hot.read({ profileId, titles: null, nowMs });
  // Marked for a day: what is measured here is not how often a mark runs out.
  const markMs = 24 * 3_600_000;
  await to.hot.hydrate({ profileId, titles: preloaded, devices, witness, nowMs, markMs });
}
