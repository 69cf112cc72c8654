import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { createTitles, type TitlesSource } from '../../../subgraphs/catalog/titles.ts';

const sample: TitlesSource = JSON.parse(
  await readFile(new URL('../../../subgraphs/catalog/titles.json', import.meta.url), 'utf8'),
);

describe('the sample titles', () => {
  it('hold twelve films and two series of two seasons', () => {
    expect(sample.movies).toHaveLength(12);
    for (const series of sample.series) {
      expect(series.episodes.map((one) => [one.seasonNumber, one.episodeNumber])).toEqual([
        [1, 1],
        [1, 2],
        [1, 3],
        [2, 1],
        [2, 2],
        [2, 3],
      ]);
    }
  });

  it('have their credits inside their duration', () => {
    for (const title of [...sample.movies, ...sample.series.flatMap((one) => one.episodes)]) {
      expect(title.creditsStartMs).toBeLessThan(title.durationMs ?? 0);
    }
  });
});

describe('titles that are not sound', () => {
  const movie = { id: 'mov_1', title: 'One' };
  const episode = { id: 'ep_1', title: 'Pilot', seasonNumber: 1, episodeNumber: 1 };

  it.each<[string, TitlesSource]>([
    ['two films with one id', { movies: [movie, movie], series: [] }],
    [
      'a film and an episode with one id',
      {
        movies: [movie],
        series: [{ id: 'ser_1', title: 'One', episodes: [{ ...episode, id: 'mov_1' }] }],
      },
    ],
    ['an id that playback could not store', { movies: [{ ...movie, id: 'mov/1' }], series: [] }],
    ['a duration below zero', { movies: [{ ...movie, durationMs: -1 }], series: [] }],
    [
      'a day instead of an instant',
      {
        movies: [],
        series: [
          { id: 'ser_1', title: 'One', episodes: [{ ...episode, availableFrom: '2026-01-01' }] },
        ],
      },
    ],
  ])('are refused: %s', (_what, source) => {
    expect(() => createTitles(source)).toThrow();
  });

  it('are named all at once', () => {
    const source = { movies: [movie, movie, { id: '', title: '' }], series: [] };
    expect(() => createTitles(source)).toThrow(/movies[\s\S]*2[\s\S]*title/);
  });
});
