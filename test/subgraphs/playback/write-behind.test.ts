import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { partitionOf } from '../../../domain/version.ts';
import type { ProfileBatch } from '../../../stores/durable-store.ts';
import { StoreTakesNoWrites } from '../../../stores/faults.ts';
import type { Backlog } from '../../../stores/hot-store.ts';
import { WriteBehind } from '../../../subgraphs/playback/write-behind.ts';
import { merge, put } from '../../contract/hot-subject.ts';
import { hiddenAt, msAt, playheadAt, tv } from '../../contract/writes.ts';
import type { Call } from '../../support/faulty.ts';
import { idle, openTwoTiers, partitions, type TwoTiers } from './two-tiers.ts';

const intervalMs = 30_000;
/** A pass every quarter of the interval. */
const passMs = intervalMs / 4;

let tiers: TwoTiers;
let writeBehind: WriteBehind;

beforeEach(async () => {
  tiers = await openTwoTiers();
  writeBehind = new WriteBehind({ ...tiers, intervalMs });
});

afterEach(async () => {
  tiers.durableFaults.heal();
  tiers.hotFaults.heal();
  await writeBehind.close();
  expect(tiers.clock.pending).toBe(0);
  await tiers.close();
});

describe('the drain', () => {
  it('writes what was dirty for the interval, and nothing younger', async () => {
    await heartbeat({ title: 'sintel', second: 1 });
    await tiers.clock.advance(1);
    await heartbeat({ title: 'spring', second: 1 });
    await tiers.clock.advance(intervalMs - 1);
    await drain();
    expect(await durableTitles()).toEqual(['sintel']);
    await tiers.clock.advance(1);
    await drain();
    expect(await durableTitles()).toEqual(['sintel', 'spring']);
    expect(await backlog()).toEqual({ dirty: 0, oldestSinceMs: null, quarantined: 0 });
  });

  it('writes both registers and the devices they name', async () => {
    await heartbeat({ title: 'sintel', second: 1 });
    await put(tiers.hot, { title: 'sintel', visibility: hiddenAt(2) });
    await drain(0);
    expect(await tiers.actual.durable.read('demo')).toEqual({
      titles: new Map([['sintel', { playhead: playheadAt(1), visibility: hiddenAt(2) }]]),
      devices: [tv],
      unreadable: [],
      isRemote: false,
    });
  });

  it('writes all that is due of a profile in one batch', async () => {
    for (const title of ['sintel', 'spring', 'charge']) await heartbeat({ title, second: 1 });
    await heartbeat({ profileId: 'kids', second: 1 });
    await drain(0);
    const batches = writes().map(({ profileId, titles, devices }) => [
      profileId,
      titles.length,
      devices.length,
    ]);
    expect(batches.sort()).toEqual([
      ['demo', 3, 1],
      ['kids', 1, 1],
    ]);
  });

  it('takes as many steps as it needs', async () => {
    const titles = Array.from({ length: 450 }, (_, number) => `title-${number}`);
    for (const title of titles) await heartbeat({ title, second: 1 });
    await drain(0);
    expect(await durableTitles()).toEqual(titles.sort());
    expect(await backlog()).toMatchObject({ dirty: 0 });
  });

  it('needs no lease of a hot store that is too full to give one', async () => {
    const acquire = () => Promise.reject(new StoreTakesNoWrites('OOM'));
    const leases = { ...tiers.leases, acquire };
    writeBehind = new WriteBehind({ ...tiers, leases, intervalMs });
    const titles = Array.from({ length: 450 }, (_, number) => `title-${number}`);
    for (const title of titles) await heartbeat({ title, second: 1 });
    await drain(0);
    expect(await durableTitles()).toEqual(titles.sort());
  });

  it('writes nothing twice that did not change', async () => {
    await heartbeat({ second: 1 });
    await drain(0);
    await heartbeat({ second: 1 });
    await heartbeat({ second: 0 });
    await drain(0);
    expect(writes()).toHaveLength(1);
  });
});

