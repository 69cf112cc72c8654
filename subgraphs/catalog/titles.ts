import { readFile } from 'node:fs/promises';
import { z } from 'zod';

interface TitleBasics {
  id: string;
  title: string;
  durationMs: number | null;
  creditsStartMs: number | null;
}

export interface MovieTitle extends TitleBasics {
  kind: 'movie';
  releaseYear: number | null;
}

export interface EpisodeTitle extends TitleBasics {
  kind: 'episode';
  seriesId: string;
  seasonNumber: number;
  episodeNumber: number;
  /** When it becomes playable, ms since the Unix epoch; null: it always was. */
  availableFromMs: number | null;
}

export type PlayableTitle = MovieTitle | EpisodeTitle;

export interface SeriesTitle {
  kind: 'series';
  id: string;
  title: string;
  /** In the order of the story, those to come included. */
  episodes: readonly EpisodeTitle[];
}

/**
 * What there is to play, looked up by id.
 *
 * Shape: an episode that is not playable yet does not exist for anybody who asks.
 * Units: `nowMs` in ms since the Unix epoch.
 * Errors: none; what is unknown is null.
 * Cost: in memory, one map look-up.
 */
export interface Titles {
  playable(id: string, nowMs: number): PlayableTitle | null;
  series(id: string): SeriesTitle | null;
  /** The playable ones, in the order of the story. */
  episodes(series: SeriesTitle, nowMs: number): EpisodeTitle[];
  /** The one after it, across seasons; null at the end of what is playable. */
  nextEpisode(episode: EpisodeTitle, nowMs: number): EpisodeTitle | null;
}

/** Ids are what playback stores positions under: its rule for ids holds here too. */
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const basics = {
  id,
  title: z.string().min(1),
  durationMs: z.int().positive().nullable().default(null),
  creditsStartMs: z.int().positive().nullable().default(null),
};
const movie = z
  .strictObject({ ...basics, releaseYear: z.int().nullable().default(null) })
  .transform((given): MovieTitle => ({ kind: 'movie', ...given }));
const episode = z.strictObject({
  ...basics,
  seasonNumber: z.int().positive(),
  episodeNumber: z.int().positive(),
  availableFrom: z.iso.datetime({ offset: true }).optional(),
});
const series = z
  .strictObject({ id, title: z.string().min(1), episodes: z.array(episode) })
  .transform(
    (given): SeriesTitle => ({
      kind: 'series',
      id: given.id,
      title: given.title,
      episodes: given.episodes.map((one) => episodeOf(one, given.id)).sort(byStory),
    }),
  );
const catalog = z
  .strictObject({ movies: z.array(movie), series: z.array(series) })
  .superRefine((given, context) => {
    for (const repeated of repeatedIds([...given.movies, ...given.series])) {
      context.addIssue({ code: 'custom', message: `Two titles have the id ${repeated}.` });
    }
  });

/** What `createTitles` takes: the shape of titles.json. */
export type TitlesSource = z.input<typeof catalog>;

/** Reads and checks the sample beside this file. */
export async function readSampleTitles(): Promise<Titles> {
  const text = await readFile(new URL('./titles.json', import.meta.url), 'utf8');
  return createTitles(JSON.parse(text));
}

/**
 * Checks the titles whole and builds the look-ups.
 *
 * Errors: ZodError naming every wrong place, and ids that are given twice.
 */
export function createTitles(source: TitlesSource): Titles {
  const { movies, series: allSeries } = catalog.parse(source);
  const seriesById = new Map(allSeries.map((one) => [one.id, one]));
  const episodes = allSeries.flatMap((one) => one.episodes);
  const playableById = new Map<string, PlayableTitle>(
    [...movies, ...episodes].map((one) => [one.id, one]),
  );
  return {
    playable(playableId, nowMs) {
      const found = playableById.get(playableId);
      return found !== undefined && isPlayable(found, nowMs) ? found : null;
    },
    series: (seriesId) => seriesById.get(seriesId) ?? null,
    episodes: (one, nowMs) => one.episodes.filter((each) => isPlayable(each, nowMs)),
    nextEpisode(one, nowMs) {
      const story = seriesById.get(one.seriesId)?.episodes ?? [];
      const next = story[story.findIndex((each) => each.id === one.id) + 1];
      return next !== undefined && isPlayable(next, nowMs) ? next : null;
    },
  };
}

function isPlayable(title: PlayableTitle, nowMs: number): boolean {
  if (title.kind === 'movie' || title.availableFromMs === null) return true;
  return title.availableFromMs <= nowMs;
}

function episodeOf(given: z.output<typeof episode>, seriesId: string): EpisodeTitle {
  const { availableFrom, ...rest } = given;
  const availableFromMs = availableFrom === undefined ? null : Date.parse(availableFrom);
  return { kind: 'episode', ...rest, seriesId, availableFromMs };
}

function byStory(left: EpisodeTitle, right: EpisodeTitle): number {
  return left.seasonNumber - right.seasonNumber || left.episodeNumber - right.episodeNumber;
}

function repeatedIds(titles: readonly (MovieTitle | SeriesTitle)[]): string[] {
  const ids = titles.flatMap((one) => [
    one.id,
    ...(one.kind === 'series' ? one.episodes.map((each) => each.id) : []),
  ]);
  return ids.filter((each, index) => ids.indexOf(each) !== index);
}
