import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Device } from '../../domain/playhead.ts';
import { versionFloor } from '../../domain/version.ts';
import type { DurableStore, ProfileBatch } from '../../stores/durable-store.ts';
import { StoreUnreachable } from '../../stores/faults.ts';
import { sparedKnownDevices } from '../../stores/known-devices.ts';
import { playheadAt, tv } from '../contract/writes.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let written: ProfileBatch[];
let fault: Error | null;
let durable: DurableStore;

beforeEach(() => {
  clock = new ManualClock();
  written = [];
  fault = null;
  const noting: DurableStore = {
    async write(batch) {
      if (fault !== null) throw fault;
      written.push(batch);
    },
    read: async () => ({ titles: new Map(), unreadable: [], devices: [], isRemote: false }),
    erase: async () => {},
    eachProfile: async () => {},
    close: async () => {},
  };
  durable = sparedKnownDevices(noting, clock);
});

function drain(device: Device = tv, profileId = 'demo'): Promise<void> {
  const titles = [{ title: 'sintel', playhead: playheadAt(1), visibility: null }];
  return durable.write({ profileId, titles, devices: [device] });
}

const devicesWritten = () => written.map(({ devices }) => devices);

describe('a device that the durable store was told of', () => {
  it('is not written again, and its titles are', async () => {
    await drain();
    await drain();
    expect(devicesWritten()).toEqual([[tv], []]);
    expect(written.every(({ titles }) => titles.length === 1)).toBe(true);
  });

  it('is written again for a profile that was erased, and for no other', async () => {
    await drain(tv, 'demo');
    await drain(tv, 'demo2');
    await durable.erase({ profileId: 'demo', fence: versionFloor(clock.nowMs()) });
    await drain(tv, 'demo');
    await drain(tv, 'demo2');
    expect(devicesWritten()).toEqual([[tv], [tv], [tv], []]);
  });

  it('is written for every profile that it plays for', async () => {
    await drain(tv, 'demo');
    await drain(tv, 'kids');
    expect(devicesWritten()).toEqual([[tv], [tv]]);
  });

  it('is written whenever it has another name than it had last', async () => {
    const renamed = { ...tv, name: 'Upstairs' };
    for (const device of [tv, renamed, tv, tv]) await drain(device);
    expect(devicesWritten()).toEqual([[tv], [renamed], [tv], []]);
  });

  it('is written again after a day', async () => {
    await drain();
    await clock.advance(24 * 3_600_000 - 1);
    await drain();
    await clock.advance(1);
    await drain();
    expect(devicesWritten()).toEqual([[tv], [], [tv]]);
  });

  it('is not known after a write that failed', async () => {
    fault = new StoreUnreachable('The durable store is away.');
    await expect(drain()).rejects.toBe(fault);
    fault = null;
    await drain();
    expect(devicesWritten()).toEqual([[tv]]);
  });

  it('is forgotten with a sixteenth of all when there are too many, the longest known first', async () => {
    const known = 80_000;
    for (let profile = 0; profile <= known; profile += 1) {
      await durable.write({ profileId: `p${profile}`, titles: [], devices: [tv] });
    }
    written = [];
    // Known ones first: what is written again may push out others.
    for (const profile of [known, 5_001, 5_000, 0]) await drain(tv, `p${profile}`);
    expect(devicesWritten()).toEqual([[], [], [tv], [tv]]);
  });

  it('costs no write when there is nothing else', async () => {
    await drain();
    await durable.write({ profileId: 'demo', titles: [], devices: [tv] });
    expect(written).toHaveLength(1);
  });
});
