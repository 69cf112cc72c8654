import type { Client } from 'cassandra-driver';
import { SchemaMismatch } from './faults.ts';

/** Copies of each profile by data centre, such as `{ eu: 3, us: 3 }`. */
export type Replication = Readonly<Record<string, number>>;

/** What makes a keyspace, or gives it further data centres. */
export interface KeyspaceChange {
  statement: string;
  /** What is true once it was run. */
  done: string;
  /** What is left for an operator to do then, a line each. */
  remains: readonly string[];
}

export interface WantedKeyspace {
  keyspace: string;
  /** Null takes a keyspace as it is, and makes none. */
  replication: Replication | null;
  /** That data centres are missing is no mistake: they are to be added. */
  addsDataCentres: boolean;
}

/**
 * What is to be done to the keyspace itself; null when it is there, replicated as configured.
 *
 * Shape: copies are never taken away, and their number in a data centre is never changed, because reads would
 * miss there what was written before until somebody repaired it. A further data centre serves nobody
 * yet, so it may be added before it holds anything.
 * Errors: SchemaMismatch saying what is replicated in another way, and how to change it.
 */
export async function keyspaceChange(
  client: Client,
  wanted: WantedKeyspace,
): Promise<KeyspaceChange | null> {
  const { keyspace, replication } = wanted;
  const { rows } = await client.execute(
    'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [keyspace],
  );
  const [found] = rows;
  if (found === undefined) return creation(keyspace, replication);
  const { class: strategy = '', ...copies } = found.replication as Record<string, string>;
  const actual = `${strategy.split('.').at(-1)} ${inOrder(copies)}`;
  if (replication === null || actual === `${networkTopology} ${inOrder(replication)}`) return null;
  const isNetwork = actual.startsWith(`${networkTopology} `);
  const isKept = Object.entries(copies).every(([name, count]) => `${replication[name]}` === count);
  if (isNetwork && isKept && wanted.addsDataCentres) {
    return addition(keyspace, { replication, known: Object.keys(copies) });
  }
  throw new SchemaMismatch(
    `Keyspace ${keyspace} is replicated as ${actual}, not as ${inOrder(replication)}. ` +
      (isNetwork && isKept
        ? 'To add these data centres: npm run migrate -- --add-data-centres.'
        : `To change it: ${alteration(keyspace, replication)}, then repair.`),
  );
}

const networkTopology = 'NetworkTopologyStrategy';

function creation(keyspace: string, replication: Replication | null): KeyspaceChange {
  if (replication === null) {
    throw new SchemaMismatch(
      `There is no keyspace ${keyspace}; CASSANDRA_REPLICATION says how to make it, such as eu:3,us:3.`,
    );
  }
  const text = replicationText(replication);
  return {
    statement: `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${text}`,
    done: `Keyspace ${keyspace} made.`,
    remains: [],
  };
}

function addition(
  keyspace: string,
  { replication, known }: { replication: Replication; known: readonly string[] },
): KeyspaceChange {
  const [source] = known;
  const added = Object.keys(replication).filter((name) => !known.includes(name));
  return {
    statement: alteration(keyspace, replication),
    done: `Keyspace ${keyspace} is replicated as ${inOrder(replication)}.`,
    remains: added.flatMap((name) => [
      `What was written before is not in ${name} yet. On each of its nodes, one after the other:`,
      `  nodetool rebuild --keyspace ${keyspace} -- ${source}`,
      `Start no process in ${name} before all of them have ended without an error.`,
    ]),
  };
}

function alteration(keyspace: string, replication: Replication): string {
  return `ALTER KEYSPACE ${keyspace} WITH replication = ${replicationText(replication)}`;
}

function replicationText(replication: Replication): string {
  const copies = Object.entries(replication).map(([name, count]) => `'${name}': ${count}`);
  return `{'class': '${networkTopology}', ${copies.join(', ')}}`;
}

function inOrder(copies: Readonly<Record<string, string | number>>): string {
  return Object.entries(copies)
    .map(([name, count]) => `${name}:${count}`)
    .sort()
    .join(',');
}
