import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readMigrations } from '../../stores/cassandra/migration-files.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { named, sharePatient } from './patient.ts';

const patient = sharePatient();

describeWith(await sharedCassandra(), 'npm run doctor over a Cassandra', (local) => {
  let keyspace: TestKeyspace;
  beforeEach(async () => {
    keyspace = await testKeyspace(local);
  });
  afterEach(() => keyspace.close());

  const look = async (settings: Record<string, string> = {}) => {
    const findings = await patient.examine({
      CASSANDRA_CONTACT_POINTS: local.contactPoints.join(','),
      CASSANDRA_LOCAL_DC: local.dataCentre,
      CASSANDRA_KEYSPACE: keyspace.name,
      ...settings,
    });
    return findings.filter(({ name }) => name.includes('cassandra'));
  };

  it('finds nothing wrong with a migrated one, but that it has one copy', async () => {
    await keyspace.migrate();
    const findings = await look();
    expect(findings.map(({ name, status }) => [name, status])).toEqual([
      ['cassandra', 'ok'],
      ['cassandra version', 'ok'],
      ['cassandra nodes', 'ok'],
      ['cassandra schema', 'ok'],
      ['cassandra replication', 'warn'],
    ]);
    expect(named(findings, 'cassandra replication').advice).toContain(
      `ALTER KEYSPACE ${keyspace.name} WITH replication = {'class': 'NetworkTopologyStrategy', '${local.dataCentre}': 3}`,
    );
  });

  it('finds a keyspace that is missing, and how to make it', async () => {
    expect(named(await look(), 'cassandra schema')).toMatchObject({
      status: 'fail',
      found: `there is no keyspace ${keyspace.name}`,
      advice: expect.stringContaining('Set CASSANDRA_REPLICATION and run `npm run migrate'),
    });
  });

  it('finds migrations that are missing, and names them', async () => {
    const one = await mkdtemp(join(tmpdir(), 'playhead-migrations-'));
    const file = '001-profile-state.cql';
    await writeFile(join(one, file), await readFile(`stores/cassandra/migrations/${file}`));
    await keyspace.migrate({ folder: pathToFileURL(`${one}/`) });
    await rm(one, { recursive: true });
    const [, ...missing] = await readMigrations();
    expect(missing).not.toEqual([]);
    expect(named(await look(), 'cassandra schema')).toMatchObject({
      status: 'fail',
      found: `lacks ${missing.map((it) => it.file).join(', ')}`,
      advice: expect.stringContaining('npm run migrate'),
    });
  });

  it('finds a keyspace of a later release', async () => {
    await keyspace.migrate();
    await keyspace.client.execute(
      `INSERT INTO ${keyspace.name}.schema_migration (number, file, checksum) VALUES (99, '099-later.cql', 'x')`,
    );
    expect(named(await look(), 'cassandra schema')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('of a later release'),
    });
  });

  it('finds copies that are not as configured, or nowhere near', async () => {
    await keyspace.migrate();
    const configured = await look({ CASSANDRA_REPLICATION: `${local.dataCentre}:3` });
    expect(named(configured, 'cassandra replication')).toMatchObject({
      status: 'fail',
      found: `${local.dataCentre}:1, configured is ${local.dataCentre}:3`,
      advice: expect.stringContaining('then repair every node'),
    });
    await keyspace.client.execute(
      `ALTER KEYSPACE ${keyspace.name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    expect(named(await look(), 'cassandra replication')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining(`none in ${local.dataCentre}`),
    });
  });

  it('finds a data centre of another name, and nodes that are not there', async () => {
    const wrong = named(await look({ CASSANDRA_LOCAL_DC: 'elsewhere' }), 'cassandra');
    expect(wrong).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('elsewhere'),
      advice: expect.stringContaining('CASSANDRA_LOCAL_DC'),
    });
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const gone = await look({ CASSANDRA_CONTACT_POINTS: `127.0.0.1:${port}` });
    expect(gone).toEqual([
      {
        name: 'cassandra',
        status: 'fail',
        found: expect.stringContaining('ECONNREFUSED'),
        advice: expect.stringContaining('CASSANDRA_CONTACT_POINTS'),
      },
    ]);
  });

  it('looks at the other region under its own name', async () => {
    await keyspace.migrate();
    const findings = await look({
      CASSANDRA_REMOTE_CONTACT_POINTS: local.contactPoints.join(','),
      CASSANDRA_REMOTE_DC: 'elsewhere',
    });
    expect(named(findings, 'cassandra schema').status).toBe('ok');
    expect(named(findings, 'remote cassandra')).toMatchObject({
      status: 'fail',
      advice: expect.stringContaining('CASSANDRA_REMOTE_DC'),
    });
  });
});
