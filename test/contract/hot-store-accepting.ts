import { describe, expect, it } from '@jest/globals';
import { stateAbove } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { partitionOf, versionFloor, versionZero } from '../../domain/version.ts';
import type { AcceptedEntry, ReadPoint } from '../../stores/accepted-stream.ts';
import {
  type HotStoreUnderTest,
  hydrate,
  merge,
  type OpenHotStore,
  profileElsewhere,
  put,
  read,
} from './hot-subject.ts';
import { changeOf, changesOf, entriesOf, ownRegion, takeIn } from './other-region.ts';
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

/** A stream may keep some more than it is told: Redis cuts off whole blocks of a hundred. */
const blockLength = 100;

export function describeAccepting(open: OpenHotStore): void {
  describe('what a store tells other regions', () => {
    describeChanges(() => open(ownRegion));
    describeSessions(() => open(ownRegion));
    describeErasures(() => open(ownRegion));
  });
  describe('the stream of what was accepted', () => {
    describeReading(open);
  });
}

function describeChanges(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);

  it('is the registers that it accepted, and the device that they name', async () => {
    const { hot } = subject();
    const registers = { playhead: playheadAt(5), visibility: shownAt(5) };
    await merge(hot, { writes: [{ title: 'sintel', ...registers }], device: tv });
    await put(hot, { title: 'spring', visibility: hiddenAt(6) });
    expect(await changesOf(subject())).toEqual([
      changeOf({ writes: [{ title: 'sintel', ...registers }], devices: [tv] }),
      changeOf({ writes: [{ title: 'spring', ...nothing, visibility: hiddenAt(6) }] }),
    ]);
  });

  it('is also what was here already: nobody else may have seen it', async () => {
    const { hot } = subject();
    await hydrate(hot, { titles: { sintel: { playhead: playheadAt(5) } } });
    expect(await changesOf(subject())).toEqual([]);
    await put(hot, { playhead: playheadAt(5) });
    await put(hot, { playhead: playheadAt(5) });
    const written = changeOf({
      writes: [{ title: 'sintel', ...nothing, playhead: playheadAt(5) }],
    });
    expect(await changesOf(subject())).toEqual([written, written]);
  });

  it('is nothing that is older than what is here', async () => {
    const { hot } = subject();
    await put(hot, { playhead: playheadAt(5), visibility: hiddenAt(5) });
    await put(hot, { playhead: playheadAt(3), visibility: hiddenAt(7) });
    await put(hot, { playhead: playheadAt(4) });
    expect((await changesOf(subject())).map(({ writes }) => writes)).toEqual([
      [{ title: 'sintel', playhead: playheadAt(5), visibility: hiddenAt(5) }],
      [{ title: 'sintel', playhead: null, visibility: hiddenAt(7) }],
    ]);
  });

  it('is a change by hand that held, forgetting everything among them', async () => {
    const { hot } = subject();
    await hydrate(hot, { titles: {} });
    const writes = [{ title: floorTitle, playhead: forgottenAt(9), visibility: null }];
    const onlyIf = { title: floorTitle, version: versionZero, floorVersion: versionZero };
    await merge(hot, { writes, onlyIf });
    expect(await merge(hot, { writes, onlyIf })).toEqual({ kind: 'conflict' });
    expect(await changesOf(subject())).toEqual([changeOf({ writes })]);
  });

  it('is what a request says, however many there are at once', async () => {
    const { hot } = subject();
    const seconds = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(seconds.map((second) => put(hot, { playhead: playheadAt(second) })));
    const told = (await changesOf(subject())).flatMap(({ writes }) => writes);
    expect(told.at(-1)?.playhead).toEqual(playheadAt(20));
    for (const { playhead } of told) {
      expect(seconds.map((second) => playheadAt(second))).toContainEqual(playhead);
    }
  });

  it('is of its partition', async () => {
    const { hot } = subject();
    const profileId = profileElsewhere(hot);
    await put(hot, { profileId, playhead: playheadAt(1) });
    expect(await changesOf(subject())).toEqual([]);
    expect(await changesOf(subject(), profileId)).toMatchObject([{ profileId }]);
  });

  it('is nothing that another region told it', async () => {
    const { hot } = subject();
    const writes = [{ title: 'sintel', playhead: playheadAt(5), visibility: hiddenAt(5) }];
    await takeIn(hot, { writes, devices: [tv] });
    expect(await changesOf(subject())).toEqual([]);
  });
}

