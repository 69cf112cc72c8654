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

  it('takes back what a phone watched after a television, and lists both as they were', async () => {
    const { CASSANDRA_REPLICATION: _, ...env } = servers;
    product = await startProduct({ env });
    const profileId = 'undone';
    await watchHere(product, { profileId, positionMs: 240_000 });
    const token = await product.token(profileId);
    const phone = new RemoteDevice(product, token);
    await phone.begin({ playableId: title, deviceId: 'phone', deviceKind: 'PHONE' });
    await phone.report({ event: 'START', positionMs: 240_000 });
    await phone.report({ event: 'FINISH', positionMs: 700_000 });
    const both = await until(
      async () => {
        // A busy Cassandra does not show the log at all.
        const sessions = await watched(product as Product, token).catch(() => []);
        return sessions.length === 2 && sessions[0]?.positions[1] === 700_000 ? sessions : null;
      },
      { what: 'both sessions are listed', deadlineMs: 60_000 },
    );
    expect(both).toEqual([
      { kind: 'PHONE', positions: [240_000, 700_000], isUndone: false },
      { kind: 'TV', positions: [0, 240_000], isUndone: false },
    ]);
    await undoLastOn('PHONE', product, token);
    await resumesAt(product, { profileId, positionMs: 240_000 });
    await ranks(product, profileId);
    await until(
      async () => {
        const sessions = await watched(product as Product, token).catch(() => []);
        return sessions.map(({ isUndone }) => isUndone).join() === 'true,false';
      },
      { what: 'the list says so', deadlineMs: 60_000 },
    );
    const { rows } = await keyspace.client.execute(
      `SELECT session_id FROM ${keyspace.name}.watch_log WHERE profile_id = ? ALLOW FILTERING`,
      [profileId],
      { prepare: true },
    );
    expect(new Set(rows.map((row) => row.session_id)).size).toBe(2);
  });

  it('gives a session to another profile of the account, and lists it there', async () => {
    const { CASSANDRA_REPLICATION: _, ...env } = servers;
    product = await startProduct({ env });
    const [from, to] = ['giver', 'taker'] as const;
    await watchHere(product, { profileId: from, positionMs: 240_000 });
    const [giving, taking] = await Promise.all(
      [from, to].map((profileId) => (product as Product).accountToken(profileId, [from, to])),
    );
    const query = `mutation ($input: ReassignSessionInput!) {
      reassignSession(input: $input) { problems { code message } } }`;
    interface Given {
      reassignSession: { problems: object[] };
    }
    const given = await until(
      async () => {
        const listed = await sessionsOf(product as Product, giving as string).catch(() => []);
        const variables = { input: { sessionId: listed[0]?.id, profileId: to } };
        return askGateway<Given>(product as Product, giving as string, { query, variables }).catch(
          () => null,
        );
      },
      // What a busy Cassandra did not answer in time is asked again, which is safe.
      { what: 'the session is given away', deadlineMs: 60_000 },
    );
    expect(given.reassignSession.problems).toEqual([]);
    await resumesAt(product, { profileId: to, positionMs: 240_000 });
    await ranks(product, to);
    expect(await watched(product, taking as string)).toEqual([
      { kind: 'TV', positions: [0, 240_000], isUndone: false },
    ]);
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

interface Sessions {
  viewer: {
    watchSessions: {
      edges: {
        node: {
          id: string;
          device: { kind: string };
          undoneAt: string | null;
          titles: { fromPositionMs: number; toPositionMs: number }[];
        };
      }[];
    };
  };
}

async function sessionsOf(product: Product, token: string) {
  const query = `{ viewer { watchSessions { edges { node { id device { kind } undoneAt
    titles { fromPositionMs toPositionMs } } } } } }`;
  const { viewer } = await askGateway<Sessions>(product, token, { query });
  return viewer.watchSessions.edges.map(({ node }) => node);
}

/** By device: the test's devices begin within a moment of each other. */
async function watched(product: Product, token: string) {
  const sessions = await sessionsOf(product, token);
  return sessions
    .map(({ device, undoneAt, titles }) => ({
      kind: device.kind,
      positions: titles.flatMap((one) => [one.fromPositionMs, one.toPositionMs]),
      isUndone: undoneAt !== null,
    }))
    .sort((left, right) => (left.kind < right.kind ? -1 : 1));
}

async function undoLastOn(kind: string, product: Product, token: string): Promise<void> {
  const session = (await sessionsOf(product, token)).find(({ device }) => device.kind === kind);
  const query = `mutation ($input: UndoSessionInput!) {
    undoSession(input: $input) { playheads { positionMs } problems { code message } } }`;
  const operation = { query, variables: { input: { sessionId: session?.id } } };
  interface Undone {
    undoSession: { problems: { code: string }[] };
  }
  const { undoSession } = await until(
    () => askGateway<Undone>(product, token, operation).catch(() => null),
    { what: 'the session is undone', deadlineMs: 60_000 },
  );
  // What a busy Cassandra did not answer in time was done all the same.
  const codes = undoSession.problems.map(({ code }) => code);
  expect(codes.filter((code) => code !== 'ALREADY_UNDONE')).toEqual([]);
}

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
