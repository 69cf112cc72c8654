import { describe, expect, it } from '@jest/globals';
import { packPlayhead } from '../../domain/codec.ts';
import { floorOf } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { versionFloor } from '../../domain/version.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import type { OpenDurableStore } from './durable-store.ts';
import { eachTime } from './subject.ts';
import { forgottenAt, hiddenAt, msAt, phone, playheadAt, shownAt, tv } from './writes.ts';

const fence = versionFloor(msAt(20));
const farAhead = versionFloor(Date.UTC(2099, 0));
const erasing = { profileId: 'demo', fence };
const emptied = {
  titles: new Map([[floorTitle, { playhead: floorOf(fence), visibility: null }]]),
  devices: [],
};

function write(durable: DurableStore, second: number, profileId = 'demo'): Promise<void> {
  return durable.write({
    profileId,
    titles: [
      { title: 'sintel', playhead: playheadAt(second), visibility: shownAt(second) },
      { title: 'spring', playhead: null, visibility: hiddenAt(second) },
    ],
    devices: [tv],
  });
}

export function describeErasing(open: OpenDurableStore): void {
  describe('an erased profile', () => {
    const subject = eachTime(open);

    it('is empty but for its floor, also to a process that starts later', async () => {
      const { durable, reopen } = subject();
      await write(durable, 1);
      await durable.write({
        profileId: 'demo',
        titles: [{ title: floorTitle, playhead: forgottenAt(0), visibility: null }],
        devices: [phone],
      });
      // As every fence it lies ahead of all clocks, also of a server's, by which a device is written.
      await durable.erase({ profileId: 'demo', fence: farAhead });
      const left = {
        titles: new Map([[floorTitle, { playhead: floorOf(farAhead), visibility: null }]]),
        devices: [],
      };
      expect(await durable.read('demo')).toMatchObject(left);
      expect(await (await reopen()).read('demo')).toMatchObject(left);
    });

    it('touches no other profile', async () => {
      const { durable } = subject();
      await write(durable, 1);
      await write(durable, 1, 'demo2');
      const before = await durable.read('demo2');
      await durable.erase(erasing);
      expect(await durable.read('demo2')).toEqual(before);
      expect(before.titles.size).toBe(2);
    });

    it('takes in nothing of before that comes late', async () => {
      const { durable } = subject();
      await durable.erase(erasing);
      const late = { title: 'sintel', playhead: playheadAt(19), visibility: hiddenAt(1) };
      await durable.write({ profileId: 'demo', titles: [late], devices: [] });
      expect(await durable.read('demo')).toMatchObject(emptied);
    });

    it('takes in what is newer, device and all', async () => {
      const { durable } = subject();
      await write(durable, 1);
      await durable.erase(erasing);
      await write(durable, 21);
      const { titles, devices } = await durable.read('demo');
      expect(titles.get('sintel')).toEqual({ playhead: playheadAt(21), visibility: shownAt(21) });
      expect(devices).toEqual([tv]);
    });

    it('keeps what is newer already', async () => {
      const { durable } = subject();
      await write(durable, 21);
      const mixed = { title: 'mixed', playhead: playheadAt(5), visibility: hiddenAt(25) };
      await durable.write({ profileId: 'demo', titles: [mixed], devices: [] });
      await durable.erase(erasing);
      const { titles } = await durable.read('demo');
      expect(titles.get('sintel')?.playhead).toEqual(playheadAt(21));
      expect(titles.get('mixed')).toEqual({ playhead: null, visibility: hiddenAt(25) });
    });

    it('is the same after being erased again, and further with a later fence', async () => {
      const { durable } = subject();
      await durable.erase(erasing);
      await write(durable, 21);
      await durable.erase(erasing);
      expect((await durable.read('demo')).titles.size).toBe(3);
      const later = versionFloor(msAt(40));
      await durable.erase({ profileId: 'demo', fence: later });
      const { titles } = await durable.read('demo');
      expect([...titles]).toEqual([[floorTitle, { playhead: floorOf(later), visibility: null }]]);
    });

    it('is emptied of what a backup put back, once erased again', async () => {
      const { durable, plant } = subject();
      await durable.erase(erasing);
      await plant({
        ...{ profileId: 'demo', title: 'sintel', kind: 'playhead' },
        packed: packPlayhead(playheadAt(3)),
      });
      await durable.erase(erasing);
      expect(await durable.read('demo')).toMatchObject(emptied);
    });

    it('is found with every other that has anything', async () => {
      const { durable } = subject();
      await write(durable, 1);
      await write(durable, 1, 'other');
      await durable.write({ profileId: 'with-device', titles: [], devices: [tv] });
      await durable.erase(erasing);
      const visited = new Set<string>();
      await durable.eachProfile(async (profileId) => void visited.add(profileId));
      expect([...visited].sort()).toEqual(['demo', 'other', 'with-device']);
    });
  });
}
