import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import { dirtyOf, type OpenHotStore, profileElsewhere, put, settleAll } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { hiddenAt, msAt, playheadAt } from './writes.ts';

export function describeReplay(open: OpenHotStore): void {
  const subject = eachTime(open);
  const home = () => partitionOf('demo', subject().hot.partitions);
  const setAside = async (title: string, second: number) => {
    const { hot } = subject();
    await put(hot, { title, playhead: playheadAt(1), nowMs: msAt(second) });
    await hot.quarantine({ partition: home(), profileId: 'demo', title });
  };

  describe('quarantine', () => {
    it('is listed, the longest dirty first, as far as it is asked for', async () => {
      const { hot } = subject();
      await setAside('spring', 2);
      await setAside('sintel', 1);
      const [sintel, spring] = [
        { profileId: 'demo', title: 'sintel', sinceMs: msAt(1) },
        { profileId: 'demo', title: 'spring', sinceMs: msAt(2) },
      ];
      expect(await hot.quarantined({ partition: home(), limit: 10 })).toEqual([sintel, spring]);
      expect(await hot.quarantined({ partition: home(), limit: 1 })).toEqual([sintel]);
      const elsewhere = partitionOf(profileElsewhere(hot), hot.partitions);
      expect(await hot.quarantined({ partition: elsewhere, limit: 10 })).toEqual([]);
    });

    it('that is replayed is dirty again from then on, with what it holds by then', async () => {
      const { hot, evict } = subject();
      await setAside('sintel', 1);
      await setAside('spring', 2);
      await put(hot, { title: 'charge', visibility: hiddenAt(1), nowMs: msAt(3) });
      expect(await hot.replay({ partition: home(), nowMs: msAt(9) })).toBe(2);
      expect(await hot.quarantined({ partition: home(), limit: 10 })).toEqual([]);
      expect(await hot.backlog(home())).toEqual({
        dirty: 3,
        oldestSinceMs: msAt(3),
        quarantined: 0,
      });
      await evict();
      const due = await dirtyOf(hot);
      expect(due.map(({ title, sinceMs }) => [title, sinceMs])).toEqual([
        ['charge', msAt(3)],
        ['sintel', msAt(9)],
        ['spring', msAt(9)],
      ]);
      expect(due[1]).toMatchObject({ playhead: playheadAt(1) });
    });

    it('that is replayed and written is nobody’s any more', async () => {
      const { hot, evict } = subject();
      await setAside('sintel', 1);
      await hot.replay({ partition: home(), nowMs: msAt(9) });
      await settleAll(hot, await dirtyOf(hot));
      expect(await hot.backlog(home())).toEqual({ dirty: 0, oldestSinceMs: null, quarantined: 0 });
      await evict();
      expect(await dirtyOf(hot)).toEqual([]);
    });

    it('of more titles than one step takes is replayed whole', async () => {
      const { hot } = subject();
      const titles = Array.from({ length: 450 }, (_, index) => `title-${index}`);
      for (const title of titles) await setAside(title, 1);
      expect(await hot.replay({ partition: home(), nowMs: msAt(9) })).toBe(450);
      expect(await hot.replay({ partition: home(), nowMs: msAt(9) })).toBe(0);
      expect(await hot.backlog(home())).toMatchObject({ dirty: 450, quarantined: 0 });
    });
  });
}
