import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { promise } from '../support/promise.ts';
import { RedisPair } from '../support/redis-pair.ts';
import { hasRedisServer, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { missingAmong, subscriberLagMs } from './figures.ts';
import { hotRegisters } from './final-states.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

/**
 * What may be lost where everything fails at once: a primary with `min-replicas-max-lag 2` looks once a second,
 * and takes writes for 2 to 4 s after the last word of its replica.
 */
const windowMs = 4_000;
/** What a replica was sent a moment before its link froze had not reached it yet. */
const underWayMs = 200;
/** Late enough that much is only hot when a fault comes, as in production. */
const writeBehindMs = 10_000;

/** Two Redis, a Sentinel and the processes start and fail over, on a machine that may stand still for seconds. */
jest.setTimeout(420_000);

// What breaks: the primary of a Redis with a replica dies, under players, readers and live streams.
// How: SIGKILL, after its link to the replica was healthy, or frozen; a real Sentinel promotes the replica.
// What must hold: nothing acknowledged is lost while its process lives, no intent ever, marks of the dead
// primary count nowhere, live streams are level. What else is lost was acknowledged within the window.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'when a primary dies under load, and Sentinel promotes its replica',
  (cassandra) => {
    let pair: RedisPair;
    let world: World;
    beforeAll(async () => {
      pair = await RedisPair.open();
      const env = { PLAYBACK_WRITE_BEHIND_MS: String(writeBehindMs) };
      world = await World.open({ cassandra, redisServer: pair, env });
    });
    afterEach(() => pair.arrange());
    afterAll(() => world.close());

    /** SIGKILL to the primary; what the replica lacks of what was acknowledged until then. */
    const killPrimary = async (run: Run) => {
      const { primary, replica } = pair;
      await primary.kill();
      const killedMs = run.history.nowMs();
      const missing = missingAmong(run, {
        registers: await registersOf(replica, run.tokens.keys()),
        untilMs: killedMs,
      });
      const { count, of, oldestMs } = missing;
      process.stdout.write(
        `failover: ${count} of ${of} acknowledged heartbeats were not on the replica` +
          `${count === 0 ? '' : `, the oldest acknowledged ${(killedMs - oldestMs).toFixed(0)} ms before`}\n`,
      );
      return { primary, killedMs, ...missing };
    };

    /** Freezes the replica's link until its primary takes no more writes; answers since when it is frozen. */
    const freeze = async (run: Run) => {
      pair.link.drop();
      const sinceMs = run.history.nowMs();
      const refuses = async () => (await pair.primary.ask('del', 'none')).startsWith('NOREPLICAS');
      await until(refuses, { what: 'the primary has noticed' });
      const tookMs = run.history.nowMs() - sinceMs;
      promise('a primary that does not hear its replica takes writes for', tookMs, windowMs);
      return sinceMs;
    };

    it('over a healthy link: nothing is lost', async () => {
      const run = await Run.begin(world, 'healthy-link');
      const epoch = await epochOf(pair.primary);
      const { backMs } = await run.fault({
        troubles: ['hot', 'apart', 'restoring'],
        async begin() {
          const { primary, count } = await killPrimary(run);
          await pair.isPromoted(primary);
          // One heartbeat of each player may have been under way to the replica.
          expect(count).toBeLessThan(20);
        },
        end: () => pair.isWhole(),
      });
      expect(await epochOf(pair.primary)).not.toBe(epoch);
      expect(await run.verdict()).toEqual([]);
      promise('Redis failed over, a replica follows again, all hot after', backMs, 2_000);
      promise('Redis failed over, live streams level', subscriberLagMs(run), 2_000);
    });

    it('over a frozen link: what the replica lacks, the processes give it', async () => {
      const run = await Run.begin(world, 'frozen-link');
      let lack = { count: 0, newestMs: 0 };
      let frozenSinceMs = 0;
      await run.fault({
        troubles: ['hot', 'apart', 'restoring'],
        async begin() {
          frozenSinceMs = await freeze(run);
          const { primary, ...missing } = await killPrimary(run);
          lack = missing;
          await pair.isPromoted(primary);
        },
        end: () => pair.isWhole(),
      });
      expect(lack.count).toBeGreaterThan(0);
      const takenMs = lack.newestMs - frozenSinceMs;
      process.stdout.write(
        `failover: the primary took writes for ${takenMs.toFixed(0)} ms after its link had frozen\n`,
      );
      expect(await run.verdict()).toEqual([]);
    });

    it('over a frozen link, with every process that knew: what is lost is within the window', async () => {
      const run = await Run.begin(world, 'all-at-once');
      await run.fault({
        troubles: ['hot', 'apart', 'restoring'],
        async begin() {
          const sinceMs = await freeze(run);
          // They fall silent: nobody reports again what is lost.
          await run.load.retire('during');
          const [{ primary }] = await Promise.all([
            killPrimary(run),
            ...world.members.map(({ name }) => run.kill(name)),
          ]);
          // What is acknowledged once the primary refuses is durable: of that nothing may be lost.
          run.history.trouble('loss', { fromMs: sinceMs - underWayMs, toMs: run.history.nowMs() });
          await pair.isPromoted(primary);
        },
        async end() {
          await pair.isWhole();
          for (const { name } of world.members) await run.restart(name);
        },
      });
      expect(await run.verdict()).toEqual([]);
    });
  },
);

async function registersOf(server: RedisServer, profileIds: Iterable<string>) {
  const client = new Redis(server.url);
  try {
    return await hotRegisters(client, profileIds);
  } finally {
    client.disconnect();
  }
}

async function epochOf(server: RedisServer): Promise<string> {
  return /master_replid:(\w+)/.exec(await server.ask('info', 'replication'))?.[1] ?? '';
}