function describeSessions(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);
  const onTv = { device: tv, sessionId: 'on-tv' };
  const onPhone = { device: phone, sessionId: 'on-phone' };

  it('is each report of a session that plays on, as it left the session', async () => {
    const { hot } = subject();
    for (const second of [5, 10, 15, 20]) {
      await hot.merge(beatOf({ ...onTv, atMs: msAt(second), sequence: second }));
      const { sessions } = await read(hot);
      const { writes } = beatOf({ ...onTv, atMs: msAt(second), sequence: second });
      expect((await changesOf(subject())).at(-1)).toEqual(
        changeOf({ writes, devices: [tv], sessions }),
      );
    }
    expect(await changesOf(subject())).toHaveLength(4);
  });

  it('is a PING: that a paused player is still there', async () => {
    const { hot } = subject();
    await hot.merge(beatOf({ ...onTv, atMs: msAt(5), sequence: 5, event: 'PAUSE' }));
    const { presence } = beatOf({ ...onTv, atMs: msAt(65), sequence: 65, event: 'PING' });
    await merge(hot, { presence, nowMs: msAt(65) });
    const { sessions } = await read(hot);
    expect(sessions).toMatchObject([{ playerState: 'PAUSED', sequence: 65 }]);
    expect((await changesOf(subject())).at(-1)).toEqual(changeOf({ sessions }));
  });

  it('is a report that was held, without what it wrote', async () => {
    const { hot } = subject();
    await hot.merge(beatOf({ ...onTv, atMs: msAt(5), sequence: 5, event: 'START', acts: 'NOW' }));
    await hot.merge(beatOf({ ...onTv, atMs: msAt(17), sequence: 17, event: 'PAUSE' }));
    const start = { event: 'START', acts: 'NOW' } as const;
    await hot.merge(beatOf({ ...onPhone, ...start, atMs: msAt(20), sequence: 1 }));
    const held = await hot.merge(beatOf({ ...onTv, atMs: msAt(25), sequence: 25, event: 'PAUSE' }));
    expect(held).toMatchObject({ isHeld: true });
    const { sessions } = await read(hot);
    expect((await changesOf(subject())).at(-1)).toEqual(
      changeOf({ sessions: sessions.filter(({ sessionId }) => sessionId === 'on-tv') }),
    );
  });

  it('is a late report: what it proves of its viewer', async () => {
    const { hot } = subject();
    await hot.merge(beatOf({ ...onTv, atMs: msAt(20), sequence: 20, acts: 'NEVER' }));
    const act = { event: 'PLAY', acts: 'NOW' } as const;
    await hot.merge(beatOf({ ...onTv, ...act, atMs: msAt(10), sequence: 10 }));
    const { sessions } = await read(hot);
    expect(sessions).toMatchObject([{ sequence: 20, actedAt: expect.any(String) }]);
    expect((await changesOf(subject())).at(-1)).toMatchObject({ sessions });
  });

  it('is a take-over: both sessions', async () => {
    const { hot } = subject();
    await hot.merge(beatOf({ ...onTv, atMs: msAt(5), sequence: 5 }));
    await hot.merge(beatOf({ ...onPhone, atMs: msAt(6), sequence: 6, acts: 'NEVER' }));
    const at = playheadAt(8).version;
    const by = { sessionId: 'on-phone', device: phone, at };
    expect(await hot.takeOver({ profileId: 'demo', from: 'on-tv', by })).toBe(true);
    const { writes, devices, sessions, fence } = (await changesOf(subject())).at(-1) ?? {};
    expect({ writes, devices, fence }).toEqual({ writes: [], devices: [], fence: null });
    expect(new Set(sessions)).toEqual(new Set((await read(hot)).sessions));
    expect(sessions).toContainEqual(expect.objectContaining({ takenOver: by }));
    expect(sessions).toContainEqual(expect.objectContaining({ actedAt: at }));
  });

  it('is a take-over by a session that is not known yet, and none of one that is not', async () => {
    const { hot } = subject();
    await hot.merge(beatOf({ ...onTv, atMs: msAt(5), sequence: 5 }));
    const by = { sessionId: 'on-phone', device: phone, at: playheadAt(8).version };
    await hot.takeOver({ profileId: 'demo', from: 'on-tv', by });
    const taken = await changesOf(subject());
    expect(taken.at(-1)?.sessions).toMatchObject([{ sessionId: 'on-tv', takenOver: by }]);
    expect(await hot.takeOver({ profileId: 'demo', from: 'on-tablet', by })).toBe(false);
    expect(await changesOf(subject())).toEqual(taken);
  });
}

