import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { laterVersion } from '../../../domain/merge.ts';
import type { Transition, TransitionKind } from '../../../domain/transition.ts';
import { activityTimeMs } from '../../../domain/version.ts';
import { defaultRowPolicy } from '../../../subgraphs/recommendations/row-policy.ts';
import { deliveriesOf } from '../../contract/viewing-histories.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { dayMs, film, fold, minuteMs, rowOf, series } from './shows.ts';

const seriesIds = ['ser_a', 'ser_b', 'ser_c'];
const episodesEach = 3;
const filmIds = Array.from({ length: 60 }, (_, index) => `mov_${index}`);
const facts = new Map([
  ...seriesIds.flatMap((id) => series(id, { episodes: episodesEach })),
  ...filmIds.map((id) => [id, film()] as const),
]);
const titles = [...facts.keys()];
const showOf = (title: string) => title.replace(/^(ser_[a-z])_\d+$/, '$1');

const kinds: TransitionKind[] = [
  'START',
  'PLAY',
  'PROGRESS',
  'PAUSE',
  'SEEK',
  'STOP',
  'FINISH',
  'RESTART',
  'HIDE',
  'UNHIDE',
  'FORGET',
];
const transitions: fc.Arbitrary<Transition> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    title: fc.oneof(
      fc.constantFrom(...titles),
      fc.constantFrom(...titles.filter((title) => title.startsWith('ser_'))),
    ),
    agoMs: fc.oneof(fc.nat({ max: minuteMs }), fc.nat({ max: 200 * dayMs })),
    positionMs: fc.nat({ max: 60 * minuteMs }),
    deviceKind: fc.constantFrom('TV', 'PHONE'),
  })
  .map(({ agoMs, ...given }) => transition({ ...given, occurredAtMs: noonMs - agoMs }));
const histories = fc.array(transitions, { maxLength: 120 });

const rowAfter = (history: readonly Transition[]) => rowOf({ transitions: history, facts });

function newest(history: readonly Transition[], of: (one: Transition) => boolean): string {
  return history.filter(of).reduce((latest, { version }) => laterVersion(latest, version), '');
}

describe('after any history the row', () => {
  it('has one card for each show, at most 40', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { cards } = rowAfter(history);
        expect(new Set(cards.map(({ showId }) => showId)).size).toBe(cards.length);
        expect(cards.length).toBeLessThanOrEqual(defaultRowPolicy.cardsMax);
        for (const { showId, playableId } of cards) expect(showOf(playableId)).toBe(showId);
      }),
    );
  });

  it('is full at 40 and keeps the rest behind, in one order', () => {
    const history = filmIds.map((title, index) =>
      transition({ kind: 'PAUSE', title, occurredAtMs: noonMs - index * minuteMs }),
    );
    const { cards, behind } = rowAfter(history);
    expect(cards).toHaveLength(40);
    expect([...cards, ...behind].map(({ showId }) => showId)).toEqual(filmIds);
  });

  it('goes by recency', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const ages = rowAfter(history).cards.map(({ recency }) => activityTimeMs(recency));
        expect(ages).toEqual([...ages].sort((left, right) => right - left));
      }),
    );
  });

  it('never holds a show that was hidden and not played since', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { showId } of rowAfter(history).cards) {
          const own = history.filter(({ title }) => showOf(title) === showId);
          for (const title of new Set(own.map((one) => one.title))) {
            const ofTitle = own.filter((one) => one.title === title);
            const hidden = newest(ofTitle, ({ kind }) => kind === 'HIDE');
            const unhidden = newest(ofTitle, ({ kind }) => kind === 'UNHIDE');
            const played = newest(own, ({ kind }) => kind === 'START' || kind === 'PLAY');
            if (hidden > unhidden) expect(played >= hidden).toBe(true);
          }
        }
      }),
    );
  });

  it('never resumes what was forgotten or finished since it was last played', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { kind, playableId } of rowAfter(history).cards) {
          if (kind !== 'RESUME' && kind !== 'PLAYING_ELSEWHERE') continue;
          const own = history.filter(({ title }) => title === playableId);
          const over = newest(own, (one) => one.kind === 'FORGET' || one.kind === 'FINISH');
          expect(newest(own, (one) => !/HIDE|FORGET|FINISH/.test(one.kind)) >= over).toBe(true);
        }
      }),
    );
  });

  it('never holds what is finished with nothing next', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { kind, next, playableId } of rowAfter(history).cards) {
          if (kind === 'NEXT_EPISODE') expect(next?.id).toBe(playableId);
        }
        const all = titles.map((title) =>
          transition({ kind: 'FINISH', title, occurredAtMs: noonMs + 1 }),
        );
        const unfinished = rowAfter([...history, ...all]).cards.filter(
          ({ kind, showId }) => kind === 'RESUME' || !seriesIds.includes(showId),
        );
        expect(unfinished).toEqual([]);
      }),
    );
  });

  it('is the same in whatever order, and however often, its transitions came', () => {
    fc.assert(
      fc.property(
        histories.chain((history) => fc.tuple(fc.constant(history), deliveriesOf(history))),
        ([history, delivered]) => {
          const byTitle = (left: { title: string }, right: { title: string }) =>
            left.title < right.title ? -1 : 1;
          expect(fold(delivered).sort(byTitle)).toEqual(fold(history).sort(byTitle));
          expect(rowAfter(delivered)).toEqual(rowAfter(history));
        },
      ),
    );
  });
});
