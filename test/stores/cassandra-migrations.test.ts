import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Client, errors, types } from 'cassandra-driver';
import { openCassandraDurableStore } from '../../stores/cassandra/durable.ts';
import { LaterRelease, SchemaMismatch } from '../../stores/cassandra/faults.ts';
import { readMigrations } from '../../stores/cassandra/migration-files.ts';
import { takeSchemaLock } from '../../stores/cassandra/schema-lock.ts';
import { StoreUnreachable } from '../../stores/faults.ts';
import { playheadAt } from '../contract/writes.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { until } from '../support/until.ts';

describeWith(await sharedCassandra(), 'migrations of a Cassandra keyspace', (local) => {
  let keyspace: TestKeyspace;
  let folders: string[];
  beforeEach(async () => {
    folders = [];
    keyspace = await testKeyspace(local);
  });
  afterEach(async () => {
    await keyspace.close();
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  const folderOf = async (files: Record<string, string>) => {
    const path = await mkdtemp(join(tmpdir(), 'playhead-migrations-'));
    folders.push(path);
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
    return pathToFileURL(`${path}/`);
  };
  const tableNames = async () => {
    const select = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?';
    const { rows } = await keyspace.client.execute(select, [keyspace.name], { prepare: true });
    return rows.map((row) => row.table_name as string).sort();
  };
  const open = () => openCassandraDurableStore(keyspace.cluster);

  const film = 'CREATE TABLE IF NOT EXISTS $keyspace.film (id text PRIMARY KEY);\n';
  const series = '-- more;\nALTER TABLE $keyspace.film ADD IF NOT EXISTS series text;\n';
  const one = { '001-film.cql': film };
  const two = { ...one, '002-series.cql': series };

  it('make keyspace and tables, and the second time nothing', async () => {
    expect(await keyspace.migrate()).toEqual([
      `Keyspace ${keyspace.name} made.`,
      ...(await readMigrations()).map(({ file }) => `${file} applied.`),
    ]);
    const durable = await open();
    await durable.write({
      profileId: 'demo',
      titles: [{ title: 'sintel', playhead: playheadAt(1), visibility: null }],
      devices: [],
    });
    expect(await keyspace.migrate()).toEqual([`Keyspace ${keyspace.name} is up to date.`]);
    expect((await durable.read('demo')).titles.size).toBe(1);
    await durable.close();
  });

  it('apply only what is new, in order', async () => {
    await keyspace.migrate({ folder: await folderOf(one) });
    const lines = await keyspace.migrate({ folder: await folderOf(two) });
    expect(lines).toEqual(['002-series.cql applied.']);
  });

  it('run dry change nothing, and print every statement', async () => {
    const folder = await folderOf(two);
    const lines = await keyspace.migrate({ folder, isDryRun: true });
    expect(lines.join('\n')).toContain(`CREATE TABLE IF NOT EXISTS ${keyspace.name}.film`);
    expect(lines[0]).toBe(
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace.name} WITH replication = ` +
        `{'class': 'NetworkTopologyStrategy', '${local.dataCentre}': 1};`,
    );
    expect(await tableNames()).toEqual([]);
    await keyspace.migrate({ folder: await folderOf(one) });
    expect(await keyspace.migrate({ folder, isDryRun: true })).toEqual([
      '-- 002-series.cql',
      `ALTER TABLE ${keyspace.name}.film ADD IF NOT EXISTS series text;`,
    ]);
  });

  it('are applied once when two run them at the same time', async () => {
    const folder = await folderOf(two);
    const lines = await Promise.all([keyspace.migrate({ folder }), keyspace.migrate({ folder })]);
    expect(lines.flat().filter((line) => line.endsWith('applied.'))).toEqual([
      '001-film.cql applied.',
      '002-series.cql applied.',
    ]);
    expect(await tableNames()).toEqual(['film', 'schema_lock', 'schema_migration']);
  });

  it('go on where a run that died left off', async () => {
    const broken = await folderOf({
      ...one,
      '002-series.cql': 'ALTER TABLE $keyspace.fylm ADD a int;',
    });
    await expect(keyspace.migrate({ folder: broken })).rejects.toThrow('fylm');
    expect(await keyspace.migrate({ folder: await folderOf(two) })).toEqual([
      '002-series.cql applied.',
    ]);
  });

  it('refuse a file that was changed after it was applied, and name it', async () => {
    await keyspace.migrate({ folder: await folderOf(two) });
    const changed = await folderOf({ ...two, '001-film.cql': `${film}-- harmless\n` });
    await expect(keyspace.migrate({ folder: changed })).rejects.toThrow('001-film.cql');
    await expect(keyspace.migrate({ folder: changed, isDryRun: true })).rejects.toThrow(
      '001-film.cql',
    );
  });

  it('refuse a keyspace of a later release', async () => {
    await keyspace.migrate({ folder: await folderOf(two) });
    await expect(keyspace.migrate({ folder: await folderOf(one) })).rejects.toThrow(
      /later release.*002-series\.cql/,
    );
  });

  it('wait for the lock of a runner that died, until it expires, and for no other', async () => {
    await keyspace.migrate({ folder: await folderOf(one) });
    await keyspace.client.execute(
      `INSERT INTO ${keyspace.name}.schema_lock (name, owner) VALUES ('migrate', 'a dead runner')
       USING TTL 5`,
    );
    const folder = await folderOf(two);
    let isDone = false;
    const running = keyspace.migrate({ folder }).finally(() => {
      isDone = true;
    });
    const owner = async () =>
      (await keyspace.client.execute(`SELECT owner FROM ${keyspace.name}.schema_lock`)).first();
    while ((await owner())?.owner === 'a dead runner') expect(isDone).toBe(false);
    expect(await running).toEqual(['002-series.cql applied.']);
    expect(await owner()).toBeNull();
  });

  it('go on when a busy cluster leaves open whether they have the lock', async () => {
    await keyspace.migrate({ folder: await folderOf(one) });
    const { client, name } = keyspace;
    let timeouts = 0;
    const execute = async (query: string, given: unknown[]) => {
      const result = await client.execute(query, given, { prepare: true });
      if (timeouts > 0) return result;
      timeouts += 1;
      throw new errors.ResponseError(types.responseErrorCodes.writeTimeout, 'Server timeout');
    };
    const busy = Object.create(client, { execute: { value: execute } }) as Client;
    const lock = await takeSchemaLock(busy, name);
    await lock.renew();
    await lock.release();
    expect(timeouts).toBe(1);
  });

  it('copy the keyspace as they are told', async () => {
    await keyspace.migrate({ folder: await folderOf(one) });
    const { rows } = await keyspace.client.execute(
      'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
      [keyspace.name],
      { prepare: true },
    );
    expect(rows[0]?.replication).toEqual({
      class: 'org.apache.cassandra.locator.NetworkTopologyStrategy',
      [local.dataCentre]: '1',
    });
  });

  it('refuse a keyspace that is replicated in another way, and add data centres only if asked to', async () => {
    const folder = await folderOf(one);
    await keyspace.migrate({ folder });
    const addsDataCentres = true;
    for (const replication of [{ [local.dataCentre]: 3 }, { moon: 1 }]) {
      for (const asked of [
        { folder, replication },
        { folder, replication, addsDataCentres },
      ]) {
        await expect(keyspace.migrate(asked)).rejects.toThrow('ALTER KEYSPACE');
      }
    }
    const replication = { [local.dataCentre]: 1, moon: 3 };
    const asked = { folder, replication, addsDataCentres };
    await expect(keyspace.migrate({ folder, replication })).rejects.toThrow('--add-data-centres');
    expect(await keyspace.migrate({ ...asked, isDryRun: true })).toContain(
      `ALTER KEYSPACE ${keyspace.name} WITH replication = ` +
        `{'class': 'NetworkTopologyStrategy', '${local.dataCentre}': 1, 'moon': 3};`,
    );
    // Cassandra itself knows that there is no such data centre.
    await expect(keyspace.migrate(asked)).rejects.toThrow('moon');
    expect(await keyspace.migrate({ folder, replication: null })).toEqual([
      `Keyspace ${keyspace.name} is up to date.`,
    ]);
  });

  it('ask for the replication before they make a keyspace', async () => {
    await expect(keyspace.migrate({ replication: null })).rejects.toThrow('CASSANDRA_REPLICATION');
  });

  it('refuse a folder whose numbers have a gap, or a file without a statement', async () => {
    const gap = await folderOf({ ...one, '003-late.cql': series });
    await expect(keyspace.migrate({ folder: gap })).rejects.toThrow('003-late.cql');
    const empty = await folderOf({ '001-nothing.cql': '-- nothing;\n' });
    await expect(keyspace.migrate({ folder: empty })).rejects.toThrow('001-nothing.cql');
  });

  it('are missed at once by a store that opens before them, and say what to do', async () => {
    const problem = {
      code: 'STATE_UNAVAILABLE',
      message: expect.stringContaining('npm run migrate'),
    };
    await expect(open()).rejects.toMatchObject(problem);
    await keyspace.migrate({ folder: await folderOf({ '001-film.cql': film }) });
    await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('001-') });
  });

  it('of a later release keep an older store from reading and writing, and from nothing else', async () => {
    await keyspace.migrate();
    const sintel = {
      profileId: 'demo',
      titles: [{ title: 'sintel', playhead: playheadAt(1), visibility: null }],
      devices: [],
    };
    const before = await open();
    await before.write(sintel);
    await before.close();
    const number = (await readMigrations()).length + 1;
    const table = `${keyspace.name}.schema_migration`;
    await keyspace.client.execute(
      `INSERT INTO ${table} (number, file, checksum) VALUES (${number}, '00${number}-later.cql', '')`,
    );

    const told: object[] = [];
    const durable = await openCassandraDurableStore({
      ...keyspace.cluster,
      log: { error: (fields) => told.push(fields) },
    });
    for (const work of [durable.read('demo'), durable.write(sintel)]) {
      const error: unknown = await work.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(LaterRelease);
      expect(error).not.toBeInstanceOf(StoreUnreachable);
      expect(error).toMatchObject({ message: expect.stringContaining(`00${number}-later.cql`) });
    }
    expect(told).toMatchObject([{ err: expect.any(LaterRelease) }]);

    await keyspace.client.execute(`DELETE FROM ${table} WHERE number = ${number}`);
    const profile = await until(() => durable.read('demo').catch(() => null), {
      what: 'the store is used again, in the same process',
    });
    expect([...profile.titles.keys()]).toEqual(['sintel']);
    await durable.close();
  });

  it('that somebody undid under an open store are what its errors are about', async () => {
    await keyspace.migrate();
    const durable = await open();
    const write = () =>
      durable.write({
        profileId: 'demo',
        titles: [{ title: 'sintel', playhead: playheadAt(1), visibility: null }],
        devices: [],
      });
    await write();
    await keyspace.client.execute(`DROP TABLE ${keyspace.name}.profile_state`);
    // Neither unreachable, nor the fault of the values: a drain must keep them and try again. A node
    // says it in one way at first, and in another once it has forgotten the statements.
    for (let time = 0; time < 3; time += 1) {
      for (const work of [write(), durable.read('demo')]) {
        const error: unknown = await work.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(SchemaMismatch);
        expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE' });
      }
    }
    await durable.close();
  });
});
