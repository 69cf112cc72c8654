// What breaks: Redis hangs (SIGSTOP), dies (SIGKILL), comes back with its files, or comes back empty.
// How: signals to a real redis-server under the real driver.
// What must hold: no command waits longer than its timeout, all is well again within two seconds of the
// repair without a new process, no mark outlives the restart, listeners learn that they missed something.
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { defaultPolicy } from '../../domain/policy.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import type { HotStore } from '../../stores/hot-store.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { openRedisEventStream } from '../../stores/redis/stream.ts';
import { dirtyOf, hydrate, merge, put, read } from '../contract/hot-subject.ts';
import { playheadAt, transitionAt } from '../contract/writes.ts';
import { promise } from '../support/promise.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { standStill } from '../support/stand-still.ts';
import { until } from '../support/until.ts';

const commandTimeoutMs = 150;

const isThere = await hasRedisServer();

(isThere ? describe : describe.skip)('when Redis fails', () => {
  let server: RedisServer;
  let hot: HotStore;
  let events: EventStream;

  beforeEach(async () => {
    server = await startRedis();
    const options = {
      address: { url: server.url },
      partitions: 4,
      commandTimeoutMs,
      clock: systemClock,
    };
    hot = await openRedisHotStore({ ...options, policy: defaultPolicy });
    events = await openRedisEventStream(options);
  });
  afterEach(async () => {
    server.signal('SIGCONT');
    await hot.close();
    await events.close();
    await server.close();
  });

  it('by hanging, every command fails in time, also those behind it', async () => {
    await put(hot, { playhead: playheadAt(1) });
    server.signal('SIGSTOP');
    const waves = [];
    for (let wave = 0; wave < 8; wave += 1) {
      waves.push(...everyCommand(hot, events).map(measured));
      await new Promise((resolve) => setTimeout(resolve, commandTimeoutMs / 3));
    }
    const outcomes = await Promise.all(waves);
    expectToFailWithin(outcomes, { what: 'hung', goalMs: commandTimeoutMs + 50 });
    server.signal('SIGCONT');
    await backAgain();
    // What timed out may have run all the same, and is then as good as accepted.
    const { playhead } = (await read(hot)).titles.get('sintel')!;
    expect([playheadAt(1), playheadAt(2)]).toContainEqual(playhead);
  });

  it('a process that stood still before it could even ask gives Redis its time', async () => {
    await put(hot, { playhead: playheadAt(1) });
    const reading = read(hot);
    standStill(4 * commandTimeoutMs);
    expect((await reading).titles.get('sintel')).toMatchObject({ playhead: playheadAt(1) });
  });

  it('a process that stood still itself takes the answers that came meanwhile', async () => {
    await put(hot, { playhead: playheadAt(1) });
    // From now on Redis knows the script, and reading is one round trip.
    await read(hot);
    server.signal('SIGSTOP');
    const reading = read(hot);
    await new Promise((resolve) => setTimeout(resolve, commandTimeoutMs / 3));
    // In this phase of the event loop timers are next, and what has arrived comes after them.
    await new Promise((resolve) => setImmediate(resolve));
    // Answered from here on, and nothing runs in this process until long after the timeout.
    server.signal('SIGCONT');
    standStill(4 * commandTimeoutMs);
    expect((await reading).titles.get('sintel')).toMatchObject({ playhead: playheadAt(1) });
  });

  /** While an fsync takes its time Redis keeps what it would write, for 2 s at most: not yet in its file. */
  const written = () =>
    until(async () => /aof_buffer_length:0\r?\n/.test(await server.ask('info', 'persistence')), {
      what: 'what was accepted is in the file',
    });

  it('by dying, every command fails at once, and what was accepted is there after the restart', async () => {
    const accepted = Array.from({ length: 200 }, (_, second) => playheadAt(second));
    await Promise.all(
      accepted.map((playhead, number) => put(hot, { title: `title-${number}`, playhead })),
    );
    await written();
    await server.kill();
    const outcomes = await Promise.all(everyCommand(hot, events).map(measured));
    expectToFailWithin(outcomes, { what: 'dead', goalMs: 50 });
    await server.start();
    await backAgain();
    const { titles } = await read(hot);
    expect(titles.size).toBe(accepted.length);
    expect(await dirtyOf(hot)).toHaveLength(accepted.length);
  });

  it('a mark is valid no more after a restart, although it is still in the files', async () => {
    await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
    const before = await read(hot);
    expect(before.mark).toBe('valid');
    await written();
    await server.kill();
    await server.start();
    await backAgain();
    const after = await read(hot);
    expect(after.titles.get('sintel')).toMatchObject({ playhead: playheadAt(1) });
    expect(after).toMatchObject({ mark: 'absent', witness: { lengthMs: null } });
    expect(after.witness.epoch).not.toBe(before.witness.epoch);
    // Whoever read before the restart marks nothing after it.
    await hydrate(hot, { witness: before.witness });
    expect((await read(hot)).mark).toBe('absent');
  });

  it('a mark is valid no more after a failover to a replica', async () => {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(server.port)] });
    const promoted = await openRedisHotStore({
      address: { url: replica.url },
      partitions: 4,
      policy: defaultPolicy,
      commandTimeoutMs,
      clock: systemClock,
    });
    try {
      await until(async () => (await replica.ask('info', 'replication')).includes('status:up'), {
        what: 'the replica follows',
      });
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
      const { witness, mark } = await read(hot);
      expect(mark).toBe('valid');
      await until(async () => (await replica.ask('keys', 'ph:*:p:demo')) !== '', {
        what: 'the replica has the profile',
      });
      await server.kill();
      await replica.ask('replicaof', 'no', 'one');
      const after = await read(promoted);
      expect(after.titles.get('sintel')).toMatchObject({ playhead: playheadAt(1) });
      expect(after.mark).toBe('absent');
      expect(after.witness.epoch).not.toBe(witness.epoch);
    } finally {
      await promoted.close();
      await replica.close();
    }
  });

  it('a process that starts meanwhile comes up, and works once Redis does', async () => {
    await server.kill();
    const later = await openRedisHotStore({
      address: { url: server.url },
      partitions: 4,
      policy: defaultPolicy,
      commandTimeoutMs,
      clock: systemClock,
    });
    await expect(read(later)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    const told: string[] = [];
    await later.onChanged('demo', (titles) => told.push(...titles));
    await server.start();
    await until(() => read(later).catch(() => null), { what: 'the process reads' });
    await until(() => told.includes('*'), { what: 'its listener is told to look again' });
    await later.close();
  });

  it('listeners are told to look again, and then of every change', async () => {
    const told: string[] = [];
    const appended: number[] = [];
    await hot.onChanged('demo', (titles) => told.push(...titles));
    events.onAppended((partition) => appended.push(partition));
    await put(hot, { playhead: playheadAt(1) });
    await until(() => told.includes('sintel'), { what: 'the first change is told' });
    await server.kill();
    await server.start();
    await until(() => told.includes('*'), { what: 'the listener is told to look again' });
    await until(() => new Set(appended).size === 4, { what: 'every partition is looked at' });
    await backAgain();
    await put(hot, { title: 'spring', playhead: playheadAt(2) });
    await until(() => told.includes('spring'), { what: 'the next change is told' });
  });

  it('listeners whose connection alone was cut are told to look again', async () => {
    const told: string[] = [];
    await hot.onChanged('demo', (titles) => told.push(...titles));
    const admin = new Redis(server.url);
    await admin.client('KILL', 'TYPE', 'PUBSUB');
    admin.disconnect();
    await until(() => told.includes('*'), { what: 'the listener is told to look again' });
    await put(hot, { playhead: playheadAt(1) });
    await until(() => told.includes('sintel'), { what: 'the next change is told' });
  });

  async function backAgain(): Promise<void> {
    const repairedMs = performance.now();
    await until(() => read(hot).catch(() => null), { what: 'Redis answers again' });
    await until(
      () =>
        events.newest(0).then(
          () => true,
          () => false,
        ),
      {
        what: 'the stream answers again',
      },
    );
    promise('Redis repaired, the driver is back after', performance.now() - repairedMs, 2_000);
  }
});

