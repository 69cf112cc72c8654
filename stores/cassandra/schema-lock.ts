import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, errors, types } from 'cassandra-driver';

/** The sole right to change a keyspace's tables, for `lockTtlS` at a time. */
export interface SchemaLock {
  /** Errors: Error when it ran out meanwhile: another runner may be at work. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** A runner that died frees the keyspace after this, s: far longer than one statement takes. */
const lockTtlS = 120;
/** Between two looks at a lock that another runner holds. */
const lookEveryMs = 500;
/** Looks for as long as a dead runner's lock may last, and half as long again. */
const looksMax = (1.5 * lockTtlS * 1_000) / lookEveryMs;

/**
 * The tables that migrations themselves need. Their ids are given, because two runners that create a
 * table at the same time on two nodes would otherwise make two of one name, which never agree.
 */
export function bookkeepingTables(keyspace: string): string[] {
  const id = (table: string) => `WITH ID = ${tableId(`${keyspace}.${table}`)}`;
  return [
    `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_lock (
       name text PRIMARY KEY, owner text
     ) ${id('schema_lock')}`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.schema_migration (
       number int PRIMARY KEY, file text, checksum text, applied_at timestamp
     ) ${id('schema_migration')}`,
  ];
}

/**
 * Waits for the lock, and takes it.
 *
 * Errors: Error naming the owner when it is never free; the driver's own when the cluster fails.
 * Cost: lightweight transactions, decided by a majority of all data centres.
 */
export async function takeSchemaLock(client: Client, keyspace: string): Promise<SchemaLock> {
  const owner = randomUUID();
  const table = `${keyspace}.schema_lock`;
  const insert = `INSERT INTO ${table} (name, owner) VALUES ('migrate', ?) IF NOT EXISTS USING TTL ${lockTtlS}`;
  const update = `UPDATE ${table} USING TTL ${lockTtlS} SET owner = ? WHERE name = 'migrate' IF owner = ?`;
  const remove = `DELETE FROM ${table} WHERE name = 'migrate' IF owner = ?`;
  for (let look = 1; ; look += 1) {
    const result = await client.execute(insert, [owner]).catch((error: unknown) => {
      // A cluster that is busy leaves open whether it was taken: the next look tells.
      if (isWriteTimeout(error) && look < looksMax) return null;
      throw error;
    });
    // An attempt whose answer was lost may have taken it: then the owner that is met is this one.
    if (result?.wasApplied() || result?.first().owner === owner) break;
    if (look === looksMax) {
      throw new Error(`Runner ${result?.first().owner} holds the lock in ${table}.`);
    }
    await delay(lookEveryMs);
  }
  return {
    async renew() {
      const result = await client.execute(update, [owner, owner]);
      if (!result.wasApplied()) throw new Error(`The lock in ${table} was lost: run this again.`);
    },
    async release() {
      await client.execute(remove, [owner]);
    },
  };
}

function isWriteTimeout(error: unknown): boolean {
  const { writeTimeout } = types.responseErrorCodes;
  return error instanceof errors.ResponseError && error.code === writeTimeout;
}

/** A UUID that depends on the name alone. */
function tableId(name: string): string {
  const hex = createHash('md5').update(name).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-3$3-8$4-$5');
}
