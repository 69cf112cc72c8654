import { describe, expect, it } from '@jest/globals';
import { floorOf } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { partitionOf, versionFloor } from '../../domain/version.ts';
import {
  appended,
  dirtyOf,
  type HotStoreUnderTest,
  hydrate,
  merge,
  type OpenHotStore,
  profileElsewhere,
  put,
  read,
  settleAll,
  stateOf,
} from './hot-subject.ts';
import { changesOf, elsewhere, ownRegion, pointAt, takeIn, takenUpTo } from './other-region.ts';
import { eachTime } from './subject.ts';
import {
  beatOf,
  forgottenAt,
  hiddenAt,
  msAt,
  nothing,
  phone,
  playheadAt,
  shownAt,
  tv,
} from './writes.ts';

const onSintel = (second: number) => ({
  writes: [{ title: 'sintel', playhead: playheadAt(second), visibility: null }],
  devices: [tv],
});

export function describeTakingIn(open: OpenHotStore): void {
  describe('what another region accepted', () => {
    describeClean(() => open(ownRegion));
    describeMarksKept(() => open(ownRegion));
    describeFences(() => open(ownRegion));
    describeReadPoint(() => open(ownRegion));
  });
}

/** All that taking in must leave as it was. */
async function owedBy(opened: HotStoreUnderTest): Promise<unknown> {
  const { hot } = opened;
  const dirty = await dirtyOf(hot);
  return {
    dirty: dirty.map(({ title, sinceMs }) => `${title} ${sinceMs}`).sort(),
    backlog: await hot.backlog(partitionOf('demo', hot.partitions)),
    mark: (await read(hot)).mark,
    told: await appended(opened),
    accepted: await changesOf(opened),
  };
}

function describeClean(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);

  it('is here as a copy that nobody owes, and that was compared with nothing', async () => {
    const { hot } = subject();
    const before = await owedBy(subject());
    await takeIn(hot, { ...onSintel(5), sessions: [] });
    await takeIn(hot, { writes: [{ title: 'spring', playhead: null, visibility: hiddenAt(3) }] });
    expect(await stateOf(hot)).toEqual({ playhead: playheadAt(5), visibility: null });
    expect(await stateOf(hot, { title: 'spring' })).toEqual({
      ...nothing,
      visibility: hiddenAt(3),
    });
    expect([...(await read(hot)).devices.values()]).toEqual([tv]);
    expect(await owedBy(subject())).toEqual(before);
  });

  it('merges with what is here: in any order, and again', async () => {
    const { hot } = subject();
    await put(hot, { playhead: playheadAt(5), visibility: shownAt(5) });
    await takeIn(hot, onSintel(3));
    expect(await stateOf(hot)).toEqual({ playhead: playheadAt(5), visibility: shownAt(5) });
    await takeIn(hot, onSintel(9), onSintel(7));
    await takeIn(hot, onSintel(9));
    expect(await stateOf(hot)).toEqual({ playhead: playheadAt(9), visibility: shownAt(5) });
  });

  it('may be of several profiles and titles', async () => {
    const { hot } = subject();
    const partition = partitionOf('demo', hot.partitions);
    const all = Array.from({ length: 500 }, (_, index) => `viewer-${index}`);
    const those = all.filter((id) => partitionOf(id, hot.partitions) === partition).slice(0, 20);
    await takeIn(
      hot,
      ...those.map((profileId, index) => ({
        profileId,
        writes: ['sintel', 'spring'].map((title) => ({
          title,
          playhead: playheadAt(index),
          visibility: hiddenAt(index),
        })),
      })),
    );
    for (const [index, profileId] of those.slice(-5).entries()) {
      const second = those.length - 5 + index;
      expect(await stateOf(hot, { profileId, title: 'spring' })).toEqual({
        playhead: playheadAt(second),
        visibility: hiddenAt(second),
      });
    }
  });

  it('may be more of one profile than any viewer has: several entries come as one', async () => {
    const { hot } = subject();
    const titles = Array.from({ length: 5_000 }, (_, index) => `title-${index}`);
    await takeIn(hot, {
      writes: titles.map((title) => ({ title, playhead: playheadAt(5), visibility: null })),
      devices: [tv],
    });
    expect((await read(hot)).titles.size).toBe(titles.length);
  });

  it('leaves what is owed owed, and a drain takes the newest', async () => {
    const { hot } = subject();
    await put(hot, { playhead: playheadAt(1), nowMs: msAt(1) });
    const underWay = await dirtyOf(hot);
    await takeIn(hot, onSintel(5));
    expect(await dirtyOf(hot)).toMatchObject([
      { title: 'sintel', sinceMs: msAt(1), playhead: playheadAt(5) },
    ]);
    await settleAll(hot, underWay, msAt(9));
    expect(await dirtyOf(hot)).toMatchObject([{ title: 'sintel', sinceMs: msAt(9) }]);
    await settleAll(hot, await dirtyOf(hot));
    expect(await dirtyOf(hot)).toEqual([]);
  });

  it('is owed once a hydration finds it newer than the durable store', async () => {
    const { hot } = subject();
    await takeIn(hot, onSintel(5));
    await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
    expect(await dirtyOf(hot)).toMatchObject([{ title: 'sintel', playhead: playheadAt(5) }]);
    expect(await read(hot)).toMatchObject({ mark: 'valid' });
  });

  it('is owed here too once its player reports it here again: the other region may lose it', async () => {
    const { hot } = subject();
    await takeIn(hot, onSintel(5));
    await put(hot, { playhead: playheadAt(4), nowMs: msAt(6) });
    expect(await dirtyOf(hot)).toEqual([]);
    await put(hot, { playhead: playheadAt(5), nowMs: msAt(7) });
    expect(await dirtyOf(hot)).toMatchObject([
      { title: 'sintel', sinceMs: msAt(7), playhead: playheadAt(5) },
    ]);
  });

  it('is what a change by hand that was decided before meets: a conflict', async () => {
    const { hot } = subject();
    await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
    const onlyIf = { title: 'sintel', version: playheadAt(1).version };
    await takeIn(hot, onSintel(5));
    const changed = await merge(hot, {
      writes: [{ title: 'sintel', playhead: forgottenAt(30), visibility: null }],
      onlyIf: { ...onlyIf, floorVersion: '0'.repeat(24) },
    });
    expect(changed).toEqual({ kind: 'conflict' });
  });

  it('is what the next heartbeat of a session here meets, and makes owed', async () => {
    const { hot } = subject();
    for (const second of [1, 2, 3]) {
      await hot.merge(beatOf({ atMs: msAt(second), sequence: second }));
    }
    await settleAll(hot, await dirtyOf(hot));
    await takeIn(hot, { ...onSintel(100), devices: [phone] });
    const late = await hot.merge(beatOf({ atMs: msAt(4), sequence: 4 }));
    expect(late).toMatchObject({ titles: [{ before: { playhead: playheadAt(100) } }] });
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(100));
    await hot.merge(beatOf({ atMs: msAt(104), sequence: 104 }));
    expect((await stateOf(hot)).playhead?.version).toBe(playheadAt(104).version);
    expect((await dirtyOf(hot)).map(({ title }) => title)).toEqual(['sintel']);
  });
}

