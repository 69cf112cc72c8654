import { afterAll, beforeAll } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { openConnection } from '../../stores/cassandra/connection.ts';
import { openCassandraErasures } from '../../stores/cassandra/erasures.ts';
import { checkSchema } from '../../stores/cassandra/schema-version.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { describeErasures } from './erasures.ts';

describeWith(await sharedCassandra(), 'erasures contract on a real server', (local) => {
  let keyspace: TestKeyspace;
  beforeAll(async () => {
    keyspace = await testKeyspace(local);
    await keyspace.migrate();
  }, 120_000);
  afterAll(() => keyspace.close());

  describeErasures('Cassandra', async () => {
    await keyspace.client.execute(`TRUNCATE ${keyspace.name}.erasure`);
    const { local: region, patience, ...to } = keyspace.cluster;
    const open = () => openConnection({ ...to, region, patience: patience! }, checkSchema);
    const connections = [open()];
    const clock = systemClock;
    // Fewer than a case keeps: the rest is on the next page.
    const rowsAtATime = 2;
    return {
      erasures: openCassandraErasures({ connection: connections[0]!, clock, rowsAtATime }),
      nowMs: clock.nowMs(),
      async reopen() {
        const connection = open();
        connections.push(connection);
        return openCassandraErasures({ connection, clock, rowsAtATime });
      },
      async close() {
        await Promise.all(connections.map((connection) => connection.close()));
      },
    };
  });
});
