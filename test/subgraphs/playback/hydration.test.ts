import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { floorTitle } from '../../../domain/playhead.ts';
import { deviceHash, partitionOf } from '../../../domain/version.ts';
import { openEmbeddedDurableStore } from '../../../stores/embedded/durable.ts';
import {
  markMsFirst,
  markMsMax,
  type Need,
  ProfileReader,
  type ProfileState,
} from '../../../subgraphs/playback/hydrate.ts';
import { WriteBehind } from '../../../subgraphs/playback/write-behind.ts';
import { put } from '../../contract/hot-subject.ts';
import { forgottenAt, hiddenAt, nothing, playheadAt, tv } from '../../contract/writes.ts';
import { type Call, FirstAnswerLate, faulty, InFlight } from '../../support/faulty.ts';
import { idle, openTwoTiers, partitions, type TwoTiers } from './two-tiers.ts';

let tiers: TwoTiers;
let reader: ProfileReader;

beforeEach(async () => {
  tiers = await openTwoTiers();
  reader = new ProfileReader(tiers);
});

afterEach(async () => {
  tiers.durableFaults.heal();
  tiers.hotFaults.heal();
  await reader.close();
  await tiers.close();
});

describe('a profile that was never compared', () => {
  it.each(['decide', 'show'] as const)('is compared before it is used to %s', async (need) => {
    await stored({ second: 5 });
    const state = await read({ need });
    expect(state).toMatchObject({ source: 'HOT', isDegraded: false, isComplete: true });
    expect(playheadIn(state)).toEqual(playheadAt(5));
    expect(durableReads()).toBe(1);
  });

  it('is empty when nobody ever wrote it, and that is known', async () => {
    expect(await read()).toMatchObject({
      titles: new Map(),
      floor: null,
      isDegraded: false,
      isComplete: true,
    });
    await read();
    expect(durableReads()).toBe(1);
  });

  it('comes with its floor and its devices', async () => {
    const titles = [{ title: floorTitle, ...nothing, playhead: forgottenAt(1) }];
    await tiers.actual.durable.write({ profileId: 'demo', titles, devices: [tv] });
    const state = await read();
    expect(state.floor).toEqual(forgottenAt(1));
    expect([...state.titles]).toEqual([]);
    expect(state.devices).toEqual(new Map([[deviceHash(tv.id), tv]]));
  });

  it('is not shadowed by an old heartbeat that comes late into the empty hash', async () => {
    await stored({ second: 9 });
    await heartbeat({ second: 1 });
    expect(playheadIn(await read({ need: 'show' }))).toEqual(playheadAt(9));
    await new WriteBehind({ ...tiers, intervalMs: 30_000 }).drain({ minimumAgeMs: 0 });
    const durable = await tiers.actual.durable.read('demo');
    expect(durable.titles.get('sintel')?.playhead).toEqual(playheadAt(9));
  });

  it('is not made known by a heartbeat: all its other titles are compared too', async () => {
    await stored({ title: 'spring', second: 5 });
    await heartbeat({ title: 'sintel', second: 9 });
    const state = await read({ need: 'show' });
    expect([...state.titles.keys()].sort()).toEqual(['sintel', 'spring']);
  });

  it('tells listeners what the comparison raised', async () => {
    await stored({ second: 9 });
    await heartbeat({ second: 1 });
    const told: string[] = [];
    const stop = await tiers.hot.onChanged('demo', (titles) => told.push(...titles));
    await read();
    expect(told).toEqual(['sintel']);
    await stop();
  });

  it('is owed to the durable store where it is newer here', async () => {
    await heartbeat({ second: 9 });
    await new WriteBehind({ ...tiers, intervalMs: 30_000 }).drain({ minimumAgeMs: 0 });
    const emptied = openEmbeddedDurableStore({ path: ':memory:' });
    reader = new ProfileReader({ ...tiers, durable: emptied });
    await read();
    const partition = partitionOf('demo', partitions);
    expect(await tiers.actual.hot.backlog(partition)).toMatchObject({ dirty: 1 });
    await emptied.close();
  });
});

