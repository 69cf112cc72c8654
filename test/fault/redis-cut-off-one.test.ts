import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

// What breaks: one of two playback processes loses Redis, the other one does not.
// How: a proxy cuts the links of that process alone, under a load that talks to both.
// What must hold: both take everything, nothing acknowledged is lost, only the one that is cut off says
// that it may be behind, and what it took is everywhere as soon as it is back.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'when one process alone loses Redis under load',
  (cassandra) => {
    let world: World;
    beforeAll(async () => {
      world = await World.open({ cassandra, proxied: ['redis'] });
    });
    afterAll(() => world.close());

    it('the other goes on as before, and in the end they agree', async () => {
      const run = await Run.begin(world, 'alone');
      const { redisProxy } = world.member('a');
      await run.fault({
        troubles: ['hot', 'apart'],
        begin: () => redisProxy!.cut(),
        end: () => redisProxy!.heal(),
      });
      expect(await run.verdict()).toEqual([]);
      const flagged = run.history.lines.filter(
        (line) =>
          line.line === 'answered' &&
          Object.values(line.answer.playheads).some((served) => served?.isDegraded),
      );
      const askedB = new Set(
        run.history.lines.flatMap((line) =>
          line.line === 'sent' && line.process === 'b' ? [line.id] : [],
        ),
      );
      expect(flagged.length).toBeGreaterThan(0);
      expect(flagged.filter((line) => line.line === 'answered' && askedB.has(line.id))).toEqual([]);
    });
  },
);
