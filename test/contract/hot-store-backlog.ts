import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import type { SettledTitle } from '../../stores/hot-store.ts';
import {
  dirtyOf,
  hydrate,
  lastMs,
  merge,
  type OpenHotStore,
  profileElsewhere,
  put,
  read,
  settleAll,
  stateOf,
} from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { hiddenAt, msAt, phone, playheadAt, tv, versionAt } from './writes.ts';

export function describeBacklog(open: OpenHotStore): void {
  const subject = eachTime(open);
  const home = () => partitionOf('demo', subject().hot.partitions);
  const due = (
    query: { sinceMs?: number; skip?: number; limit?: number; partition?: number } = {},
  ) => subject().hot.due({ partition: home(), sinceMs: lastMs, skip: 0, limit: 100, ...query });
  const dueTitles = async (query: { sinceMs?: number; skip?: number; limit?: number } = {}) =>
    (await due(query)).map(({ title }) => title);
  const settle = (settled: Partial<SettledTitle>, nowMs = msAt(0)) => {
    const title = { profileId: 'demo', title: 'sintel', playheadVersion: null, ...settled };
    const titles = [{ visibilityVersion: null, ...title }];
    return subject().hot.settle({ partition: home(), titles, nowMs });
  };

  describe('what is due', () => {
    it('is nothing in a store that owes nothing', async () => {
      expect(await due()).toEqual([]);
      expect(await subject().hot.backlog(home())).toEqual({
        dirty: 0,
        oldestSinceMs: null,
        quarantined: 0,
      });
    });

    it('passes over as many of the oldest as it is told', async () => {
      const { hot } = subject();
      for (const [index, title] of ['sintel', 'spring', 'charge'].entries()) {
        await put(hot, { title, playhead: playheadAt(1), nowMs: msAt(index) });
      }
      expect(await dueTitles({ skip: 1 })).toEqual(['spring', 'charge']);
      expect(await dueTitles({ skip: 1, limit: 1 })).toEqual(['spring']);
      expect(await dueTitles({ skip: 1, sinceMs: msAt(1) })).toEqual(['spring']);
      expect(await dueTitles({ skip: 3 })).toEqual([]);
    });

    it('is what rose, with both registers and the devices they name', async () => {
      const { hot } = subject();
      await merge(hot, { device: phone });
      await merge(hot, {
        nowMs: msAt(7),
        writes: [{ title: 'sintel', playhead: playheadAt(6), visibility: hiddenAt(5) }],
        device: tv,
      });
      expect(await due()).toEqual([
        {
          profileId: 'demo',
          title: 'sintel',
          sinceMs: msAt(7),
          playhead: playheadAt(6),
          visibility: hiddenAt(5),
          devices: [tv],
        },
      ]);
    });

    it('names no device that is not known, or that had no part in it', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await put(hot, { title: 'spring', playhead: playheadAt(1, { deviceHash: null }) });
      expect((await due()).map(({ devices }) => devices)).toEqual([[], []]);
    });

    it('is due since it first rose, however often it rose again', async () => {
      const { hot } = subject();
      for (const second of [1, 2, 3]) {
        await put(hot, { playhead: playheadAt(second), nowMs: msAt(second) });
      }
      expect(await due()).toMatchObject([{ sinceMs: msAt(1), playhead: playheadAt(3) }]);
    });

    it('is not what was superseded, repeated or only reported', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(9) });
      await settleAll(hot, await due());
      await put(hot, { playhead: playheadAt(9) });
      await put(hot, { playhead: playheadAt(3) });
      await merge(hot, { device: tv });
      expect(await due()).toEqual([]);
    });

    it('is what has waited until the given time, that time included', async () => {
      const { hot } = subject();
      for (const second of [1, 2, 3]) {
        await put(hot, { title: `t${second}`, playhead: playheadAt(second), nowMs: msAt(second) });
      }
      expect(await dueTitles({ sinceMs: msAt(1) - 1 })).toEqual([]);
      expect(await dueTitles({ sinceMs: msAt(2) })).toEqual(['t1', 't2']);
    });

    it('is the oldest first, up to the limit, also when the clock was set back', async () => {
      const { hot } = subject();
      for (const second of [50, 10, 40, 20, 30]) {
        await put(hot, { title: `t${second}`, playhead: playheadAt(1), nowMs: msAt(second) });
      }
      expect(await dueTitles({ limit: 3 })).toEqual(['t10', 't20', 't30']);
      expect(await dueTitles({ sinceMs: msAt(35) })).toEqual(['t10', 't20', 't30']);
      expect(await subject().hot.backlog(home())).toMatchObject({ oldestSinceMs: msAt(10) });
      await put(hot, { title: 't45', playhead: playheadAt(1), nowMs: msAt(45) });
      expect(await dueTitles()).toEqual(['t10', 't20', 't30', 't40', 't45', 't50']);
    });

    it('stays due until it is settled', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      expect(await due()).toEqual(await due());
      expect(await subject().hot.backlog(home())).toMatchObject({ dirty: 1 });
    });

    it('is of one partition', async () => {
      const { hot } = subject();
      const elsewhere = profileElsewhere(hot);
      await put(hot, { profileId: elsewhere, playhead: playheadAt(1) });
      expect(await due()).toEqual([]);
      const partition = partitionOf(elsewhere, hot.partitions);
      expect(await due({ partition })).toMatchObject([{ profileId: elsewhere }]);
    });
  });

  describe('a settled title', () => {
    it('is clean when what was written is what is here', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1), visibility: hiddenAt(2) });
      await put(hot, { title: 'spring', playhead: playheadAt(3), nowMs: msAt(3) });
      await settle({ playheadVersion: versionAt(1), visibilityVersion: versionAt(2) });
      expect(await dueTitles()).toEqual(['spring']);
      expect(await hot.backlog(home())).toEqual({
        dirty: 1,
        oldestSinceMs: msAt(3),
        quarantined: 0,
      });
      expect(await stateOf(hot)).toEqual({ playhead: playheadAt(1), visibility: hiddenAt(2) });
    });

    it('is dirty since then when something newer came meanwhile', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1), nowMs: msAt(1) });
      await put(hot, { title: 'spring', playhead: playheadAt(2), nowMs: msAt(2) });
      await put(hot, { title: 'sintel', playhead: playheadAt(3), nowMs: msAt(3) });
      await settle({ playheadVersion: versionAt(1) }, msAt(31));
      expect(await due()).toMatchObject([
        { title: 'spring', sinceMs: msAt(2) },
        { title: 'sintel', sinceMs: msAt(31), playhead: playheadAt(3) },
      ]);
    });

    it('stays dirty while either register is newer than what was written', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      await put(hot, { visibility: hiddenAt(2) });
      await settle({ playheadVersion: versionAt(1) });
      expect(await dueTitles()).toEqual(['sintel']);
      await settle({ visibilityVersion: versionAt(2) });
      expect(await dueTitles()).toEqual(['sintel']);
      await settle({ playheadVersion: versionAt(1), visibilityVersion: versionAt(2) });
      expect(await dueTitles()).toEqual([]);
    });

    it('may be settled twice, and while it is clean', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      await settle({ playheadVersion: versionAt(1) });
      await settle({ playheadVersion: versionAt(1) });
      expect(await hot.backlog(home())).toMatchObject({ dirty: 0, oldestSinceMs: null });
    });

    it('does not settle its namesake in another profile', async () => {
      const { hot } = subject();
      const sibling = siblingOf(hot.partitions);
      await put(hot, { profileId: 'demo', playhead: playheadAt(1) });
      await put(hot, { profileId: sibling, playhead: playheadAt(1) });
      await settle({ playheadVersion: versionAt(1) });
      expect(await due()).toMatchObject([{ profileId: sibling }]);
    });
  });

  describe('a title in quarantine', () => {
    const quarantine = (title: string) =>
      subject().hot.quarantine({ partition: home(), profileId: 'demo', title });

    it('is counted, not due, and readable with its value', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await put(hot, { title: 'spring', playhead: playheadAt(2), nowMs: msAt(2) });
      await quarantine('sintel');
      expect(await dueTitles()).toEqual(['spring']);
      expect(await hot.backlog(home())).toEqual({
        dirty: 1,
        oldestSinceMs: msAt(2),
        quarantined: 1,
      });
      expect(await stateOf(hot)).toMatchObject({ playhead: playheadAt(1) });
    });

    it('is due again when something newer comes', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      await quarantine('sintel');
      await put(hot, { playhead: playheadAt(2), nowMs: msAt(20) });
      expect(await due()).toMatchObject([{ playhead: playheadAt(2), sinceMs: msAt(20) }]);
      expect(await hot.backlog(home())).toMatchObject({ dirty: 1, quarantined: 0 });
    });

    it('was dirty before: a clean title is left alone', async () => {
      const { hot } = subject();
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } } });
      await quarantine('sintel');
      expect(await hot.backlog(home())).toMatchObject({ dirty: 0, quarantined: 0 });
    });
  });

  describe('a profile that is evicted', () => {
    it('is forgotten whole, mark and all, when it is clean', async () => {
      const { hot, evict } = subject();
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } }, devices: [tv] });
      await evict();
      expect(await read(hot)).toMatchObject({
        mark: 'absent',
        titles: new Map(),
        devices: new Map(),
      });
    });

    it('is never one that is dirty', async () => {
      const { hot, evict } = subject();
      await hydrate(hot, { titles: { spring: { playhead: playheadAt(1) } } });
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await evict();
      const { titles, mark } = await read(hot);
      expect([...titles.keys()].sort()).toEqual(['sintel', 'spring']);
      expect(mark).toBe('valid');
      expect(await dueTitles()).toEqual(['sintel']);
    });

    it('is never one with a title in quarantine', async () => {
      const { hot, evict } = subject();
      await put(hot, { playhead: playheadAt(1) });
      await hot.quarantine({ partition: home(), profileId: 'demo', title: 'sintel' });
      await evict();
      expect(await stateOf(hot)).toMatchObject({ playhead: playheadAt(1) });
    });

    it('may be one whose last dirty title was settled', async () => {
      const { hot, evict } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await put(hot, { title: 'spring', playhead: playheadAt(1) });
      await settle({ title: 'sintel', playheadVersion: versionAt(1) });
      await evict();
      expect((await read(hot)).titles.size).toBe(2);
      await settle({ title: 'spring', playheadVersion: versionAt(1) });
      await evict();
      expect((await read(hot)).titles.size).toBe(0);
      expect(await dirtyOf(hot)).toEqual([]);
    });
  });
}

/** Another profile of the partition in which `demo` lives. */
function siblingOf(partitions: number): string {
  const home = partitionOf('demo', partitions);
  const names = Array.from({ length: 1_000 }, (_, number) => `sibling-${number}`);
  return names.find((name) => partitionOf(name, partitions) === home)!;
}
