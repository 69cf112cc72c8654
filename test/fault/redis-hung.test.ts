import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { promise } from '../support/promise.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { latenciesOf, median } from './figures.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

/** The default is 150 ms; a busy machine must not look like a hung Redis. */
const commandTimeoutMs = 500;
/** Five timeouts in a row open a breaker; with several requests at once they all end together. */
const breakerOpenAfterMs = 3 * commandTimeoutMs;

// What breaks: the Redis that two playback processes share hangs: it takes connections, and is silent.
// How: SIGSTOP under load, SIGCONT later; what it was asked meanwhile it does then.
// What must hold: nobody waits longer than a command's timeout, and hardly at all once that is known;
// nothing acknowledged is lost, no answer is an error.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'when Redis hangs under load',
  (cassandra) => {
    let world: World;
    beforeAll(async () => {
      const env = { REDIS_COMMAND_TIMEOUT_MS: String(commandTimeoutMs) };
      world = await World.open({ cassandra, env });
    });
    afterAll(async () => {
      world.redis.signal('SIGCONT');
      await world.close();
    });

    it('reads fall back in time, then at once, and what it does late does no harm', async () => {
      const run = await Run.begin(world, 'hung');
      const { backMs, fromMs, toMs } = await run.fault({
        troubles: ['hot', 'apart'],
        answers: 100,
        begin: () => world.redis.signal('SIGSTOP'),
        end: () => world.redis.signal('SIGCONT'),
      });
      expect(await run.verdict()).toEqual([]);
      const slowestMs = Math.max(...latenciesOf(run, 'read', { fromMs, toMs }));
      promise('Redis hung, slowest answer', slowestMs, commandTimeoutMs + 50);
      const known = { fromMs: fromMs + breakerOpenAfterMs, toMs };
      promise('Redis hung, p50 once it is known', median(latenciesOf(run, 'read', known)), 15);
      promise('Redis went on, all hot again after', backMs, 2_000);
    });
  },
);
