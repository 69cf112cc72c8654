import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { PlatformError } from '../../domain/errors.ts';
import { laterVersion } from '../../domain/merge.ts';
import type { Transition } from '../../domain/transition.ts';
import { versionZero } from '../../domain/version.ts';
import { foldTransition, type Viewing, viewingAbove } from '../../domain/viewing.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';

const profileId = 'demo';
const titles = ['mov_sintel', 'mov_spring', 'ep_1'];

/** Histories in which times collide, and everything that may happen to a title does. */
export const histories: fc.Arbitrary<Transition[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom(
        'START' as const,
        'PLAY' as const,
        'PROGRESS' as const,
        'PAUSE' as const,
        'FINISH' as const,
        'RESTART' as const,
        'HIDE' as const,
        'UNHIDE' as const,
        'FORGET' as const,
        'FORGET_ALL' as const,
      ),
      title: fc.constantFrom(...titles),
      afterMs: fc.nat({ max: 12 }),
      positionMs: fc.nat({ max: 3_600_000 }),
      deviceKind: fc.constantFrom('TV', 'PHONE'),
    })
    .map(({ afterMs, title, kind, ...rest }) =>
      transition({
        ...rest,
        kind,
        occurredAtMs: noonMs + afterMs,
        ...(kind === 'FORGET_ALL' ? {} : { title }),
      }),
    ),
  { maxLength: 30 },
);

/** The same history as it may be delivered: in any order, some of it twice. */
export function deliveriesOf(history: readonly Transition[]): fc.Arbitrary<Transition[]> {
  const all = { minLength: history.length, maxLength: history.length };
  return fc
    .tuple(fc.shuffledSubarray([...history], all), fc.subarray([...history]))
    .map(([shuffled, again]) => [...shuffled, ...again]);
}

/** What a profile's viewings are by the domain's rules alone. */
function expected(history: readonly Transition[]): Viewing[] {
  const floor = history
    .filter(({ kind }) => kind === 'FORGET_ALL')
    .reduce((highest, { version }) => laterVersion(highest, version), versionZero);
  return titles.flatMap((title) => {
    const viewing = history
      .filter((one) => one.title === title)
      .reduce<Viewing | null>((folded, one) => foldTransition(folded, one), null);
    const left = viewing === null ? null : viewingAbove(viewing, floor);
    return left === null || (left.position ?? left.visibility) === null ? [] : [left];
  });
}

/** What every ViewingStore promises; `open` gives an empty one. */
export function describeViewingStore(name: string, open: () => Promise<ViewingStore>): void {
  describe(`viewing store contract: ${name}`, () => {
    let store: ViewingStore;
    let offsets = 0;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const fold = (...transitions: Transition[]) => {
      offsets += 1;
      return store.fold({ partition: 0, transitions, offset: String(offsets).padStart(4, '0') });
    };
    const recent = (limit = 300) => store.recent({ profileId, limit });

    it('knows no offset before the first batch, and each partition its own', async () => {
      expect(await store.offset(3)).toBeNull();
      await store.fold({ partition: 3, transitions: [], offset: '0007' });
      await store.fold({ partition: 4, transitions: [], offset: '0001' });
      expect([await store.offset(3), await store.offset(4)]).toEqual(['0007', '0001']);
    });

    it('names the profiles that a batch changed, and no other', async () => {
      const mine = transition({ kind: 'START' });
      const other = transition({ kind: 'START', profileId: 'other' });
      expect((await fold(mine, other, mine)).sort()).toEqual(['demo', 'other']);
      expect(await fold(mine)).toEqual([]);
    });

    it('keeps profiles apart', async () => {
      await fold(transition({ kind: 'START', profileId: 'other' }));
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
      const before = await store.offset(0);
      const poison = { ...transition({ kind: 'PAUSE' }), title: undefined as unknown as string };
      const good = transition({ kind: 'PAUSE', positionMs: 2, occurredAtMs: noonMs + 1 });
      await expect(fold(good, poison)).rejects.toBeInstanceOf(PlatformError);
      expect(await store.offset(0)).toBe(before);
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
                await fresh.fold({ partition: 0, transitions, offset: String(start) });
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
        { numRuns: 150 },
      );
    });
  });
}
