import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import {
  featureNames,
  featuresOf,
  type RankedShow,
  type RankingQuestion,
  visitFeatureNames,
  visitFeaturesOf,
} from '../../../subgraphs/recommendations/features.ts';
import { History, type ShowPlay } from '../../../subgraphs/recommendations/history.ts';
import {
  type Asked,
  counted,
  definitions,
  hourMs,
  minuteMs,
  rankOf,
  startMs,
  type VisitDefinition,
  visitDefinitions,
} from './feature-definitions.ts';

const showIds = ['a', 'b', 'c', 'd'];
const devices = ['TV', 'PHONE', 'WEB'];

/** Plays in order of their start, with gaps on both sides of half an hour, of days and of weeks. */
const histories = fc
  .array(
    fc.record({
      showId: fc.constantFrom(...showIds),
      episode: fc.integer({ min: 1, max: 4 }),
      gapMin: fc.oneof(
        fc.integer({ min: -20, max: 40 }),
        fc.constantFrom(29, 30, 31),
        fc.integer({ min: 60, max: 40_000 }),
      ),
      watchedMin: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 150 })),
      deviceKind: fc.constantFrom(...devices),
      progress: fc.oneof(fc.constantFrom(0.89, 0.9, Number.NaN), fc.double({ min: 0, max: 1 })),
    }),
    { maxLength: 60 },
  )
  .map((told) => {
    const plays: ShowPlay[] = [];
    for (const { showId, episode, gapMin, watchedMin, deviceKind, progress } of told) {
      const before = plays.at(-1);
      const wantedMs = (before?.endedAtMs ?? startMs) + gapMin * minuteMs;
      const startedAtMs = Math.max(wantedMs, before?.startedAtMs ?? startMs);
      const watchedMs = watchedMin * minuteMs;
      plays.push({
        ...{ showId, title: `${showId}${episode}`, startedAtMs, watchedMs, deviceKind, progress },
        endedAtMs: startedAtMs + watchedMs,
      });
    }
    return plays;
  });

const questions = fc
  .record({
    plays: histories,
    laterMin: fc.integer({ min: 0, max: 30_000 }),
    deviceKind: fc.constantFrom(...devices, null),
    facts: fc.array(
      fc.record({
        isFilm: fc.boolean(),
        progress: fc.oneof(fc.constant(Number.NaN), fc.double({ min: 0, max: 1, noNaN: true })),
        remainingMin: fc.constantFrom(Number.NaN, 0, 12.5),
        hasNext: fc.constantFrom(true, false, null),
        hasNew: fc.constantFrom(true, false, null),
        watchedBy: fc.constantFrom(null, 0, 41),
      }),
      { minLength: showIds.length + 1, maxLength: showIds.length + 1 },
    ),
  })
  .map(({ plays, laterMin, deviceKind, facts }): Asked => {
    const nowMs =
      Math.max(startMs, ...plays.map(({ endedAtMs }) => endedAtMs)) + laterMin * minuteMs;
    // One more show than can have been played: of that one nothing is counted.
    const shows = [...showIds, 'never'].map((showId, index) => {
      const ends = counted(plays)
        .filter((play) => play.showId === showId)
        .map(({ endedAtMs }) => endedAtMs);
      return { ...facts[index]!, showId, lastActiveMs: Math.max(startMs, ...ends) };
    });
    return { plays, shows, nowMs, deviceKind };
  });

function questionOf({ plays, ...asked }: Asked): RankingQuestion {
  const history = new History();
  for (const play of plays) history.add(play);
  return { ...asked, history };
}

/** The same number, or both unknown. */
function expectSame(actual: number, expected: number): void {
  if (Number.isNaN(expected)) expect(actual).toBeNaN();
  else expect(actual).toBeCloseTo(expected, 9);
}

