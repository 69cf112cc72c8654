import { randomUUID } from 'node:crypto';
import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { type Product, startProduct } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway } from '../support/remote-device.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { until } from '../support/until.ts';

const film = 'mov_sintel';
const begin = `mutation ($input: BeginSessionInput!) { beginSession(input: $input) {
  session playhead { positionMs } } }`;
const record = `mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) {
  outcome takenOverBy { sessionId } } }`;
const takeOver = `mutation ($input: TakeOverInput!) { takeOver(input: $input) {
  playhead { positionMs } problems { code } } }`;
const updates = 'subscription { playheadUpdates { kind playheads { positionMs } } }';

const row = `{ viewer { continueWatching(first: 5) { edges { node { playableId } } } } }`;

interface Row {
  viewer: { continueWatching: { edges: { node: { playableId: string } }[] } };
}

interface Updates {
  data: { playheadUpdates: { kind: string; playheads: { positionMs: number }[] } };
}

interface Region {
  redis: RedisServer;
  product: Product;
  dataDir: string;
}

/** Two products start one after the other, each with a Redis. */
jest.setTimeout(420_000);

/** A device asks again and again here, until the other region knows. */
const hurried = { RATE_LIMIT_DEVICE: 'off', RATE_LIMIT_PROFILE: 'off' };

const describeWithRedis = (await hasRedisServer()) ? describe : describe.skip;

describeWithRedis('two regions, each with a Redis and processes of its own', () => {
  let europe: Region;
  let america: Region;

  beforeAll(async () => {
    const [euRedis, usRedis] = await Promise.all([startRedis(), startRedis()]);
    const eu = await mkdtemp(join(tmpdir(), 'playhead-eu-'));
    const us = await mkdtemp(join(tmpdir(), 'playhead-us-'));
    const start = (dataDir: string, env: Record<string, string>) =>
      startProduct({ dataDir, env: { ...hurried, ...env } });
    europe = {
      ...{ redis: euRedis, dataDir: eu },
      product: await start(eu, {
        ...{ REGION: 'eu', REDIS_URL: euRedis.url, REGION_PEERS: `us=${usRedis.url}` },
      }),
    };
    // One installation has one set of keys, wherever it serves; the durable stores stay apart.
    await copyFile(join(eu, 'development-keys.json'), join(us, 'development-keys.json'));
    america = {
      ...{ redis: usRedis, dataDir: us },
      product: await start(us, {
        ...{ REGION: 'us', REDIS_URL: usRedis.url, REGION_PEERS: `eu=${euRedis.url}` },
      }),
    };
  });
  afterAll(async () => {
    for (const region of [europe, america]) {
      await region?.product.stop();
      await region?.redis.close();
      if (region !== undefined) await removeFolder(region.dataDir);
    }
  });

  async function viewerOf(profileId: string) {
    const token = await europe.product.token(profileId);
    const ask = <Data>({ product }: Region, query: string, input?: object) =>
      askGateway<Data>(product, token, { query, ...(input && { variables: { input } }) });
    return {
      token,
      async open(region: Region, deviceId: string) {
        const sessionId = randomUUID();
        const of = { playableId: film, sessionId, deviceId, deviceKind: 'TV', elapsedMs: 0 };
        const { beginSession } = await ask<{
          beginSession: { session: string; playhead: { positionMs: number } };
        }>(region, begin, of);
        return { sessionId, ...beginSession };
      },
      async report(region: Region, of: { session: string; sequence: number; positionMs: number }) {
        const { session, sequence, positionMs } = of;
        const event = sequence === 0 ? 'START' : 'HEARTBEAT';
        const heartbeats = [{ sequence, event, elapsedMs: 1 + sequence, positionMs }];
        const { recordHeartbeats } = await ask<{
          recordHeartbeats: { outcome: string; takenOverBy: { sessionId: string } | null };
        }>(region, record, { session, heartbeats });
        return recordHeartbeats;
      },
      async row(region: Region) {
        const { viewer } = await ask<Row>(region, row);
        return viewer.continueWatching.edges.map(({ node }) => node.playableId);
      },
      takeOver: (region: Region, input: object) =>
        ask<{ takeOver: { playhead: object; problems: object[] } }>(region, takeOver, input),
    };
  }

  it('resume in one where a device in the other is, before any database heard of it', async () => {
    const viewer = await viewerOf('traveller');
    const { session } = await viewer.open(europe, 'tv');
    await viewer.report(europe, { session, sequence: 0, positionMs: 240_000 });
    const began = await until(
      async () => {
        const there = await viewer.open(america, 'phone');
        return there.playhead.positionMs === 240_000 && there;
      },
      { what: 'America begins where Europe is' },
    );
    await viewer.report(america, { session: began.session, sequence: 0, positionMs: 250_000 });
    await until(async () => (await viewer.open(europe, 'tablet')).playhead.positionMs === 250_000, {
      what: 'Europe begins where America is',
    });
  });

  it('push in one what a device in the other does', async () => {
    const viewer = await viewerOf('follower');
    const { session } = await viewer.open(europe, 'tv');
    const seen: Updates['data']['playheadUpdates'][] = [];
    const stream = createClient({
      url: `${america.product.url}/graphql`,
      headers: { authorization: `Bearer ${viewer.token}` },
      retryAttempts: 0,
    });
    const next = (message: unknown) => seen.push((message as Updates).data.playheadUpdates);
    stream.subscribe({ query: updates }, { next, error: () => {}, complete: () => {} });
    await until(() => seen[0]?.kind === 'SNAPSHOT', { what: 'the snapshot in America' });
    await viewer.report(europe, { session, sequence: 0, positionMs: 300_000 });
    await until(() => seen.at(-1)?.playheads?.[0]?.positionMs === 300_000, {
      what: 'America is told',
    });
    stream.dispose();
  });

  it('show in one the row of what was watched in the other', async () => {
    const viewer = await viewerOf('commuter');
    const { session } = await viewer.open(europe, 'tv');
    await viewer.report(europe, { session, sequence: 0, positionMs: 400_000 });
    for (const region of [europe, america]) {
      const cards = await until(
        async () => {
          const found = await viewer.row(region);
          return found.length > 0 && found;
        },
        { what: 'the row has a card' },
      );
      expect(cards).toEqual([film]);
    }
  });

  it('hold in one the session that was taken over in the other', async () => {
    const viewer = await viewerOf('taker');
    const tv = await viewer.open(europe, 'tv');
    await viewer.report(europe, { session: tv.session, sequence: 0, positionMs: 100_000 });
    const phone = await until(
      async () => {
        const there = await viewer.open(america, 'phone');
        return there.playhead.positionMs === 100_000 && there;
      },
      { what: 'America knows the session' },
    );
    const { takeOver: taken } = await viewer.takeOver(america, {
      ...{ session: phone.session, from: tv.sessionId, elapsedMs: 500 },
    });
    expect(taken).toMatchObject({ problems: [] });
    let sequence = 0;
    const held = await until(
      async () => {
        sequence += 1;
        const positionMs = 100_000 + sequence;
        const told = await viewer.report(europe, { session: tv.session, sequence, positionMs });
        return told.takenOverBy && told;
      },
      { what: 'the television in Europe is told' },
    );
    expect(held).toEqual({
      ...{ outcome: 'SUPERSEDED', takenOverBy: { sessionId: phone.sessionId } },
    });
  });
});
