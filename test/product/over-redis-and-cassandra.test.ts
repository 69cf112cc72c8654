import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { environmentOf, readCompose } from '../deploy/compose-file.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { type Product, startProduct, startSplit } from '../support/product.ts';
import {
  hasRedisServer,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const title = 'mov_tears_of_steel';
const { services } = readCompose();
const hasRedis = await hasRedisServer();
const cassandra = await sharedCassandra();

describeWith(hasRedis ? cassandra : null, 'the product over Redis and Cassandra', (local) => {
  let redis: RedisServer;
  let keyspace: TestKeyspace;
  let product: Product | undefined;
  /** Where the two servers are, in place of the names that compose.yaml has for them. */
  let servers: Record<string, string>;
  beforeAll(async () => {
    redis = await startRedis();
    keyspace = await testKeyspace(local);
    servers = {
      REDIS_URL: redis.url,
      CASSANDRA_CONTACT_POINTS: local.contactPoints.join(','),
      CASSANDRA_LOCAL_DC: local.dataCentre,
      CASSANDRA_KEYSPACE: keyspace.name,
      CASSANDRA_REPLICATION: `${local.dataCentre}:1`,
    };
  });
  afterEach(async () => {
    await product?.stop();
    product = undefined;
  });
  afterAll(async () => {
    await keyspace.close();
    await redis.close();
  });

  /** What compose.yaml gives a process, with the addresses of here. */
  const composed = (name: keyof typeof services) => {
    const environment = environmentOf(services[name]!);
    const here = Object.keys(environment).map((key) => [key, servers[key] ?? environment[key]!]);
    return { ...Object.fromEntries(here), HOST: '127.0.0.1' } as Record<string, string>;
  };

  it('gets its tables from the job that compose.yaml runs first', async () => {
    const [, ...argv] = services.migrate!.command!;
    const { stdout } = await run(process.execPath, argv, { env: composed('migrate') });
    expect(stdout).toContain('applied.');
  });

  it('resumes and ranks as the processes of compose.yaml, with their commands and settings', async () => {
    product = await startSplit({
      envOf: {
        gateway: composed('gateway'),
        catalog: composed('catalog'),
        playback: composed('playback'),
        recommendations: composed('recommendations'),
      },
    });
    await watchHere(product, { profileId: 'split', positionMs: 300_000 });
    await resumesAt(product, { profileId: 'split', positionMs: 300_000 });
    await ranks(product, 'split');
    expect(await redis.ask('keys', 'ph:*:p:split')).not.toBe('');
    expect(await durableTitles('split')).toEqual([title]);
  });

  it('resumes and ranks in one process, as npm start runs it, what another one recorded', async () => {
    const { CASSANDRA_REPLICATION: _, ...env } = servers;
    product = await startProduct({ env });
    await resumesAt(product, { profileId: 'split', positionMs: 300_000 });
    await watchHere(product, { profileId: 'single', positionMs: 240_000 });
    await resumesAt(product, { profileId: 'single', positionMs: 240_000 });
    await ranks(product, 'single');
  });

  it('resumes over a Redis Cluster, and from Cassandra alone what only the other Redis had', async () => {
    const cluster = await startRedisCluster();
    try {
      const { REDIS_URL: _, CASSANDRA_REPLICATION: __, ...env } = servers;
      const nodes = { REDIS_CLUSTER_NODES: cluster.addresses.join(',') };
      product = await startProduct({ env: { ...env, ...nodes } });
      await resumesAt(product, { profileId: 'single', positionMs: 240_000 });
      await watchHere(product, { profileId: 'cluster', positionMs: 200_000 });
      await resumesAt(product, { profileId: 'cluster', positionMs: 200_000 });
      await ranks(product, 'cluster');
      await product.stop();
    } finally {
      await cluster.close();
    }
  });

  async function durableTitles(profileId: string): Promise<string[]> {
    const { rows } = await keyspace.client.execute(
      `SELECT id FROM ${keyspace.name}.profile_state WHERE profile_id = ? AND kind = 'playhead'`,
      [profileId],
      { prepare: true },
    );
    return rows.map((row) => row.id as string);
  }
});

/** A TV plays on, and pauses; the pause is durable, as soon as the machine is quick enough for that. */
async function watchHere(
  product: Product,
  at: { profileId: string; positionMs: number },
): Promise<void> {
  const tv = new RemoteDevice(product, await product.token(at.profileId));
  await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
  await tv.report({ event: 'START', positionMs: 0 });
  await tv.report({ event: 'SEEK', positionMs: at.positionMs - 5_000 });
  const beat = await tv.report({ event: 'HEARTBEAT', positionMs: at.positionMs });
  expect(beat).toMatchObject({ outcome: 'ACCEPTED', problems: [] });
  await until(
    async () => {
      const paused = await tv.report({ event: 'PAUSE', positionMs: at.positionMs });
      expect(paused).toMatchObject({ outcome: 'ACCEPTED', problems: [] });
      return paused.durability === 'DURABLE';
    },
    { what: 'a pause is durable', deadlineMs: 60_000 },
  );
}

/** What a phone is told before it plays. */
async function resumesAt(
  product: Product,
  at: { profileId: string; positionMs: number },
): Promise<void> {
  const token = await product.token(at.profileId);
  const query = `{ viewer { playhead(playableId: "${title}") {
    positionMs status device { id } freshness { degraded } } } }`;
  const { viewer } = await until(
    () =>
      askGateway<{ viewer: { playhead: unknown } }>(product, token, { query }).catch(() => null),
    { what: 'the playhead is known' },
  );
  expect(viewer.playhead).toMatchObject({
    positionMs: at.positionMs,
    status: 'IN_PROGRESS',
    device: { id: 'tv' },
  });
  const phone = new RemoteDevice(product, token);
  const begun = await phone.begin({ playableId: title, deviceId: 'phone', deviceKind: 'PHONE' });
  expect(begun).toMatchObject({ stale: false, playhead: { version: expect.any(String) } });
}

async function ranks(product: Product, profileId: string): Promise<void> {
  const token = await product.token(profileId);
  const query = '{ viewer { continueWatching { edges { node { playableId } } } } }';
  interface Row {
    viewer: { continueWatching: { edges: { node: { playableId: string } }[] } };
  }
  await until(
    async () => {
      const row = await askGateway<Row>(product, token, { query });
      return row.viewer.continueWatching.edges.some(({ node }) => node.playableId === title);
    },
    { what: 'the row offers what was watched', deadlineMs: 30_000 },
  );
}
