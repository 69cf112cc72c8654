import { beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../../domain/errors.ts';
import { read } from '../../contract/hot-subject.ts';
import { eachTime } from '../../contract/subject.ts';
import { countsOf, minuteMs, openReadAcross, positionOf, secondMs } from './read-across.ts';
import { demoPartition, partitions, refused } from './regions.ts';

const across = eachTime(openReadAcross);

// What breaks: entries that this release cannot read, or that are not what they should be.
// How: they are refused on their way, as adapters refuse them.
// What must still hold: nothing of them is merged, the rest is, and what they held is found in the durable store.
describe('entries that are refused', () => {
  const isGarbage = new Set<string>();
  const refuse = async (second: number, title: string) => {
    await across().write(second, title);
    const { entries } = await across()
      .europe.actual.accepted()
      .read({ partition: demoPartition, from: null, limit: 100 });
    isGarbage.add(entries.at(-1)!.offset);
  };

  beforeEach(() => {
    isGarbage.clear();
    across().america.tamper = (entry) =>
      isGarbage.has(entry.offset) ? refused(entry, 'garbage') : entry;
  });

  it('are counted by reason, passed over, and end once good ones come: then all is compared', async () => {
    const replicator = await across().reading();
    await refuse(1, 'charge');
    await across().clock.advance(secondMs);
    await across().compare();
    await across().clock.advance(10 * minuteMs);
    expect(await across().markInAmerica()).toBe('valid');
    await across().write(2, 'spring');
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('spring')).toBe(positionOf(2));
    expect(await across().inAmerica('charge')).toBeUndefined();
    expect(await across().markInAmerica()).toBe('absent');
    expect(countsOf(replicator)).toMatchObject({
      ...{ takenIn: 1, gaps: 0, raised: partitions + 1 },
      refused: { garbage: 1, region: 0, format: 0, partitions: 0 },
    });
  });

  it('between good ones have all compared at most once a minute, and then at once', async () => {
    const replicator = await across().reading();
    for (let second = 0; second < 30; second += 2) {
      await refuse(second, 'charge');
      await across().write(second + 1, 'spring');
      await across().clock.advance(2 * secondMs);
      expect(await across().inAmerica('spring')).toBe(positionOf(second + 1));
    }
    expect(countsOf(replicator)).toMatchObject({ raised: partitions + 1 });
    await across().compare();
    await across().clock.advance(minuteMs);
    expect(await across().markInAmerica()).toBe('absent');
    await across().clock.advance(10 * minuteMs);
    expect(countsOf(replicator)).toMatchObject({ raised: partitions + 2 });
  });

  it('are not forgotten in a crash: whoever comes next has all compared', async () => {
    const replicator = await across().reading();
    await refuse(1, 'charge');
    await across().clock.advance(secondMs);
    await replicator.close();
    const next = await across().reading();
    await across().compare();
    await across().write(2, 'spring');
    await across().clock.advance(secondMs);
    expect(await across().markInAmerica()).toBe('absent');
    expect(countsOf(next)).toMatchObject({ takenIn: 1, raised: 1 });
  });

  it('all of them leave the own marks alone', async () => {
    const replicator = across().america.replicate([across().europe]);
    across().america.tamper = (entry) => refused(entry, 'region');
    await across().compare();
    await across().write(1);
    await across().clock.advance(10 * minuteMs);
    expect(await across().inAmerica()).toBeUndefined();
    expect(await across().markInAmerica()).toBe('valid');
    expect(countsOf(replicator).refused).toMatchObject({ region: 1 });
  });

  it('are those of a profile that lives in another partition', async () => {
    const replicator = await across().reading();
    across().america.tamper = (entry) =>
      'change' in entry ? { ...entry, change: { ...entry.change, profileId: 'guest' } } : entry;
    await across().write(1);
    await across().clock.advance(secondMs);
    expect((await read(across().america.actual, { profileId: 'guest' })).titles.size).toBe(0);
    expect(countsOf(replicator).refused).toMatchObject({ partitions: 1 });
  });

  it('are those that the own store would not have, and none of their neighbours', async () => {
    const replicator = await across().reading();
    across().america.hotFaults.fail(
      ({ method, args }) => method === 'takeIn' && JSON.stringify(args).includes('charge'),
      () => new PlatformError('A value that nobody wrote.', { code: 'INTERNAL_SERVER_ERROR' }),
    );
    for (const title of ['sintel', 'charge', 'spring']) await across().write(1, title);
    await across().clock.advance(secondMs);
    expect(await across().inAmerica('sintel')).toBe(positionOf(1));
    expect(await across().inAmerica('spring')).toBe(positionOf(1));
    expect(await across().inAmerica('charge')).toBeUndefined();
    expect(countsOf(replicator)).toMatchObject({ takenIn: 2, refused: { garbage: 1 } });
  });
});
