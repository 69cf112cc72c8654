import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type Product, startPlayback, startProduct, startSplit } from '../support/product.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

const readiness = async (origin: string) => (await fetch(new URL('/health/ready', origin))).status;

/** Answers, once it is open, the code that it will be closed with. */
async function openSocket(product: Product) {
  const socket = new WebSocket(product.url.replace('http', 'ws').concat('/graphql'), [
    'graphql-transport-ws',
  ]);
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  return { closing: closed };
}

describe.each([
  ['one process', startProduct],
  ['separate processes', startSplit],
])('the product as %s, told to end', (_shape, start) => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'playhead-ends-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('is not ready first, serves on, sends sockets away, and has written what it was told', async () => {
    const env = { SHUTDOWN_DELAY_MS: '4000', DRAIN_MS: '200' };
    const product = await start({ env, dataDir });
    const token = await product.token('ends');
    const device = new RemoteDevice(product, token);
    await device.begin({ playableId: 'mov_1', deviceId: 'tv', deviceKind: 'TV' });
    const { closing: closed } = await openSocket(product);

    const ended = once(product.process, 'exit');
    product.process.kill('SIGTERM');
    await until(async () => (await readiness(product.url)) === 503, { what: 'it is not ready' });
    const acknowledged = await device.report({ positionMs: 1_234_000 });
    expect(acknowledged.outcome).toBe('ACCEPTED');
    expect(await closed).toBe(1001);
    // Another signal before its end would be one too many.
    expect((await ended)[0]).toBe(0);
    await product.stop();

    const again = await start({ dataDir });
    const { viewer } = await askGateway<{ viewer: { playhead: { positionMs: number } } }>(
      again,
      token,
      { query: '{ viewer { playhead(playableId: "mov_1") { positionMs } } }' },
    );
    expect(viewer.playhead.positionMs).toBe(1_234_000);
    await again.stop();
  });
});

describe('a playback process whose stores are away from the start', () => {
  const deadPort = async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    return port;
  };

  it('is ready without its Redis: the durable store answers', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-ends-'));
    const part = await startPlayback({
      DATA_DIR: dataDir,
      REDIS_URL: `redis://127.0.0.1:${await deadPort()}`,
    });
    expect(await readiness(part.graphqlUrl)).toBe(200);
    await part.terminate();
    await rm(dataDir, { recursive: true, force: true });
  });
});
