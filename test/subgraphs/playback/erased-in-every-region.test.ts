import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../../domain/policy.ts';
import { partitionOf } from '../../../domain/version.ts';
import { type EmbeddedHotStore, openEmbeddedHotStore } from '../../../stores/embedded/hot.ts';
import {
  type EmbeddedEventStream,
  openEmbeddedEventStream,
} from '../../../stores/embedded/stream.ts';
import { openEmbeddedViewingStore } from '../../../stores/embedded/viewing.ts';
import type { ViewingStore } from '../../../stores/viewing-store.ts';
import { describeRemains, runVerify } from '../../../subgraphs/playback/profile-cli.ts';
import { put, read } from '../../contract/hot-subject.ts';
import { playheadAt, transitionAt } from '../../contract/writes.ts';
import { Faults } from '../../support/faulty.ts';
import { minuteMs, sharePlayback } from '../../support/playback.ts';
import { Operator } from './erasing.ts';

const playback = sharePlayback();
let operator: Operator;
let events: EmbeddedEventStream;
let hot: EmbeddedHotStore;
let viewings: ViewingStore;

beforeAll(async () => {
  operator = await new Operator(playback).open();
});
afterAll(() => operator.close());

beforeEach(async () => {
  const { partitions } = playback.stores.hot;
  const { clock, profileId } = playback;
  events = openEmbeddedEventStream({ path: ':memory:', partitions, clock });
  const region = { name: 'us', outLengthMax: 100 };
  hot = openEmbeddedHotStore({ policy: defaultPolicy, partitions, events, region });
  viewings = openEmbeddedViewingStore({ path: ':memory:' });
  const accepted = hot.accepted();
  operator.peers = [{ region: 'us', hot, viewings, accepted, async close() {} }];
  await playback.device({ id: 'tv', kind: 'TV' }).play(minuteMs);
  await put(hot, { profileId, playhead: playheadAt(1) });
  await put(hot, { profileId: 'neighbour', playhead: playheadAt(1) });
  const partition = partitionOf(profileId, partitions);
  const transitions = [{ ...transitionAt(1), profileId }];
  await viewings.fold({ partition, transitions, offset: '1' });
});
afterEach(async () => {
  operator.peers = [];
  await Promise.all([hot.close(), viewings.close(), events.close()]);
});

/** What the other region holds of the profile, and what it would tell of it. */
async function inOtherRegion() {
  const { profileId } = playback;
  const partition = partitionOf(profileId, hot.partitions);
  const { entries } = await hot.accepted().read({ partition, from: null, limit: 100 });
  return {
    titles: [...(await read(hot, { profileId })).titles.keys()],
    viewings: (await viewings.recent({ profileId, limit: 9 })).length,
    told: entries.flatMap((entry) =>
      'change' in entry && entry.change.profileId === profileId ? entry.change.writes : [],
    ).length,
  };
}

const everything = { titles: ['sintel'], viewings: 1, told: 1 };
const nothingLeft = { titles: [], viewings: 0, told: 0 };

describe('a profile of several regions', () => {
  it('is DONE when every region was erased and read again, and nobody else was', async () => {
    expect(await inOtherRegion()).toEqual(everything);
    const { erasure, faults, remains } = await operator.erase();
    expect(faults).toEqual([]);
    expect(erasure.doneAtMs).not.toBeNull();
    expect(describeRemains(remains)).toEqual(
      expect.arrayContaining([
        'hot store of us: 0 left',
        'view of the row of us: 0 left',
        'accepted by us for others: 0 left',
      ]),
    );
    expect(await inOtherRegion()).toEqual(nothingLeft);
    expect((await read(hot, { profileId: 'neighbour' })).titles.size).toBe(1);
  });

  it.each(['hot of us erase', 'hot of us read', 'viewings of us erase', 'accepted of us read'])(
    'is PENDING, with the name of the region, while %s fails there',
    async (step) => {
      const faults = new Faults();
      faults.fail(({ method }) => method === step);
      const first = await operator.erase({ faults });
      expect(first.erasure.doneAtMs).toBeNull();
      const told = [
        ...first.faults.map(({ store }) => store),
        ...describeRemains(first.remains.filter(({ found }) => found !== 0)),
      ];
      expect(told).toContainEqual(expect.stringMatching(/ (of|by) us/));
      expect(told.filter((line) => !/ (of|by) us|event stream/.test(line))).toEqual([]);
      faults.heal();
      const second = await operator.erase({ faults });
      expect(second.erasure).toMatchObject({ receipt: first.erasure.receipt });
      expect(second.erasure.doneAtMs).not.toBeNull();
      expect(await inOtherRegion()).toEqual(nothingLeft);
    },
  );

  it('is found by the verification where a region got something back', async () => {
    const { erasure } = await operator.erase();
    const { profileId } = playback;
    // As a Redis that is restored from before the erasure, without the fence.
    const region = { name: 'us', outLengthMax: 100 };
    const { partitions } = hot;
    const restored = openEmbeddedHotStore({ policy: defaultPolicy, partitions, events, region });
    await put(restored, { profileId, playhead: playheadAt(1) });
    operator.peers = [{ ...operator.peers[0]!, hot: restored, accepted: restored.accepted() }];
    const told: string[] = [];
    await expect(runVerify(operator.deps(), profileId, (line) => told.push(line))).rejects.toThrow(
      'Something is left',
    );
    expect(told).toEqual(
      expect.arrayContaining(['hot store of us: 1 left', 'accepted by us for others: 1 left']),
    );
    expect(told.at(-1)).toContain(erasure.receipt);
    await restored.close();
  });
});
