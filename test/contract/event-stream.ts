import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import type { Transition } from '../../domain/transition.ts';
import type { EventCopies } from '../../stores/event-copies.ts';
import type { EventStream, Offset } from '../../stores/event-stream.ts';
import { until } from '../support/until.ts';
import { describeCopies } from './event-stream-copies.ts';
import { eachTime } from './subject.ts';
import { transitionAt } from './writes.ts';

/** How late another process's entries may be told of, ms. */
const acrossProcessesMs = 200;

/** An empty event stream of several partitions, and what the suite must be able to do to it. */
export interface EventStreamUnderTest {
  events: EventStream & EventCopies;
  /** The same stream as another process opens it, beside the first or after it. */
  another(): Promise<EventStream & EventCopies>;
  nowMs(): number;
  /** Lets that much time go by. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export type OpenEventStream = () => Promise<EventStreamUnderTest>;

/** What every event stream does: the sentences of the port, against the port alone. */
export function describeEventStream(name: string, open: OpenEventStream): void {
  describe(`event stream contract: ${name}`, () => {
    describeReading(open);
    describeTrimming(open);
    describeWakeUps(open);
    describeProcesses(open);
    describeCopies(open);
  });
}

function describeReading(open: OpenEventStream): void {
  describe('a partition', () => {
    const subject = eachTime(open);

    it('is empty at first', async () => {
      const { events } = subject();
      expect(await entriesOf(events)).toEqual([]);
      expect(await events.newest(0)).toBeNull();
    });

    it('is in the order of appending, whatever the versions say', async () => {
      const { events } = subject();
      await append(events, [3, 1]);
      await append(events, [2]);
      expect(await secondsOf(events)).toEqual([3, 1, 2]);
    });

    it('holds transitions whole', async () => {
      const { events } = subject();
      const transitions: Transition[] = [
        transitionAt(1, { device: { id: 'küche', kind: 'TV', name: 'Küche "📺" \n' } }),
        transitionAt(2, { durationMs: null, device: null, sessionId: null, kind: 'FORGET_ALL' }),
        transitionAt(3, { positionMs: 2 ** 31 - 1, status: 'FINISHED', title: 'x'.repeat(64) }),
      ];
      await events.append({ partition: 0, transitions });
      const entries = await entriesOf(events);
      expect(entries.map(({ transition }) => transition)).toEqual(transitions);
    });

    it('is apart from the others', async () => {
      const { events } = subject();
      await append(events, [1], 0);
      await append(events, [2], 1);
      await append(events, [3], 0);
      expect(await secondsOf(events, { partition: 0 })).toEqual([1, 3]);
      expect(await secondsOf(events, { partition: 1 })).toEqual([2]);
      expect(await events.newest(1)).toBe((await entriesOf(events, { partition: 1 }))[0]!.offset);
    });

    it('tells how much of it is unread, and since when', async () => {
      const { events, nowMs } = subject();
      const unread = (after: Offset | null) => events.unread({ partition: 0, after });
      expect(await unread(null)).toEqual({ entries: 0, oldestAppendedAtMs: null });
      const beforeMs = nowMs();
      await append(events, [1, 2, 3]);
      await append(events, [4], 1);
      const [first, , third] = await entriesOf(events);
      const { entries, oldestAppendedAtMs } = await unread(null);
      expect(entries).toBe(3);
      expect(oldestAppendedAtMs).toBeGreaterThanOrEqual(beforeMs);
      expect(oldestAppendedAtMs).toBeLessThanOrEqual(nowMs());
      expect((await unread(first!.offset)).entries).toBe(2);
      expect(await unread(third!.offset)).toEqual({ entries: 0, oldestAppendedAtMs: null });
    });

    it('is read on from any offset, at most as much as was asked for', async () => {
      const { events } = subject();
      await append(events, [1, 2, 3, 4, 5]);
      const [first, second] = await entriesOf(events, { limit: 2 });
      expect([first, second].map((entry) => secondOf(entry!.transition))).toEqual([1, 2]);
      const after = second!.offset;
      expect(await secondsOf(events, { after, limit: 2 })).toEqual([3, 4]);
      expect(await secondsOf(events, { after })).toEqual([3, 4, 5]);
      expect(await secondsOf(events, { after: first!.offset })).toEqual([2, 3, 4, 5]);
    });

    it('has offsets that grow as strings, and says which is the newest', async () => {
      const { events } = subject();
      for (let second = 0; second < 12; second += 1) await append(events, [second]);
      const offsets = (await entriesOf(events)).map(({ offset }) => offset);
      expect(offsets).toEqual([...new Set(offsets)].sort());
      expect(await events.newest(0)).toBe(offsets.at(-1));
      expect(await entriesOf(events, { after: offsets.at(-1)! })).toEqual([]);
    });

    it('is not changed by appending nothing', async () => {
      const { events } = subject();
      await events.append({ partition: 0, transitions: [] });
      expect(await events.newest(0)).toBeNull();
    });

    it('read from the beginning, in steps of any size, is what was appended', async () => {
      const appends = fc.array(
        fc.record({
          partition: fc.nat({ max: 1 }),
          seconds: fc.array(fc.nat({ max: 99 }), { maxLength: 4 }),
        }),
        { maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(appends, fc.integer({ min: 1, max: 5 }), async (history, limit) => {
          const { events, close } = await open();
          try {
            for (const { partition, seconds } of history) await append(events, seconds, partition);
            for (const partition of [0, 1]) {
              const expected = history.filter((each) => each.partition === partition);
              expect(await replay(events, { partition, limit })).toEqual(
                expected.flatMap(({ seconds }) => seconds),
              );
            }
          } finally {
            await close();
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}

function describeTrimming(open: OpenEventStream): void {
  describe('trimming', () => {
    const subject = eachTime(open);

    it('drops what was appended before, in every partition, and answers how much', async () => {
      const { events, nowMs, pass } = subject();
      await append(events, [1, 2], 0);
      await append(events, [3], 1);
      await pass(100);
      const beforeMs = nowMs();
      await pass(100);
      await append(events, [4], 0);
      expect(await events.trim({ beforeMs })).toBe(3);
      expect(await secondsOf(events, { partition: 0 })).toEqual([4]);
      expect(await secondsOf(events, { partition: 1 })).toEqual([]);
      expect(await events.newest(1)).toBeNull();
      expect(await events.trim({ beforeMs })).toBe(0);
    });

    it('goes by the time of appending, not by that of the transition', async () => {
      const { events, nowMs } = subject();
      const longAgo = transitionAt(1, { occurredAtMs: 0 });
      await events.append({ partition: 0, transitions: [longAgo] });
      expect(await events.trim({ beforeMs: nowMs() - 1_000 })).toBe(0);
    });

    it('lets a reader whose place is gone go on at the oldest that is kept', async () => {
      const { events, nowMs, pass } = subject();
      await append(events, [1, 2]);
      const [first] = await entriesOf(events);
      await pass(100);
      const beforeMs = nowMs();
      await append(events, [3]);
      await events.trim({ beforeMs });
      expect(await secondsOf(events, { after: first!.offset })).toEqual([3]);
    });

    it('never gives an offset twice: a reader of all there was misses nothing that comes', async () => {
      const { events, nowMs, pass } = subject();
      await append(events, [1, 2]);
      const after = (await events.newest(0))!;
      await pass(100);
      await events.trim({ beforeMs: nowMs() });
      expect(await entriesOf(events)).toEqual([]);
      await append(events, [3]);
      expect(await secondsOf(events, { after })).toEqual([3]);
      expect((await events.newest(0))! > after).toBe(true);
    });
  });
}

function describeWakeUps(open: OpenEventStream): void {
  describe('a listener', () => {
    const subject = eachTime(open);

    it('is told soon of the partition that was appended to, and finds the entry', async () => {
      const { events } = subject();
      const found: Promise<number[]>[] = [];
      const stop = events.onAppended((partition) => found.push(secondsOf(events, { partition })));
      await append(events, [7], 1);
      await until(() => found.length > 0, { what: 'the listener is told' });
      expect(await found[0]).toEqual([7]);
      stop();
    });

    it('is told of every partition that was appended to', async () => {
      const { events } = subject();
      const told = new Set<number>();
      const stop = events.onAppended((partition) => told.add(partition));
      await Promise.all([append(events, [1], 0), append(events, [2], 1), append(events, [3], 0)]);
      await until(() => told.size === 2, { what: 'both partitions are told' });
      stop();
    });

    it('is told no more once it stopped, while the others are', async () => {
      const { events, pass } = subject();
      const stopped: number[] = [];
      const told: number[] = [];
      const stop = events.onAppended((partition) => stopped.push(partition));
      const stopOther = events.onAppended((partition) => told.push(partition));
      stop();
      await append(events, [1]);
      await until(() => told.length > 0, { what: 'the other listener is told' });
      stop();
      await append(events, [2], 1);
      await until(() => told.includes(1), { what: 'the other listener is told again' });
      stopOther();
      await pass(acrossProcessesMs);
      expect(stopped).toEqual([]);
    });

    it('may come again after everyone had left', async () => {
      const { events } = subject();
      events.onAppended(() => {})();
      await append(events, [1]);
      const told: number[] = [];
      const stop = events.onAppended((partition) => told.push(partition));
      await append(events, [2], 1);
      await until(() => told.includes(1), { what: 'the listener is told' });
      stop();
    });
  });
}

function describeProcesses(open: OpenEventStream): void {
  describe('two processes', () => {
    const subject = eachTime(open);

    it('see one stream', async () => {
      const { events, another } = subject();
      const other = await another();
      await append(events, [1]);
      await append(other, [2]);
      await append(events, [3]);
      expect(await secondsOf(events)).toEqual([1, 2, 3]);
      expect(await entriesOf(other)).toEqual(await entriesOf(events));
      expect(await other.newest(0)).toBe(await events.newest(0));
    });

    it('are told of what the other one appended', async () => {
      const { events, another, pass } = subject();
      const other = await another();
      const told: number[] = [];
      const stop = other.onAppended((partition) => told.push(partition));
      for (const partition of [1, 0]) {
        await append(events, [1], partition);
        await pass(acrossProcessesMs);
        expect(told.at(-1)).toBe(partition);
      }
      stop();
    });

    it('follow one another: the second reads on where the first had stopped', async () => {
      const { events, another } = subject();
      await append(events, [1, 2]);
      const after = await events.newest(0);
      await append(events, [3]);
      await events.close();
      const next = await another();
      expect(await secondsOf(next, { after })).toEqual([3]);
      await append(next, [4]);
      expect(await secondsOf(next)).toEqual([1, 2, 3, 4]);
    });

    it('close twice without harm, and then neither read nor tell', async () => {
      const { events, another } = subject();
      const other = await another();
      const told: number[] = [];
      other.onAppended((partition) => told.push(partition));
      await other.close();
      await other.close();
      await append(events, [1]);
      await subject().pass(2 * acrossProcessesMs);
      expect(told).toEqual([]);
      await expect(entriesOf(other)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
      await expect(append(other, [2])).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    });
  });
}

function append(events: EventStream, seconds: readonly number[], partition = 0): Promise<void> {
  const transitions = seconds.map((second) => transitionAt(second));
  return events.append({ partition, transitions });
}

function entriesOf(
  events: EventStream,
  from: { partition?: number; after?: Offset | null; limit?: number } = {},
) {
  return events.read({ partition: 0, after: null, limit: 1_000, ...from });
}

async function secondsOf(
  events: EventStream,
  from: { partition?: number; after?: Offset | null; limit?: number } = {},
): Promise<number[]> {
  return (await entriesOf(events, from)).map(({ transition }) => secondOf(transition));
}

/** The whole partition, `limit` entries at a time, from each last offset on. */
async function replay(
  events: EventStream,
  from: { partition: number; limit: number },
): Promise<number[]> {
  const seconds: number[] = [];
  let after: Offset | null = null;
  for (let step = 0; step < 100; step += 1) {
    const entries = await entriesOf(events, { ...from, after });
    seconds.push(...entries.map(({ transition }) => secondOf(transition)));
    if (entries.length < from.limit) return seconds;
    after = entries.at(-1)!.offset;
  }
  throw new Error('Reading from offset to offset comes to no end.');
}

function secondOf({ occurredAtMs }: Transition): number {
  return (occurredAtMs - transitionAt(0).occurredAtMs) / 1_000;
}
