// What breaks: an erasure takes back what was told to other regions, so what they read last is gone from the stream.
// How: each compares everything because of that, and erases again up to the fences that it knows.
// What must still hold: that ends, and what is newer than the fence stays in both.
import { describe, expect, it } from '@jest/globals';
import { versionFloor } from '../../../domain/version.ts';
import { put, stateOf } from '../../contract/hot-subject.ts';
import { eachTime } from '../../contract/subject.ts';
import { msAt, playheadAt } from '../../contract/writes.ts';
import { countsOf, minuteMs, secondMs } from './read-across.ts';
import { openRegions, partitions } from './regions.ts';

const world = eachTime(async () => openRegions(['eu', 'us']));
const fence = versionFloor(msAt(2));

describe('an erasure that two regions tell each other of', () => {
  it('is over soon, though each takes back what the other has read', async () => {
    const { clock, regions } = world();
    const [europe, america] = regions;
    const readers = [
      { replicator: america.replicate([europe]), region: 'eu' },
      { replicator: europe.replicate([america]), region: 'us' },
    ];
    await put(europe.actual, { playhead: playheadAt(1) });
    await clock.advance(secondMs);
    await put(america.actual, { playhead: playheadAt(3), nowMs: clock.nowMs() });
    await put(europe.actual, { playhead: playheadAt(4), nowMs: clock.nowMs() });
    await clock.advance(secondMs);
    for (const { fences } of regions) fences.set('demo', fence);
    await europe.hot.erase({ profileId: 'demo', fence, nowMs: clock.nowMs() });
    await clock.advance(secondMs);
    const soon = readers.map(({ replicator, region }) => countsOf(replicator, region).raised);
    await clock.advance(minuteMs);
    const later = readers.map(({ replicator, region }) => countsOf(replicator, region).raised);
    expect(later).toEqual(soon);
    expect(Math.max(...later)).toBeLessThanOrEqual(partitions + 1);
    for (const { actual } of regions) {
      expect((await stateOf(actual)).playhead).toEqual(playheadAt(4));
    }
  });
});
