import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { Client, policies } from 'cassandra-driver';
import { readConfig } from '../../runtime/config.ts';
import { addressOf, type Patience, type Region } from '../../stores/cassandra/connection.ts';
import type { ClusterOptions } from '../../stores/cassandra/durable.ts';
import { type MigrateOptions, migrate } from '../../stores/cassandra/migrate.ts';
import { type CassandraCluster, startCassandra } from './cassandra-server.ts';
import { until } from './until.ts';

/** Another test file may be downloading and starting it: the longest of both. */
const sharedDeadlineMs = 400_000;

/**
 * The Cassandra that all test files of a run share: the one at CASSANDRA_CONTACT_POINTS, else one that
 * the first file to ask starts. Null where it cannot be started, except in CI, where that fails.
 */
export async function sharedCassandra(): Promise<Region | null> {
  const { CASSANDRA_CONTACT_POINTS: contactPoints, CASSANDRA_LOCAL_DC: dataCentre } = readConfig();
  if (contactPoints !== undefined && dataCentre !== undefined) return { dataCentre, contactPoints };
  return orSkip(async () => {
    const folder = process.env.TEST_RUN_DIR!;
    const answerFile = join(folder, 'cassandra.json');
    const isFirst = await mkdir(join(folder, 'cassandra-lock')).then(
      () => true,
      () => false,
    );
    if (isFirst) await share(folder, answerFile);
    const answer = await until(() => readFile(answerFile, 'utf8').catch(() => null), {
      what: 'the shared Cassandra is up',
      deadlineMs: sharedDeadlineMs,
    });
    const { region, problem } = JSON.parse(answer) as {
      region?: Region;
      problem?: string;
    };
    if (region === undefined) throw new Error(problem);
    return region;
  });
}

/** A cluster for a file that stops its nodes; null as `sharedCassandra` says. */
export async function ownCassandra(
  ...dataCentres: readonly string[]
): Promise<CassandraCluster | null> {
  return ownCassandraWith({ dataCentres });
}

/** The same, set up in another way than all the others. */
export async function ownCassandraWith(
  options: Parameters<typeof startCassandra>[0],
): Promise<CassandraCluster | null> {
  return orSkip(() => startCassandra(options));
}

/** Cases that need a cluster: without one they are skipped, by name. */
export function describeWith<Cluster>(
  cluster: Cluster | null,
  name: string,
  cases: (cluster: Cluster) => void,
): void {
  if (cluster !== null) describe(name, () => cases(cluster));
  else describe.skip(name, () => it('needs java and mvn, or CASSANDRA_CONTACT_POINTS', () => {}));
}

/** Hangs are what other tests are about: a busy machine must not look like one here. */
const patience: Patience = { connectMs: 10_000, answerMs: 10_000, operationMs: 30_000 };

/** A keyspace of its own, whose name nobody else has. */
export interface TestKeyspace {
  name: string;
  /** To look at the tables, and to change them as no adapter would. */
  client: Client;
  /** To open a store on it, one that waits for a busy machine. */
  cluster: ClusterOptions;
  migrate(options?: Partial<MigrateOptions>): Promise<string[]>;
  /** Drops the keyspace, and closes the client. */
  close(): Promise<void>;
}

const reconnectMs = 500;

/** Nothing is made before `migrate`; one copy in each data centre. */
export async function testKeyspace(...regions: readonly Region[]): Promise<TestKeyspace> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const [local] = regions as [Region];
  const client = new Client({
    ...addressOf(local),
    // Dropping a table takes a while where everything shares two cores.
    socketOptions: { readTimeout: 30_000 },
    // A node that was killed for a minute is found again at once; by itself the driver waits for as long.
    policies: { reconnection: new policies.reconnection.ConstantReconnectionPolicy(reconnectMs) },
    monitorReporting: { enabled: false },
  });
  await client.connect();
  return {
    name,
    client,
    cluster: { keyspace: name, local, remote: null, login: null, patience },
    async migrate(options = {}) {
      const lines: string[] = [];
      await migrate({
        keyspace: name,
        region: local,
        login: null,
        replication: Object.fromEntries(regions.map((each) => [each.dataCentre, 1])),
        isDryRun: false,
        print: (line) => lines.push(line),
        ...options,
      });
      return lines;
    },
    async close() {
      await client.execute(`DROP KEYSPACE IF EXISTS ${name}`);
      await client.shutdown();
    },
  };
}

/** Null, and a line that says so, where it cannot be opened; in CI that is a failure. */
export async function orSkip<Value>(open: () => Promise<Value>): Promise<Value | null> {
  try {
    return await open();
  } catch (error) {
    if (process.env.CI) throw error;
    process.stderr.write(`SKIPPED, no Cassandra: ${(error as Error).message}\n`);
    return null;
  }
}

/** Starts the shared node, which outlives this file; the run's end stops it. */
async function share(folder: string, answerFile: string): Promise<void> {
  const answer = await startShared(folder).catch((error: Error) => ({ problem: error.message }));
  await writeFile(`${answerFile}.new`, JSON.stringify(answer));
  await rename(`${answerFile}.new`, answerFile);
}

async function startShared(folder: string): Promise<{ region: Region }> {
  const keeperPid = Number(process.env.TEST_RUN_PID);
  const { nodes } = await startCassandra({ dataCentres: ['eu'], keeperPid, parentDir: folder });
  const { pid, region } = nodes[0]!;
  await writeFile(join(folder, 'cassandra.pid'), String(pid));
  return { region };
}
