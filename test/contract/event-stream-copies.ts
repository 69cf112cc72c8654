import { describe, expect, it } from '@jest/globals';
import type { CopiedEvents } from '../../stores/event-copies.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import { until } from '../support/until.ts';
import type { OpenEventStream } from './event-stream.ts';
import { eachTime } from './subject.ts';
import { transitionAt } from './writes.ts';

const place = (nth: number) => `${String(nth).padStart(20, '0')}-${'0'.repeat(20)}`;

/** What happened in another region at these seconds, read after `after`. */
function copyOf(seconds: readonly number[], of: Partial<CopiedEvents>): CopiedEvents {
  const { region = 'elsewhere' } = of;
  const transitions = seconds.map((second) => transitionAt(second, { region }));
  return { partition: 0, region, after: null, upTo: place(seconds.length), transitions, ...of };
}

async function toldIn(events: EventStream, partition = 0) {
  const entries = await events.read({ partition, after: null, limit: 1_000 });
  return entries.map(({ transition }) => transition);
}

/** The sentences of stores/event-copies.ts. */
export function describeCopies(open: OpenEventStream): void {
  describe('what happened in another region', () => {
    const subject = eachTime(open);
    const from = { partition: 0, region: 'elsewhere' };

    it('is appended whole, behind what is there, and noted in the same step', async () => {
      const { events } = subject();
      await events.append({ partition: 0, transitions: [transitionAt(1)] });
      expect(await events.copiedUpTo(from)).toBeNull();
      const copied = copyOf([5, 3], { upTo: place(7) });
      expect(await events.copy(copied)).toBe(place(7));
      expect(await toldIn(events)).toEqual([transitionAt(1), ...copied.transitions]);
      expect(await events.copiedUpTo(from)).toBe(place(7));
      const entries = await events.read({ partition: 0, after: null, limit: 10 });
      expect(await events.newest(0)).toBe(entries.at(-1)?.offset);
    });

    it('may be nothing that is for us: the place moves on', async () => {
      const { events } = subject();
      expect(await events.copy(copyOf([], { upTo: place(4) }))).toBe(place(4));
      expect(await events.copiedUpTo(from)).toBe(place(4));
      expect(await events.newest(0)).toBeNull();
    });

    it('is not appended for whoever stands somewhere else', async () => {
      const { events } = subject();
      expect(await events.copy(copyOf([1], { after: place(3) }))).toBeNull();
      await events.copy(copyOf([1], { upTo: place(4) }));
      for (const after of [null, place(3), place(5)]) {
        expect(await events.copy(copyOf([2], { after, upTo: place(9) }))).toBe(place(4));
      }
      expect(await toldIn(events)).toEqual([transitionAt(1, { region: 'elsewhere' })]);
      expect(await events.copiedUpTo(from)).toBe(place(4));
      const next = copyOf([2], { after: place(4), upTo: place(9) });
      expect(await events.copy(next)).toBe(place(9));
    });

    it('is appended once, by two who stand at one place', async () => {
      const { events, another } = subject();
      const other = await another();
      const both = await Promise.all([
        events.copy(copyOf([1], { upTo: place(5) })),
        other.copy(copyOf([1], { upTo: place(5) })),
      ]);
      expect(both).toEqual([place(5), place(5)]);
      expect(await toldIn(events)).toHaveLength(1);
    });

    it('has a place of its own for each region and partition, which outlives the process', async () => {
      const { events, another } = subject();
      await events.copy(copyOf([1], { upTo: place(4) }));
      await events.copy(copyOf([2], { region: 'a-third', upTo: place(6) }));
      await events.copy(copyOf([3], { partition: 1, upTo: place(8) }));
      await events.close();
      const next = await another();
      expect(await next.copiedUpTo(from)).toBe(place(4));
      expect(await next.copiedUpTo({ partition: 0, region: 'a-third' })).toBe(place(6));
      expect(await next.copiedUpTo({ partition: 1, region: 'elsewhere' })).toBe(place(8));
      expect(await next.copiedUpTo({ partition: 2, region: 'elsewhere' })).toBeNull();
      expect(await toldIn(next, 1)).toHaveLength(1);
    });

    it('wakes whoever follows the stream', async () => {
      const { events } = subject();
      const told: number[] = [];
      const stop = events.onAppended((partition) => told.push(partition));
      await events.copy(copyOf([1], { partition: 1 }));
      await until(() => told.includes(1), { what: 'the listener is told' });
      stop();
    });
  });
}
