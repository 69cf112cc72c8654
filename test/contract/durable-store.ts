import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlatformError } from '../../domain/errors.ts';
import { mergeTitle } from '../../domain/merge.ts';
import { type Device, floorTitle, type TitleState } from '../../domain/playhead.ts';
import type { DurableProfile, DurableStore, ProfileBatch } from '../../stores/durable-store.ts';
import { type StoredRegister, UnreadableRows } from '../../stores/unreadable-rows.ts';
import { collidingVersions, denseTimesMs, statesOf, versionsAt } from '../support/arbitraries.ts';
import { describeErasing } from './durable-store-erasing.ts';
import { eachTime } from './subject.ts';
import {
  forgottenAt,
  hiddenAt,
  nothing,
  phone,
  playheadAt,
  shownAt,
  tv,
  versionAt,
} from './writes.ts';

/** An empty durable store, and what the suite must be able to do to it from outside. */
export interface DurableStoreUnderTest {
  durable: DurableStore;
  /** What a process finds that starts after this one has closed the store. */
  reopen(): Promise<DurableStore>;
  /** A batch that holds something readable, and then something that this store can never take. */
  poisonOf(batch: ProfileBatch): ProfileBatch;
  /** Puts a packed value there as no adapter of this release would. */
  plant(row: StoredRegister & { profileId: string }): Promise<void>;
  /** What the store tells of rows that it could not read. */
  unreadable: UnreadableRows;
  told: { profileId: string; id: string }[];
  close(): Promise<void>;
}

/** For a subject to open its store with, and to hand out. */
export function listenForUnreadable(): Pick<DurableStoreUnderTest, 'unreadable' | 'told'> {
  const told: DurableStoreUnderTest['told'] = [];
  const error = (fields: object) => told.push(fields as (typeof told)[number]);
  return { unreadable: new UnreadableRows({ error }), told };
}

export type OpenDurableStore = () => Promise<DurableStoreUnderTest>;

/** What every durable store does: the sentences of the port, against the port alone. */
export function describeDurableStore(name: string, open: OpenDurableStore): void {
  describe(`durable store contract: ${name}`, () => {
    describeRegisters(open);
    describeOrder(open);
    describeSharedCommits(open);
    describeUnreadableRows(open);
    describeErasing(open);
    describeClosing(open);
  });
}

