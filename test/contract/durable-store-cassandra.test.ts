import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { openCassandraDurableStore } from '../../stores/cassandra/durable.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import {
  describeWith,
  sharedCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';
import { describeDurableStore, listenForUnreadable } from './durable-store.ts';
import { playheadAt } from './writes.ts';

describeWith(await sharedCassandra(), 'durable store contract on a real server', (local) => {
  let keyspace: TestKeyspace;
  beforeAll(async () => {
    keyspace = await testKeyspace(local);
    await keyspace.migrate();
    // Of two equal write times the one that expires later stays, before any look at the bytes: here
    // nothing expires, so that random histories need not fit into one second.
    await keyspace.client.execute(
      `ALTER TABLE ${keyspace.name}.profile_state WITH default_time_to_live = 0`,
    );
  }, 120_000);
  afterAll(() => keyspace.close());

  describeDurableStore('Cassandra', async () => {
    const listener = listenForUnreadable();
    const open = () => openCassandraDurableStore({ ...keyspace.cluster, ...listener });
    const namespace = randomUUID();
    const durable = within(namespace, await open());
    let reopened: DurableStore | undefined;
    return {
      ...listener,
      durable,
      async reopen() {
        await durable.close();
        reopened = within(namespace, await open());
        return reopened;
      },
      poisonOf: (batch) => ({
        ...batch,
        titles: [
          ...batch.titles,
          // Longer than a part of a key can be.
          { title: 'x'.repeat(70_000), playhead: playheadAt(1), visibility: null },
        ],
      }),
      async plant({ profileId, title, kind, packed }) {
        const timeUs = /^[0-9]{16}/.exec(packed)?.[0] ?? '1';
        await keyspace.client.execute(
          `UPDATE ${keyspace.name}.profile_state USING TIMESTAMP ${timeUs}
           SET packed = ? WHERE profile_id = ? AND kind = ? AND id = ?`,
          [packed, `${namespace}.${profileId}`, kind, title],
          { prepare: true },
        );
      },
      async close() {
        await durable.close();
        await reopened?.close();
      },
    };
  });
});

/** As good as empty: profiles of a name that nobody used before. A new keyspace takes seconds. */
function within(namespace: string, store: DurableStore): DurableStore {
  const named = (profileId: string) => `${namespace}.${profileId}`;
  return {
    write: (batch) => store.write({ ...batch, profileId: named(batch.profileId) }),
    read: (profileId) => store.read(named(profileId)),
    erase: ({ profileId, fence }) => store.erase({ profileId: named(profileId), fence }),
    eachProfile: (visit) =>
      store.eachProfile(async (profileId) => {
        if (profileId.startsWith(`${namespace}.`))
          await visit(profileId.slice(namespace.length + 1));
      }),
    close: () => store.close(),
  };
}
