import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import { hydrate, merge, type OpenHotStore, profileElsewhere, put, read } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { msAt, playheadAt } from './writes.ts';

const markMs = 60_000;

export function describeMarks(open: OpenHotStore): void {
  describe('a hydration mark', () => {
    const subject = eachTime(open);
    const markAt = async (nowMs: number, profileId = 'demo') =>
      (await read(subject().hot, { nowMs, profileId })).mark;

    it('is valid for its length and expired from then on', async () => {
      const { hot } = subject();
      await hydrate(hot, { markMs });
      expect(await markAt(msAt(0))).toBe('valid');
      expect(await markAt(msAt(0) + markMs - 1)).toBe('valid');
      expect(await markAt(msAt(0) + markMs)).toBe('expired');
      expect(await markAt(msAt(0) + 1_000 * markMs)).toBe('expired');
    });

    it('tells its length to whoever reads, expired too, and null when there is none', async () => {
      const { hot } = subject();
      const lengthAt = async (nowMs: number) => (await read(hot, { nowMs })).witness.lengthMs;
      expect(await lengthAt(msAt(0))).toBeNull();
      await hydrate(hot, { markMs });
      expect(await lengthAt(msAt(0))).toBe(markMs);
      expect(await lengthAt(msAt(0) + markMs)).toBe(markMs);
      await hydrate(hot, { markMs: 2 * markMs });
      expect(await lengthAt(msAt(0))).toBe(2 * markMs);
      await hot.dropMark('demo');
      expect(await lengthAt(msAt(0))).toBeNull();
    });

    it('is set by comparing with an empty durable store too', async () => {
      await hydrate(subject().hot, { titles: {}, markMs });
      expect(await markAt(msAt(0))).toBe('valid');
    });

    it('is not set by writing, neither to an empty profile nor to a known one', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      expect(await markAt(msAt(0))).toBe('absent');
      await put(hot, { playhead: playheadAt(2) });
      await merge(hot, {});
      expect(await markAt(msAt(0))).toBe('absent');
    });

    it('stays valid while newer writes come', async () => {
      const { hot } = subject();
      await hydrate(hot, { markMs });
      await put(hot, { playhead: playheadAt(1) });
      expect(await markAt(msAt(0))).toBe('valid');
    });

    it('is not set by a hydration of no length', async () => {
      const { hot } = subject();
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } }, markMs: 0 });
      expect(await markAt(msAt(0))).toBe('absent');
    });

    it('is not set for another epoch', async () => {
      const { hot } = subject();
      const { witness } = await read(hot);
      await hydrate(hot, { witness: { ...witness, epoch: `${witness.epoch}-before` }, markMs });
      expect(await markAt(msAt(0))).toBe('absent');
    });

    it('is not set when the generation was raised since', async () => {
      const { hot } = subject();
      const { witness } = await read(hot);
      await hot.raiseGeneration(partitionOf('demo', hot.partitions));
      await hydrate(hot, { witness, markMs });
      expect(await markAt(msAt(0))).toBe('absent');
      await hydrate(hot, { markMs });
      expect(await markAt(msAt(0))).toBe('valid');
    });

    it.each([
      ['was evicted', () => subject().evict()],
      ['had its mark dropped', () => subject().hot.dropMark('demo')],
    ])('is not set when the profile %s since', async (_, forget) => {
      const { hot } = subject();
      await hydrate(hot, { titles: { sintel: { playhead: playheadAt(1) } }, markMs });
      for (const nowMs of [msAt(0), msAt(0) + markMs]) {
        const { witness } = await read(hot, { nowMs });
        await forget();
        await hydrate(hot, { witness, markMs, nowMs });
        expect(await markAt(nowMs)).toBe('absent');
        await hydrate(hot, { markMs, nowMs });
        expect(await markAt(nowMs)).toBe('valid');
      }
    });

    it('is not set when an unknown profile came and went since', async () => {
      const { hot, evict } = subject();
      const { witness } = await read(hot);
      await evict();
      await hydrate(hot, { witness, markMs });
      expect(await markAt(msAt(0))).toBe('absent');
    });

    it('can be dropped for one profile', async () => {
      const { hot } = subject();
      await hydrate(hot, { profileId: 'demo', markMs });
      await hydrate(hot, { profileId: 'kids', markMs });
      await hot.dropMark('demo');
      await hot.dropMark('nobody');
      expect(await markAt(msAt(0), 'demo')).toBe('absent');
      expect(await markAt(msAt(0), 'kids')).toBe('valid');
      expect(await markAt(msAt(0), 'nobody')).toBe('absent');
    });

    it('is absent for all of a partition once its generation is raised, and for no other', async () => {
      const { hot } = subject();
      const elsewhere = profileElsewhere(hot);
      await hydrate(hot, { profileId: 'demo', markMs });
      await hydrate(hot, { profileId: elsewhere, markMs });
      await hot.raiseGeneration(partitionOf('demo', hot.partitions));
      expect(await markAt(msAt(0), 'demo')).toBe('absent');
      expect(await markAt(msAt(0), elsewhere)).toBe('valid');
    });

    it('tells every reader the same identity while nothing is evicted', async () => {
      const { hot } = subject();
      const { lengthMs: none, ...before } = (await read(hot)).witness;
      await put(hot, { playhead: playheadAt(1) });
      expect((await read(hot)).witness).toEqual({ ...before, lengthMs: none });
      await hydrate(hot, { markMs });
      expect((await read(hot)).witness).toEqual({ ...before, lengthMs: markMs });
    });
  });
}