describe('a mark', () => {
  it('lasts a minute at first, twice as long each time it ran out, and ten minutes at most', async () => {
    const lengthsMs: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      await read();
      lengthsMs.push(await markLengthMs());
      const compared = durableReads();
      await tiers.clock.advance(lengthsMs.at(-1)! - 1);
      await read();
      expect(durableReads()).toBe(compared);
      await tiers.clock.advance(1);
    }
    expect(lengthsMs).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    expect([lengthsMs[0], lengthsMs.at(-1)]).toEqual([markMsFirst, markMsMax]);
  });

  it.each([
    ['it was dropped', () => tiers.hot.dropMark('demo')],
    ['the profile was evicted', () => tiers.evict()],
    ['the generation was raised', () => tiers.hot.raiseGeneration(partitionOf('demo', partitions))],
  ])('starts short again after %s', async (_, invalidate) => {
    for (let round = 0; round < 3; round += 1) {
      await read();
      await tiers.clock.advance(await markLengthMs());
    }
    await invalidate();
    await stored({ second: 9 });
    expect(playheadIn(await read({ need: 'show' }))).toEqual(playheadAt(9));
    expect(await markLengthMs()).toBe(markMsFirst);
  });
});

describe('a mark that merely ran out', () => {
  beforeEach(async () => {
    await heartbeat({ second: 1 });
    await read();
    await tiers.clock.advance(markMsFirst);
    await stored({ second: 9 });
  });

  it('answers a list at once, and compares behind it', async () => {
    const hang = tiers.durableFaults.hang(isRead);
    const state = await read({ need: 'show' });
    expect(state).toMatchObject({ source: 'HOT', isDegraded: false, isComplete: true });
    expect(playheadIn(state)).toEqual(playheadAt(1));
    const told: string[] = [];
    const stop = await tiers.hot.onChanged('demo', (titles) => told.push(...titles));
    await read({ need: 'show' });
    await idle();
    expect(durableReads()).toBe(2);
    hang.release();
    await idle();
    expect(told).toEqual(['sintel']);
    expect(playheadIn(await read({ need: 'show' }))).toEqual(playheadAt(9));
    expect(durableReads()).toBe(2);
    await stop();
  });

  it('is renewed before a decision', async () => {
    const hang = tiers.durableFaults.hang(isRead);
    let decided: ProfileState | undefined;
    const deciding = read({ need: 'decide' }).then((state) => {
      decided = state;
    });
    await idle();
    expect(decided).toBeUndefined();
    hang.release();
    await deciding;
    expect(playheadIn(decided!)).toEqual(playheadAt(9));
  });

  it('still answers a list while the durable store is down, and is not renewed', async () => {
    tiers.durableFaults.fail(isRead);
    for (let round = 0; round < 2; round += 1) {
      const state = await read({ need: 'show' });
      expect(state).toMatchObject({ isDegraded: false, isComplete: true });
      await idle();
    }
    expect(durableReads()).toBe(3);
  });

  it('leaves a decision degraded while the durable store is down', async () => {
    tiers.durableFaults.fail(isRead);
    const state = await read({ need: 'decide' });
    expect(state).toMatchObject({ source: 'HOT', isDegraded: true, isComplete: true });
    expect(playheadIn(state)).toEqual(playheadAt(1));
  });
});

