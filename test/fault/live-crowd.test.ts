import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { promise } from '../support/promise.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { LiveWorld } from './live-world.ts';

/** `npm run bench -- live` does it with 2,000 subscribers; these start within seconds on a busy machine. */
const profiles = 110;
const watchers = 2;
const subscribers = profiles * watchers;
const levelMsMax = 2_000;
const readsMax = 2;

/** Minutes on a machine that does other things as well; a fraction of one on a quiet one. */
jest.setTimeout(600_000);

const describeHere = (await hasRedisServer()) ? describe : describe.skip;

// What breaks: the gateway, the playback process or Redis, with a crowd of live subscribers.
// How: SIGKILL and a new start, while every profile's device reports on and on.
// What must hold: each subscriber's last state is the store's, soon after the last write; one socket
// carries them all; coming back costs the durable store a known number of reads.
describeHere('live subscribers of one gateway', () => {
  let world: LiveWorld;
  beforeAll(async () => {
    world = await LiveWorld.open({ profiles, watchers });
    await world.watch();
  });
  afterAll(() => world.close());

  const durableReads = () => world.metric('playhead_durable_reads_total');

  async function expectLevel(what: string): Promise<void> {
    promise(
      `${what}, last of ${subscribers} subscribers level`,
      Math.max(...(await world.level())),
      levelMsMax,
    );
    expect(await world.metric('playhead_live_subscriptions')).toBe(subscribers);
    expect(await world.metric('playhead_gateway_sockets')).toBe(1);
  }

  it('have the last state, all over one socket', async () => {
    await world.reportAll();
    await expectLevel('quiet');
  });

  it('have the last state after the gateway was killed, without a herd on the durable store', async () => {
    const readsBefore = await durableReads();
    await world.reportWhile(world.restartGateway());
    await expectLevel('gateway restarted');
    expect((await durableReads()) - readsBefore).toBeLessThanOrEqual(2 * profiles);
  });

  it('have the last state after playback was killed, without a herd on the durable store', async () => {
    await world.reportWhile(world.restartPlayback());
    await expectLevel('playback restarted');
    // Once more where a comparison ran out meanwhile: a slow machine takes longer than a mark lasts.
    expect(await durableReads()).toBeLessThanOrEqual(2 * profiles);
  });

  it('have the last state after Redis was killed', async () => {
    await world.reportWhile(world.restartRedis());
    await expectLevel('Redis restarted');
  });

  it('cost the durable store a known number of reads when Redis comes back', async () => {
    const reads = await world.readsOfRedisRestart();
    process.stdout.write(
      `promise: a Redis restart costs ${(reads / profiles).toFixed(2)} reads a profile\n`,
    );
    expect(reads).toBeLessThanOrEqual(readsMax * profiles);
  });
});
