import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { floorTitle } from '../../domain/playhead.ts';
import '../support/seeds.ts';
import { HotStoreHistory, type Step } from './hot-history.ts';
import type { OpenHotStore } from './hot-subject.ts';

const profileId = fc.constantFrom('demo', 'kids', 'guest');
const titles = fc.constantFrom('sintel', 'spring', floorTitle);

const write = {
  profileId,
  title: titles,
  register: fc.constantFrom('playhead', 'visibility'),
  /** Some of it is late: up to two minutes before the clock of the run. */
  agoMs: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 120_000 })),
  deviceId: fc.constantFrom('tv', 'phone'),
} as const;

const nth = fc.nat({ max: 5 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), ...write }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('intent'), ...write }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat({ max: 40_000 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take-due'), limit: fc.nat({ max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write-durably'), nth }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle'), nth }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose-drain'), nth }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin-hydration'), profileId }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end-hydration'), nth }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop-mark'), profileId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('raise-generation'), profileId }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('quarantine'), profileId, title: titles }),
  },
);

export function describeHistories(open: OpenHotStore, histories: number): void {
  describe('any history of writes, drains, hydrations and evictions', () => {
    it('loses nothing that was acknowledged, and trusts no mark that it may not', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const opened = await open();
          try {
            const history = new HotStoreHistory(opened);
            for (const each of steps) await history.take(each);
            await history.end();
          } finally {
            await opened.close();
          }
        }),
        { numRuns: histories },
      );
    });
  });
}