describe('a moving playhead', () => {
  it.each([250, 1_000, 5_000, 30_000, 60_000])(
    'with a heartbeat every %i ms is written at most once an interval, and never left behind',
    async (everyMs) => {
      writeBehind.start();
      const minutes = 10;
      for (let atMs = 0; atMs < minutes * 60_000; atMs += everyMs) {
        await heartbeat({ second: atMs / 1_000 });
        await tiers.clock.advance(everyMs);
        await idle();
        const durable = (await tiers.actual.durable.read('demo')).titles.get('sintel');
        const behindMs = msAt(atMs / 1_000) - timeOf(durable?.playhead?.version);
        expect(behindMs).toBeLessThanOrEqual(intervalMs + passMs + everyMs);
      }
      const written = writes().flatMap(({ titles }) => titles).length;
      expect(written).toBeLessThanOrEqual((minutes * 60_000) / intervalMs);
    },
  );
});

describe('a title that is being written', () => {
  it('stays dirty until the durable store answered', async () => {
    await heartbeat({ second: 1 });
    const hang = tiers.durableFaults.hang(isWrite);
    const draining = drain(0);
    await idle();
    expect(writes()).toHaveLength(1);
    expect(await backlog()).toMatchObject({ dirty: 1 });
    hang.release();
    await draining;
    expect(await backlog()).toMatchObject({ dirty: 0 });
  });

  it('is written by another process when the first is gone', async () => {
    await heartbeat({ second: 1 });
    const hang = tiers.durableFaults.hang(isWrite);
    const abandoned = drain(0);
    await idle();
    const elsewhere = new WriteBehind({ ...tiers, durable: tiers.actual.durable, intervalMs });
    await elsewhere.drain({ minimumAgeMs: 0 });
    expect(await durableTitles()).toEqual(['sintel']);
    hang.release();
    await abandoned;
    expect(await backlog()).toMatchObject({ dirty: 0 });
  });

  it('is written again later when something newer came meanwhile', async () => {
    await heartbeat({ second: 1 });
    const hang = tiers.durableFaults.hang(isWrite);
    const draining = drain(0);
    await idle();
    await heartbeat({ second: 9 });
    await tiers.clock.advance(5_000);
    hang.release();
    await draining;
    expect(await backlog()).toEqual({ dirty: 1, oldestSinceMs: msAt(5), quarantined: 0 });
    await drain();
    expect(writes()).toHaveLength(1);
    await tiers.clock.advance(intervalMs);
    await drain();
    const { titles } = await tiers.actual.durable.read('demo');
    expect(titles.get('sintel')?.playhead).toEqual(playheadAt(9));
    expect(await backlog()).toMatchObject({ dirty: 0 });
  });

  it('is written again when the answer was lost, which changes nothing', async () => {
    await heartbeat({ second: 1 });
    tiers.durableFaults.loseAnswers(isWrite);
    await expect(drain(0)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await backlog()).toMatchObject({ dirty: 1 });
    tiers.durableFaults.heal();
    await drain(0);
    expect(writes()).toHaveLength(2);
    const { titles } = await tiers.actual.durable.read('demo');
    expect([...titles.values()]).toEqual([{ playhead: playheadAt(1), visibility: null }]);
  });
});

