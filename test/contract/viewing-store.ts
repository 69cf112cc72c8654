import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { PlatformError } from '../../domain/errors.ts';
import { laterVersion } from '../../domain/merge.ts';
import { isForLogAlone, type Transition } from '../../domain/transition.ts';
import { partitionOf, versionZero } from '../../domain/version.ts';
import { foldTransition, type Viewing, viewingAbove } from '../../domain/viewing.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';
import {
  deliveriesOf,
  histories,
  neighbourOf,
  offsetOf,
  profileId,
  titles,
  type ViewingStoreUnderTest,
} from './viewing-histories.ts';
import { describeErasing } from './viewing-store-erasing.ts';
import { describeLearning } from './viewing-store-learning.ts';
import { describePlays } from './viewing-store-plays.ts';

/** What a profile's viewings are by the domain's rules alone. */
function expected(history: readonly Transition[]): Viewing[] {
  const floor = history
    .filter(({ kind }) => kind === 'FORGET_ALL')
    .reduce((highest, { version }) => laterVersion(highest, version), versionZero);
  return titles.flatMap((title) => {
    const viewing = history
      .filter((one) => one.title === title && !isForLogAlone(one))
      .reduce<Viewing | null>((folded, one) => foldTransition(folded, one), null);
    const left = viewing === null ? null : viewingAbove(viewing, floor);
    return left === null || (left.position ?? left.visibility) === null ? [] : [left];
  });
}

/** What every ViewingStore promises. */
export function describeViewingStore(name: string, subject: ViewingStoreUnderTest): void {
  const { open, partitions, runs } = subject;
  const partition = partitionOf(profileId, partitions);
  describePlays(name, subject);
  describeLearning(name, subject);
  describeErasing(name, subject);
  describe(`viewing store contract: ${name}`, () => {
    const neighbour = neighbourOf(partitions);
    let store: ViewingStore;
    let offsets = 0;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const fold = (...transitions: Transition[]) => {
      offsets += 1;
      return store.fold({ partition, transitions, offset: offsetOf(offsets) });
    };
    const recent = (limit = 300) => store.recent({ profileId, limit });

    it('knows no offset before the first batch, and each partition its own', async () => {
      expect(await store.offset(3)).toBeNull();
      await store.fold({ partition: 3, transitions: [], offset: '0007' });
      await store.fold({ partition: 2, transitions: [], offset: '0001' });
      expect([await store.offset(3), await store.offset(2)]).toEqual(['0007', '0001']);
    });

    it('names the profiles that a batch changed, and no other', async () => {
      const mine = transition({ kind: 'START' });
      const other = transition({ kind: 'START', profileId: neighbour });
      expect((await fold(mine, other, mine)).sort()).toEqual(['demo', neighbour]);
      expect(await fold(mine)).toEqual([]);
    });

    it('keeps profiles apart', async () => {
      await fold(transition({ kind: 'START', profileId: neighbour }));
      expect(await recent()).toEqual([]);
    });

    it('answers the most recent first, as many as asked', async () => {
      const at = (title: string, atMs: number) =>
        transition({ kind: 'PAUSE', title, occurredAtMs: noonMs + atMs });
      await fold(at('b', 2), at('c', 1), at('a', 3));
      expect((await recent()).map(({ title }) => title)).toEqual(['a', 'b', 'c']);
      expect((await recent(2)).map(({ title }) => title)).toEqual(['a', 'b']);
    });

    it('does not spend the limit on what was forgotten', async () => {
      const at = (kind: 'PAUSE' | 'FORGET', title: string, atMs: number) =>
        transition({ kind, title, occurredAtMs: noonMs + atMs });
      await fold(at('PAUSE', 'kept', 1), at('PAUSE', 'gone', 2), at('FORGET', 'gone', 3));
      expect((await recent(1)).map(({ title }) => title)).toEqual(['kept']);
    });

    it('does not let a late transition bring back what was forgotten since', async () => {
      const at = (kind: 'PAUSE' | 'FORGET' | 'FORGET_ALL', atMs: number) =>
        transition({ kind, occurredAtMs: noonMs + atMs });
      await fold(at('FORGET', 10), at('FORGET_ALL', 5));
      await fold(at('PAUSE', 7));
      expect(await recent()).toEqual([]);
      await fold(at('PAUSE', 11));
      expect(await recent()).toHaveLength(1);
    });

    it('stores nothing of a batch that fails, its offset included', async () => {
      await fold(transition({ kind: 'PAUSE', positionMs: 1 }));
      const before = await store.offset(partition);
      const poison = { ...transition({ kind: 'PAUSE' }), title: undefined as unknown as string };
      const good = transition({ kind: 'PAUSE', positionMs: 2, occurredAtMs: noonMs + 1 });
      await expect(fold(good, poison)).rejects.toBeInstanceOf(PlatformError);
      expect(await store.offset(partition)).toBe(before);
      expect((await recent())[0]?.position?.positionMs).toBe(1);
    });

    it('is what the fold of the domain says, in whatever order and however often it came', async () => {
      await fc.assert(
        fc.asyncProperty(
          histories.chain((history) =>
            fc.tuple(fc.constant(history), deliveriesOf(history), fc.integer({ min: 1, max: 5 })),
          ),
          async ([history, delivered, batchLength]) => {
            const fresh = await open();
            try {
              for (let start = 0; start < delivered.length; start += batchLength) {
                const transitions = delivered.slice(start, start + batchLength);
                await fresh.fold({ partition, transitions, offset: offsetOf(start) });
              }
              const viewings = await fresh.recent({ profileId, limit: 300 });
              const byTitle = (left: Viewing, right: Viewing) =>
                left.title < right.title ? -1 : 1;
              expect(viewings.sort(byTitle)).toEqual(expected(history).sort(byTitle));
            } finally {
              await fresh.close();
            }
          },
        ),
        { numRuns: runs },
      );
    });
  });
}
