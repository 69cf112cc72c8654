// What breaks: the only playback process is killed while its heartbeats are in Redis alone.
// How: SIGKILL before any drain, then the same Redis under a process that never saw those heartbeats.
// What must still hold: plain heartbeats that were acknowledged are answered, and reach the row.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const title = 'mov_tears_of_steel';
const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('the product over Redis', () => {
  let redis: RedisServer;
  let product: Product | undefined;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await product?.stop();
    await redis?.close();
  });

  it('answers what a killed process had acknowledged and written nowhere else', async () => {
    const env = { REDIS_URL: redis.url, PLAYBACK_WRITE_BEHIND_MS: '300000' };
    product = await startProduct({ env });
    const tv = new RemoteDevice(product, await product.token('demo'));
    await tv.begin({ playableId: title, deviceId: 'tv', deviceKind: 'TV' });
    await tv.report({ event: 'START', positionMs: 0 });
    await tv.report({ event: 'SEEK', positionMs: 290_000 });
    const acknowledged = await tv.report({ event: 'HEARTBEAT', positionMs: 300_000 });
    expect(acknowledged).toMatchObject({ outcome: 'ACCEPTED', durability: 'HOT' });
    await product.kill9();

    // Another folder: nothing of the killed process is left but what Redis holds.
    product = await startProduct({ env });
    const next = product;
    const token = await next.token('demo');
    const { viewer } = await askGateway<{ viewer: { playhead: unknown } }>(next, token, {
      query: `{ viewer { playhead(playableId: "${title}") { version positionMs freshness { source } } } }`,
    });
    expect(viewer.playhead).toMatchObject({
      version: acknowledged.playhead?.version,
      positionMs: 300_000,
    });
    await until(
      async () => {
        const row = await askGateway<{
          viewer: { continueWatching: { edges: { node: { playableId: string } }[] } };
        }>(next, token, {
          query: '{ viewer { continueWatching { edges { node { playableId } } } } }',
        });
        return row.viewer.continueWatching.edges.some(({ node }) => node.playableId === title);
      },
      { what: 'the row offers the title' },
    );
  });
});
