import type { CassandraExamined, SchemaExamined } from '../../stores/examined.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** As docs/operations.md says. */
const oldest = { major: 4, minor: 1 };
/** A node may be away, and a majority is left. */
const copiesWanted = 3;

export interface CassandraConfigured {
  keyspace: string;
  /** CASSANDRA_REPLICATION, where it is set. */
  replication: Readonly<Record<string, number>> | undefined;
  /** `cassandra`, or `remote cassandra`. */
  name: string;
}

/** What an operator should know of a cluster that answers. */
export function cassandraFindings(
  examined: CassandraExamined,
  configured: CassandraConfigured,
): Finding[] {
  const { name } = configured;
  return [
    version(examined, name),
    nodes(examined, name),
    schema(examined.schema, configured),
    ...replication(examined, configured),
  ];
}

function version({ nodes: all }: CassandraExamined, of: string): Finding {
  const name = `${of} version`;
  const found = [...new Set(all.map((node) => node.version))].join(', ');
  const isOld = all.some((node) => {
    const [major = 0, minor = 0] = node.version.split('.').map(Number);
    return major < oldest.major || (major === oldest.major && minor < oldest.minor);
  });
  if (isOld) return fail(name, found, `Use Cassandra ${oldest.major}.${oldest.minor} or later.`);
  return ok(name, found);
}

function nodes({ nodes: all, dataCentre }: CassandraExamined, of: string): Finding {
  const name = `${of} nodes`;
  const here = all.filter((node) => node.dataCentre === dataCentre);
  const down = here.filter((node) => !node.isUp).map((node) => node.address);
  const found = `${here.length - down.length} of ${here.length} in ${dataCentre} answer`;
  if (down.length === 0) return ok(name, found);
  return warn(
    name,
    found,
    `Look after ${down.join(', ')}: \`nodetool status\` there and elsewhere.`,
  );
}

function schema(found: SchemaExamined, { keyspace, name: of }: CassandraConfigured): Finding {
  const name = `${of} schema`;
  switch (found.kind) {
    case 'no-keyspace':
      return fail(
        name,
        `there is no keyspace ${keyspace}`,
        'Set CASSANDRA_REPLICATION and run `npm run migrate -- --dry-run`, then `npm run migrate`.',
      );
    case 'behind':
      return fail(
        name,
        `lacks ${found.missing.join(', ')}`,
        'Run `npm run migrate` before a process of this release starts.',
      );
    case 'other':
      return fail(name, found.message, 'Run the release that this keyspace belongs to.');
    case 'current':
      return ok(name, `keyspace ${keyspace} is as this release wants it`);
  }
}

function replication(
  { replication: found, dataCentre }: CassandraExamined,
  { keyspace, replication: wanted, name: of }: CassandraConfigured,
): Finding[] {
  if (found === null) return [];
  const name = `${of} replication`;
  const actual = inWords(found.copies);
  const alter = (copies: Readonly<Record<string, number>>) =>
    `\`ALTER KEYSPACE ${keyspace} WITH replication = ${replicationText(copies)}\`, then repair every node`;
  if (wanted !== undefined && inWords(wanted) !== actual) {
    const advice = `Make them agree: ${alter(wanted)}, or change CASSANDRA_REPLICATION.`;
    return [fail(name, `${actual}, configured is ${inWords(wanted)}`, advice)];
  }
  const here = found.copies[dataCentre] ?? 0;
  if (here === 0) {
    const advice = `Give ${dataCentre} copies: ${alter({ ...found.copies, [dataCentre]: copiesWanted })}.`;
    return [fail(name, `${actual}: none in ${dataCentre}, which is read and written`, advice)];
  }
  if (here < copiesWanted) {
    const advice = `For production: ${alter({ ...found.copies, [dataCentre]: copiesWanted })}; until then one node that is away takes profiles with it.`;
    return [warn(name, actual, advice)];
  }
  return [ok(name, actual)];
}

function replicationText(copies: Readonly<Record<string, number>>): string {
  const pairs = Object.entries(copies).map(([dataCentre, count]) => `'${dataCentre}': ${count}`);
  return `{'class': 'NetworkTopologyStrategy', ${pairs.join(', ')}}`;
}

function inWords(copies: Readonly<Record<string, number>>): string {
  return Object.entries(copies)
    .map(([dataCentre, count]) => `${dataCentre}:${count}`)
    .sort()
    .join(',');
}
