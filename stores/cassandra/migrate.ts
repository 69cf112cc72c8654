import { setTimeout as delay } from 'node:timers/promises';
import { Client, policies, types } from 'cassandra-driver';
import type { TlsOptions } from '../tls.ts';
import { addressOf, type Login, type Region } from './connection.ts';
import { SchemaMismatch } from './faults.ts';
import { type Migration, migrationsFolder, readMigrations } from './migration-files.ts';
import { bookkeepingTables, type SchemaLock, takeSchemaLock } from './schema-lock.ts';
import { pendingMigrations, readApplied } from './schema-version.ts';

/** Copies of each profile by data centre, such as `{ eu: 3, us: 3 }`. */
export type Replication = Readonly<Record<string, number>>;

export interface MigrateOptions {
  keyspace: string;
  region: Region;
  login: Login | null;
  /** Default: the link is not encrypted. */
  tls?: TlsOptions | undefined;
  /** Null takes a keyspace as it is, and makes none. */
  replication: Replication | null;
  /** Tells what would be done, and does nothing. */
  isDryRun: boolean;
  print: (line: string) => void;
  /** Default: this release's own. */
  folder?: URL;
}

/** A table takes a second on a quiet cluster; on a busy one a statement may take many. */
const statementTimeoutMs = 20_000;
/** Nodes tell each other of a change within a second; a busy one may be 20 s late. */
const agreementLooksMax = 100;
const agreementLookEveryMs = 200;
/** Majority of all data centres: two runners in two regions must not miss each other's records. */
const consistency = types.consistencies.quorum;

/**
 * Brings a keyspace's tables up to this release, and makes the keyspace when there is none. Nothing is
 * ever dropped, emptied or changed but by a migration file.
 *
 * Shape: each file once, in order, by one runner at a time; whoever comes meanwhile waits and then
 * finds nothing to do. A crash leaves the rest to the next run.
 * Errors: SchemaMismatch for a keyspace of a later release, a file changed after it was applied, or a
 * keyspace that is replicated in another way; the driver's own where the cluster fails: run it again.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const migrations = await readMigrations(options.folder ?? migrationsFolder);
  const client = createClient(options);
  try {
    await client.connect();
    const makeKeyspace = await keyspaceStatement(client, options);
    if (options.isDryRun) await tell(client, { options, migrations, makeKeyspace });
    else await bringUp(client, { options, migrations, makeKeyspace });
  } finally {
    await client.shutdown();
  }
}

interface Plan {
  options: MigrateOptions;
  migrations: readonly Migration[];
  /** Null when there is one already. */
  makeKeyspace: string | null;
}

async function tell(client: Client, { options, migrations, makeKeyspace }: Plan): Promise<void> {
  const { keyspace, print } = options;
  if (makeKeyspace !== null) print(`${makeKeyspace};`);
  const pending = pendingMigrations(
    migrations,
    await readApplied(client, { keyspace, consistency }),
  );
  for (const { file, statements } of pending) {
    print(`-- ${file}`);
    for (const statement of statements) print(`${inKeyspace(statement, keyspace)};`);
  }
  if (pending.length === 0) print(`Keyspace ${keyspace} is up to date.`);
}

async function bringUp(client: Client, plan: Plan): Promise<void> {
  const { options, migrations, makeKeyspace } = plan;
  const { keyspace, print } = options;
  if (makeKeyspace !== null) {
    await change(client, makeKeyspace);
    print(`Keyspace ${keyspace} made.`);
  }
  for (const statement of bookkeepingTables(keyspace)) await change(client, statement);
  const lock = await takeSchemaLock(client, keyspace);
  try {
    const applied = await readApplied(client, { keyspace, consistency });
    const pending = pendingMigrations(migrations, applied);
    for (const migration of pending) await applyOne(client, { migration, options, lock });
    if (pending.length === 0) print(`Keyspace ${keyspace} is up to date.`);
  } finally {
    await lock.release();
  }
}

async function applyOne(
  client: Client,
  step: { migration: Migration; options: MigrateOptions; lock: SchemaLock },
): Promise<void> {
  const { number, file, checksum, statements } = step.migration;
  const { keyspace, print } = step.options;
  for (const statement of statements) {
    await step.lock.renew();
    await change(client, inKeyspace(statement, keyspace));
  }
  await client.execute(
    `INSERT INTO ${keyspace}.schema_migration (number, file, checksum, applied_at)
     VALUES (?, ?, ?, toTimestamp(now()))`,
    [number, file, checksum],
    { consistency },
  );
  print(`${file} applied.`);
}

function inKeyspace(statement: string, keyspace: string): string {
  return statement.replaceAll('$keyspace', keyspace);
}

/**
 * One change of the schema, known to every node that is up. Waits also when there was nothing to
 * change: another runner may have made it a moment ago, and a node that does not know it yet fails.
 */
async function change(client: Client, statement: string): Promise<void> {
  await client.execute(statement, [], { prepare: false });
  // Missing in the driver's types.
  const metadata = client.metadata as unknown as { checkSchemaAgreement(): Promise<boolean> };
  for (let look = 1; !(await metadata.checkSchemaAgreement()); look += 1) {
    if (look === agreementLooksMax) {
      throw new Error('The nodes do not agree on their tables: see `nodetool describecluster`.');
    }
    await delay(agreementLookEveryMs);
  }
}

/** What makes the keyspace; null when it is there, replicated as configured. */
async function keyspaceStatement(
  client: Client,
  { keyspace, replication }: MigrateOptions,
): Promise<string | null> {
  const { rows } = await client.execute(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
  );
  const wanted = replication === null ? null : replicationText(replication);
  const [found] = rows;
  if (found === undefined) {
    if (wanted !== null)
      return `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${wanted}`;
    throw new SchemaMismatch(
      `There is no keyspace ${keyspace}; CASSANDRA_REPLICATION says how to make it, such as eu:3,us:3.`,
    );
  }
  const { class: strategy, ...copies } = found.replication as Record<string, string>;
  const actual = `${strategy?.split('.').at(-1)} ${inOrder(copies)}`;
  if (replication !== null && actual !== `NetworkTopologyStrategy ${inOrder(replication)}`) {
    throw new SchemaMismatch(
      `Keyspace ${keyspace} is replicated as ${actual}, not as ${inOrder(replication)}. ` +
        `To change it: ALTER KEYSPACE ${keyspace} WITH replication = ${wanted}, then repair.`,
    );
  }
  return null;
}

function replicationText(replication: Replication): string {
  const copies = Object.entries(replication).map(([name, count]) => `'${name}': ${count}`);
  return `{'class': 'NetworkTopologyStrategy', ${copies.join(', ')}}`;
}

function inOrder(copies: Readonly<Record<string, string | number>>): string {
  return Object.entries(copies)
    .map(([name, count]) => `${name}:${count}`)
    .sort()
    .join(',');
}

function createClient({ region, login, tls }: MigrateOptions): Client {
  return new Client({
    applicationName: 'playhead-migrate',
    ...addressOf(region),
    ...(login === null ? {} : { credentials: login }),
    ...(tls === undefined ? {} : { sslOptions: tls }),
    queryOptions: { prepare: true, serialConsistency: types.consistencies.serial },
    policies: { retry: new policies.retry.FallthroughRetryPolicy() },
    socketOptions: { readTimeout: statementTimeoutMs },
    monitorReporting: { enabled: false },
  });
}
