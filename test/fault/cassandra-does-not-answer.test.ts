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
import { until } from '../support/until.ts';

/** An operation may take 2 s; the rest is for a machine that stands still. The driver's default is 12 s. */
const answerMsMax = 10_000;

// What breaks: Cassandra's node in this data centre, or all of them.
// How: SIGSTOP and SIGCONT, then SIGKILL, under a store that was opened before or is opened meanwhile.
// What must still hold: every answer comes in time, as an error or from the remote data centre.
describeWith(
  await ownCassandra('eu', 'us'),
  'a store whose Cassandra does not answer',
  (cluster) => {
    const [eu, us] = cluster.nodes as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]];
    let keyspace: TestKeyspace;
    let alone: DurableStore;
    let withRemote: DurableStore;
    const stores: DurableStore[] = [];
    const open = async (remote: typeof us | null) => {
      const store = await openCassandraDurableStore({
        keyspace: keyspace.name,
        local: eu.region,
        remote: remote?.region ?? null,
        login: null,
      });
      stores.push(store);
      return store;
    };
    const put = (store: DurableStore, second: number) =>
      store.write({
        profileId: 'demo',
        titles: [{ title: 'sintel', playhead: playheadAt(second), visibility: null }],
        devices: [],
      });
    const outcome = async (work: Promise<unknown>) => {
      const beganMs = performance.now();
      const error = await work.then(
        () => null,
        (reason: unknown) => reason as Error & { code?: string; retryAfterMs?: number },
      );
      return { error, tookMs: performance.now() - beganMs };
    };

    beforeAll(async () => {
      keyspace = await testKeyspace(eu.region, us.region);
      await keyspace.migrate();
      alone = await open(null);
      withRemote = await open(us);
      // LOCAL_QUORUM here says nothing about the other side yet.
      await put(alone, 1);
      await until(async () => (await openedIn(us)).titles.size === 1, { what: 'us has the write' });
    }, 180_000);
    afterAll(async () => {
      for (const store of stores) await store.close();
      await keyspace.client.shutdown();
      await cluster.stop();
    });

    /** What a process of that region reads. */
    async function openedIn(node: typeof us) {
      const store = await openCassandraDurableStore({
        keyspace: keyspace.name,
        local: node.region,
        remote: null,
        login: null,
      });
      try {
        return await store.read('demo');
      } finally {
        await store.close();
      }
    }

    it('reads from its own data centre while that answers', async () => {
      expect((await withRemote.read('demo')).isRemote).toBe(false);
    });

    it('fails in time while its node hangs, and says when to try again', async () => {
      eu.signal('SIGSTOP');
      try {
        for (const work of [alone.read('demo'), put(alone, 2), put(withRemote, 2)]) {
          const { error, tookMs } = await outcome(work);
          expect(error).toBeInstanceOf(StoreUnreachable);
          expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE', retryAfterMs: 1_000 });
          expect(error?.cause).toBeInstanceOf(Error);
          expect(tookMs).toBeLessThan(answerMsMax);
        }
        const { error, tookMs } = await outcome(
          withRemote.read('demo').then(({ isRemote, titles }) => {
            expect(isRemote).toBe(true);
            expect(titles.get('sintel')?.playhead).toEqual(playheadAt(1));
          }),
        );
        expect(error).toBeNull();
        expect(tookMs).toBeLessThan(answerMsMax);
      } finally {
        eu.signal('SIGCONT');
      }
    });

    it('refuses at once what would wait behind too much, while its node hangs', async () => {
      const refusedMin = 200;
      const asked = 128 + 4_096 + refusedMin;
      eu.signal('SIGSTOP');
      const works = Array.from({ length: asked }, () => outcome(alone.read('demo')));
      const isOverload = (it: { error: Error | null }) => it.error?.message.startsWith('Too many');
      try {
        const first = await Promise.race([...works, outcome(alone.read('demo'))]);
        expect(first.error).toBeInstanceOf(StoreUnreachable);
        expect(isOverload(first)).toBe(true);
      } finally {
        eu.signal('SIGCONT');
      }
      const refused = (await Promise.all(works)).filter(isOverload);
      expect(refused.length).toBeGreaterThanOrEqual(refusedMin);
    });

    it('opens all the same while its node hangs, and works as soon as that goes on', async () => {
      eu.signal('SIGSTOP');
      const opening = performance.now();
      const opened = await open(null);
      expect(performance.now() - opening).toBeLessThan(answerMsMax);
      expect((await outcome(opened.read('demo'))).error).toBeInstanceOf(StoreUnreachable);
      eu.signal('SIGCONT');
      await until(() => opened.read('demo').catch(() => null), { what: 'it reads again' });
    });

    it('is local again, and takes what it could not, once its node goes on', async () => {
      await until(async () => !(await withRemote.read('demo')).isRemote, {
        what: 'reads are local',
      });
      await put(withRemote, 2);
      const { titles } = await withRemote.read('demo');
      expect(titles.get('sintel')?.playhead).toEqual(playheadAt(2));
    });

    it('reads at once from the remote data centre when its own is gone', async () => {
      await eu.kill9();
      await until(async () => (await withRemote.read('demo')).isRemote, {
        what: 'reads are remote',
      });
      const { error, tookMs } = await outcome(withRemote.read('demo'));
      expect(error).toBeNull();
      expect(tookMs).toBeLessThan(answerMsMax);
      expect((await outcome(put(withRemote, 3))).error).toBeInstanceOf(StoreUnreachable);
    });

    it('opens without its own data centre, and reads from the remote one', async () => {
      const opened = await open(us);
      expect((await opened.read('demo')).isRemote).toBe(true);
    });

    it('fails in time when all data centres are gone', async () => {
      await us.kill9();
      const { error, tookMs } = await outcome(withRemote.read('demo'));
      expect(error).toBeInstanceOf(StoreUnreachable);
      expect(error).toMatchObject({ retryAfterMs: 1_000 });
      expect(tookMs).toBeLessThan(answerMsMax);
    });
  },
);
