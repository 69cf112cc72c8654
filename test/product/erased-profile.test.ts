// What breaks: the promise that a profile can be erased, by a late player or by a backup that is put back.
// How: the operator's command beside running servers, over the embedded stores and over Redis and Cassandra;
// then a player that goes on, and old hashes and rows put back as a restore would.
// What must still hold: nothing of before is answered or exported, and the command says DONE.
import { afterEach, describe, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra, testKeyspace } from '../support/cassandra.ts';
import { type Product, startProduct } from '../support/product.ts';
import { runProfileCommand } from '../support/profile-command.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const title = 'mov_tears_of_steel';
const hasRedis = await hasRedisServer();
const cassandra = await sharedCassandra();
let product: Product | undefined;

afterEach(async () => {
  await product?.stop();
  product = undefined;
});

/** `npm run profile`, with the settings of the servers. */
function operatorOf(env: Record<string, string>, at: Product) {
  return (...argv: string[]) => runProfileCommand({ ...env, DATA_DIR: at.dataDir }, argv);
}

type Line = { kind: string } & Record<string, unknown>;

function parsed(lines: readonly string[]): Line[] {
  return lines.map((line) => JSON.parse(line) as Line);
}

const kindsOf = (lines: readonly string[]) => [...new Set(parsed(lines).map(({ kind }) => kind))];

async function watch(at: Product, profileId: string): Promise<RemoteDevice> {
  const tv = new RemoteDevice(at, await at.token(profileId));
  await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
  await tv.report({ event: 'START', positionMs: 0 });
  await tv.report({ event: 'SEEK', positionMs: 290_000 });
  await until(
    async () => {
      const paused = await tv.report({ event: 'PAUSE', positionMs: 300_000 });
      return paused.durability === 'DURABLE';
    },
    { what: 'a pause is durable', deadlineMs: 60_000 },
  );
  return tv;
}

interface Served {
  viewer: {
    playhead: { status: string; positionMs: number };
    history: { edges: unknown[] };
    continueWatching: { edges: unknown[] };
  };
}

async function served(at: Product, profileId: string) {
  const query = `{ viewer { playhead(playableId: "${title}") { status positionMs }
    history { edges { node { playableId } } } continueWatching { edges { node { playableId } } } } }`;
  const { viewer } = await until(
    async () => askGateway<Served>(at, await at.token(profileId), { query }).catch(() => null),
    { what: 'the profile is answered', deadlineMs: 60_000 },
  );
  const { status } = viewer.playhead;
  const [inHistory, inRow] = [viewer.history.edges.length, viewer.continueWatching.edges.length];
  return { status, inHistory, inRow };
}

const nothing = { status: 'NOT_STARTED', inHistory: 0, inRow: 0 };

async function isShown(at: Product, profileId: string): Promise<void> {
  await until(async () => (await served(at, profileId)).inRow === 1, {
    what: 'the row offers what was watched',
    deadlineMs: 60_000,
  });
}

describe('a profile in one process over files', () => {
  it('is exported and erased beside the running server, whose player goes on in vain', async () => {
    product = await startProduct();
    const operate = operatorOf({}, product);
    const tv = await watch(product, 'erased');
    await watch(product, 'kept');
    await isShown(product, 'erased');
    const before = await operate('export', 'erased');
    expect(kindsOf(before)).toEqual(
      expect.arrayContaining(['export', 'missing', 'playhead', 'device', 'transition', 'viewing']),
    );
    expect(parsed(before).at(-1)).toMatchObject({ kind: 'end', missing: ['hot store'] });

    const erased = await operate('erase', 'erased');
    expect(erased.at(-1)).toMatch(/^DONE {2}receipt /);
    // Before the row is asked for once more, which is logged as well.
    expect(kindsOf(await operate('export', 'erased'))).toEqual(['export', 'missing', 'end']);
    expect((await tv.report({ event: 'HEARTBEAT', positionMs: 310_000 })).problems).toMatchObject([
      { code: 'SESSION_INVALID' },
    ]);
    expect(await served(product, 'erased')).toEqual(nothing);
    expect(await served(product, 'kept')).toMatchObject({ inHistory: 1, inRow: 1 });
    expect((await operate('verify', 'erased')).at(-1)).toMatch(/^DONE/);
    await expect(operate('verify', 'kept')).rejects.toMatchObject({ code: 1 });
  });
});

