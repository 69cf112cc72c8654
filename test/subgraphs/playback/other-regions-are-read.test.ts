import { describe, expect, it } from '@jest/globals';
import { StoreTakesNoWrites } from '../../../stores/faults.ts';
import { put, read } from '../../contract/hot-subject.ts';
import { eachTime } from '../../contract/subject.ts';
import { playheadAt } from '../../contract/writes.ts';
import { unreachable } from '../../support/faulty.ts';
import { countsOf, minuteMs, openReadAcross, positionOf, secondMs } from './read-across.ts';
import { demoPartition, openRegions, partitions, type Region } from './regions.ts';

const across = eachTime(openReadAcross);

describe('what another region accepted', () => {
  it('is here within a tenth of a second', async () => {
    await across().reading();
    await across().write(1);
    await across().clock.advance(100);
    expect(await across().inAmerica()).toBe(positionOf(1));
  });

  it('is read at once to its end, however much it is', async () => {
    const many = openRegions(['eu', 'us'], { outLengthMax: 10_000 });
    const [here, there] = many.regions;
    for (let second = 0; second < 1_000; second += 1) {
      await put(here.actual, { title: `title-${second}`, playhead: playheadAt(second) });
    }
    there.replicate([here]);
    await many.clock.advance(0);
    expect((await read(there.actual)).titles.size).toBe(1_000);
    await many.close();
  });

  it('is a clean copy that was compared with nothing', async () => {
    await across().reading();
    await across().write(1);
    await across().clock.advance(secondMs);
    expect(await across().america.actual.backlog(demoPartition)).toMatchObject({ dirty: 0 });
    expect(await across().markInAmerica()).toBe('absent');
  });

  it('tells whoever follows the profile', async () => {
    await across().reading();
    const told: string[] = [];
    const stop = await across().america.actual.onChanged('demo', (titles) => told.push(...titles));
    await across().write(1);
    await across().clock.advance(secondMs);
    expect(told).toEqual(['sintel']);
    await stop();
  });

  it('counts', async () => {
    const replicator = await across().reading();
    await across().write(1);
    await across().write(2);
    await across().clock.advance(secondMs);
    expect(countsOf(replicator)).toMatchObject({ takenIn: 2, gaps: 0 });
    expect(replicator.look()[0]?.lagMs).toBeLessThanOrEqual(100);
  });
});

// What breaks: a region cannot be reached, or not in time; the own store is full, or away.
// How: calls of one link, of one partition, or of the own store fail or hang.
// What must still hold: the others are read as ever, and all is there within a second of the repair.
describe('a region that does not answer', () => {
  it('is asked once a second, and read within a second of the repair', async () => {
    const replicator = await across().reading();
    across().america.link(across().europe).fail();
    await across().clock.advance(10 * secondMs);
    const before = across().america.link(across().europe).callsOf('read').length;
    await across().clock.advance(10 * secondMs);
    const asked = across().america.link(across().europe).callsOf('read').length - before;
    expect(asked / partitions).toBeLessThanOrEqual(11);
    expect(replicator.look()[0]?.lagMs).toBeGreaterThanOrEqual(20 * secondMs);
    await across().write(1);
    across().america.link(across().europe).heal();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica()).toBe(positionOf(1));
    await across().clock.advance(secondMs);
    expect(replicator.look()[0]?.lagMs).toBeLessThanOrEqual(100);
  });

  it('holds up no other region', async () => {
    const replicator = across().america.replicate([across().europe, across().asia]);
    across().america.link(across().europe).hang();
    await across().clock.advance(secondMs);
    await put(across().asia.actual, { title: 'charge', playhead: playheadAt(2) });
    await across().clock.advance(100);
    expect(await across().inAmerica('charge')).toBe(positionOf(2));
    await across().clock.advance(minuteMs);
    const [slow, well] = replicator.look();
    expect(slow?.lagMs).toBeGreaterThanOrEqual(minuteMs);
    expect(well?.lagMs).toBeLessThanOrEqual(100);
  });

  it('in one partition holds up no other', async () => {
    await across().reading();
    const isOfDemo = (args: readonly unknown[]) =>
      (args[0] as { partition: number }).partition === demoPartition;
    across()
      .america.link(across().europe)
      .fail(({ args }) => !isOfDemo(args));
    await across().write(1);
    await across().clock.advance(100);
    expect(await across().inAmerica()).toBe(positionOf(1));
  });

  it('is waited for when it ends', async () => {
    const replicator = await across().reading();
    const { release } = across().america.link(across().europe).hang();
    await across().clock.advance(secondMs);
    let isClosed = false;
    const closing = replicator.close().then(() => {
      isClosed = true;
    });
    await across().clock.advance(secondMs);
    expect(isClosed).toBe(false);
    release();
    await closing;
    expect(across().clock.pending).toBe(0);
  });
});