function describeRegisters(open: OpenDurableStore): void {
  describe('a profile', () => {
    const subject = eachTime(open);

    it('is empty when nothing was ever written', async () => {
      const empty = { titles: new Map(), unreadable: [], devices: [], isRemote: false };
      expect(await subject().durable.read('nobody')).toEqual(empty);
    });

    it('is all that was written, the floor included', async () => {
      const { durable } = subject();
      await durable.write({
        profileId: 'demo',
        titles: [
          { title: 'sintel', playhead: playheadAt(1), visibility: hiddenAt(2) },
          { title: 'spring', playhead: playheadAt(3), visibility: null },
          { title: 'coffee-run', playhead: null, visibility: shownAt(4) },
          { title: floorTitle, playhead: forgottenAt(0), visibility: null },
        ],
        devices: [tv, phone],
      });
      const { titles, devices } = await durable.read('demo');
      expect(titles).toEqual(
        new Map([
          ['sintel', { playhead: playheadAt(1), visibility: hiddenAt(2) }],
          ['spring', { playhead: playheadAt(3), visibility: null }],
          ['coffee-run', { playhead: null, visibility: shownAt(4) }],
          [floorTitle, { playhead: forgottenAt(0), visibility: null }],
        ]),
      );
      expect(byId(devices)).toEqual([phone, tv]);
    });

    it('has two registers a title that never touch each other', async () => {
      const { durable } = subject();
      await put(durable, { playhead: playheadAt(5), visibility: hiddenAt(1) });
      await put(durable, { playhead: playheadAt(2), visibility: shownAt(3) });
      await put(durable, { visibility: hiddenAt(2) });
      await put(durable, { playhead: playheadAt(6) });
      expect(await stateOf(durable)).toEqual({ playhead: playheadAt(6), visibility: shownAt(3) });
    });

    it('keeps what a later release wrote behind the fields known today', async () => {
      const { durable } = subject();
      const playhead = playheadAt(1, { laterFields: '.hdr.5k' });
      const visibility = { ...hiddenAt(2), laterFields: '.by-child' };
      await put(durable, { playhead, visibility });
      expect(await stateOf(durable)).toEqual({ playhead, visibility });
    });

    it('is not changed by another, however alike their ids', async () => {
      const { durable } = subject();
      const longest = 'x'.repeat(64);
      const ids = ['demo', 'Demo', 'demo-', 'demo_', longest];
      for (const [second, profileId] of ids.entries()) {
        await put(durable, { profileId, playhead: playheadAt(second) });
        await put(durable, { profileId, title: longest, playhead: playheadAt(second + 50) });
      }
      for (const [second, profileId] of ids.entries()) {
        expect(await stateOf(durable, { profileId })).toMatchObject({
          playhead: playheadAt(second),
        });
        expect((await durable.read(profileId)).titles.size).toBe(2);
      }
    });

    it('knows its devices by id, as they were named last', async () => {
      const { durable } = subject();
      const named = (devices: Device[]) =>
        durable.write({ profileId: 'demo', titles: [], devices });
      await named([tv, phone]);
      await named([{ ...tv, name: 'Küche 📺' }]);
      await named([{ ...phone, name: null, kind: 'TABLET' }]);
      expect(byId((await durable.read('demo')).devices)).toEqual([
        { ...phone, name: null, kind: 'TABLET' },
        { ...tv, name: 'Küche 📺' },
      ]);
      expect((await durable.read('kids')).devices).toEqual([]);
    });

    it('is read fresh: changing what was answered changes nothing', async () => {
      const { durable } = subject();
      await put(durable, { playhead: playheadAt(1) });
      const profile = await durable.read('demo');
      profile.titles.get('sintel')!.playhead = null;
      profile.titles.clear();
      expect(await stateOf(durable)).toMatchObject({ playhead: playheadAt(1) });
    });
  });
}

function describeOrder(open: OpenDurableStore): void {
  describe('a write', () => {
    const subject = eachTime(open);

    it('changes nothing when it is older than what is there', async () => {
      const { durable } = subject();
      await put(durable, { playhead: playheadAt(9), visibility: hiddenAt(9) });
      await put(durable, { playhead: playheadAt(1), visibility: shownAt(1) });
      expect(await stateOf(durable)).toEqual({ playhead: playheadAt(9), visibility: hiddenAt(9) });
    });

    it('changes nothing when it is repeated', async () => {
      const { durable } = subject();
      for (let time = 0; time < 3; time += 1) await put(durable, { playhead: playheadAt(1) });
      expect(await stateOf(durable)).toEqual({ playhead: playheadAt(1), visibility: null });
    });

    it('never brings back what was forgotten after it', async () => {
      const { durable } = subject();
      await put(durable, { playhead: forgottenAt(9) });
      await put(durable, { playhead: playheadAt(8) });
      expect(await stateOf(durable)).toMatchObject({ playhead: { status: 'NOT_STARTED' } });
    });

    it('comes to what folding all writes comes to, in any order, however often repeated', async () => {
      const drawn = fc.oneof(versionsAt(denseTimesMs), collidingVersions);
      const writes = fc.array(
        fc.record({ title: fc.constantFrom('sintel', 'spring'), state: statesOf(drawn) }),
        { minLength: 1, maxLength: 10 },
      );
      const arrivals = writes.chain((all) =>
        fc.array(fc.record({ write: fc.constantFrom(...all), waits: fc.boolean() }), {
          minLength: 1,
          maxLength: 16,
        }),
      );
      const { durable } = subject();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(arrivals, async (history) => {
          const profileId = `run-${run++}`;
          const model = new Map<string, TitleState>();
          const under: Promise<void>[] = [];
          for (const { write, waits } of history) {
            const { title, state } = write;
            model.set(title, mergeTitle(model.get(title) ?? nothing, state));
            under.push(put(durable, { profileId, title, ...state }));
            if (waits) await under.at(-1);
          }
          await Promise.all(under);
          const written = [...model].filter(([, state]) => state.playhead ?? state.visibility);
          expect((await durable.read(profileId)).titles).toEqual(new Map(written));
        }),
      );
    });
  });
}

