// What breaks: one of three Cassandra nodes that hold a copy each hangs, then dies; then another one.
// How: SIGSTOP and SIGCONT, then SIGKILL, under a store that goes on reading and writing.
// What must still hold: with one node away every read and write succeeds, and what was acknowledged is
// read; with two away nothing is acknowledged, because one copy alone is no majority.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openCassandraDurableStore } from '../../stores/cassandra/durable.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import { StoreUnreachable } from '../../stores/faults.ts';
import { playheadAt } from '../contract/writes.ts';
import {
  describeWith,
  ownCassandra,
  type TestKeyspace,
  testKeyspace,
} from '../support/cassandra.ts';

/** Enough that each of the nodes is the first to be asked for many. */
const profiles = Array.from({ length: 60 }, (_, number) => `profile-${number}`);
/**
 * A hung node costs a write this long before another one is asked: longer than a viewer waits, because
 * here three servers share the machine with other tests.
 */
const patience = { connectMs: 10_000, answerMs: 4_000, operationMs: 30_000 };

describeWith(await ownCassandra('eu', 'eu', 'eu'), 'three nodes with a copy each', (cluster) => {
  const [first, second, third] = cluster.nodes.toReversed();
  let keyspace: TestKeyspace;
  let durable: DurableStore;
  beforeAll(async () => {
    const contactPoints = cluster.nodes.flatMap(({ region }) => region.contactPoints);
    keyspace = await testKeyspace({ dataCentre: 'eu', contactPoints });
    await keyspace.migrate({ replication: { eu: 3 } });
    durable = await openCassandraDurableStore({ ...keyspace.cluster, patience });
  });
  afterAll(async () => {
    await durable?.close();
    await keyspace?.client.shutdown();
    await cluster.stop();
  });

  const write = (profileId: string, atSecond: number) =>
    durable.write({
      profileId,
      titles: [{ title: 'sintel', playhead: playheadAt(atSecond), visibility: null }],
      devices: [],
    });
  const writeAll = (atSecond: number) =>
    Promise.all(profiles.map((profileId) => write(profileId, atSecond)));
  const expectAll = async (atSecond: number) => {
    const read = await Promise.all(profiles.map((profileId) => durable.read(profileId)));
    for (const { titles } of read) {
      expect(titles.get('sintel')?.playhead).toEqual(playheadAt(atSecond));
    }
  };

  it('take and answer everything while they are all there', async () => {
    await writeAll(1);
    await expectAll(1);
  });

  it('go on while one of them hangs', async () => {
    first!.signal('SIGSTOP');
    try {
      await writeAll(2);
      await expectAll(2);
    } finally {
      first!.signal('SIGCONT');
    }
  });

  it('go on when one of them is dead', async () => {
    await second!.kill9();
    await writeAll(3);
    await expectAll(3);
  });

  it('acknowledge nothing when only one is left', async () => {
    await third!.kill9();
    for (const work of [write('alone', 4), durable.read(profiles[0]!)]) {
      await expect(work).rejects.toBeInstanceOf(StoreUnreachable);
    }
  });
});