describe('many readers', () => {
  it('of one profile share one comparison', async () => {
    await stored({ second: 5 });
    const hang = tiers.durableFaults.hang(isRead);
    const reading = Array.from({ length: 50 }, (_, number) =>
      read({ need: number % 2 === 0 ? 'show' : 'decide' }),
    );
    await idle();
    hang.release();
    const states = await Promise.all(reading);
    expect(new Set(states.map((state) => playheadIn(state)?.version))).toEqual(
      new Set([playheadAt(5).version]),
    );
    expect(durableReads()).toBe(1);
  });

  it('after a failed comparison start another', async () => {
    tiers.durableFaults.fail(isRead);
    await read();
    tiers.durableFaults.heal();
    expect(await read()).toMatchObject({ isDegraded: false });
    expect(durableReads()).toBe(2);
  });

  it('do not share one that began before the generation was raised', async () => {
    const slow = new FirstAnswerLate();
    reader = new ProfileReader({ ...tiers, durable: faulty(tiers.actual.durable, slow) });
    await stored({ second: 1 });
    const early = read({ need: 'show' });
    await idle();
    await stored({ second: 9 });
    await tiers.hot.raiseGeneration(partitionOf('demo', partitions));
    const late = read({ need: 'show' });
    await idle();
    slow.arrive();
    expect(playheadIn(await early)).toBeDefined();
    expect(playheadIn(await late)).toEqual(playheadAt(9));
  });

  it('of many cold profiles ask the durable store for 64 at a time', async () => {
    const inFlight = new InFlight();
    reader = new ProfileReader({ ...tiers, durable: faulty(tiers.durable, inFlight) });
    const reading: Promise<ProfileState>[] = [];
    for (let number = 0; number < 600; number += 1) {
      reading.push(read({ profileId: `profile-${number}` }));
      await null;
    }
    await Promise.all(reading);
    expect(inFlight.most).toBe(64);
    expect(durableReads()).toBe(600);
  });
});