function everyCommand(hot: HotStore, events: EventStream): (() => Promise<unknown>)[] {
  return [
    () => put(hot, { playhead: playheadAt(2) }),
    () => merge(hot, { profileId: 'kids' }),
    () => read(hot),
    () => hot.due({ partition: 0, sinceMs: 0, skip: 0, limit: 10 }),
    () => hot.backlog(1),
    () => hot.dropMark('demo'),
    () => hot.raiseGeneration(3),
    () => events.append({ partition: 0, transitions: [transitionAt(1)] }),
    () => events.newest(0),
    () => events.trim({ beforeMs: 0 }),
  ];
}

interface Outcome {
  code: string | undefined;
  tookMs: number;
}

async function measured(command: () => Promise<unknown>): Promise<Outcome> {
  const beganMs = performance.now();
  const code = await command().then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  );
  return { code, tookMs: performance.now() - beganMs };
}

function expectToFailWithin(
  outcomes: readonly Outcome[],
  { what, goalMs }: { what: string; goalMs: number },
): void {
  expect([...new Set(outcomes.map(({ code }) => code))]).toEqual(['STATE_UNAVAILABLE']);
  const slowestMs = Math.max(...outcomes.map(({ tookMs }) => tookMs));
  promise(`Redis ${what}, slowest command`, slowestMs, goalMs);
}