function describeSharedCommits(open: OpenDurableStore): void {
  describe('writes at the same time', () => {
    const subject = eachTime(open);

    it('are all there once each was acknowledged', async () => {
      const { durable } = subject();
      const writes = Array.from({ length: 1_300 }, (_, number) => ({
        profileId: `profile-${number % 40}`,
        title: `title-${number}`,
        playhead: playheadAt(number),
      }));
      await Promise.all(writes.map((write) => put(durable, write)));
      const profiles = new Map<string, DurableProfile>();
      for (const { profileId, title, playhead } of writes) {
        const profile = profiles.get(profileId) ?? (await durable.read(profileId));
        profiles.set(profileId, profile);
        expect(profile.titles.get(title)).toEqual({ playhead, visibility: null });
      }
    });

    it('are there one by one as soon as each was acknowledged', async () => {
      const { durable } = subject();
      const seconds = Array.from({ length: 50 }, (_, second) => second);
      const found = await Promise.all(
        seconds.map(async (second) => {
          await put(durable, { title: `t${second}`, playhead: playheadAt(second) });
          return stateOf(durable, { title: `t${second}` });
        }),
      );
      expect(found.map((state) => state.playhead)).toEqual(seconds.map((it) => playheadAt(it)));
    });

    it('come to the newest, whatever order they are committed in', async () => {
      const { durable } = subject();
      const seconds = [5, 9, 1, 7, 3];
      await Promise.all(seconds.map((second) => put(durable, { playhead: playheadAt(second) })));
      expect(await stateOf(durable)).toMatchObject({ playhead: playheadAt(9) });
    });

    it('are not taken along by one that the store can never take', async () => {
      const { durable, poisonOf } = subject();
      const batchOf = (title: string): ProfileBatch => ({
        profileId: 'demo',
        titles: [{ title, playhead: playheadAt(1), visibility: null }],
        devices: [],
      });
      const outcomes = await Promise.allSettled([
        durable.write(batchOf('before')),
        durable.write(poisonOf(batchOf('poison'))),
        durable.write(batchOf('after')),
        durable.write({ ...batchOf('elsewhere'), profileId: 'kids' }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect([...(await durable.read('demo')).titles.keys()].sort()).toEqual(['after', 'before']);
      expect([...(await durable.read('kids')).titles.keys()]).toEqual(['elsewhere']);
    });

    it('tell a batch that can never be taken from a store that is down', async () => {
      const { durable, poisonOf } = subject();
      const poison = poisonOf({ profileId: 'demo', titles: [], devices: [] });
      const error: unknown = await durable.write(poison).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PlatformError);
      expect(error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    });
  });
}

function describeUnreadableRows(open: OpenDurableStore): void {
  describe('a row that this release cannot read', () => {
    const subject = eachTime(open);
    /** The version is where it always is; nobody knows what follows. */
    const later = (second: number) => `${versionAt(second)}!of-a-later-release`;
    const plant = (row: Partial<StoredRegister> & { packed: string }) =>
      subject().plant({ profileId: 'demo', title: 'sintel', kind: 'playhead', ...row });

    it('makes its title unknown, both registers, and hides nothing else', async () => {
      const { durable } = subject();
      await put(durable, { playhead: playheadAt(1), visibility: hiddenAt(1) });
      await put(durable, { title: 'spring', playhead: playheadAt(3) });
      await put(durable, { profileId: 'kids', playhead: playheadAt(4) });
      await durable.write({ profileId: 'demo', titles: [], devices: [tv] });
      await plant({ kind: 'visibility', packed: later(2) });
      expect(await durable.read('demo')).toEqual({
        titles: new Map([['spring', { playhead: playheadAt(3), visibility: null }]]),
        unreadable: ['sintel'],
        devices: [tv],
        isRemote: false,
      });
      expect((await durable.read('kids')).unreadable).toEqual([]);
    });

    it('makes the floor unknown where it is the floor', async () => {
      const { durable } = subject();
      await put(durable, { playhead: playheadAt(1) });
      await plant({ title: floorTitle, packed: later(2) });
      const { titles, unreadable } = await durable.read('demo');
      expect(unreadable).toEqual([floorTitle]);
      expect([...titles.keys()]).toEqual(['sintel']);
    });

    it('gives way to a newer write, and to no older one', async () => {
      const { durable } = subject();
      await plant({ packed: later(2) });
      await put(durable, { playhead: playheadAt(1) });
      expect(await durable.read('demo')).toMatchObject({ unreadable: ['sintel'] });
      await put(durable, { playhead: playheadAt(3) });
      expect(await durable.read('demo')).toMatchObject({ unreadable: [] });
      expect(await stateOf(durable)).toMatchObject({ playhead: playheadAt(3) });
    });

    it('is counted each time, and told once a profile', async () => {
      const { durable, unreadable, told } = subject();
      await plant({ packed: later(1) });
      await plant({ title: 'spring', kind: 'visibility', packed: 'nothing that was ever packed' });
      for (let time = 0; time < 2; time += 1) await durable.read('demo');
      expect(unreadable.count).toBe(4);
      expect(told).toHaveLength(1);
      expect(told[0]?.profileId).toContain('demo');
    });
  });
}

function describeClosing(open: OpenDurableStore): void {
  describe('closing', () => {
    const subject = eachTime(open);

    it('leaves everything to whoever opens the store next', async () => {
      const { durable, reopen } = subject();
      const sintel = { playhead: playheadAt(1, { laterFields: '.x' }), visibility: hiddenAt(2) };
      await put(durable, sintel);
      await durable.write({ profileId: 'demo', titles: [], devices: [tv] });
      const reopened = await reopen();
      expect(await stateOf(reopened)).toEqual(sintel);
      expect((await reopened.read('demo')).devices).toEqual([tv]);
      await put(reopened, { playhead: playheadAt(0), visibility: shownAt(3) });
      expect(await stateOf(reopened)).toEqual({ ...sintel, visibility: shownAt(3) });
    });

    it('first writes what is on its way', async () => {
      const { durable, reopen } = subject();
      const writes = Array.from({ length: 700 }, (_, number) =>
        put(durable, { title: `title-${number}`, playhead: playheadAt(number) }),
      );
      await durable.close();
      await Promise.all(writes);
      expect((await (await reopen()).read('demo')).titles.size).toBe(700);
    });

    it('may be repeated, and ends the store', async () => {
      const { durable } = subject();
      await durable.close();
      await durable.close();
      await expect(put(durable, { playhead: playheadAt(1) })).rejects.toMatchObject({
        code: 'STATE_UNAVAILABLE',
      });
      await expect(durable.read('demo')).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    });
  });
}

function put(
  durable: DurableStore,
  write: Partial<TitleState> & { title?: string; profileId?: string },
): Promise<void> {
  const { title = 'sintel', profileId = 'demo', ...registers } = write;
  return durable.write({ profileId, titles: [{ title, ...nothing, ...registers }], devices: [] });
}

async function stateOf(
  durable: DurableStore,
  of: { title?: string; profileId?: string } = {},
): Promise<TitleState> {
  const { title = 'sintel', profileId = 'demo' } = of;
  return (await durable.read(profileId)).titles.get(title) ?? nothing;
}

function byId(devices: readonly Device[]): Device[] {
  return devices.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}
