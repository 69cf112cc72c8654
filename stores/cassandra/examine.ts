import { type Client, types } from 'cassandra-driver';
import type { CassandraExamined, SchemaExamined } from '../examined.ts';
import type { TlsOptions } from '../tls.ts';
import { type Login, openConnection, type Patience, type Region } from './connection.ts';
import { LaterRelease, SchemaMismatch } from './faults.ts';
import { readMigrations } from './migration-files.ts';
import { pendingMigrations, readApplied } from './schema-version.ts';

export interface ExamineOptions {
  keyspace: string;
  region: Region;
  login: Login | null;
  /** Default: links are not encrypted. */
  tls?: TlsOptions | undefined;
}

/** No viewer waits: a busy cluster may take its time. */
const patience: Patience = { connectMs: 5_000, answerMs: 5_000, operationMs: 20_000 };

/**
 * Asks a region of a cluster for its nodes, and how the keyspace is there. Nothing is written.
 *
 * Errors: StoreUnreachable, with its cause, where no node answers or lets anybody in.
 */
export async function examine({
  keyspace,
  region,
  login,
  tls,
}: ExamineOptions): Promise<CassandraExamined> {
  // Every cluster has this keyspace; whether it has ours is the question.
  const connection = openConnection({ keyspace: 'system', region, login, tls, patience });
  try {
    return await connection.use('looking at it', async (client) => {
      const nodes = client.hosts.values().map((host) => ({
        address: host.address,
        version: host.cassandraVersion,
        dataCentre: host.datacenter ?? '',
        isUp: host.isUp(),
      }));
      const replication = await replicationOf(client, keyspace);
      const schema: SchemaExamined =
        replication === null ? { kind: 'no-keyspace' } : await schemaOf(client, keyspace);
      return { dataCentre: region.dataCentre, nodes, replication, schema };
    });
  } finally {
    await connection.close();
  }
}

async function replicationOf(
  client: Client,
  keyspace: string,
): Promise<CassandraExamined['replication']> {
  const { rows } = await client.execute(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
  );
  const [found] = rows;
  if (found === undefined) return null;
  const { class: strategy = '', ...copies } = found.replication as Record<string, string>;
  return {
    strategy: strategy.split('.').at(-1) ?? '',
    copies: Object.fromEntries(Object.entries(copies).map(([name, n]) => [name, Number(n)])),
  };
}

async function schemaOf(client: Client, keyspace: string): Promise<SchemaExamined> {
  const consistency = types.consistencies.localQuorum;
  try {
    const applied = await readApplied(client, { keyspace, consistency });
    const missing = pendingMigrations(await readMigrations(), applied).map(({ file }) => file);
    return missing.length === 0 ? { kind: 'current' } : { kind: 'behind', missing };
  } catch (error) {
    if (!(error instanceof LaterRelease || error instanceof SchemaMismatch)) throw error;
    return { kind: 'other', message: error.message };
  }
}
