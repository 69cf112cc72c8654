import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { openConnection, viewersPatience } from '../../stores/cassandra/connection.ts';
import type { ClusterOptions } from '../../stores/cassandra/durable.ts';
import { checkSchema } from '../../stores/cassandra/schema-version.ts';
import { openCassandraWatchLog } from '../../stores/cassandra/watch-log.ts';
import type { WatchLog } from '../../stores/watch-log.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { describeWatchLog } from './watch-log.ts';

describeWith(await sharedCassandra(), 'watch log contract on a real server', (local) => {
  let keyspace: TestKeyspace;
  let cases = 0;
  beforeAll(async () => {
    keyspace = await testKeyspace(local);
    await keyspace.migrate();
  }, 120_000);
  afterAll(() => keyspace.close());

  describeWatchLog('Cassandra', {
    runs: 15,
    async open() {
      cases += 1;
      const namespace = { profiles: randomUUID(), partitions: 100 * cases };
      const open = () => within(namespace, alone(keyspace.cluster));
      const watchLog = open();
      let reopened: WatchLog | undefined;
      return {
        watchLog,
        // Rows run out by the server's clock.
        nowMs: systemClock.nowMs(),
        tooMany: 'it is refused',
        async reopen() {
          await watchLog.close();
          reopened = open();
          return reopened;
        },
        async close() {
          await watchLog.close();
          await reopened?.close();
        },
      };
    },
  });

  it('has a place for each region that reads a stream of its own into it, and one for who names none', async () => {
    const logs = [undefined, 'eu', 'us'].map((region) => alone(keyspace.cluster, region));
    const offsets = () => Promise.all(logs.map((log) => log.offset(7)));
    expect(await offsets()).toEqual([null, null, null]);
    const nowMs = systemClock.nowMs();
    for (const [index, log] of logs.slice(1).entries()) {
      await log.keep({ partition: 7, transitions: [], offset: `000${index}`, nowMs });
    }
    expect(await offsets()).toEqual([null, '0000', '0001']);
    for (const log of logs) await log.close();
  });
});

/** A log over a connection of its own, as another process has. */
function alone(
  { local, patience = viewersPatience, ...to }: ClusterOptions,
  region?: string,
): WatchLog {
  const connection = openConnection({ ...to, region: local, patience }, checkSchema);
  const log = openCassandraWatchLog({ connection, region });
  return {
    ...log,
    async close() {
      await log.close();
      await connection.close();
    },
  };
}

/** As good as empty: profiles and partitions of names that nobody used before. */
function within(namespace: { profiles: string; partitions: number }, log: WatchLog): WatchLog {
  const named = (profileId: string) => `${namespace.profiles}.${profileId}`;
  return {
    offset: (partition) => log.offset(namespace.partitions + partition),
    keep: (batch) =>
      log.keep({
        ...batch,
        partition: namespace.partitions + batch.partition,
        transitions: batch.transitions.map((one) => ({ ...one, profileId: named(one.profileId) })),
      }),
    async read({ profileId, nowMs }) {
      const kept = await log.read({ profileId: named(profileId), nowMs });
      return kept.map((one) => ({ ...one, profileId }));
    },
    erase: ({ profileId, fence }) => log.erase({ profileId: named(profileId), fence }),
    eachProfile: (visit) =>
      log.eachProfile(async (profileId) => {
        const { profiles } = namespace;
        if (profileId.startsWith(`${profiles}.`)) await visit(profileId.slice(profiles.length + 1));
      }),
    close: () => log.close(),
  };
}
