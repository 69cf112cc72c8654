import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { floorTitle } from '../../domain/playhead.ts';
import { events } from '../support/arbitraries.ts';
import '../support/seeds.ts';
import { openEmbeddedHot } from './embedded-hot.ts';
import type { OpenHotStore } from './hot-subject.ts';
import { profileIds, RegionHistory, type RegionStep } from './region-history.ts';

/** Far more than any history appends: gaps are what other cases are about. */
const outLengthMax = 1_000;

const at = fc.nat({ max: 2 });
const where = { at, profileId: fc.constantFrom(...profileIds) } as const;
const session = fc.constantFrom('on-tv', 'on-phone');
const title = fc.constantFrom('sintel', 'spring');

const watched = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('beat'), ...where, session, event: events, title }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retry'), ...where, session }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take over'), ...where, session }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ kind: fc.constant('put'), ...where, title },
      agoMs: fc.nat({ max: 9_000 }),
      isHidden: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ kind: fc.constant('replicate'), ...where, from: at },
      limit: fc.constantFrom(1, 2, 5, outLengthMax),
      order: fc.nat({ max: 1_000 }),
      isAgain: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
    }),
  },
);

const removed = fc.oneof(
  fc.record({
    ...{ kind: fc.constant('forget'), ...where },
    title: fc.constantFrom('sintel', 'spring', floorTitle),
  }),
  fc.record({ kind: fc.constant('erase'), ...where }),
);

export function describeConverging(open: OpenHotStore, histories: number): void {
  /** The store, and two others of other regions. */
  const check = async (steps: fc.Arbitrary<RegionStep>) => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (history) => {
        const regions = [
          await open({ name: 'eu', outLengthMax }),
          await openEmbeddedHot({ name: 'us', outLengthMax }),
          await openEmbeddedHot({ name: 'ap', outLengthMax }),
        ];
        try {
          const checked = new RegionHistory(regions);
          for (const each of history) await checked.take(each);
          await checked.end();
        } finally {
          for (const { close } of regions) await close();
        }
      }),
      { numRuns: Math.ceil(histories / 5) },
    );
  };

  describe('three regions, once each has read what the others accepted,', () => {
    it('are equal in registers and sessions, in whatever order and how often it was read', async () => {
      await check(watched);
    });

    it('are equal in registers, whatever was forgotten or erased in between', async () => {
      await check(fc.oneof({ weight: 8, arbitrary: watched }, { weight: 1, arbitrary: removed }));
    });
  });
}
