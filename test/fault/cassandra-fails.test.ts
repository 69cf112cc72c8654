import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, ownCassandra } from '../support/cassandra.ts';
import { Chance } from '../support/chance.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { promise } from '../support/promise.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

/** How often links come and go, and how long either lasts at most: about ten seconds in all. */
const flapsMax = 20;
const flapMsMax = 600;
/** A cluster that starts again may take as long as one that starts. */
const restartMsMax = 400_000;

// What breaks: Cassandra, or the network to it, or Redis at the same time; a process starts meanwhile.
// How: SIGSTOP, a proxy that cuts or loses answers, SIGKILL and a restart with its files, under load.
// What must hold: heartbeats are acknowledged as HOT and reach Cassandra later; what was acknowledged
// as DURABLE is there; with both gone errors say when to try again, and no process needs a restart.
describeWith(
  (await hasRedisServer()) ? await ownCassandra('eu') : null,
  'when Cassandra fails under load',
  (cluster) => {
    const [node] = cluster.nodes as [(typeof cluster.nodes)[0]];
    let world: World;
    beforeAll(async () => {
      world = await World.open({ cassandra: node.region, proxied: ['cassandra'] });
    });
    afterAll(async () => {
      node.signal('SIGCONT');
      await world.close();
      await cluster.stop();
    });

    /** Does this to the links of every process. */
    const toAll = (deed: (proxy: FaultProxy) => void | Promise<void>) => async () => {
      for (const { cassandraProxy } of world.members) await deed(cassandraProxy!);
    };
    const cut = toAll((proxy) => proxy.cut());
    const mute = toAll((proxy) => proxy.loseAnswers());
    const halfClose = toAll((proxy) => proxy.halfClose('answers'));
    const heal = toAll((proxy) => proxy.heal());

    it('by hanging, nobody waits for it, and it gets everything when it goes on', async () => {
      const run = await Run.begin(world, 'hangs');
      await run.fault({
        troubles: ['durable'],
        begin: () => node.signal('SIGSTOP'),
        end: () => node.signal('SIGCONT'),
      });
      expect(await run.verdict()).toEqual([]);
    });

    it('by being cut off, and is caught up with', async () => {
      const run = await Run.begin(world, 'cut-off');
      await run.fault({ troubles: ['durable'], begin: cut, end: heal });
      expect(await run.verdict()).toEqual([]);
    });

    it('by doing what nobody learns of, and doing it again is harmless', async () => {
      const run = await Run.begin(world, 'mute');
      await run.fault({
        troubles: ['durable'],
        begin: mute,
        end: heal,
      });
      expect(await run.verdict()).toEqual([]);
    });

    it('by coming and going, no process ends and all is well once it stays', async () => {
      const run = await Run.begin(world, 'flaps');
      const chance = new Chance(run.seed);
      try {
        await run.fault({
          troubles: ['durable'],
          answers: 20,
          async begin() {
            for (let times = 0; times < flapsMax; times += 1) {
              await chance.pick([cut, mute, halfClose])();
              await delay(chance.below(flapMsMax));
              await heal();
              await delay(chance.below(flapMsMax));
            }
          },
          end: heal,
        });
      } catch (cause) {
        throw new Error(`SEED=${run.seed} npm test -- test/fault/cassandra-fails`, { cause });
      }
      expect(await run.verdict()).toEqual([]);
    });

    it('with Redis, everybody is told when to try again, and nobody needs a restart', async () => {
      const run = await Run.begin(world, 'both');
      const { backMs } = await run.fault({
        troubles: ['hot', 'durable'],
        async begin() {
          await cut();
          await world.redis.kill();
        },
        async end() {
          await world.redis.start();
          await heal();
        },
      });
      expect(await run.verdict()).toEqual([]);
      const errors = run.history.lines.flatMap((line) =>
        line.line === 'answered' ? line.answer.errors : [],
      );
      expect(errors.length).toBeGreaterThan(0);
      promise('both tiers gone, all hot again after', backMs, 5_000);
    });

    it('while a process starts without either, it comes up and joins the others', async () => {
      const run = await Run.begin(world, 'newcomer');
      const { backMs } = await run.fault({
        troubles: ['hot', 'durable'],
        async begin() {
          await world.redis.kill();
          node.signal('SIGSTOP');
          const newcomer = await world.startMember('c');
          expect(newcomer.part.output()).toContain(newcomer.url);
        },
        async end() {
          node.signal('SIGCONT');
          await world.redis.start();
        },
      });
      expect(await run.verdict()).toEqual([]);
      const asked = new Set(
        run.history.lines.flatMap((line) =>
          line.line === 'sent' && line.process === 'c' ? [line.id] : [],
        ),
      );
      const told = run.history.lines.flatMap((line) =>
        line.line === 'answered' && asked.has(line.id) ? line.answer.errors : [],
      );
      expect(told).toContainEqual({ code: 'STATE_UNAVAILABLE', retryAfterMs: expect.any(Number) });
      promise('a process that started without either tier, all hot after', backMs, 5_000);
    });

    it(
      'by being killed, what it had acknowledged is in its files',
      async () => {
        const run = await Run.begin(world, 'dies');
        await run.fault({
          troubles: ['durable'],
          begin: () => node.kill9(),
          end: () => node.start(),
        });
        expect(await run.verdict()).toEqual([]);
      },
      restartMsMax,
    );
  },
);