function describeErasures(open: () => Promise<HotStoreUnderTest>): void {
  const subject = eachTime(open);
  const fence = versionFloor(msAt(20));
  const erase = (of: { fence?: string } = {}) =>
    subject().hot.erase({ profileId: 'demo', fence, nowMs: msAt(10), ...of });

  it('is the fence of an erasure, once: its echo dies out', async () => {
    await erase();
    await erase();
    await erase({ fence: versionFloor(msAt(15)) });
    expect(await changesOf(subject())).toEqual([changeOf({ fence })]);
    const later = versionFloor(msAt(30));
    await erase({ fence: later });
    expect((await changesOf(subject())).at(-1)).toEqual(changeOf({ fence: later }));
  });

  it('is nothing any more that the erased profile had', async () => {
    const { hot } = subject();
    const neighbour = neighbourOf(hot);
    await hot.merge(beatOf({ atMs: msAt(5), sequence: 5 }));
    await put(hot, { profileId: neighbour, playhead: playheadAt(6) });
    await put(hot, { title: 'spring', playhead: playheadAt(7) });
    await erase();
    const told = await changesOf(subject());
    expect(told.map(({ profileId }) => profileId).sort()).toEqual(['demo', neighbour].sort());
    expect(told).toContainEqual(changeOf({ fence }));
  });

  it('is what the erasure left: somebody may not have read it yet', async () => {
    const { hot } = subject();
    await put(hot, { title: 'old', playhead: playheadAt(1), visibility: hiddenAt(25) });
    await hot.merge(beatOf({ atMs: msAt(25), sequence: 25 }));
    for (const again of [false, true]) {
      await erase();
      const told = await changesOf(subject());
      const writes = told.flatMap((change) => change.writes);
      expect(writes).toHaveLength(2);
      for (const title of ['old', 'sintel']) {
        const left = (await read(hot)).titles.get(title);
        expect(writes.find((write) => write.title === title)).toEqual({ title, ...left });
        expect(stateAbove(left ?? nothing, fence)).toEqual(left);
      }
      expect(told.flatMap(({ devices }) => devices)).toEqual([tv]);
      const fences = told.flatMap((change) => change.fence ?? []);
      expect({ again, fences }).toEqual({ again, fences: [fence] });
    }
  });

  it('is a newer floor as well', async () => {
    await put(subject().hot, { title: floorTitle, playhead: forgottenAt(25) });
    await erase();
    const told = await changesOf(subject());
    expect(told).toEqual([
      changeOf({ fence }),
      changeOf({ writes: [{ title: floorTitle, playhead: forgottenAt(25), visibility: null }] }),
    ]);
  });

  it('is the same after being erased again: whoever read it last finds it there', async () => {
    await put(subject().hot, { playhead: playheadAt(25) });
    await erase();
    const told = await entriesOf(subject());
    await erase();
    await erase({ fence: versionFloor(msAt(15)) });
    expect(await entriesOf(subject())).toEqual(told);
  });

  it('is nothing that is turned back at the fence, nor who reported it', async () => {
    const { hot } = subject();
    await erase();
    await hot.merge(beatOf({ atMs: msAt(12), sequence: 1, event: 'START' }));
    expect(await changesOf(subject())).toEqual([changeOf({ fence })]);
    await hot.merge(beatOf({ atMs: msAt(25), sequence: 2 }));
    expect(await changesOf(subject())).toHaveLength(2);
  });
}

