import { describe, expect, it } from '@jest/globals';
import { type AccountPlays, PlayCollector, type ProfilePlay } from '../../model/plays.ts';
import { taskOf } from '../../model/task-from-plays.ts';
import { featureNames, visitFeatureNames } from '../../subgraphs/recommendations/features.ts';
import { accountOf, plantedHouseholds, playAt, startMs } from './planted-plays.ts';

const dayH = 24;
const hourMs = 3_600_000;

const taskOfPlays = (plays: ProfilePlay[], options = {}) =>
  taskOf([accountOf('one', plays)], options);

/** Value of a feature of one candidate. */
function value(query: { features: Float32Array }, row: number, name: string): number {
  return query.features[row * featureNames.length + featureNames.indexOf(name)]!;
}

describe('a ranking task', () => {
  it('asks at every start of a visit what was then played, among the shows in progress', () => {
    const plays = [
      playAt('a', 0),
      playAt('b', dayH),
      playAt('a', 2 * dayH),
      playAt('a', 2 * dayH + 1.2),
    ];
    const { queries, visits } = taskOfPlays(plays);
    expect(queries).toMatchObject([
      {
        ...{ account: 'one', atMs: startMs + 2 * dayH * hourMs, count: 2, chosen: 1 },
        slices: { isSwitch: false, idleH: 23, activeShows: 2, isFilm: false },
      },
    ]);
    expect([...queries[0]!.recencyRanks]).toEqual([0, 1]);
    expect(queries[0]!.features).toHaveLength(2 * featureNames.length);
    expect(visits.map(({ hasContinued }) => hasContinued)).toEqual([false, true]);
    expect(visits[0]!.features).toHaveLength(visitFeatureNames.length);
  });

  it('asks nothing where there is nothing to choose from, or something new was begun', () => {
    const only = [playAt('a', 0), playAt('a', dayH), playAt('b', 2 * dayH)];
    expect(taskOfPlays(only).queries).toEqual([]);
    expect(taskOfPlays(only).visits.map(({ hasContinued }) => hasContinued)).toEqual([true, false]);
  });

  it('takes plays nearer than half an hour for one visit, and short ones for none', () => {
    const plays = [
      playAt('a', 0),
      playAt('b', dayH),
      playAt('a', 2 * dayH, { watchedMs: 119_000 }),
    ];
    expect(taskOfPlays(plays).visits).toHaveLength(1);
    expect(
      taskOfPlays([...plays, playAt('b', 3 * dayH), playAt('a', 3 * dayH + 1.49)]).queries,
    ).toHaveLength(1);
    expect(
      taskOfPlays([...plays, playAt('b', 3 * dayH), playAt('a', 3 * dayH + 1.5)]).queries,
    ).toHaveLength(2);
  });

  it('drops shows after 180 days, and films that were watched to nine tenths', () => {
    const film = { isFilm: true, durationMs: 100 * 60_000 };
    const plays = (positionMs: number, later: number) => [
      playAt('old', 0),
      playAt('film', 100 * dayH, { ...film, positionMs }),
      playAt('new', 101 * dayH),
      playAt('new', later * dayH),
    ];
    const countOf = (positionMs: number, later: number) =>
      taskOfPlays(plays(positionMs, later)).queries.at(-1)?.count ?? 0;
    expect(countOf(89 * 60_000, 179)).toBe(3);
    expect(countOf(90 * 60_000, 179)).toBe(2);
    expect(countOf(89 * 60_000, 181)).toBe(2);
    expect(countOf(90 * 60_000, 181)).toBe(0);
  });

  it('keeps the latest 300 queries and visits of a profile', () => {
    const plays = Array.from({ length: 400 }, (_, index) =>
      playAt(index % 2 ? 'a' : 'b', index * dayH),
    );
    const { queries, visits } = taskOfPlays(plays);
    expect([queries.length, visits.length]).toEqual([300, 300]);
    expect(queries.at(-1)!.atMs).toBe(startMs + 399 * dayH * hourMs);
    const few = taskOfPlays(plays, { queriesMax: 7 });
    expect(few.queries).toEqual(queries.slice(-7));
    expect(few.visits).toEqual(visits.slice(-7));
  });

  it('is the same whatever comes later', () => {
    const [household] = plantedHouseholds({ seed: 5, accounts: 1, visits: 60, rule: 'device' });
    const plays = household!.profiles[0]!.plays;
    const whole = taskOfPlays(plays).queries;
    const early = taskOfPlays(plays.slice(0, 40)).queries;
    expect(early.length).toBeGreaterThan(10);
    expect(whole.slice(0, early.length)).toEqual(early);
  });

  it('does not depend on the order in which plays were told', () => {
    const [household] = plantedHouseholds({ seed: 6, accounts: 1, visits: 30, rule: 'recency' });
    const plays = household!.profiles[0]!.plays;
    const collector = new PlayCollector();
    for (const play of [...plays].reverse()) {
      collector.add({ account: 'account 0', profile: household!.profiles[0]!.profile }, play);
    }
    expect(taskOf(collector.accounts())).toEqual(taskOf([household!]));
  });
});