describe('a store that is down', () => {
  it('leaves everything dirty, however long, and is given it all when it is back', async () => {
    writeBehind.start();
    tiers.durableFaults.fail();
    for (let second = 0; second < 600; second += 10) {
      await heartbeat({ title: `title-${second % 40}`, second });
      await tiers.clock.advance(10_000);
      await idle();
    }
    expect(await backlog()).toMatchObject({ dirty: 4, quarantined: 0 });
    expect(await durableTitles()).toEqual([]);
    tiers.durableFaults.heal();
    await tiers.clock.advance(2 * passMs);
    await idle();
    expect(await durableTitles()).toEqual(['title-0', 'title-10', 'title-20', 'title-30']);
    expect(await backlog()).toMatchObject({ dirty: 0 });
  });

  it('may be the hot one: the drain tries again', async () => {
    writeBehind.start();
    await heartbeat({ second: 1 });
    tiers.hotFaults.fail();
    await tiers.clock.advance(2 * intervalMs);
    await idle();
    tiers.hotFaults.heal();
    await tiers.clock.advance(passMs);
    await idle();
    expect(await durableTitles()).toEqual(['sintel']);
  });

  it('in part keeps no other profile waiting, in any partition', async () => {
    const profiles = Array.from({ length: 12 }, (_, number) => `profile-${number}`);
    expect(new Set(profiles.map((id) => partitionOf(id, partitions))).size).toBe(partitions);
    for (const profileId of profiles) await heartbeat({ profileId, second: 1 });
    tiers.durableFaults.fail((call) => isWrite(call) && batchOf(call).profileId === profiles[0]);
    for (let pass = 0; pass < 8; pass += 1) {
      await expect(drain(0)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    }
    for (const profileId of profiles.slice(1)) {
      expect((await tiers.actual.durable.read(profileId)).titles.size).toBe(1);
    }
    expect(await total()).toMatchObject({ dirty: 1, quarantined: 0 });
  });
});

describe('a poisoned title', () => {
  const isPoisoned = (call: Call) =>
    isWrite(call) && batchOf(call).titles.some(({ title }) => title === 'poison');
  const failForGood = () => tiers.durableFaults.fail(isPoisoned, () => new TypeError('Unwritable'));

  it('is set aside after five tries, value and all', async () => {
    await heartbeat({ title: 'poison', second: 1 });
    failForGood();
    for (let tries = 1; tries <= 5; tries += 1) {
      expect(await backlog()).toMatchObject({ dirty: 1, quarantined: 0 });
      await drain(0);
    }
    expect(await backlog()).toEqual({ dirty: 0, oldestSinceMs: null, quarantined: 1 });
    await drain(0);
    expect(writes()).toHaveLength(5);
    const { titles } = await tiers.hot.read({ profileId: 'demo', titles: null, nowMs: msAt(0) });
    expect(titles.get('poison')?.playhead).toEqual(playheadAt(1));
  });

  it('takes no other title along, not even of its own profile', async () => {
    for (const title of ['sintel', 'poison', 'spring']) await heartbeat({ title, second: 1 });
    await heartbeat({ profileId: 'kids', second: 1 });
    failForGood();
    await drain(0);
    expect(await durableTitles()).toEqual(['sintel', 'spring']);
    expect((await tiers.actual.durable.read('kids')).titles.size).toBe(1);
    expect(await backlog()).toMatchObject({ dirty: 1 });
    for (let pass = 0; pass < 4; pass += 1) await drain(0);
    expect(await backlog()).toMatchObject({ dirty: 0, quarantined: 1 });
  });

  it('is tried again from the start once it could be written', async () => {
    for (let round = 1; round <= 3; round += 1) {
      await heartbeat({ title: 'poison', second: round });
      failForGood();
      for (let tries = 0; tries < 4; tries += 1) await drain(0);
      tiers.durableFaults.heal();
      await drain(0);
      expect(await backlog()).toMatchObject({ dirty: 0, quarantined: 0 });
    }
  });

  it('is not what a store that is down makes of it', async () => {
    await heartbeat({ second: 1 });
    tiers.durableFaults.fail();
    for (let tries = 0; tries < 12; tries += 1) await drain(0).catch(() => {});
    expect(await backlog()).toMatchObject({ dirty: 1, quarantined: 0 });
  });

  it('is set aside although another one cannot be written just now', async () => {
    const sibling = Array.from({ length: 99 }, (_, number) => `sibling-${number}`).find(
      (id) => partitionOf(id, partitions) === partitionOf('demo', partitions),
    )!;
    await heartbeat({ profileId: sibling, second: 1 });
    await heartbeat({ title: 'poison', second: 1 });
    failForGood();
    tiers.durableFaults.fail((call) => isWrite(call) && batchOf(call).profileId === sibling);
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(drain(0)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    }
    expect(await backlog()).toMatchObject({ dirty: 1, quarantined: 1 });
  });

  it('is seen for what it is by the embedded durable store', async () => {
    await merge(tiers.hot, {
      writes: [{ title: 'named', playhead: playheadAt(1), visibility: null }],
      device: { ...tv, kind: undefined as unknown as string },
    });
    for (let tries = 0; tries < 5; tries += 1) await drain(0);
    expect(await backlog()).toMatchObject({ dirty: 0, quarantined: 1 });
  });
});

describe('closing', () => {
  it('writes what is left, however young, and stops', async () => {
    writeBehind.start();
    await heartbeat({ second: 1 });
    await writeBehind.close();
    expect(await durableTitles()).toEqual(['sintel']);
    expect(tiers.clock.pending).toBe(0);
    await heartbeat({ second: 2 });
    await tiers.clock.advance(10 * intervalMs);
    expect(writes()).toHaveLength(1);
  });

  it('waits for the pass that is under way', async () => {
    writeBehind.start();
    await heartbeat({ title: 'sintel', second: 1 });
    const hang = tiers.durableFaults.hang(isWrite);
    await tiers.clock.advance(intervalMs + passMs);
    await heartbeat({ title: 'spring', second: 1 });
    let isClosed = false;
    const closing = writeBehind.close().then(() => {
      isClosed = true;
    });
    await idle();
    expect(isClosed).toBe(false);
    hang.release();
    await closing;
    expect(await durableTitles()).toEqual(['sintel', 'spring']);
    expect(tiers.clock.pending).toBe(0);
  });

  it('writes what became dirty before the clock was set back', async () => {
    await put(tiers.hot, { playhead: playheadAt(1), nowMs: msAt(3_600) });
    await writeBehind.close();
    expect(await durableTitles()).toEqual(['sintel']);
  });

  it('says so when the durable store is down, and loses nothing by it', async () => {
    await heartbeat({ second: 1 });
    tiers.durableFaults.fail();
    await expect(writeBehind.close()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await backlog()).toMatchObject({ dirty: 1 });
  });
});

function heartbeat(of: { second: number; title?: string; profileId?: string }) {
  const { second, title = 'sintel', profileId = 'demo' } = of;
  const nowMs = tiers.clock.nowMs();
  const writes = [{ title, playhead: playheadAt(second), visibility: null }];
  return merge(tiers.hot, { profileId, nowMs, writes, device: tv });
}

function drain(minimumAgeMs = intervalMs): Promise<void> {
  return writeBehind.drain({ minimumAgeMs });
}

function isWrite({ method }: Call): boolean {
  return method === 'write';
}

function batchOf(call: Call): ProfileBatch {
  return call.args[0] as ProfileBatch;
}

/** Every batch that set out for the durable store. */
function writes(): ProfileBatch[] {
  return tiers.durableFaults.callsOf('write').map(batchOf);
}

async function durableTitles(): Promise<string[]> {
  return [...(await tiers.actual.durable.read('demo')).titles.keys()].sort();
}

function backlog(): Promise<Backlog> {
  return tiers.actual.hot.backlog(partitionOf('demo', partitions));
}

async function total(): Promise<{ dirty: number; quarantined: number }> {
  const sum = { dirty: 0, quarantined: 0 };
  for (let partition = 0; partition < partitions; partition += 1) {
    const { dirty, quarantined } = await tiers.actual.hot.backlog(partition);
    sum.dirty += dirty;
    sum.quarantined += quarantined;
  }
  return sum;
}

/** Activity time of a version; of none, the time before the first heartbeat. */
function timeOf(version: string | undefined): number {
  return version === undefined ? msAt(0) : Number(version.slice(0, 13));
}
