// What breaks: the primary of a Redis Cluster that holds a profile dies, and its replica takes over.
// How: SIGKILL to that one of six real processes; the Cluster itself decides on the failover.
// What must hold: the same open store works on, what was replicated is there, no mark outlives the
// primary that set it, listeners learn that they missed something and are told of what comes.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { openRedisEventStream } from '../../stores/redis/stream.ts';
import { hydrate, put, read } from '../contract/hot-subject.ts';
import { playheadAt, transitionAt } from '../contract/writes.ts';
import { hasRedisServer, type RedisServer, startRedisCluster } from '../support/redis-server.ts';
import { standStill } from '../support/stand-still.ts';
import { until } from '../support/until.ts';

const partitions = 4;
const home = partitionOf('demo', partitions);
/** Three seconds until a node counts as failed, a vote, and a busy machine. */
const failoverMsMax = 30_000;

const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('when a primary of the Cluster dies', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  let hot: HotStore;
  let events: EventStream;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  beforeEach(async () => {
    const address = { clusterNodes: cluster.addresses };
    const options = { address, partitions, commandTimeoutMs: 1_000, clock: systemClock };
    hot = await openRedisHotStore({ ...options, policy: defaultPolicy });
    events = await openRedisEventStream(options);
  });

  afterEach(async () => {
    await hot?.close();
    await events?.close();
  });
  afterAll(() => cluster?.close());

  it('a process that stood still itself takes the answers that came meanwhile', async () => {
    const address = { clusterNodes: cluster.addresses };
    const options = { address, partitions, commandTimeoutMs: 150, clock: systemClock };
    const hurried = await openRedisHotStore({ ...options, policy: defaultPolicy });
    try {
      await put(hurried, { playhead: playheadAt(1) });
      await read(hurried);
      const primary = await ownerOf(cluster.nodes, home);
      primary.signal('SIGSTOP');
      const reading = read(hurried);
      await new Promise((resolve) => setTimeout(resolve, 50));
      // In this phase of the event loop timers are next, and what has arrived comes after them.
      await new Promise((resolve) => setImmediate(resolve));
      primary.signal('SIGCONT');
      standStill(600);
      expect((await reading).titles.get('sintel')).toMatchObject({ playhead: playheadAt(1) });
    } finally {
      await hurried.close();
    }
  });

  it('the same process works on with its replica, and trusts no mark of the dead one', async () => {
    const told: string[] = [];
    const appended: number[] = [];
    await hot.onChanged('demo', (titles) => told.push(...titles));
    events.onAppended((partition) => appended.push(partition));
    await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
    await put(hot, { title: 'spring', playhead: playheadAt(2) });
    await until(() => told.includes('spring'), { what: 'the first change is told' });
    const { witness, mark } = await read(hot);
    expect(mark).toBe('valid');

    const primary = await ownerOf(cluster.nodes, home);
    await until(() => isReplicated(primary), { what: 'its replica has what it has' });
    await primary.kill();
    told.length = 0;
    const profile = await until(() => read(hot).catch(() => null), {
      what: 'the replica answers',
      deadlineMs: failoverMsMax,
    });
    expect([...profile.titles.keys()].sort()).toEqual(['sintel', 'spring']);
    expect(profile.mark).toBe('absent');
    expect(profile.witness.epoch).not.toBe(witness.epoch);

    await until(() => told.includes('*'), {
      what: 'the listener is told to look again',
      deadlineMs: failoverMsMax,
    });
    await until(
      () =>
        put(hot, { title: 'coffee-run', playhead: playheadAt(3) }).then(
          () => true,
          () => false,
        ),
      { what: 'the replica takes writes', deadlineMs: failoverMsMax },
    );
    await until(() => told.includes('coffee-run'), { what: 'the next change is told' });
    appended.length = 0;
    await until(
      async () => {
        const transitions = [transitionAt(1)];
        await events.append({ partition: home, transitions }).catch(() => {});
        return appended.includes(home);
      },
      { what: 'the next transition is told', deadlineMs: failoverMsMax },
    );
    await primary.start();
  });
});

/** WAIT would say so of what its own connection wrote, and that has written nothing. */
async function isReplicated(primary: RedisServer): Promise<boolean> {
  const info = await primary.ask('info', 'replication');
  const written = Number(/master_repl_offset:(\d+)/.exec(info)?.[1]);
  const acknowledged = [...info.matchAll(/state=online,offset=(\d+)/g)].map((one) =>
    Number(one[1]),
  );
  return acknowledged.some((offset) => offset >= written);
}

/** The primary that holds the keys of this partition. */
async function ownerOf(nodes: readonly RedisServer[], partition: number): Promise<RedisServer> {
  for (const node of nodes) {
    // A node that does not own the slot answers MOVED.
    const answer = await node.ask('get', `ph:{${partition}}:gen`);
    if (!answer.startsWith('MOVED')) return node;
  }
  throw new Error(`No node owns partition ${partition}.`);
}
