import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { leasesOf } from './final-states.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

/** A drain of the load's few titles: one batch a profile. */
const drainMsMax = 300;

// What breaks: a playback process, under load, while the other one goes on.
// How: SIGKILL with its drain between Cassandra's answer and Redis, or before Cassandra has it;
// SIGTERM in the middle of everything.
// What must hold: nothing acknowledged is lost, as HOT or as DURABLE; after SIGTERM it ends with 0.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'when a playback process ends under load',
  (cassandra) => {
    let world: World;
    beforeAll(async () => {
      world = await World.open({ cassandra, proxied: ['cassandra'] });
    });
    afterAll(() => world.close());

    /** A lease that is kept for longer than a drain takes: whoever has it waits for Cassandra. */
    const isDraining = () =>
      until(
        async () => {
          const before = await leasesOf(world.redisClient);
          await delay(drainMsMax);
          const kept = await leasesOf(world.redisClient);
          return before.some((lease) => kept.includes(lease));
        },
        { what: 'a drain is under way', deadlineMs: 20_000 },
      );

    it.each([
      ['written', 'what it drains is written and still dirty', 'answers'],
      ['unwritten', 'what it drains is not written yet', 'requests'],
    ] as const)('%s: killed while %s', async (name, _what, direction) => {
      const run = await Run.begin(world, name);
      const { history, load } = run;
      const { cassandraProxy } = world.member('a');
      await load.retire('before');
      history.begin('durable');
      cassandraProxy!.hold(direction);
      await isDraining();
      await run.kill('a');
      await cassandraProxy!.heal();
      history.end('durable');
      await load.retire('during');
      await run.answers('beats', 40);
      await run.restart('a');
      await run.answers('beats', 40);
      expect(await run.verdict()).toEqual([]);
    });

    it('asked to end, it answers what it has begun, drains, and ends with 0', async () => {
      const run = await Run.begin(world, 'asked');
      await run.load.retire('before');
      await run.terminate('a');
      await run.load.retire('during');
      await run.answers('beats', 40);
      await run.restart('a');
      await run.answers('beats', 40);
      expect(await run.verdict()).toEqual([]);
    });

    it('asked to end while Cassandra is away, it ends with 0, and the other drains what it leaves', async () => {
      const run = await Run.begin(world, 'asked-without');
      const { history, load } = run;
      await load.retire('before');
      history.begin('durable');
      for (const { cassandraProxy } of world.members) await cassandraProxy!.cut();
      await run.answers('beats', 40);
      await load.retire('during');
      await run.terminate('a');
      for (const { cassandraProxy } of world.members) await cassandraProxy!.heal();
      await run.answers('beats', 40);
      await run.restart('a');
      await run.isWell();
      await run.isDurable(history.nowMs());
      history.end('durable');
      expect(await run.verdict()).toEqual([]);
    });
  },
);
