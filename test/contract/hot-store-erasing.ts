import { describe, expect, it } from '@jest/globals';
import { floorOf } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { partitionOf, versionFloor, versionZero } from '../../domain/version.ts';
import {
  appended,
  dirtyOf,
  hydrate,
  merge,
  type OpenHotStore,
  put,
  read,
  settleAll,
  stateOf,
} from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { beatOf, forgottenAt, hiddenAt, msAt, phone, playheadAt, shownAt } from './writes.ts';

/** Twenty seconds after noon everything of before goes. */
const fence = versionFloor(msAt(20));
const floor = floorOf(fence);
const erasing = { profileId: 'demo', fence, nowMs: msAt(10) };

export function describeErasing(open: OpenHotStore): void {
  describe('an erased profile', () => {
    const subject = eachTime(open);

    it('is empty but for the fence: no title, device, session, mark, nothing owed', async () => {
      const { hot } = subject();
      await hydrate(hot, { titles: { durable: { playhead: playheadAt(1) } }, devices: [phone] });
      await hot.merge(beatOf({ atMs: msAt(2), sequence: 1, event: 'START' }));
      await put(hot, { title: 'hidden', visibility: hiddenAt(3) });
      await hot.erase(erasing);
      const left = await read(hot);
      expect([...left.titles, ...left.devices, ...left.sessions]).toEqual([]);
      expect(left).toMatchObject({ floor, mark: 'absent' });
      expect(await dirtyOf(hot)).toEqual([]);
      const partition = partitionOf('demo', hot.partitions);
      expect(await hot.backlog(partition)).toMatchObject({ dirty: 0, quarantined: 0 });
    });

    it('leaves nothing in quarantine either', async () => {
      const { hot } = subject();
      const partition = partitionOf('demo', hot.partitions);
      await put(hot, { playhead: playheadAt(1) });
      await hot.quarantine({ partition, profileId: 'demo', title: 'sintel' });
      await hot.erase(erasing);
      expect(await hot.quarantined({ partition, limit: 10 })).toEqual([]);
      await hot.replay({ partition, nowMs: msAt(30) });
      expect(await dirtyOf(hot)).toEqual([]);
    });

    it('keeps what is newer, with the device that it names, and owes it', async () => {
      const { hot } = subject();
      await put(hot, { title: 'old', playhead: playheadAt(1), visibility: shownAt(1) });
      await hot.merge(beatOf({ atMs: msAt(25), sequence: 1 }));
      await settleAll(hot, await dirtyOf(hot));
      await hot.erase(erasing);
      const left = await read(hot);
      expect([...left.titles.keys()]).toEqual(['sintel']);
      expect([...left.devices.values()].map(({ id }) => id)).toEqual(['tv']);
      expect((await dirtyOf(hot)).map(({ title }) => title)).toEqual(['sintel']);
    });

    it.each([
      { playhead: playheadAt(25), visibility: shownAt(25) },
      { playhead: playheadAt(25), visibility: shownAt(1) },
      { playhead: playheadAt(1), visibility: shownAt(25) },
    ])('owes a title once, whichever of its registers are newer', async (registers) => {
      const { hot } = subject();
      await put(hot, { ...registers, nowMs: msAt(25) });
      await hot.erase({ ...erasing, nowMs: msAt(26) });
      const partition = partitionOf('demo', hot.partitions);
      expect((await dirtyOf(hot)).map(({ title }) => title)).toEqual(['sintel']);
      expect(await hot.backlog(partition)).toMatchObject({ dirty: 1 });
      await settleAll(hot, await dirtyOf(hot));
      expect(await dirtyOf(hot)).toEqual([]);
    });

    it('touches no other profile', async () => {
      const { hot } = subject();
      await put(hot, { profileId: 'demo2', playhead: playheadAt(1) });
      await put(hot, { playhead: playheadAt(1) });
      await hot.erase(erasing);
      expect((await stateOf(hot, { profileId: 'demo2' })).playhead).toEqual(playheadAt(1));
      expect((await read(hot, { profileId: 'demo2' })).floor).toBeNull();
    });

    it('takes in no late heartbeat, nor its session, device or history', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      const told = await appended(subject());
      // Received before the time of the fence, and long after it from a device that was offline.
      await hot.merge(beatOf({ atMs: msAt(12), sequence: 1, event: 'START' }));
      await hot.merge(beatOf({ atMs: msAt(13), sequence: 2 }));
      await hot.merge(beatOf({ atMs: msAt(14), nowMs: msAt(3_000), sequence: 3 }));
      const left = await read(hot, { nowMs: msAt(3_000) });
      expect([...left.titles, ...left.devices, ...left.sessions]).toEqual([]);
      expect(await dirtyOf(hot)).toEqual([]);
      expect(await appended(subject())).toEqual(told);
    });

    it('answers what is turned back with the floor', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      const late = await hot.merge(beatOf({ atMs: msAt(12), sequence: 1 }));
      expect(late).toMatchObject({ kind: 'merged', isHeld: false, floor });
    });

    it('takes in what is newer', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      await hot.merge(beatOf({ atMs: msAt(21), sequence: 1, event: 'START' }));
      await hot.merge(beatOf({ atMs: msAt(26), sequence: 2 }));
      const left = await read(hot, { nowMs: msAt(26) });
      expect(left.sessions).toHaveLength(1);
      expect(left.titles.get('sintel')?.playhead).not.toBeNull();
      expect((await dirtyOf(hot)).map(({ title }) => title)).toEqual(['sintel']);
    });

    it('takes in of one request only what is newer', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      await put(hot, { playhead: playheadAt(25), visibility: shownAt(1), nowMs: msAt(25) });
      expect(await stateOf(hot)).toEqual({ playhead: playheadAt(25), visibility: null });
    });

    it('turns a hydration back that was read before the durable store knew the fence', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      const titles = { sintel: { playhead: playheadAt(1) } };
      expect(await hydrate(hot, { titles, devices: [phone] })).toEqual([]);
      await hydrate(hot, { titles: { ...titles, [floorTitle]: { playhead: forgottenAt(5) } } });
      const left = await read(hot);
      expect([...left.titles, ...left.devices]).toEqual([]);
      expect(left).toMatchObject({ floor, mark: 'absent' });
    });

    it('is hydrated with what was read since', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      await hydrate(hot, {
        titles: { [floorTitle]: { playhead: floor }, sintel: { playhead: playheadAt(30) } },
      });
      const left = await read(hot);
      expect(left).toMatchObject({ floor, mark: 'valid' });
      expect(left.titles.get('sintel')?.playhead).toEqual(playheadAt(30));
    });

    it('settles a drain that was under way, and then owes nothing', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      const underWay = await dirtyOf(hot);
      await hot.erase(erasing);
      await settleAll(hot, underWay);
      await settleAll(hot, await dirtyOf(hot));
      expect(await dirtyOf(hot)).toEqual([]);
      expect([...(await read(hot)).titles]).toEqual([]);
    });

    it('makes a change by hand of before a conflict', async () => {
      const { hot } = subject();
      await hydrate(hot, { titles: {} });
      await hot.erase(erasing);
      const changed = await merge(hot, {
        writes: [{ title: 'sintel', playhead: forgottenAt(30), visibility: null }],
        onlyIf: { title: 'sintel', version: versionZero, floorVersion: versionZero },
      });
      expect(changed).toEqual({ kind: 'conflict' });
    });

    it('tells the event stream and whoever listens', async () => {
      const { hot } = subject();
      const told: (readonly string[])[] = [];
      const heard = Promise.withResolvers<void>();
      const stop = await hot.onChanged('demo', (titles) => {
        told.push(titles);
        heard.resolve();
      });
      await hot.erase(erasing);
      await heard.promise;
      await stop();
      expect(told).toEqual([[floorTitle]]);
      expect(await appended(subject())).toMatchObject([
        { kind: 'FORGET_ALL', profileId: 'demo', title: floorTitle, version: fence },
      ]);
    });

    it('is the same after being erased again, and an earlier fence changes nothing', async () => {
      const { hot } = subject();
      await hot.erase(erasing);
      await hot.erase({ ...erasing, fence: versionFloor(msAt(5)) });
      await hot.merge(beatOf({ atMs: msAt(12), sequence: 1 }));
      expect(await read(hot)).toMatchObject({ floor, titles: new Map() });
    });

    it('is among those that are visited, as every other is', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      await put(hot, { profileId: 'neighbour', playhead: playheadAt(1) });
      await hot.erase(erasing);
      const visited = new Set<string>();
      await hot.eachProfile(async (profileId) => void visited.add(profileId));
      expect([...visited].sort()).toEqual(['demo', 'neighbour']);
    });
  });
}
