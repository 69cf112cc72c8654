// What breaks: an erasure while the region that the profile was watched in as well cannot be reached.
// How: two products with a Redis each, as two regions; a proxy cuts the links between them, heals them, and
// what was accepted before is put into a stream again, as a restored Redis would have it.
// What must still hold: the command says PENDING and which region, then DONE; nothing of before comes back in either.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { partitionOf } from '../../domain/version.ts';
import { partitionKeys } from '../../stores/redis/keys.ts';
import { offsetOf } from '../../stores/redis/stream.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type Product, startProduct } from '../support/product.ts';
import { runProfileCommand } from '../support/profile-command.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { until } from '../support/until.ts';

const title = 'mov_tears_of_steel';
const profileId = 'erased';
const patience = { deadlineMs: 60_000 };

/** Two products start, and a command six times. */
jest.setTimeout(420_000);

interface Place {
  redis: RedisServer;
  /** How the other region reaches that Redis. */
  proxy: FaultProxy;
  env: Record<string, string>;
  product: Product;
}

describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'a profile of two regions',
  (local) => {
    let keyspace: TestKeyspace;
    let dataDir: string;
    let eu: Place;
    let us: Place;
    beforeAll(async () => {
      keyspace = await testKeyspace(local);
      await keyspace.migrate();
      dataDir = await mkdtemp(join(tmpdir(), 'playhead-regions-'));
      const stores = [await openStore(), await openStore()] as const;
      const open = async (name: string, [own, other]: (typeof stores)[0][]) => {
        const env = {
          DATA_DIR: dataDir,
          REGION: name,
          REGION_PEERS: `${name === 'eu' ? 'us' : 'eu'}=redis://127.0.0.1:${other!.proxy.port}`,
          REDIS_URL: own!.redis.url,
          RATE_LIMIT_DEVICE: 'off',
          RATE_LIMIT_PROFILE: 'off',
          REDIS_COMMAND_TIMEOUT_MS: '2000',
          CASSANDRA_CONTACT_POINTS: local.contactPoints.join(','),
          CASSANDRA_LOCAL_DC: local.dataCentre,
          CASSANDRA_KEYSPACE: keyspace.name,
        };
        return { ...own!, env, product: await startProduct({ env, dataDir }) };
      };
      [eu, us] = await Promise.all([open('eu', [...stores]), open('us', stores.toReversed())]);
    });
    afterAll(async () => {
      for (const place of [eu, us]) {
        await place?.product.stop();
        await place?.proxy.close();
        await place?.redis.close();
      }
      await keyspace.close();
      await removeFolder(dataDir);
    });

    /** `npm run profile`, with the settings of the region's servers. */
    const operate = ({ env }: Place, ...argv: string[]) => runProfileCommand(env, argv);

    it('stays erased in both, once both were reached', async () => {
      const tv = await watch(eu.product, 'tv');
      const phone = await watch(us.product, 'phone');
      for (const { product } of [eu, us]) {
        await until(async () => (await served(product)).inRow === 1, {
          what: 'the row offers what was watched in this region',
          ...patience,
        });
      }
      const accepted = [await acceptedIn(eu), await acceptedIn(us)];
      expect(accepted.map((entries) => entries.length > 0)).toEqual([true, true]);

      await Promise.all([eu.proxy.cut(), us.proxy.cut()]);
      const pending = await operate(eu, 'erase', profileId).catch((error: Error) => error.message);
      expect(pending).toContain('PENDING');
      expect(pending).toMatch(/^hot store of us: could not be read/m);
      expect(pending).toMatch(/^hot store: 0 left/m);

      // What players of before report is refused, also where the fence has not come by the links.
      for (const device of [tv, phone]) {
        const { problems } = await device.report({ event: 'HEARTBEAT', positionMs: 310_000 });
        expect(problems).toMatchObject([{ code: 'SESSION_INVALID' }]);
      }

      await Promise.all([eu.proxy.heal(), us.proxy.heal()]);
      const done = await operate(eu, 'erase', profileId);
      expect(done).toEqual(
        expect.arrayContaining([
          'hot store of us: 0 left',
          'view of the row of us: 0 left',
          'accepted by us for others: 0 left',
          'accepted for other regions: 0 left',
        ]),
      );
      expect(done.at(-1)).toMatch(/^DONE/);
      for (const { product } of [eu, us]) expect(await served(product)).toEqual(nothing);

      // Both read once more what the other had accepted of it before.
      for (const [index, place] of [eu, us].entries()) {
        const other = place === eu ? us : eu;
        await acceptAgain(place, accepted[index]!);
        await isReadBy(other, place);
        expect(await served(other.product)).toEqual(nothing);
      }
      await expect(operate(us, 'verify', profileId)).rejects.toThrow('accepted by eu for others: ');
      expect((await operate(us, 'erase', profileId)).at(-1)).toMatch(/^DONE/);
      expect((await operate(eu, 'verify', profileId)).at(-1)).toMatch(/^DONE/);
    });
  },
);

