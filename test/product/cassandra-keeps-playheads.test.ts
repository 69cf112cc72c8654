// What breaks: a product over Cassandra, killed, and its folder with it.
// How: SIGKILL after an intent was acknowledged; the next one starts over an empty folder.
// What must still hold: the intent is there, because Cassandra kept it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { startProduct } from '../support/product.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const title = 'mov_tears_of_steel';

describeWith(await sharedCassandra(), 'a product over Cassandra', (local) => {
  let keyspace: TestKeyspace;
  let env: Record<string, string>;
  beforeAll(async () => {
    keyspace = await testKeyspace(local);
    env = {
      CASSANDRA_CONTACT_POINTS: local.contactPoints.join(','),
      CASSANDRA_LOCAL_DC: local.dataCentre,
      CASSANDRA_KEYSPACE: keyspace.name,
      CASSANDRA_REPLICATION: `${local.dataCentre}:1`,
    };
  });
  afterAll(() => keyspace.close());

  const migrate = (...argv: string[]) =>
    run(process.execPath, ['subgraphs/playback/migrate.ts', ...argv], { env });

  it('does not start before its tables are there, and says how to make them', async () => {
    await expect(startProduct({ env })).rejects.toThrow(/npm run migrate/);
  });

  it('gets its tables from npm run migrate, which may be asked first what it would do', async () => {
    const { stdout: plan } = await migrate('--dry-run');
    expect(plan).toContain(`CREATE TABLE IF NOT EXISTS ${keyspace.name}.profile_state`);
    expect((await migrate()).stdout).toContain('applied.');
    expect((await migrate()).stdout).toBe(`Keyspace ${keyspace.name} is up to date.\n`);
  });

  it('is told which settings belong together', async () => {
    const { CASSANDRA_LOCAL_DC: _, ...incomplete } = env;
    const half = run(process.execPath, ['subgraphs/playback/migrate.ts'], { env: incomplete });
    await expect(half).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringContaining('CASSANDRA_LOCAL_DC: required with CASSANDRA_CONTACT_POINTS'),
    });
  });

  it('answers an intent that was acknowledged before everything else was lost', async () => {
    const product = await startProduct({ env });
    const tv = new RemoteDevice(product, await product.token('crash'));
    await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
    await tv.report({ event: 'START', positionMs: 1_000 });
    // On a busy machine Cassandra may be late, and then the answer says HOT.
    const acknowledged = await until(
      async () => {
        const answer = await tv.report({ event: 'PAUSE', positionMs: 90_000 });
        expect(answer).toMatchObject({ outcome: 'ACCEPTED' });
        return answer.durability === 'DURABLE' && answer;
      },
      { what: 'a pause is acknowledged as durable' },
    );
    await product.kill9();
    await product.stop();

    const restarted = await startProduct({ env });
    const token = await restarted.token('crash');
    const query = `{ viewer { playhead(playableId: "${title}") { version positionMs device { id } } } }`;
    const data = await until(
      () =>
        askGateway<{ viewer: { playhead: object } }>(restarted, token, { query }).catch(() => null),
      { what: 'the playhead is known' },
    );
    expect(data.viewer.playhead).toEqual({
      version: acknowledged.playhead?.version,
      positionMs: 90_000,
      device: { id: 'tv' },
    });
    await restarted.stop();
  });
});