function describeMarksKept(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);

  it('leaves a valid mark valid', async () => {
    const { hot } = subject();
    await hydrate(hot, { titles: {} });
    await takeIn(hot, onSintel(5));
    expect(await read(hot)).toMatchObject({ mark: 'valid', witness: { lengthMs: 60_000 } });
    expect(await read(hot, { nowMs: msAt(61) })).toMatchObject({ mark: 'expired' });
  });

  it('lets a hydration that is under way set its mark', async () => {
    const { hot } = subject();
    const { witness } = await read(hot);
    await takeIn(hot, onSintel(5));
    const titles = new Map([['sintel', { ...nothing, playhead: playheadAt(1) }]]);
    const at = { devices: [], nowMs: msAt(0), markMs: 60_000 };
    await hot.hydrate({ profileId: 'demo', titles, witness, ...at });
    expect(await read(hot)).toMatchObject({ mark: 'valid' });
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(5));
  });

  it('does not mark a profile that was evicted', async () => {
    const { hot, evict } = subject();
    await hydrate(hot, { titles: { spring: { playhead: playheadAt(1) } } });
    const { witness } = await read(hot);
    await evict();
    await takeIn(hot, onSintel(5));
    expect(await read(hot)).toMatchObject({
      mark: 'absent',
      titles: new Map([['sintel', { ...nothing, playhead: playheadAt(5) }]]),
    });
    // Nor does a hydration that began before: what it read may lack what a drain wrote since.
    const titles = new Map();
    const at = { devices: [], nowMs: msAt(0), markMs: 60_000 };
    await hot.hydrate({ profileId: 'demo', titles, witness, ...at });
    expect(await read(hot)).toMatchObject({ mark: 'absent' });
  });

  it('may be evicted, for nobody owes it', async () => {
    const { hot, evict } = subject();
    await takeIn(hot, onSintel(5));
    await evict();
    expect((await read(hot)).titles).toEqual(new Map());
  });
}

