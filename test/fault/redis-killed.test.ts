import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { promise } from '../support/promise.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { latenciesOf, subscriberLagMs } from './figures.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

// What breaks: the Redis that two playback processes share, under players, readers and live streams.
// How: SIGKILL, then a restart with its files, without the last that was appended, or without any.
// What must hold: nothing acknowledged is lost, no answer is an error, all is hot again within 2 s.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'when Redis is killed under load',
  (cassandra) => {
    let world: World;
    beforeAll(async () => {
      world = await World.open({ cassandra });
    });
    afterAll(() => world.close());

    it('reads fall back at once, and a restart with its files loses nothing', async () => {
      const run = await Run.begin(world, 'killed');
      const { backMs, ...between } = await run.fault({
        troubles: ['hot'],
        begin: () => world.redis.kill(),
        end: () => world.redis.start(),
      });
      expect(await run.verdict()).toEqual([]);
      const [firstMs = Number.NaN] = latenciesOf(run, 'read', between);
      promise('Redis killed, first fallback answer', firstMs, 50);
      promise('Redis restarted, all hot again after', backMs, 2_000);
      promise('Redis restarted, live streams level', subscriberLagMs(run), 2_000);
    });

    it('a restart without the last it had appended loses nothing that a process still knows', async () => {
      const run = await Run.begin(world, 'power-cut');
      const { backMs } = await run.fault({
        troubles: ['hot', 'restoring'],
        async begin() {
          const bytes = await world.redis.fileBytes();
          await run.answers('beats', 10);
          await world.redis.kill();
          expect(await world.redis.fileBytes()).toBeGreaterThan(bytes);
          await world.redis.truncateFile(bytes);
        },
        answers: 30,
        end: () => world.redis.start(),
      });
      expect(await run.verdict()).toEqual([]);
      promise('Redis came back without its last seconds, all given back after', backMs, 2_000);
    });

    it('a restart without its files loses nothing that a process still knows', async () => {
      const run = await Run.begin(world, 'emptied');
      const { backMs } = await run.fault({
        troubles: ['hot', 'restoring'],
        // What a process accepted is remembered for ten seconds: Redis is back before that.
        answers: 30,
        async begin() {
          await world.redis.kill();
          await world.redis.removeFiles();
        },
        end: () => world.redis.start(),
      });
      expect(await run.verdict()).toEqual([]);
      promise('Redis came back empty, all given back after', backMs, 2_000);
    });
  },
);