/** Another profile in the partition of `demo`. */
function neighbourOf({ partitions }: { partitions: number }): string {
  const all = Array.from({ length: 1_000 }, (_, index) => `neighbour-${index}`);
  const home = partitionOf('demo', partitions);
  return all.find((id) => partitionOf(id, partitions) === home) ?? 'none';
}

function describeReading(open: OpenHotStore): void {
  const subject = eachTime(() => open({ ...ownRegion, outLengthMax: 10 }));
  const partition = () => partitionOf('demo', subject().hot.partitions);
  const readAfter = (from: ReadPoint | null, limit = 10_000) =>
    subject().accepted().read({ partition: partition(), from, limit });
  const seen = (entry: AcceptedEntry | undefined): ReadPoint => ({
    offset: entry?.offset ?? '',
    isSeen: true,
  });
  const putUpTo = async (last: number, first = 1) => {
    for (let second = first; second <= last; second += 1) {
      await put(subject().hot, { playhead: playheadAt(second), nowMs: msAt(second) });
    }
  };

  it('says whose it is', () => {
    expect(subject().accepted().region).toBe('here');
  });

  it('is empty at first, without a gap', async () => {
    expect(await readAfter(null)).toEqual({ entries: [], hasGap: false });
  });

  it('is in the order of accepting; offsets and times go up', async () => {
    await putUpTo(8);
    const { entries, hasGap } = await readAfter(null);
    expect(hasGap).toBe(false);
    const told = await changesOf(subject());
    expect(told.map(({ writes }) => writes[0]?.playhead)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((second) => playheadAt(second)),
    );
    const offsets = entries.map(({ offset }) => offset);
    expect(offsets).toEqual([...new Set(offsets)].sort());
    const times = entries.map(({ appendedAtMs }) => appendedAtMs);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    for (const { offset, appendedAtMs } of entries) {
      expect(Number.parseInt(offset, 10)).toBe(appendedAtMs);
    }
  });

  it('is read on after an entry, at most so many at once', async () => {
    await putUpTo(8);
    const all = await entriesOf(subject());
    expect((await readAfter(null, 3)).entries).toEqual(all.slice(0, 3));
    expect(await readAfter(seen(all[2]), 4)).toEqual({ entries: all.slice(3, 7), hasGap: false });
    expect(await readAfter(seen(all[7]))).toEqual({ entries: [], hasGap: false });
    const unseen = { ...seen(all[2]), isSeen: false };
    expect(await readAfter(unseen, 1)).toEqual({ entries: [all[3]], hasGap: false });
  });

  it('has a gap for whoever saw an entry that is gone', async () => {
    await putUpTo(5);
    const old = await entriesOf(subject());
    await putUpTo(5 + 3 * blockLength, 6);
    const kept = await entriesOf(subject());
    expect(kept.length).toBeGreaterThanOrEqual(10);
    expect(kept.length).toBeLessThanOrEqual(10 + blockLength);
    expect(await readAfter(seen(old[4]), 5)).toEqual({ entries: kept.slice(0, 5), hasGap: true });
    const unseen = { ...seen(old[4]), isSeen: false };
    expect(await readAfter(unseen, 5)).toEqual({ entries: kept.slice(0, 5), hasGap: false });
    expect(await readAfter(null, 5)).toEqual({ entries: kept.slice(0, 5), hasGap: false });
    expect(await readAfter(seen(kept[0]))).toEqual({ entries: kept.slice(1), hasGap: false });
  });

  it('has a gap for whoever saw one that was never here: the store lost it', async () => {
    await putUpTo(2);
    const [, last] = await entriesOf(subject());
    const later = { offset: `${last?.offset.replace(/^0/, '1')}`, isSeen: true };
    expect(await readAfter(later)).toEqual({ entries: [], hasGap: true });
  });
}