function describeFences(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);
  const fence = versionFloor(msAt(20));
  const erase = () => subject().hot.erase({ profileId: 'demo', fence, nowMs: msAt(10) });

  it('is turned back at the fence of the profile, with the device that it names', async () => {
    const { hot } = subject();
    await erase();
    await takeIn(hot, {
      writes: [{ title: 'sintel', playhead: playheadAt(19), visibility: hiddenAt(19) }],
      devices: [tv],
    });
    const left = await read(hot);
    expect([...left.titles, ...left.devices]).toEqual([]);
    expect(left.floor).toEqual(floorOf(fence));
    expect(await dirtyOf(hot)).toEqual([]);
  });

  it('comes in over it with what is newer', async () => {
    const { hot } = subject();
    await erase();
    await takeIn(hot, {
      writes: [{ title: 'sintel', playhead: playheadAt(21), visibility: hiddenAt(19) }],
      devices: [tv],
    });
    expect(await stateOf(hot)).toEqual({ playhead: playheadAt(21), visibility: null });
    expect([...(await read(hot)).devices.values()]).toEqual([tv]);
  });

  it('sets no fence: that is what erasing is for', async () => {
    const { hot } = subject();
    await takeIn(hot, { fence, ...onSintel(5) });
    await takeIn(hot, onSintel(7));
    expect(await read(hot)).toMatchObject({ floor: null });
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(7));
  });

  it('may be the floor', async () => {
    const { hot } = subject();
    await put(hot, { playhead: playheadAt(1) });
    await takeIn(hot, {
      writes: [{ title: floorTitle, playhead: forgottenAt(30), visibility: null }],
    });
    expect((await read(hot)).floor).toEqual(forgottenAt(30));
    expect((await dirtyOf(hot)).map(({ title }) => title)).toEqual(['sintel']);
  });
}

function describeReadPoint(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);
  const taken = (nth: number) => ({
    ...{ partition: partitionOf('demo', subject().hot.partitions), region: elsewhere },
    changes: [{ profileId: 'demo', sessions: [], fence: null, ...onSintel(nth) }],
    ...{ upTo: pointAt(nth), nowMs: msAt(0) },
  });

  it('is noted with the place that it was read up to; before, there is none', async () => {
    const { hot } = subject();
    expect(await takenUpTo(hot)).toBeNull();
    expect(await hot.takeIn({ ...taken(4), after: null })).toEqual(pointAt(4));
    expect(await takenUpTo(hot)).toEqual(pointAt(4));
    const empty = { ...taken(6), after: pointAt(4), changes: [] };
    expect(await hot.takeIn(empty)).toEqual(pointAt(6));
    expect(await takenUpTo(hot)).toEqual(pointAt(6));
  });

  it('is not taken in by whoever stands somewhere else', async () => {
    const { hot } = subject();
    expect(await hot.takeIn({ ...taken(9), after: pointAt(3) })).toBeNull();
    expect(await takenUpTo(hot)).toBeNull();
    await hot.takeIn({ ...taken(4), after: null });
    for (const after of [null, pointAt(3), pointAt(5), pointAt(4, false)]) {
      expect(await hot.takeIn({ ...taken(9), after })).toEqual(pointAt(4));
    }
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(4));
    expect(await takenUpTo(hot)).toEqual(pointAt(4));
  });

  it('is taken in once, of two who stand at one place', async () => {
    const { hot } = subject();
    const both = await Promise.all([5, 6].map((nth) => hot.takeIn({ ...taken(nth), after: null })));
    const [stands] = both;
    expect(both).toEqual([stands, stands]);
    expect(await takenUpTo(hot)).toEqual(stands);
    const nth = Number.parseInt(stands?.offset ?? '', 10);
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(nth));
  });

  it('may be read again from before', async () => {
    const { hot } = subject();
    await hot.takeIn({ ...taken(9), after: null });
    const back = pointAt(2, false);
    expect(await hot.takeIn({ ...taken(1), after: pointAt(9), upTo: back })).toEqual(back);
    expect(await takenUpTo(hot)).toEqual(back);
    expect(await hot.takeIn({ ...taken(3), after: back })).toEqual(pointAt(3));
    expect((await stateOf(hot)).playhead).toEqual(playheadAt(9));
  });

  it('has a place of its own for each region and partition', async () => {
    const { hot } = subject();
    await hot.takeIn({ ...taken(4), after: null });
    const { partition } = taken(4);
    expect(await hot.takenUpTo({ partition, region: 'a-third' })).toBeNull();
    const other = profileElsewhere(hot);
    expect(await takenUpTo(hot, other)).toBeNull();
    await hot.takeIn({ ...taken(7), region: 'a-third', after: null });
    await takeIn(hot, { profileId: other, ...onSintel(5) });
    expect(await takenUpTo(hot)).toEqual(pointAt(4));
    expect(await hot.takenUpTo({ partition, region: 'a-third' })).toEqual(pointAt(7));
  });

  it('keeps its place when the marks of the partition are raised, or a profile is erased', async () => {
    const { hot } = subject();
    await hot.takeIn({ ...taken(4), after: null });
    await hot.raiseGeneration(taken(4).partition);
    await hot.erase({ profileId: 'demo', fence: versionFloor(msAt(20)), nowMs: msAt(10) });
    expect(await takenUpTo(hot)).toEqual(pointAt(4));
  });
}
