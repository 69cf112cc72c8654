import { Draw, seedOf } from './draw.ts';
import { quantilesOf, viewerParams } from './params.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A film or an episode. */
export interface ViewerTitle {
  id: string;
  durationMs: number;
  /** Null: nobody says where the credits begin. */
  creditsStartMs: number | null;
  /** Unix ms; what is not out yet is played by nobody. */
  availableFromMs: number;
}

/** A film, or a series in the order of its story. */
export interface ViewerShow {
  id: string;
  isFilm: boolean;
  titles: readonly ViewerTitle[];
}

/** What there is to watch; the most popular first. */
export interface ViewerCatalog {
  shows: readonly ViewerShow[];
}

/** Enough for somebody who opens something new every other day for three years. */
const filmsCount = 800;
const seriesCount = 700;
/** Series began up to so long before anybody watches; a season comes about once a year. */
const seriesAgeMsMax = 5 * 365 * dayMs;
const seasonsMax = 9;
const seasonEveryDays = { least: 300, most: 430 };
const episodesOfSeason = { least: 6, most: 20 };
/** The others come out whole, on one day. */
const weeklyShare = 0.5;
const creditsShare = { least: 0.93, most: 0.985 };

const filmMinutes = quantilesOf(viewerParams.film.run_time_min, { least: 60, most: 190 });
const episodeMinutes = quantilesOf(viewerParams.series.episode_run_time_min, {
  ...{ least: 18, most: 70 },
});

/**
 * A made-up catalog: run times as fitted, and new episodes over the whole time, so that series come
 * back.
 *
 * Shape: the same seed and days, the same catalog.
 */
export function inventCatalog(of: { seed: number; fromMs: number; days: number }): ViewerCatalog {
  const draw = new Draw(seedOf(of.seed, 'catalog'));
  const films = Array.from({ length: filmsCount }, (_, number) => {
    const id = `film_${number}`;
    const release = draw.of(0.6) ? Number.NEGATIVE_INFINITY : draw.between(0, of.days);
    const durationMs = Math.round(draw.quantile(filmMinutes) * minuteMs);
    const availableFromMs = of.fromMs + Math.round(release) * dayMs;
    return { id, isFilm: true, titles: [titleOf({ id, durationMs, availableFromMs }, draw)] };
  });
  const series = Array.from({ length: seriesCount }, (_, number) =>
    inventSeries(`series_${number}`, of, draw),
  );
  const shows = [...films, ...series].map((show) => ({ show, place: draw.unit() }));
  shows.sort((left, right) => left.place - right.place);
  return { shows: shows.map(({ show }) => show) };
}

function inventSeries(id: string, of: { fromMs: number; days: number }, draw: Draw): ViewerShow {
  const lastMs = of.fromMs + of.days * dayMs;
  const seasons = 1 + draw.below(seasonsMax);
  const runMs = draw.quantile(episodeMinutes) * minuteMs;
  const stepMs = draw.of(weeklyShare) ? 7 * dayMs : 0;
  const titles: ViewerTitle[] = [];
  let seasonFromMs = Math.floor(draw.between(of.fromMs - seriesAgeMsMax, lastMs));
  for (let season = 1; season <= seasons; season += 1) {
    const count = Math.floor(draw.between(episodesOfSeason.least, episodesOfSeason.most));
    for (let number = 1; number <= count; number += 1) {
      const durationMs = Math.round(runMs * draw.between(0.96, 1.04));
      const availableFromMs = seasonFromMs + (number - 1) * stepMs;
      const about = { id: `${id}_s${season}e${number}`, durationMs, availableFromMs };
      titles.push(titleOf(about, draw));
    }
    seasonFromMs += Math.floor(draw.between(seasonEveryDays.least, seasonEveryDays.most)) * dayMs;
  }
  return { id, isFilm: false, titles };
}

function titleOf(about: Omit<ViewerTitle, 'creditsStartMs'>, draw: Draw): ViewerTitle {
  const share = draw.between(creditsShare.least, creditsShare.most);
  return { ...about, creditsStartMs: Math.round(about.durationMs * share) };
}
