import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { foldPlay, type Play } from '../../../domain/play.ts';
import type { Transition } from '../../../domain/transition.ts';
import { explored } from '../../../subgraphs/recommendations/explore.ts';
import { createRanker } from '../../../subgraphs/recommendations/ranker.ts';
import { defaultRowPolicy } from '../../../subgraphs/recommendations/row-policy.ts';
import { watchedShows } from '../../../subgraphs/recommendations/watched-shows.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { played } from './plays.ts';
import { candidatesAfter, film, hourMs, minuteMs } from './shows.ts';
import { silent } from './world.ts';

const titles = Array.from({ length: 8 }, (_, index) => `mov_${index}`);
const ranker = createRanker({
  ...{ models: null, explorationShare: 0.2, stopwatch: () => 0, log: silent },
});

/** As the view keeps them. */
function playsOf(transitions: readonly Transition[]): Play[] {
  const plays = new Map<string, Play>();
  for (const one of transitions) {
    const key = `${one.sessionId} ${one.title}`;
    const play = foldPlay(plays.get(key) ?? null, one);
    if (play !== null) plays.set(key, play);
  }
  return [...plays.values()].sort((left, right) => left.startedAtMs - right.startedAtMs);
}

const shares = fc.double({ min: 0, max: 0.2, noNaN: true });
const lengths = fc.integer({ min: 0, max: 40 });
const visits = fc.string({ minLength: 1, maxLength: 20 });
const cardsOf = (length: number) => Array.from({ length }, (_, index) => index);

describe('exploration', () => {
  it('leaves the order alone, or swaps two neighbours in places 2 to 5', () => {
    fc.assert(
      fc.property(lengths, shares, visits, (length, share, visit) => {
        const before = cardsOf(length);
        const { cards, propensity } = explored(before, { share, visit });
        const moved = cards.flatMap((card, place) => (card === place ? [] : [place]));
        expect(propensity).toBeGreaterThan(0);
        if (moved.length === 0) return;
        const [first = 0, second = 0] = moved;
        expect(moved).toHaveLength(2);
        expect(second).toBe(first + 1);
        expect([first >= 1, second <= 4]).toEqual([true, true]);
        expect([cards[first], cards[second]]).toEqual([second, first]);
      }),
    );
  });

  it('is the same for the same visit', () => {
    fc.assert(
      fc.property(lengths, shares, visits, (length, share, visit) => {
        const options = { share, visit };
        expect(explored(cardsOf(length), options)).toEqual(explored(cardsOf(length), options));
      }),
    );
  });

  it('is off at 0, and where there are no neighbours to swap', () => {
    for (let visit = 0; visit < 500; visit += 1) {
      const of = { visit: `demo/${visit}` };
      expect(explored(cardsOf(9), { share: 0, ...of })).toEqual({
        cards: cardsOf(9),
        propensity: 1,
      });
      expect(explored(cardsOf(2), { share: 0.2, ...of }).propensity).toBe(1);
    }
  });

  it('says how likely each order was: shares of visits are what it says', () => {
    const share = 0.2;
    const visits = 20_000;
    const seen = new Map<string, { count: number; propensity: number }>();
    for (let visit = 0; visit < visits; visit += 1) {
      const { cards, propensity } = explored(cardsOf(6), { share, visit: `demo/${visit}` });
      const order = cards.join(' ');
      const { count } = seen.get(order) ?? { count: 0 };
      seen.set(order, { count: count + 1, propensity });
    }
    expect(seen.size).toBe(4);
    const all = [...seen.values()];
    expect(all.reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(1, 12);
    for (const { count, propensity } of all) {
      // Five standard deviations of a share; the draws are hashes, so this is the same each time.
      const slack = 5 * Math.sqrt((propensity * (1 - propensity)) / visits);
      expect(Math.abs(count / visits - propensity)).toBeLessThan(slack);
    }
  });

  it('is one for a whole visit, and another one for the next', () => {
    const swapsIn = (nowMs: number, minutesPlayed: number, profileId: string) => {
      const facts = new Map(titles.map((title) => [title, film()] as const));
      const before = titles.flatMap((title, index) =>
        played(title, { startedAtMs: noonMs - (20 - index) * hourMs }),
      );
      const now = played('mov_0', { startedAtMs: noonMs, minutes: minutesPlayed });
      const transitions = minutesPlayed === 0 ? before : [...before, ...now];
      const ranked = ranker.rank({
        ...{ profileId, nowMs, deviceKind: null, policy: defaultRowPolicy },
        candidates: candidatesAfter({ transitions: before, facts, nowMs }),
        watched: watchedShows(playsOf(transitions), facts),
        learning: { isOptedOut: false, correction: null },
      });
      return ranked.cards.map(({ candidate }) => candidate.showId).join(' ');
    };
    const orders = new Set<string>();
    let changed = 0;
    for (let profile = 0; profile < 200; profile += 1) {
      const id = `profile-${profile}`;
      const first = swapsIn(noonMs, 0, id);
      expect(swapsIn(noonMs + 5 * minuteMs, 5, id)).toBe(first);
      expect(swapsIn(noonMs + 60 * minuteMs, 40, id)).toBe(first);
      orders.add(first);
      if (swapsIn(noonMs + 3 * hourMs, 40, id) !== first) changed += 1;
    }
    expect(orders.size).toBe(4);
    expect(changed).toBeGreaterThan(0);
  });
});