describe('never a guessed zero', () => {
  it('a cold profile is unknown while the durable store is down', async () => {
    await stored({ second: 9 });
    await heartbeat({ title: 'spring', second: 1 });
    tiers.durableFaults.fail(isRead);
    for (const need of ['show', 'decide'] as const) {
      const state = await read({ need });
      expect(state).toMatchObject({ source: 'HOT', isDegraded: true, isComplete: false });
      expect([...state.titles.keys()]).toEqual(['spring']);
    }
  });

  it('a compared profile is known all the same', async () => {
    await stored({ second: 9 });
    await read();
    tiers.durableFaults.fail(isRead);
    const state = await read({ need: 'decide' });
    expect(state).toMatchObject({ isDegraded: false, isComplete: true });
    expect(playheadIn(state)).toEqual(playheadAt(9));
  });

  it('a profile that is evicted between the comparison and the answer is known too', async () => {
    const titles = [{ title: floorTitle, ...nothing, playhead: forgottenAt(1) }];
    await tiers.actual.durable.write({ profileId: 'demo', titles, devices: [tv] });
    await stored({ second: 9 });
    const after = ({ method }: Call) => (method === 'hydrate' ? tiers.evict() : undefined);
    reader = new ProfileReader({ ...tiers, hot: faulty(tiers.hot, { after }) });
    const state = await read();
    expect(state).toMatchObject({ isDegraded: false, isComplete: true, floor: forgottenAt(1) });
    expect(playheadIn(state)).toEqual(playheadAt(9));
    expect(state.devices.size).toBe(1);
  });

  it('a title that is drained and evicted during the comparison is known too', async () => {
    const slow = new FirstAnswerLate();
    reader = new ProfileReader({ ...tiers, durable: faulty(tiers.actual.durable, slow) });
    await heartbeat({ second: 9 });
    const early = read();
    await idle();
    const { actual } = tiers;
    const elsewhere = new WriteBehind({ ...tiers, ...actual, intervalMs: 30_000 });
    await elsewhere.drain({ minimumAgeMs: 0 });
    await tiers.evict();
    const late = read();
    await idle();
    slow.arrive();
    expect(playheadIn(await early)).toEqual(playheadAt(9));
    expect(playheadIn(await late)).toEqual(playheadAt(9));
    expect(playheadIn(await read())).toEqual(playheadAt(9));
  });

  it('the durable store answers while the hot one is down, and says that it may lag', async () => {
    await stored({ second: 5, hidden: true });
    await stored({ title: floorTitle, second: 3 });
    tiers.hotFaults.fail();
    const state = await read();
    expect(state).toMatchObject({ source: 'DURABLE', isDegraded: true, isComplete: true });
    expect([...state.titles]).toEqual([
      ['sintel', { playhead: playheadAt(5), visibility: hiddenAt(5) }],
    ]);
    expect(state.floor).toEqual(playheadAt(3));
    expect(state.sessions).toEqual([]);
  });

  it('the durable store is asked once by all who ask at once while the hot one is down', async () => {
    await stored({ second: 5 });
    tiers.hotFaults.fail();
    const before = durableReads();
    const hang = tiers.durableFaults.hang(isRead);
    const shown = Array.from({ length: 20 }, () => read({ need: 'show' }));
    const decided = [read(), read()];
    await idle();
    hang.release();
    for (const state of await Promise.all([...shown, ...decided])) {
      expect(state).toMatchObject({ source: 'DURABLE', isDegraded: true });
      expect(playheadIn(state)).toEqual(playheadAt(5));
    }
    expect(durableReads() - before).toBe(1 + decided.length);
    await read({ need: 'show' });
    expect(durableReads() - before).toBe(2 + decided.length);
  });

  it('nobody answers while both are down', async () => {
    tiers.hotFaults.fail();
    tiers.durableFaults.fail();
    await expect(read()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  it('a hot store that goes down during the comparison answered before, and so did the durable one', async () => {
    await stored({ second: 9 });
    tiers.hotFaults.fail(({ method }) => method === 'hydrate');
    const state = await read();
    expect(state).toMatchObject({ isDegraded: true, isComplete: true, isCompared: true });
    expect(playheadIn(state)).toEqual(playheadAt(9));
    tiers.hotFaults.heal();
    expect(playheadIn(await read())).toEqual(playheadAt(9));
  });
});

describe('closing', () => {
  it('waits for the comparisons under way', async () => {
    await read();
    await tiers.clock.advance(markMsFirst);
    const hang = tiers.durableFaults.hang(isRead);
    await read({ need: 'show' });
    let isClosed = false;
    const closing = reader.close().then(() => {
      isClosed = true;
    });
    await idle();
    expect(isClosed).toBe(false);
    hang.release();
    await closing;
    expect(await markLengthMs()).toBe(2 * markMsFirst);
  });
});

function read(of: { profileId?: string; need?: Need } = {}): Promise<ProfileState> {
  return reader.read({ profileId: 'demo', titles: null, need: 'decide', ...of });
}

function heartbeat({ title = 'sintel', second }: { title?: string; second: number }) {
  const nowMs = tiers.clock.nowMs();
  return put(tiers.actual.hot, { title, playhead: playheadAt(second), nowMs });
}

/** Something that the durable store has and the hot one may not. */
function stored(of: { title?: string; second: number; hidden?: boolean }): Promise<void> {
  const { title = 'sintel', second, hidden = false } = of;
  const visibility = hidden ? hiddenAt(second) : null;
  const titles = [{ title, playhead: playheadAt(second), visibility }];
  return tiers.actual.durable.write({ profileId: 'demo', titles, devices: [] });
}

function playheadIn(state: ProfileState, title = 'sintel') {
  return state.titles.get(title)?.playhead;
}

function durableReads(): number {
  return tiers.durableFaults.callsOf('read').length;
}

function isRead({ method }: Call): boolean {
  return method === 'read';
}

async function markLengthMs(): Promise<number> {
  const nowMs = tiers.clock.nowMs();
  const { witness } = await tiers.actual.hot.read({ profileId: 'demo', titles: [], nowMs });
  return witness.lengthMs ?? 0;
}
