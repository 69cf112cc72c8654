import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isIntent } from '../../domain/heartbeat.ts';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { indexOf, isBeats, isChange } from './history-index.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

/** A tenth of what an installation has by default, so that several of them pass here. */
const writeBehindMs = 3_000;
/** Answers to heartbeats: about ten seconds of the load. */
const answers = 300;

// What breaks: nothing; players report twenty times as often as real ones.
// How: the load, counted by Cassandra itself.
// What must hold: a title that moves is written once per write-behind interval, which is twice a minute
// by default, and once for each intent.
describeWith(
  (await hasRedisServer()) ? await sharedCassandra() : null,
  'heartbeats that nobody meant',
  (cassandra) => {
    let world: World;
    beforeAll(async () => {
      const env = { PLAYBACK_WRITE_BEHIND_MS: String(writeBehindMs) };
      world = await World.open({ cassandra, env });
    });
    afterAll(() => world.close());

    /** Batches that this keyspace's table took so far. */
    async function durableWrites(): Promise<number> {
      const query =
        'SELECT count FROM system_views.local_write_latency WHERE keyspace_name = ? AND table_name = ?';
      const { rows } = await world.keyspace.client.execute(
        query,
        [world.keyspace.name, 'profile_state'],
        { prepare: true },
      );
      return Number(rows[0]?.count ?? 0);
    }

    it('cost Cassandra two writes a title and minute, whatever their rate', async () => {
      const run = await Run.begin(world, 'spared');
      const fromMs = run.history.nowMs();
      const before = await durableWrites();
      await run.answers('beats', answers);
      await run.load.stop();
      const after = await durableWrites();
      const toMs = run.history.nowMs();
      expect(await run.verdict()).toEqual([]);

      const { exchanges, beats } = indexOf(run.history.lines);
      const within = exchanges.filter(({ answered }) => answered.atMs >= fromMs);
      const intents = within.filter(
        (exchange) =>
          isChange(exchange) ||
          (isBeats(exchange) && exchange.sent.request.beats.some(({ event }) => isIntent(event))),
      );
      const intervals = (toMs - fromMs) / writeBehindMs;
      const plain = after - before - intents.length;
      const perTitle = plain / beats.size / intervals;
      process.stdout.write(
        `promise: ${within.filter(isBeats).length} heartbeats on ${beats.size} titles, durable writes ` +
          `per title and half a minute, beside intents: ${perTitle.toFixed(2)} (goal 1)\n`,
      );
      expect(after).toBeGreaterThan(before);
      expect(plain).toBeLessThanOrEqual(beats.size * Math.ceil(intervals + 1));
    });
  },
);
