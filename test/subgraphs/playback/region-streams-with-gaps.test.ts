import { beforeEach, describe, expect, it } from '@jest/globals';
import { offsetAt } from '../../../stores/accepted-stream.ts';
import type { Replicator } from '../../../subgraphs/playback/replicate.ts';
import { put } from '../../contract/hot-subject.ts';
import { eachTime } from '../../contract/subject.ts';
import { playheadAt } from '../../contract/writes.ts';
import {
  countsOf,
  minuteMs,
  openReadAcross,
  outLengthMax,
  positionOf,
  secondMs,
} from './read-across.ts';
import { demoPartition, partitions } from './regions.ts';

const across = eachTime(openReadAcross);

// What breaks: entries were, or may have been, missed for ever: nobody had read them, and they are gone.
// How: a new region, a lost store, a link that is cut for longer than the stream is kept.
// What must still hold: everything is compared with the durable store again, and the rest is taken in.
describe('a stream of which something may be missing', () => {
  it('is begun at its oldest entry by a region that never read it, and all is compared', async () => {
    await across().write(1);
    await across().compare();
    const replicator = await across().reading();
    expect(await across().inAmerica()).toBe(positionOf(1));
    expect(await across().markInAmerica()).toBe('absent');
    expect(countsOf(replicator).raised).toBe(partitions);
  });

  it('is compared once, also where it is empty', async () => {
    const replicator = await across().reading();
    await across().clock.advance(10 * minuteMs);
    expect(countsOf(replicator).raised).toBe(partitions);
    expect(across().america.fencedAgain).toHaveLength(partitions);
  });

  it('is begun anew within a second after the own store was lost', async () => {
    const replicator = await across().reading();
    await across().write(1);
    await across().clock.advance(secondMs);
    across().america.loseStore();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica()).toBe(positionOf(1));
    expect(countsOf(replicator).raised).toBe(2 * partitions);
  });

  it('is read from where a restored store stood', async () => {
    const replicator = await across().reading();
    await across().write(1, 'sintel');
    await across().clock.advance(secondMs);
    const of = { partition: demoPartition, region: 'eu' };
    const restored = await across().america.actual.takenUpTo(of);
    await across().write(2, 'charge');
    await across().clock.advance(secondMs);
    const lost = await across().america.actual.takenUpTo(of);
    // As if the store had forgotten the last second: the point of before, and not the title.
    await across().america.actual.takeIn({
      ...{ ...of, after: lost, upTo: restored!, changes: [], nowMs: across().clock.nowMs() },
    });
    await across().write(3, 'spring');
    await across().clock.advance(secondMs);
    expect(countsOf(replicator)).toMatchObject({ takenIn: 4, gaps: 0 });
    expect(await across().america.actual.takenUpTo(of)).toMatchObject({ isSeen: true });
  });

  it('is compared once if it passed its cap while the link was cut and none of it had been seen', async () => {
    const replicator = await across().reading();
    await across().compare();
    across().america.link(across().europe).fail();
    for (let second = 1; second <= 2 * outLengthMax; second += 1) {
      await across().clock.advance(secondMs);
      await across().write(second, `title-${second}`);
    }
    across().america.link(across().europe).heal();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('title-5')).toBeUndefined();
    expect(await across().inAmerica('title-6')).toBe(positionOf(6));
    expect(await across().markInAmerica()).toBe('absent');
    await across().write(1);
    await across().clock.advance(secondMs);
    expect(countsOf(replicator).raised).toBe(partitions + 1);
  });

  it('is compared if it passed its cap while the own store took nothing in and none of it had been seen', async () => {
    await across().reading();
    await across().compare();
    across().america.hotFaults.fail(({ method }) => method === 'takeIn');
    for (let second = 1; second <= 2 * outLengthMax; second += 1) {
      await across().clock.advance(secondMs);
      await across().write(second, `title-${second}`);
    }
    await across().compare();
    expect(await across().markInAmerica()).toBe('valid');
    across().america.hotFaults.heal();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('title-5')).toBeUndefined();
    expect(await across().inAmerica('title-6')).toBe(positionOf(6));
    expect(await across().markInAmerica()).toBe('absent');
  });

  it('is compared if it passed its cap while the own store did not say where it stands', async () => {
    const replicator = await across().reading();
    await across().compare();
    across().america.hotFaults.fail(({ method }) => method === 'takenUpTo');
    for (let second = 1; second <= 2 * outLengthMax; second += 1) {
      await across().clock.advance(secondMs);
      await across().write(second, `title-${second}`);
    }
    expect(await across().markInAmerica()).toBe('valid');
    across().america.hotFaults.heal();
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('title-5')).toBeUndefined();
    expect(await across().inAmerica('title-6')).toBe(positionOf(6));
    expect(await across().markInAmerica()).toBe('absent');
    expect(countsOf(replicator).raised).toBe(partitions + 1);
  });

  describe('because it passed its cap while the link was cut', () => {
    let replicator: Replicator;

    beforeEach(async () => {
      replicator = await across().reading();
      await across().write(0);
      await across().clock.advance(secondMs);
      await across().compare();
      across().america.link(across().europe).fail();
      for (let second = 1; second <= 2 * outLengthMax; second += 1) {
        await across().clock.advance(secondMs);
        await across().write(second, `title-${second}`);
      }
    });

    it('is read on from what is left, and all is compared', async () => {
      across().america.link(across().europe).heal();
      await across().clock.advance(secondMs);
      expect(await across().inAmerica('title-10')).toBe(positionOf(10));
      expect(await across().inAmerica('title-6')).toBe(positionOf(6));
      expect(await across().inAmerica('title-5')).toBeUndefined();
      expect(await across().markInAmerica()).toBe('absent');
      await across().clock.advance(10 * minuteMs);
      expect(countsOf(replicator)).toMatchObject({ gaps: 1, raised: partitions + 1 });
    });

    it('has known fences applied again', async () => {
      across().america.link(across().europe).heal();
      await across().clock.advance(secondMs);
      expect(across().america.fencedAgain.slice(partitions)).toEqual([demoPartition]);
    });

    it('tells whoever follows a profile of the partition that any title may have changed', async () => {
      const told: string[] = [];
      const stop = await across().america.actual.onChanged('demo', (titles) =>
        told.push(...titles),
      );
      across().america.link(across().europe).heal();
      await across().clock.advance(secondMs);
      expect(told).toContain('*');
      await stop();
    });

    it('is compared before the point moves on, and again if that did not come about', async () => {
      across().america.hotFaults.fail(({ method }) => method === 'takeIn');
      across().america.link(across().europe).heal();
      await across().clock.advance(secondMs);
      expect(await across().markInAmerica()).toBe('absent');
      const of = { partition: demoPartition, region: 'eu' };
      // Whoever comes after a crash meets the same gap.
      const later = across().america.replicate([across().europe], {
        owner: 'another',
        leases: across().ownLeases(),
      });
      await across().clock.advance(secondMs);
      expect(countsOf(later)).toMatchObject({ gaps: 1, raised: 1 });
      across().america.hotFaults.heal();
      await across().clock.advance(secondMs);
      const { entries } = await across()
        .europe.actual.accepted()
        .read({ partition: demoPartition, from: null, limit: 100 });
      expect(await across().america.actual.takenUpTo(of)).toMatchObject({
        offset: entries.at(-1)!.offset,
      });
    });

    it('does not move on while the own store cannot compare', async () => {
      across().america.hotFaults.fail(({ method }) => method === 'raiseGeneration');
      across().america.link(across().europe).heal();
      await across().clock.advance(10 * secondMs);
      expect(await across().inAmerica('title-10')).toBeUndefined();
      across().america.hotFaults.heal();
      await across().clock.advance(secondMs);
      expect(await across().inAmerica('title-10')).toBe(positionOf(10));
      expect(await across().markInAmerica()).toBe('absent');
      expect(countsOf(replicator).gaps).toBe(1);
    });
  });

  it('is compared once if the other region lost it whole, and read from a minute before', async () => {
    const replicator = await across().reading();
    await across().write(0);
    await across().clock.advance(secondMs);
    across().europe.loseStore();
    await across().clock.advance(10 * minuteMs);
    expect(countsOf(replicator)).toMatchObject({ gaps: 1, raised: partitions + 1 });
    expect(
      await across().america.actual.takenUpTo({ partition: demoPartition, region: 'eu' }),
    ).toEqual({
      offset: offsetAt(across().clock.nowMs() - 10 * minuteMs - secondMs - minuteMs),
      isSeen: false,
    });
    await across().write(1, 'charge');
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('charge')).toBe(positionOf(1));
    expect(countsOf(replicator)).toMatchObject({ gaps: 1, raised: partitions + 1 });
  });

  it('of a store whose clock is behind that of the one before it is read all the same', async () => {
    const replicator = await across().reading();
    await across().write(0);
    await across().clock.advance(secondMs);
    across().europe.loseStore();
    // Two seconds behind: before the entry that was read last.
    await put(across().europe.actual, {
      ...{ title: 'charge', playhead: playheadAt(5) },
      nowMs: across().clock.nowMs() - 3 * secondMs,
    });
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('charge')).toBe(positionOf(5));
    expect(countsOf(replicator)).toMatchObject({ gaps: 1 });
  });
});