describe('the cap on candidates', () => {
  /** Thirty shows one after another, then the oldest of all again. */
  const plays = [
    ...Array.from({ length: 30 }, (_, index) => playAt(`show ${index}`, index * dayH)),
    playAt('show 0', 30 * dayH),
  ];

  it('drops a query whose show lies beyond it: kept, it would teach that deep means right', () => {
    const { queries, beyondCap, visits } = taskOfPlays(plays);
    expect(queries).toEqual([]);
    expect(beyondCap).toBe(1);
    // The visit did continue something all the same.
    expect(visits.at(-1)!.hasContinued).toBe(true);
  });

  it('keeps what lies within it, and cuts the same for every query', () => {
    const within = [...plays.slice(0, 30), playAt('show 5', 30 * dayH)];
    const [query] = taskOfPlays(within).queries;
    expect(query).toMatchObject({ count: 25, chosen: 24 });
    expect(taskOfPlays(within, { candidatesMax: 24 }).queries).toEqual([]);
  });

  it('never leaves a chosen show outside of the candidates, whatever was played', () => {
    const households = plantedHouseholds({ seed: 9, accounts: 4, visits: 120, rule: 'device' });
    const { queries } = taskOf(households, { candidatesMax: 3 });
    expect(queries.length).toBeGreaterThan(100);
    for (const { chosen, count } of queries) {
      expect(chosen).toBeLessThan(count);
      expect(count).toBeLessThanOrEqual(3);
    }
  });
});

describe('what a title runs for, and whether more follows', () => {
  const minute = 60_000;
  const watcher = (account: string, told: [title: string, minutes: number][]): AccountPlays =>
    accountOf(
      account,
      told.map(([title, minutes], index) =>
        playAt('series', index * dayH, { title, positionMs: minutes * minute }),
      ),
    );
  /** Features of the series when the first account comes back to it. */
  function seriesOf(accounts: AccountPlays[], own: [string, number][] = [['s 1', 22]]) {
    const plays = [
      ...own.map(([title, minutes], index) =>
        playAt('series', index * dayH, { title, positionMs: minutes * minute }),
      ),
      playAt('other', 50 * dayH),
      playAt('series', 51 * dayH),
    ];
    const { queries } = taskOf([accountOf('own', plays), ...accounts]);
    const query = queries.find(({ account }) => account === 'own')!;
    return (name: string) => value(query, query.chosen, name);
  }

  it('is unknown from the account itself', () => {
    const of = seriesOf(
      [],
      [
        ['s 1', 44],
        ['s 1', 22],
      ],
    );
    expect([of('ep_frac'), of('remaining_min'), of('has_next'), of('log_popularity')]).toEqual([
      ...[Number.NaN, Number.NaN, Number.NaN, Number.NaN],
    ]);
    expect(of('has_next_known')).toBe(0);
  });

  it('is told by the furthest that any other account came', () => {
    const of = seriesOf([watcher('x', [['s 1', 40]]), watcher('y', [['s 1', 44]])]);
    expect(of('ep_frac')).toBeCloseTo(0.5, 6);
    expect(of('remaining_min')).toBeCloseTo(22, 4);
    expect(of('log_popularity')).toBeCloseTo(Math.log(3), 6);
  });

  it('is the usual length of the series where the others left an episode early', () => {
    const of = seriesOf([
      watcher('x', [
        ['s 1', 5],
        ['s 2', 44],
        ['s 3', 44],
      ]),
    ]);
    expect(of('ep_frac')).toBeCloseTo(0.5, 6);
  });

  it('is unknown when the profile itself came further', () => {
    expect(seriesOf([watcher('x', [['s 1', 15]])])('ep_frac')).toBeNaN();
  });

  it('knows of a next episode that another account went on to, unless it was seen', () => {
    const others = [
      watcher('x', [
        ['s 1', 44],
        ['s 2', 44],
      ]),
    ];
    expect(seriesOf(others)('has_next')).toBe(1);
    expect(
      seriesOf(others, [
        ['s 2', 44],
        ['s 1', 22],
      ])('has_next'),
    ).toBeNaN();
  });

  it('knows of an end that three other accounts came to', () => {
    const ended = (account: string) =>
      watcher(account, [
        ['s 0', 44],
        ['s 1', 44],
      ]);
    expect(seriesOf([ended('x'), ended('y')])('has_next')).toBeNaN();
    expect(seriesOf([ended('x'), ended('y'), ended('z')])('has_next')).toBe(0);
  });

  it('is what the log says, where it says something', () => {
    const told = { durationMs: 60 * minute, hasNext: true, positionMs: 15 * minute };
    const plays = [playAt('series', 0, told), playAt('other', dayH), playAt('series', 2 * dayH)];
    const [query] = taskOf([accountOf('own', plays)]).queries;
    expect(value(query!, 1, 'ep_frac')).toBeCloseTo(0.25, 6);
    expect(value(query!, 1, 'has_next')).toBe(1);
  });
});
