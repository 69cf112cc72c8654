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

/** Nearly always the same player, which plays on. */
const beat = {
  profileId: mostly('demo', 'kids'),
  title: mostly('sintel', 'spring'),
  event: mostly('HEARTBEAT', 'START'),
  passMs: fc.integer({ min: 1, max: 6_000 }),
  agoMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat({ max: 30_000 })),
  deviceId: mostly('tv', 'phone'),
} as const;

const nth = fc.nat({ max: 5 });
const nextOne = fc.nat({ max: 1 });

const anything: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), ...write }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('beat'), ...beat }) },
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

/** Somebody watches and is drained all the while; whatever else happens comes between. */
const watching: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('beat'), ...beat }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'pass', ms: 31_000 }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'take-due', limit: 4 }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write-durably'), nth: nextOne }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle'), nth: nextOne }) },
  {
    weight: 1,
    arbitrary: fc.constant({ kind: 'quarantine', profileId: 'demo', title: 'sintel' }),
  },
  {
    weight: 2,
    arbitrary: anything.filter((step) => !('title' in step && step.title === floorTitle)),
  },
);

function mostly<const Usual, const Other>(usual: Usual, other: Other): fc.Arbitrary<Usual | Other> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, fc.constant(other));
}

export function describeHistories(open: OpenHotStore, histories: number): void {
  const check = async (steps: fc.Arbitrary<Step[]>, numRuns: number) => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const opened = await open();
        try {
          const checked = new HotStoreHistory(opened);
          for (const each of history) await checked.take(each);
          await checked.end();
        } finally {
          await opened.close();
        }
      }),
      { numRuns },
    );
  };

  describe('any history of writes, drains, hydrations and evictions', () => {
    it('loses nothing that was acknowledged, and trusts no mark that it may not', async () => {
      await check(fc.array(anything, { maxLength: 60 }), histories);
    });

    it('loses nothing of sessions that play on', async () => {
      await check(fc.array(watching, { minLength: 20, maxLength: 50 }), Math.ceil(histories / 3));
    });
  });
}