describeWith(hasRedis ? cassandra : null, 'a profile over Redis and Cassandra', (local) => {
  it('stays erased when a restore puts old hashes and rows back, once fences are applied', async () => {
    const keyspace = await testKeyspace(local);
    const redis = await startRedis();
    try {
      await keyspace.migrate();
      const env = {
        REDIS_URL: redis.url,
        REDIS_COMMAND_TIMEOUT_MS: '2000',
        CASSANDRA_CONTACT_POINTS: local.contactPoints.join(','),
        CASSANDRA_LOCAL_DC: local.dataCentre,
        CASSANDRA_KEYSPACE: keyspace.name,
      };
      product = await startProduct({ env });
      const operate = operatorOf(env, product);
      await watch(product, 'erased');
      await watch(product, 'kept');
      await isShown(product, 'erased');
      expect(parsed(await operate('export', 'erased')).at(-1)).toMatchObject({ missing: [] });
      const saved = await save(redis);
      const rows = await keyspace.client.execute(
        `SELECT profile_id, kind, id, packed, writetime(packed) AS at FROM ${keyspace.name}.profile_state`,
      );

      expect((await operate('erase', 'erased')).at(-1)).toMatch(/^DONE/);
      expect(kindsOf(await operate('export', 'erased'))).toEqual(['export', 'end']);
      expect(await served(product, 'erased')).toEqual(nothing);

      // A table that is put back has no deletion to cover its rows.
      await keyspace.client.execute(`TRUNCATE ${keyspace.name}.profile_state`);
      for (const { profile_id, kind, id, packed, at } of rows.rows) {
        await keyspace.client.execute(
          `INSERT INTO ${keyspace.name}.profile_state (profile_id, kind, id, packed)
           VALUES (?, ?, ?, ?) USING TIMESTAMP ?`,
          [profile_id, kind, id, packed, at],
          { prepare: true },
        );
      }
      await saved.restore();
      await expect(operate('verify', 'erased')).rejects.toMatchObject({ code: 1 });
      expect(await operate('reapply-fences')).toEqual([
        '1 erased profiles were found and erased again.',
      ]);
      expect((await operate('verify', 'erased')).at(-1)).toMatch(/^DONE/);
      expect(await served(product, 'erased')).toEqual(nothing);
      expect(await served(product, 'kept')).toMatchObject({ inHistory: 1, inRow: 1 });

      await redis.kill();
      const degraded = parsed(await operate('export', 'kept'));
      expect(degraded.at(-1)).toMatchObject({
        missing: ['hot store', 'event stream', 'view of the row'],
      });
      expect(degraded.filter(({ kind }) => kind === 'playhead')).toMatchObject([
        { playableId: title, positionMs: 300_000 },
      ]);
      await expect(operate('erase', 'kept')).rejects.toMatchObject({
        stdout: expect.stringContaining('PENDING'),
      });
    } finally {
      await product?.stop();
      product = undefined;
      await redis.close();
      await keyspace.close();
    }
  });
});

/** Every key of the profile, to be put back as a restored file would have it. */
async function save(redis: RedisServer): Promise<{ restore(): Promise<void> }> {
  const keys = (await redis.ask('--raw', 'keys', '*:erased')).trim().split('\n');
  expect(keys.length).toBeGreaterThan(3);
  for (const key of keys) await redis.ask('copy', key, `saved:${key}`);
  return {
    async restore() {
      for (const key of keys) await redis.ask('rename', `saved:${key}`, key);
    },
  };
}