describe('features of a candidate', () => {
  it('are all defined here', () => {
    expect(Object.keys(definitions)).toEqual(featureNames);
  });

  it.each(featureNames.map((name, at) => ({ name, at })))(
    '$name is what its definition says, after any history',
    ({ name, at }) => {
      fc.assert(
        fc.property(questions, (asked) => {
          const values = featuresOf(questionOf(asked));
          for (const [index, show] of asked.shows.entries()) {
            expectSame(values[index * featureNames.length + at]!, definitions[name]!(asked, show));
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it('are of nothing when nothing was ever played', () => {
    const [show] = fc.sample(questions, 1)[0]!.shows;
    const asked: Asked = { plays: [], shows: [show!], nowMs: startMs, deviceKind: 'TV' };
    const values = featuresOf(questionOf(asked));
    for (const [at, name] of featureNames.entries()) {
      expectSame(values[at]!, definitions[name]!(asked, show!));
    }
  });
});

describe('features of a visit', () => {
  const newest = (asked: Asked) => asked.shows.find((show) => rankOf(asked, show) === 0)!;
  const definitionOf = (name: string): VisitDefinition =>
    visitDefinitions[name] ??
    ((asked) => definitions[name.replace(/^newest_/, '')]!(asked, newest(asked)));

  it.each(visitFeatureNames.map((name, at) => ({ name, at })))(
    '$name is what its definition says, after any history',
    ({ name, at }) => {
      fc.assert(
        fc.property(questions, (asked) => {
          expectSame(visitFeaturesOf(questionOf(asked))[at]!, definitionOf(name)(asked));
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('definitions by hand', () => {
  const play = (showId: string, at: number, changed: Partial<ShowPlay> = {}): ShowPlay => ({
    ...{ showId, title: `${showId}1`, startedAtMs: startMs + at, endedAtMs: startMs + at + hourMs },
    ...{ watchedMs: hourMs, deviceKind: 'TV', progress: 0.5, ...changed },
  });
  const show = (showId: string, lastActiveMs = startMs): RankedShow => ({
    ...{ showId, isFilm: false, lastActiveMs, progress: 0.5, remainingMin: 20 },
    ...{ hasNext: null, hasNew: null, watchedBy: null },
  });
  const valuesOf = (plays: readonly ShowPlay[], nowMs: number) => {
    const asked = { plays, shows: [show('a'), show('b')], nowMs, deviceKind: 'PHONE' };
    const values = featuresOf(questionOf(asked));
    return (index: number, name: string) =>
      values[index * featureNames.length + featureNames.indexOf(name)]!;
  };

  it('counts visits passed over, and how overdue a show is', () => {
    const plays = [
      play('a', 0),
      play('a', 24 * hourMs),
      play('b', 48 * hourMs),
      play('b', 72 * hourMs),
    ];
    const value = valuesOf(plays, startMs + 97 * hourMs);
    expect(value(0, 'sessions_since')).toBe(2);
    expect(value(1, 'sessions_since')).toBe(0);
    expect(value(0, 'log_h_since')).toBeCloseTo(Math.log(1 + 72), 9);
    expect(value(0, 'gap_ratio')).toBeCloseTo(Math.log(73 / 24), 9);
    expect(value(1, 'streak')).toBe(2);
    expect(value(1, 'prev_prev')).toBe(1);
  });

  it('knows the device of a show from one play of another', () => {
    const plays = [play('a', 0, { deviceKind: 'PHONE' }), play('b', 24 * hourMs)];
    const value = valuesOf(plays, startMs + 48 * hourMs);
    expect([value(0, 'dev_same'), value(1, 'dev_same')]).toEqual([1, 0]);
    // Half of the profile's plays are on a phone: (1 + 2 × ½) ÷ (1 + 2) and (0 + 2 × ½) ÷ (1 + 2).
    expect(value(0, 'dev_share')).toBeCloseTo(2 / 3, 9);
    expect(value(1, 'dev_share')).toBeCloseTo(1 / 3, 9);
  });

  it('takes a title played again for the one it is, also after another in the same visit', () => {
    const seen = play('a', 0, { progress: 0.95 });
    const again = play('a', 24 * hourMs, { progress: 0.2 });
    const another = play('a', 25 * hourMs, { title: 'a2' });
    const value = valuesOf([seen, again, another, play('a', 26 * hourMs)], startMs + 30 * hourMs);
    expect(value(0, 'rewatch')).toBe(1);
  });

  it('does not know whether a title was seen of which nobody knows how far it got', () => {
    const unknown = play('a', 0, { progress: Number.NaN });
    const value = valuesOf([unknown, play('a', 24 * hourMs)], startMs + 30 * hourMs);
    expect(value(0, 'rewatch')).toBeNaN();
  });
});
