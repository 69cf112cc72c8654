import { type Client, types } from 'cassandra-driver';
import { LaterRelease, SchemaMismatch } from './faults.ts';
import { type Migration, readMigrations } from './migration-files.ts';

/** What a keyspace says was applied to it. */
export interface AppliedMigration {
  number: number;
  file: string;
  checksum: string;
}

/** Everything applied to the keyspace, in order; none where nothing ever was. */
export async function readApplied(
  client: Client,
  from: { keyspace: string; consistency: types.consistencies },
): Promise<AppliedMigration[]> {
  const { keyspace, consistency } = from;
  const table = await client.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
    [keyspace, 'schema_migration'],
  );
  if (table.rowLength === 0) return [];
  const select = `SELECT number, file, checksum FROM ${keyspace}.schema_migration`;
  const { rows } = await client.execute(select, [], { consistency });
  return rows
    .map(({ number, file, checksum }) => ({ number, file, checksum }))
    .sort((left, right) => left.number - right.number);
}

/**
 * What is left to apply.
 *
 * Errors, naming the file: LaterRelease; SchemaMismatch when a file was changed after it was applied.
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  for (const { number, file, checksum } of applied) {
    const known = migrations[number - 1];
    if (known === undefined) {
      const newest = `this one ends at ${migrations.length}`;
      throw new LaterRelease(`The keyspace is of a later release: it has ${file}, ${newest}.`);
    }
    if (known.checksum !== checksum) {
      throw new SchemaMismatch(`${known.file} is not what was applied as ${file}: restore it.`);
    }
  }
  return migrations.slice(applied.length);
}

/** Errors: SchemaMismatch unless the client's keyspace is exactly as this release's files make it. */
export async function checkSchema(client: Client): Promise<void> {
  const { keyspace } = client;
  // Of the local replicas: a remote data centre that is down must not keep a process from starting.
  const consistency = types.consistencies.localQuorum;
  const applied = await readApplied(client, { keyspace, consistency });
  const [missing] = pendingMigrations(await readMigrations(), applied);
  if (missing !== undefined) {
    throw new SchemaMismatch(
      `Keyspace ${keyspace} lacks ${missing.file}: \`npm run migrate\` applies it.`,
    );
  }
}