async function openStore() {
  const redis = await startRedis();
  return { redis, proxy: await FaultProxy.open({ port: redis.port }) };
}

async function watch(at: Product, deviceId: string): Promise<RemoteDevice> {
  const device = new RemoteDevice(at, await at.token(profileId));
  await device.begin({ playableId: title, deviceId, deviceKind: 'TV' });
  await device.report({ event: 'START', positionMs: 0 });
  await device.report({ event: 'SEEK', positionMs: 290_000 });
  await until(
    async () => {
      const paused = await device.report({ event: 'PAUSE', positionMs: 300_000 });
      return paused.durability === 'DURABLE';
    },
    { what: 'a pause is durable', ...patience },
  );
  return device;
}

interface Served {
  viewer: {
    playhead: { status: string };
    history: { edges: unknown[] };
    continueWatching: { edges: unknown[] };
  };
}

async function served(at: Product) {
  const query = `{ viewer { playhead(playableId: "${title}") { status }
    history { edges { node { playableId } } } continueWatching { edges { node { playableId } } } } }`;
  const { viewer } = await until(
    async () => askGateway<Served>(at, await at.token(profileId), { query }).catch(() => null),
    { what: 'the profile is answered', ...patience },
  );
  const [inHistory, inRow] = [viewer.history.edges.length, viewer.continueWatching.edges.length];
  return { status: viewer.playhead.status, inHistory, inRow };
}

const nothing = { status: 'NOT_STARTED', inHistory: 0, inRow: 0 };

const partition = partitionOf(profileId, 16);
const { out, readPoints } = partitionKeys(partition);

async function inRedis<Answer>(place: Place, ask: (redis: Redis) => Promise<Answer>) {
  const client = new Redis(place.redis.url);
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

/** Fields of what a region has for others of the profile. */
function acceptedIn(place: Place): Promise<string[][]> {
  return inRedis(place, async (redis) =>
    (await redis.xrange(out, '-', '+'))
      .map(([, fields]) => fields)
      .filter((fields) => fields.includes(profileId)),
  );
}

async function acceptAgain(place: Place, entries: readonly string[][]): Promise<void> {
  await inRedis(place, async (redis) => {
    for (const fields of entries) await redis.xadd(out, '*', ...fields);
  });
}

/** Returns when `reader` has read all that `place` has for it in the profile's partition. */
async function isReadBy(reader: Place, place: Place): Promise<void> {
  const last = await inRedis(place, async (redis) => (await redis.xrevrange(out, '+', '-'))[0]![0]);
  const noted = () =>
    inRedis(reader, async (redis) => (await redis.hget(readPoints, place.env.REGION!)) ?? '');
  await until(async () => (await noted()).startsWith(offsetOf(last)), {
    what: 'the other region has read it',
    ...patience,
  });
}
