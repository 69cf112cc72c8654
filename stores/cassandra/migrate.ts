import { setTimeout as delay } from 'node:timers/promises';
import { Client, policies, types } from 'cassandra-driver';
import type { TlsOptions } from '../tls.ts';
import { addressOf, type Login, type Region } from './connection.ts';
import { hearEveryLinkError } from './link-errors.ts';
import { type Migration, migrationsFolder, readMigrations } from './migration-files.ts';
import { type KeyspaceChange, keyspaceChange, type Replication } from './replication.ts';
import { bookkeepingTables, type SchemaLock, takeSchemaLock } from './schema-lock.ts';
import { pendingMigrations, readApplied } from './schema-version.ts';

export interface MigrateOptions {
  keyspace: string;
  region: Region;
  login: Login | null;
  /** Default: the link is not encrypted. */
  tls?: TlsOptions | undefined;
  /** Null takes a keyspace as it is, and makes none. */
  replication: Replication | null;
  /** Data centres that a keyspace lacks are added to it; default: they are taken for a mistake. */
  addsDataCentres?: boolean;
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
 * ever dropped, emptied or changed but by a migration file; with `addsDataCentres` the keyspace is given those that it lacks.
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
    const { addsDataCentres = false } = options;
    const ofKeyspace = await keyspaceChange(client, { ...options, addsDataCentres });
    if (options.isDryRun) await tell(client, { options, migrations, ofKeyspace });
    else await bringUp(client, { options, migrations, ofKeyspace });
  } finally {
    await client.shutdown();
  }
}

interface Plan {
  options: MigrateOptions;
  migrations: readonly Migration[];
  /** Null when it is there already, as it should be. */
  ofKeyspace: KeyspaceChange | null;
}

async function tell(client: Client, { options, migrations, ofKeyspace }: Plan): Promise<void> {
  const { keyspace, print } = options;
  if (ofKeyspace !== null) print(`${ofKeyspace.statement};`);
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
  const { options, migrations, ofKeyspace } = plan;
  const { keyspace, print } = options;
  if (ofKeyspace !== null) {
    await change(client, ofKeyspace.statement);
    print(ofKeyspace.done);
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
  for (const line of ofKeyspace?.remains ?? []) print(line);
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

function createClient({ region, login, tls }: MigrateOptions): Client {
  if (tls !== undefined) hearEveryLinkError();
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
