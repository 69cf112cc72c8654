import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Transition } from '../../../domain/transition.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import { openEmbeddedViewingStore } from '../../../stores/embedded/viewing.ts';
import type { EventStream } from '../../../stores/event-stream.ts';
import { StoreUnreachable } from '../../../stores/faults.ts';
import type { ViewingStore } from '../../../stores/viewing-store.ts';
import { type Consumer, createConsumer } from '../../../subgraphs/recommendations/consume.ts';
import { ManualClock, noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { silent } from './world.ts';

const retryAfterMs = 1_000;
let clock: ManualClock;
let events: EventStream;
let viewings: ViewingStore;
const consumers: Consumer[] = [];

beforeEach(() => {
  clock = new ManualClock();
  events = openEmbeddedEventStream({ path: ':memory:', partitions: 2, clock });
  viewings = openEmbeddedViewingStore({ path: ':memory:' });
});
afterEach(async () => {
  for (const consumer of consumers.splice(0)) await consumer.close();
  await events.close();
  await viewings.close();
  expect(clock.pending).toBe(0);
});

function consumer(parts: { events?: EventStream; viewings?: ViewingStore } = {}): Consumer {
  const made = createConsumer({ events, viewings, clock, log: silent, ...parts });
  consumers.push(made);
  return made;
}

const paused = (title: string, afterMs = 0) =>
  transition({ kind: 'PAUSE', title, occurredAtMs: noonMs + afterMs });
const append = (partition: number, ...transitions: Transition[]) =>
  events.append({ partition, transitions });
const titles = async () =>
  (await viewings.recent({ profileId: 'demo', limit: 300 })).map(({ title }) => title).sort();

describe('the view', () => {
  it('holds what was in every partition when it starts, and what comes after', async () => {
    await append(0, paused('a'));
    await append(1, paused('b'));
    await consumer().start();
    expect(await titles()).toEqual(['a', 'b']);
    await append(1, paused('c'));
    await clock.advance(0);
    expect(await titles()).toEqual(['a', 'b', 'c']);
  });

  it('holds more than one batch', async () => {
    const many = Array.from({ length: 1_100 }, (_, index) => paused(`t${index}`));
    await append(0, ...many);
    await consumer().start();
    expect(await viewings.recent({ profileId: 'demo', limit: 2_000 })).toHaveLength(1_100);
  });

  it('goes on where it stopped', async () => {
    await append(0, paused('a'));
    const first = consumer();
    await first.start();
    await first.close();
    await append(0, paused('b'));
    const asked: (string | null)[] = [];
    const watched = {
      ...events,
      read: (from: Parameters<EventStream['read']>[0]) => {
        if (from.partition === 0) asked.push(from.after);
        return events.read(from);
      },
    };
    await consumer({ events: watched }).start();
    expect(asked).not.toContain(null);
    expect(await titles()).toEqual(['a', 'b']);
  });

  it('begins anew when the stream is another one than it read', async () => {
    await append(0, paused('a'), paused('b'), paused('c'));
    const first = consumer();
    await first.start();
    await first.close();
    const fresh = openEmbeddedEventStream({ path: ':memory:', partitions: 2, clock });
    await fresh.append({ partition: 0, transitions: [paused('d')] });
    const second = consumer({ events: fresh });
    await second.start();
    expect(await titles()).toEqual(['a', 'b', 'c', 'd']);
    await second.close();
    await fresh.close();
  });

  it('leaves a title where it is when an overtaken session tells of itself, and counts its play', async () => {
    await consumer().start();
    await append(0, paused('a'));
    const overtaken = { title: 'a', sessionId: 'overtaken', occurredAtMs: noonMs + 60_000 };
    const history = transition({ kind: 'PAUSE', ...overtaken, positionMs: 0 });
    await append(0, { ...history, isHistory: true });
    await clock.advance(0);
    const [viewing] = await viewings.recent({ profileId: 'demo', limit: 1 });
    expect(viewing?.position).toMatchObject({ positionMs: paused('a').positionMs });
    const plays = await viewings.plays('demo');
    expect(plays.map(({ sessionId }) => sessionId)).toEqual(['session-of-a', 'overtaken']);
  });

  it('tells the profile whose viewings changed, after they changed, and nobody else', async () => {
    const subject = consumer();
    await subject.start();
    const told: string[] = [];
    const stop = subject.onChanged('demo', () => told.push('demo'));
    subject.onChanged('other', () => told.push('other'));
    await append(0, paused('a'));
    await clock.advance(0);
    await append(0, paused('a'));
    await clock.advance(0);
    stop();
    await append(0, paused('b'));
    await clock.advance(0);
    expect(told).toEqual(['demo']);
  });
});

describe('two processes that share a view', () => {
  it('both tell of each change, whoever folded it, and count it once', async () => {
    const told: string[] = [];
    for (const name of ['one', 'other']) {
      const subject = consumer();
      await subject.start();
      subject.onChanged('demo', () => told.push(name));
    }
    for (const title of ['a', 'b', 'c']) {
      await append(0, paused(title));
      await clock.advance(0);
    }
    expect(told.sort()).toEqual(['one', 'one', 'one', 'other', 'other', 'other']);
    expect(await titles()).toEqual(['a', 'b', 'c']);
    for (const subject of consumers) {
      expect([subject.counts.folded, subject.isBehind()]).toEqual([3, false]);
    }
  });

  it('go on where the faster one is, after one of them was away', async () => {
    const slow = consumer();
    await slow.start();
    await slow.close();
    const fast = consumer();
    await fast.start();
    await append(0, paused('a'), paused('b'));
    await clock.advance(0);
    const back = consumer();
    await back.start();
    expect(back.counts.folded).toBe(0);
    expect(back.offsets.get(0)).toBe(await events.newest(0));
  });
});

describe('a crash between reading and storing', () => {
  // What breaks: the process ends after entries were read, before they are committed.
  // How: the first commit fails, and its consumer is never heard of again.
  // What must hold: the next one reads the same entries again; none is lost, none counts twice.
  it('loses nothing', async () => {
    await append(0, paused('a'), paused('b'));
    const dying: ViewingStore = {
      ...viewings,
      fold: () => Promise.reject(new Error('crashed before the commit')),
    };
    const crashed = consumer({ viewings: dying });
    await crashed.start();
    expect(crashed.isBehind()).toBe(true);
    await crashed.close();
    expect(await titles()).toEqual([]);
    await consumer().start();
    expect(await titles()).toEqual(['a', 'b']);
  });
});

describe('a view that fails for a while', () => {
  // What breaks: the view refuses every write.
  // How: a switch in front of the store.
  // What must hold: nothing is skipped, `isBehind` says so, and it catches up by itself.
  it('catches up by itself', async () => {
    let isDown = true;
    const flaky: ViewingStore = {
      ...viewings,
      fold: (batch) => (isDown ? Promise.reject(new Error('disk full')) : viewings.fold(batch)),
    };
    await append(0, paused('a'));
    const subject = consumer({ viewings: flaky });
    await subject.start();
    await append(0, paused('b'));
    await clock.advance(retryAfterMs);
    expect([subject.isBehind(), await titles()]).toEqual([true, []]);
    isDown = false;
    await clock.advance(retryAfterMs);
    expect([subject.isBehind(), await titles()]).toEqual([false, ['a', 'b']]);
  });
});

describe('a view that is away', () => {
  it('is asked once for a batch, not once for each of its entries', async () => {
    let folds = 0;
    const away: ViewingStore = {
      ...viewings,
      fold: () => {
        folds += 1;
        return Promise.reject(new StoreUnreachable('Redis is away.'));
      },
    };
    await append(0, paused('a'), paused('b'), paused('c'));
    const subject = consumer({ viewings: away });
    await subject.start();
    expect([folds, subject.isBehind(), subject.counts.poison]).toEqual([1, true, 0]);
  });
});

describe('a poison entry', () => {
  // What breaks: one entry can never be folded.
  // How: its shape is wrong, or the store refuses this one alone.
  // What must hold: it is skipped, its neighbours are not, and the partition flows on.
  it.each<[string, unknown]>([
    ['of a kind of a later release', { ...paused('x'), kind: 'REWATCH' }],
    ['without a title', { ...paused('x'), title: '' }],
    ['with a version that is none', { ...paused('x'), version: 'yesterday' }],
    ['that is nothing at all', null],
  ])('is skipped: %s', async (_what, poison) => {
    await append(0, paused('a'), poison as Transition, paused('b'));
    const subject = consumer();
    await subject.start();
    await append(0, paused('c'));
    await clock.advance(0);
    expect([subject.isBehind(), await titles()]).toEqual([false, ['a', 'b', 'c']]);
  });

  it('is skipped when only the store cannot take it', async () => {
    const picky: ViewingStore = {
      ...viewings,
      fold: (batch) =>
        batch.transitions.some(({ title }) => title === 'x')
          ? Promise.reject(new Error('cannot take x'))
          : viewings.fold(batch),
    };
    await append(0, paused('a'), paused('x'), paused('b'));
    const subject = consumer({ viewings: picky });
    await subject.start();
    expect([subject.isBehind(), await titles()]).toEqual([false, ['a', 'b']]);
  });
});
