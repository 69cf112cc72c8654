import { describe, expect, it } from '@jest/globals';
import { floorTitle } from '../../domain/playhead.ts';
import { deviceHash } from '../../domain/version.ts';
import { until } from '../support/until.ts';
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
import { forgottenAt, hiddenAt, msAt, phone, playheadAt, shownAt, tv } from './writes.ts';

export function describeHydration(open: OpenHotStore): void {
  describe('a hydration', () => {
    const subject = eachTime(open);
    const dirtyTitles = async () => (await dirtyOf(subject().hot)).map(({ title }) => title).sort();

    it('brings what the durable store holds, the floor included, and answers what rose', async () => {
      const { hot } = subject();
      const sintel = { playhead: playheadAt(3), visibility: hiddenAt(4) };
      const rose = await hydrate(hot, {
        titles: { sintel, [floorTitle]: { playhead: forgottenAt(1) } },
      });
      expect(rose.sort()).toEqual([floorTitle, 'sintel']);
      const { titles, floor } = await read(hot);
      expect(titles).toEqual(new Map([['sintel', sintel]]));
      expect(floor).toEqual(forgottenAt(1));
    });

    it('merges, register by register: what is newer here stays', async () => {
      const { hot } = subject();
      await put(hot, { title: 'sintel', playhead: playheadAt(9), visibility: hiddenAt(1) });
      await put(hot, { title: 'spring', playhead: playheadAt(9) });
      const rose = await hydrate(hot, {
        titles: {
          sintel: { playhead: playheadAt(5), visibility: shownAt(5) },
          spring: { playhead: playheadAt(5) },
        },
      });
      expect(rose).toEqual(['sintel']);
      expect(await stateOf(hot)).toEqual({ playhead: playheadAt(9), visibility: shownAt(5) });
      expect(await stateOf(hot, { title: 'spring' })).toMatchObject({ playhead: playheadAt(9) });
    });

    it('lifts an old heartbeat that came first out of the way', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      expect(await hydrate(hot, { titles: { sintel: { playhead: playheadAt(9) } } })).toEqual([
        'sintel',
      ]);
      expect(await stateOf(hot)).toMatchObject({ playhead: playheadAt(9) });
    });

    it('changes nothing when it is repeated', async () => {
      const { hot } = subject();
      const titles = { sintel: { playhead: playheadAt(3), visibility: hiddenAt(3) } };
      await hydrate(hot, { titles });
      expect(await hydrate(hot, { titles })).toEqual([]);
      expect(await dirtyTitles()).toEqual([]);
    });

    it('marks nothing dirty that came from the durable store', async () => {
      await hydrate(subject().hot, { titles: { sintel: { playhead: playheadAt(3) } } });
      expect(await dirtyTitles()).toEqual([]);
    });

    it('marks dirty what is newer here than there, and what is only here', async () => {
      const { hot } = subject();
      await put(hot, { title: 'position', playhead: playheadAt(9), visibility: hiddenAt(1) });
      await put(hot, { title: 'visibility', playhead: playheadAt(1), visibility: hiddenAt(9) });
      await put(hot, { title: 'only-here', playhead: playheadAt(1) });
      await put(hot, { title: 'equal', playhead: playheadAt(1), visibility: hiddenAt(1) });
      await put(hot, { title: 'older', playhead: playheadAt(1) });
      await put(hot, { title: floorTitle, playhead: forgottenAt(9) });
      await settleAll(hot, await dirtyOf(hot));
      expect(await dirtyTitles()).toEqual([]);
      const both = { playhead: playheadAt(1), visibility: hiddenAt(1) };
      await hydrate(hot, {
        titles: {
          position: both,
          visibility: both,
          equal: both,
          older: { playhead: playheadAt(5) },
          [floorTitle]: { playhead: forgottenAt(5) },
        },
        nowMs: msAt(70),
      });
      expect(await dirtyTitles()).toEqual([floorTitle, 'only-here', 'position', 'visibility']);
      expect((await dirtyOf(hot)).map(({ sinceMs }) => sinceMs)).toEqual(Array(4).fill(msAt(70)));
    });

    it('leaves a title dirty that is owed already, since when it was', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(9), nowMs: msAt(9) });
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(5) } }, nowMs: msAt(20) });
      expect(await dirtyOf(hot)).toMatchObject([{ title: 'sintel', sinceMs: msAt(9) }]);
    });

    it('brings the devices that registers name, and keeps those that are known here', async () => {
      const { hot } = subject();
      await merge(hot, { device: { ...tv, name: 'Renamed today' } });
      await hydrate(hot, { devices: [{ ...tv, name: 'Named last year' }, phone] });
      expect((await read(hot)).devices).toEqual(
        new Map([
          [deviceHash(tv.id), { ...tv, name: 'Renamed today' }],
          [deviceHash(phone.id), phone],
        ]),
      );
    });

    it('tells listeners what rose and nothing else', async () => {
      const { hot } = subject();
      await put(hot, { title: 'spring', playhead: playheadAt(9) });
      const told: string[][] = [];
      const stop = await hot.onChanged('demo', (titles) => told.push([...titles]));
      const older = { spring: { playhead: playheadAt(1) } };
      await hydrate(hot, { titles: older });
      await hydrate(hot, { titles: { ...older, sintel: { playhead: playheadAt(1) } } });
      await until(() => told.length > 0, { what: 'the listener is told' });
      expect(told).toEqual([['sintel']]);
      await stop();
    });

    it('brings everything under a foreign identity too, but for the mark', async () => {
      const { hot } = subject();
      await put(hot, { title: 'only-here', playhead: playheadAt(1) });
      await settleAll(hot, await dirtyOf(hot));
      const witness = { epoch: 'another', generation: 7, incarnation: 'x', lengthMs: null };
      expect(
        await hydrate(hot, { titles: { sintel: { playhead: playheadAt(3) } }, witness }),
      ).toEqual(['sintel']);
      expect(await dirtyTitles()).toEqual(['only-here']);
      expect((await read(hot)).mark).toBe('absent');
    });

    it('appends nothing to the event stream', async () => {
      await hydrate(subject().hot, { titles: { sintel: { playhead: playheadAt(3) } } });
      expect(await appended(subject())).toEqual([]);
    });
  });
}