describe('an own store', () => {
  it('that takes no writes loses nothing: it is tried again until it does', async () => {
    const replicator = await across().reading();
    const full = () => new StoreTakesNoWrites('Out of memory.');
    across().america.hotFaults.fail(
      ({ method }) => method === 'takeIn' || method === 'erase',
      full,
    );
    await across().write(1);
    await across().clock.advance(minuteMs);
    expect(await across().inAmerica()).toBeUndefined();
    expect(replicator.look()[0]?.lagMs).toBeGreaterThanOrEqual(minuteMs - secondMs);
    across().america.hotFaults.heal();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica()).toBe(positionOf(1));
    expect(countsOf(replicator)).toMatchObject({ takenIn: 1, refused: { garbage: 0 } });
  });

  it('too full for a lease is read for without one', async () => {
    const full: Region['leases'] = {
      ...across().ownLeases(),
      acquire: () => Promise.reject(new StoreTakesNoWrites('Out of memory.')),
    };
    across().america.replicate([across().europe], { leases: full });
    await across().write(1);
    await across().clock.advance(secondMs);
    expect(await across().inAmerica()).toBe(positionOf(1));
  });

  it('that does not answer is tried again within a second', async () => {
    await across().reading();
    across().america.hotFaults.fail(() => true, unreachable);
    await across().write(1);
    await across().clock.advance(minuteMs);
    across().america.hotFaults.heal();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica()).toBe(positionOf(1));
  });
});

describe('two processes of a region', () => {
  it('share the work: a partition is read by one of them', async () => {
    const first = await across().reading();
    const second = across().america.replicate([across().europe], { owner: 'another process' });
    await across().write(1);
    await across().clock.advance(10 * secondMs);
    expect(countsOf(first)).toMatchObject({ takenIn: 1 });
    expect(countsOf(second)).toMatchObject({ takenIn: 0, raised: 0 });
    expect(second.look()[0]?.lagMs).toBeNull();
  });

  it('take over from one another when one ends', async () => {
    const first = await across().reading();
    const second = across().america.replicate([across().europe], { owner: 'another process' });
    await across().clock.advance(secondMs);
    await first.close();
    await across().write(1);
    await across().clock.advance(secondMs);
    expect(await across().inAmerica()).toBe(positionOf(1));
    // No entry was ever seen there: more may have come and gone while nobody read.
    expect(countsOf(second)).toMatchObject({ takenIn: 1, raised: 1 });
  });

  it('are right where both think that they hold the lease', async () => {
    const both = ['one', 'other'].map((owner) =>
      across().america.replicate([across().europe], { owner, leases: across().ownLeases() }),
    );
    for (let second = 0; second < 20; second += 1) {
      await across().write(second, `title-${second % 3}`);
      await across().clock.advance(50);
    }
    await across().clock.advance(secondMs);
    for (const second of [17, 18, 19]) {
      expect(await across().inAmerica(`title-${second % 3}`)).toBe(positionOf(second));
    }
    const taken = both.map((replicator) => countsOf(replicator).takenIn);
    expect(taken[0]! + taken[1]!).toBeGreaterThanOrEqual(20);
    expect(both.map((replicator) => countsOf(replicator).gaps)).toEqual([0, 0]);
  });
});
