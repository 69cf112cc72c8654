import { describe, expect, it } from '@jest/globals';
import type { TitleFacts } from '../../../subgraphs/recommendations/catalog-client.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { cardsOf, dayMs, film, minuteMs, rowOf, series } from './shows.ts';

const secondMs = 1_000;
const weekMs = 7 * dayMs;
const show = series('ser', { episodes: 2 });

function isShown(title: string, positionMs: number, facts: TitleFacts | null): boolean {
  const transitions = [transition({ kind: 'PAUSE', title, positionMs, durationMs: null })];
  return cardsOf({ transitions, facts: [[title, facts]] }).length === 1;
}

describe('a film', () => {
  it.each([
    { what: 'a long one: 1 ms before 2 min', positionMs: 2 * minuteMs - 1, isIn: false },
    { what: 'a long one: at 2 min', positionMs: 2 * minuteMs, isIn: true },
    { what: 'a long one: behind 2 min', positionMs: 2 * minuteMs + 1, isIn: true },
    { what: 'a long one: at its beginning', positionMs: 0, isIn: false },
  ])('is shown from 2 min on, $what', ({ positionMs, isIn }) => {
    expect(isShown('mov', positionMs, film(100 * minuteMs))).toBe(isIn);
  });

  it.each([
    { what: 'a short one: 1 ms before 3 %', positionMs: 18 * secondMs - 1, isIn: false },
    { what: 'a short one: at 3 %', positionMs: 18 * secondMs, isIn: true },
    { what: 'a short one: behind 3 %', positionMs: 18 * secondMs + 1, isIn: true },
  ])('is shown from 3 % on, if that comes first, $what', ({ positionMs, isIn }) => {
    expect(isShown('mov', positionMs, film(10 * minuteMs))).toBe(isIn);
  });

  it.each([
    { what: '1 ms before 2 min', positionMs: 2 * minuteMs - 1, isIn: false },
    { what: 'at 2 min', positionMs: 2 * minuteMs, isIn: true },
  ])('of unknown length is shown from 2 min on: $what', ({ positionMs, isIn }) => {
    expect(isShown('mov', positionMs, film(null))).toBe(isIn);
  });

  it('leaves once it is finished, and is back when it is played again', () => {
    const at = (afterMs: number) => ({ title: 'mov', occurredAtMs: noonMs + afterMs });
    const finished = [
      transition({ kind: 'PAUSE', ...at(0) }),
      transition({ kind: 'FINISH', ...at(1) }),
    ];
    const facts = [['mov', film()] as const];
    expect(cardsOf({ transitions: finished, facts })).toEqual([]);
    const again = [...finished, transition({ kind: 'PAUSE', ...at(2) })];
    expect(cardsOf({ transitions: again, facts })).toEqual(['RESUME mov']);
  });
});

describe('an episode', () => {
  it.each([
    ['1 ms before 2 min', 2 * minuteMs - 1, false],
    ['at 2 min', 2 * minuteMs, true],
    ['behind 2 min', 2 * minuteMs + 1, true],
  ])('is shown from 2 min on, however short it is: %s', (_case, positionMs, shown) => {
    const [[title, facts]] = series('ser', { episodes: 1, durationMs: 4 * minuteMs }) as [
      [string, TitleFacts],
    ];
    expect(isShown(title, positionMs, facts)).toBe(shown);
  });
});

describe('what is neither film nor episode', () => {
  it.each([
    ['at 15 min', 15 * minuteMs, false],
    ['above 15 min', 15 * minuteMs + 1, true],
  ])('is kept out as short-form up to 15 min: %s', (_case, durationMs, shown) => {
    expect(isShown('clip', 10 * minuteMs, { kind: 'other', durationMs })).toBe(shown);
  });

  it('does not lend its rule to a film of two minutes', () => {
    expect(isShown('mov', minuteMs, film(2 * minuteMs))).toBe(true);
  });
});

describe('a card nobody touches', () => {
  const paused = (agoMs: number) =>
    transition({ kind: 'PAUSE', title: 'mov', occurredAtMs: noonMs - agoMs });
  const facts = [['mov', film()] as const];

  it.each([
    ['after 60 days to the millisecond', 60 * dayMs, false],
    ['1 ms later', 60 * dayMs + 1, true],
  ])('is demoted after 60 days: %s', (_case, agoMs, isDemoted) => {
    expect(rowOf({ transitions: [paused(agoMs)], facts }).cards).toMatchObject([{ isDemoted }]);
  });

  it.each([
    ['after 16 weeks to the millisecond', 16 * weekMs, 1],
    ['1 ms later', 16 * weekMs + 1, 0],
  ])('leaves after 16 weeks: %s', (_case, agoMs, cards) => {
    expect(cardsOf({ transitions: [paused(agoMs)], facts })).toHaveLength(cards);
  });

  it('leaves as a next episode, too', () => {
    const finished = (agoMs: number) =>
      transition({ kind: 'FINISH', title: 'ser_1', occurredAtMs: noonMs - agoMs });
    expect(cardsOf({ transitions: [finished(16 * weekMs)], facts: show })).toHaveLength(1);
    expect(cardsOf({ transitions: [finished(16 * weekMs + 1)], facts: show })).toEqual([]);
  });
});

describe('a title that the catalog', () => {
  const paused = [transition({ kind: 'PAUSE', title: 'gone' })];

  it('does not know has no card', () => {
    expect(cardsOf({ transitions: paused, facts: [['gone', null]] })).toEqual([]);
  });

  it('could not tell of keeps its card, to resume', () => {
    expect(cardsOf({ transitions: paused, facts: [] })).toEqual(['RESUME gone']);
  });
});
