import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeTitle } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import { deviceHash } from '../../domain/version.ts';
import type { HotStore, MergedTitle } from '../../stores/hot-store.ts';
import { collidingVersions, denseTimesMs, statesOf, versionsAt } from '../support/arbitraries.ts';
import { dirtyOf, merge, type OpenHotStore, put, read, stateOf } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { forgottenAt, hiddenAt, nothing, phone, playheadAt, shownAt, tv } from './writes.ts';

export function describeMerging(open: OpenHotStore): void {
  describe('a merge', () => {
    const subject = eachTime(open);

    it('answers what was there before and what is there after', async () => {
      const { hot } = subject();
      const first = { playhead: playheadAt(1), visibility: null };
      expect(await mergedOf(put(hot, first))).toEqual([
        { title: 'sintel', before: nothing, after: first },
      ]);
      const second = { playhead: playheadAt(2), visibility: hiddenAt(2) };
      expect(await mergedOf(put(hot, second))).toEqual([
        { title: 'sintel', before: first, after: second },
      ]);
      expect(await stateOf(hot)).toEqual(second);
    });

    it('changes nothing when what comes is older', async () => {
      const { hot } = subject();
      const newer = { playhead: playheadAt(9), visibility: hiddenAt(9) };
      await put(hot, newer);
      const late = await mergedOf(put(hot, { playhead: playheadAt(3), visibility: shownAt(3) }));
      expect(late).toEqual([{ title: 'sintel', before: newer, after: newer }]);
      expect(await stateOf(hot)).toEqual(newer);
    });

    it('changes nothing when it is repeated', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(4) });
      const [again] = await mergedOf(put(hot, { playhead: playheadAt(4) }));
      expect(again!.after).toEqual(again!.before);
    });

    it('keeps both registers apart', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(5), visibility: hiddenAt(1) });
      await put(hot, { playhead: playheadAt(2), visibility: shownAt(3) });
      expect(await stateOf(hot)).toEqual({ playhead: playheadAt(5), visibility: shownAt(3) });
      await put(hot, { visibility: hiddenAt(9) });
      await put(hot, { playhead: playheadAt(6) });
      expect(await stateOf(hot)).toEqual({ playhead: playheadAt(6), visibility: hiddenAt(9) });
    });

    it('leaves a register alone that it does not write', async () => {
      const { hot } = subject();
      await put(hot, { visibility: hiddenAt(1) });
      expect(await stateOf(hot)).toEqual({ playhead: null, visibility: hiddenAt(1) });
      await put(hot, {});
      expect(await stateOf(hot)).toEqual({ playhead: null, visibility: hiddenAt(1) });
    });

    it('takes several titles in one step and answers them in the order of the request', async () => {
      const { hot } = subject();
      await put(hot, { title: 'spring', playhead: playheadAt(9) });
      const writes = ['spring', 'sintel', 'coffee-run'].map((title, index) => ({
        title,
        playhead: playheadAt(index),
        visibility: null,
      }));
      const titles = await mergedOf(merge(hot, { writes }));
      expect(titles.map(({ title }) => title)).toEqual(['spring', 'sintel', 'coffee-run']);
      expect(titles.map(({ after }) => after.playhead)).toEqual([
        playheadAt(9),
        playheadAt(1),
        playheadAt(2),
      ]);
    });

    it('keeps the newer of two writes to one title in one request, whichever comes first', async () => {
      const { hot } = subject();
      const [older, newer] = [3, 7].map((second) => ({
        title: 'sintel',
        playhead: playheadAt(second),
        visibility: second === 3 ? hiddenAt(8) : null,
      }));
      await merge(hot, { writes: [newer!, older!] });
      expect(await stateOf(hot)).toEqual({ playhead: playheadAt(7), visibility: hiddenAt(8) });
    });

    it('keeps what a later release wrote behind the fields known today', async () => {
      const { hot } = subject();
      const playhead = playheadAt(1, { laterFields: '.hdr.5k' });
      const visibility = { ...hiddenAt(2), laterFields: '.by-child' };
      await put(hot, { playhead, visibility });
      expect(await stateOf(hot)).toEqual({ playhead, visibility });
    });

    it('keeps profiles apart', async () => {
      const { hot } = subject();
      await put(hot, { profileId: 'demo', playhead: playheadAt(1) });
      await put(hot, { profileId: 'kids', playhead: playheadAt(2) });
      expect(await stateOf(hot, { profileId: 'demo' })).toMatchObject({ playhead: playheadAt(1) });
      expect(await stateOf(hot, { profileId: 'kids' })).toMatchObject({ playhead: playheadAt(2) });
    });

    it('answers the floor in force, its own included', async () => {
      const { hot } = subject();
      expect(await put(hot, { playhead: playheadAt(1) })).toMatchObject({ floor: null });
      const floor = forgottenAt(5);
      expect(await put(hot, { title: floorTitle, playhead: floor })).toMatchObject({ floor });
      const late = await put(hot, { playhead: playheadAt(3) });
      expect(late).toMatchObject({ kind: 'merged', floor });
      // The floor is applied by whoever reads: what is below it is stored all the same.
      expect(await stateOf(hot)).toMatchObject({ playhead: playheadAt(3) });
    });

    it('remembers the device under the hash that packed values name it by', async () => {
      const { hot } = subject();
      await merge(hot, { device: tv });
      await merge(hot, { device: phone });
      await merge(hot, { device: { ...tv, name: 'Bedroom' } });
      expect((await read(hot)).devices).toEqual(
        new Map([
          [deviceHash(tv.id), { ...tv, name: 'Bedroom' }],
          [deviceHash(phone.id), phone],
        ]),
      );
    });

    it('comes to what folding all writes comes to, in any order, however often repeated', async () => {
      const drawn = fc.oneof(versionsAt(denseTimesMs), collidingVersions);
      const writes = fc.array(
        fc.record({
          title: fc.constantFrom('sintel', 'spring', floorTitle),
          state: statesOf(drawn),
        }),
        { minLength: 1, maxLength: 12 },
      );
      const arrivals = writes.chain((all) =>
        fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 20 }),
      );
      await fc.assert(
        fc.asyncProperty(arrivals, async (history) => {
          const { hot, close } = await open();
          try {
            await replay(hot, history);
          } finally {
            await close();
          }
        }),
      );
    });
  });

  describe('a read', () => {
    const subject = eachTime(open);

    it('knows nothing of a profile that never wrote', async () => {
      expect(await read(subject().hot)).toMatchObject({
        mark: 'absent',
        titles: new Map(),
        floor: null,
        devices: new Map(),
        sessions: [],
      });
    });

    it('answers every title, or those that were asked for and are known', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await put(hot, { title: 'spring', visibility: hiddenAt(2) });
      const all = await read(hot);
      expect([...all.titles.keys()].sort()).toEqual(['sintel', 'spring']);
      const some = await read(hot, { titles: ['spring', 'never-seen'] });
      expect([...some.titles]).toEqual([['spring', { playhead: null, visibility: hiddenAt(2) }]]);
    });

    it('answers the floor beside the titles, whatever was asked for', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(1) });
      await put(hot, { title: floorTitle, playhead: forgottenAt(2) });
      for (const titles of [null, ['sintel'], [floorTitle, 'sintel']]) {
        const profile = await read(hot, { titles });
        expect(profile.floor).toEqual(forgottenAt(2));
        expect([...profile.titles.keys()]).toEqual(['sintel']);
      }
    });

    it('is not the store itself: changing what it answered changes nothing', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      const profile = await read(hot);
      profile.titles.get('sintel')!.playhead!.positionMs = 1;
      profile.titles.delete('sintel');
      profile.devices.set('x', tv);
      expect(await stateOf(hot)).toMatchObject({ playhead: playheadAt(1) });
      expect((await read(hot)).devices).toEqual(new Map());
    });
  });
}

/** Merges one write after the other and compares each step, and the end, with the fold of them all. */
async function replay(
  hot: HotStore,
  history: readonly { title: string; state: TitleState }[],
): Promise<void> {
  const model = new Map<string, TitleState>();
  for (const { title, state } of history) {
    const before = model.get(title) ?? nothing;
    const after = mergeTitle(before, state);
    expect(await mergedOf(put(hot, { title, ...state }))).toEqual([{ title, before, after }]);
    model.set(title, after);
  }
  const written = [...model].filter(([, { playhead, visibility }]) => playhead ?? visibility);
  const dirty = await dirtyOf(hot);
  expect(
    new Map(dirty.map(({ title, playhead, visibility }) => [title, { playhead, visibility }])),
  ).toEqual(new Map(written));
  const { titles, floor } = await read(hot);
  expect(floor).toEqual(model.get(floorTitle)?.playhead ?? null);
  expect(titles).toEqual(new Map(written.filter(([title]) => title !== floorTitle)));
}

async function mergedOf(result: ReturnType<HotStore['merge']>): Promise<MergedTitle[]> {
  const merged = await result;
  if (merged.kind === 'conflict') throw new Error('The merge met a conflict.');
  return merged.titles;
}
