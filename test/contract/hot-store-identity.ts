import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '../../domain/version.ts';
import { type OpenHotStore, put, read } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { playheadAt } from './writes.ts';

export function describeIdentity(open: OpenHotStore): void {
  const subject = eachTime(open);
  const home = () => partitionOf('demo', subject().hot.partitions);

  describe('the identity of a partition', () => {
    it('is what a reader of one of its profiles sees', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(1) });
      const { epoch, generation } = (await read(hot)).witness;
      expect(await hot.identity(home())).toEqual({ epoch, generation, isWritable: true });
    });

    it('stays while nothing happens to the store, and names every raised generation', async () => {
      const { hot } = subject();
      const before = await hot.identity(home());
      await put(hot, { playhead: playheadAt(1) });
      expect(await hot.identity(home())).toEqual(before);
      await hot.raiseGeneration(home());
      const raised = { ...before, generation: before.generation + 1 };
      expect(await hot.identity(home())).toEqual(raised);
      expect((await read(hot)).witness).toMatchObject({ generation: raised.generation });
    });

    it('has a failure domain that stays the same', () => {
      const { hot } = subject();
      for (let partition = 0; partition < hot.partitions; partition += 1) {
        expect(hot.failureDomain(partition)).toBe(hot.failureDomain(partition));
      }
    });
  });
}
