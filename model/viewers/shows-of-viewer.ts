import {
  candidateAgeMaxMs,
  type History,
  watchedFrom,
} from '../../subgraphs/recommendations/history.ts';
import type { ViewerCatalog, ViewerShow, ViewerTitle } from './catalog.ts';
import { appealSigma, type Option } from './choice.ts';
import type { Draw } from './draw.ts';
import { viewerParams } from './params.ts';
import { leavesAt } from './watching.ts';

/** Where one viewer is in one show. */
export interface ShowOfViewer {
  show: ViewerShow;
  /** Place of the title that is played next. */
  place: number;
  positionMs: number;
  /** Share of this title at which it is left for good; null: never. */
  leavesAt: number | null;
  /** Titles that will be played before the whole show is dropped. */
  interest: number;
  /** Dropped, or played to its end: not picked up again but by chance. */
  isOver: boolean;
  appeal: number;
  lastEndMs: number;
  /** Of the title played last. */
  lastProgress: number;
  lastRemainingMin: number;
}

/** Popularity of the n-th show: 1 / n to this power. */
const popularityPower = 0.7;
/** Of what is discovered, so much is a film. */
const filmShare = 0.44;
/** Nobody begins a series again that was dropped before so many episodes. */
const likedFrom = 4;
/** Tries to find something that was not seen before; after that it is seen again. */
const discoverTriesMax = 60;

const dropHazards = viewerParams.series.drop_after_episode_k;
/**
 * Hazards were counted from what was never taken up again. Some of that is chance: other shows came
 * in between. What viewers decide is so much of it.
 */
const meantShare = 0.72;
const laterDropHazard = 0.015;

/** The shows of one viewer: what was begun, and what there is to begin. */
export class ShowsOfViewer {
  readonly #begun = new Map<string, ShowOfViewer>();
  readonly #live = new Set<ShowOfViewer>();
  readonly #films: Shelf;
  readonly #series: Shelf;
  readonly #draw: Draw;

  constructor(catalog: ViewerCatalog, draw: Draw) {
    this.#draw = draw;
    this.#films = new Shelf(catalog.shows.filter(({ isFilm }) => isFilm));
    this.#series = new Shelf(catalog.shows.filter(({ isFilm }) => !isFilm));
  }

  /** In progress, not given up, with something to play now. */
  open(nowMs: number): ShowOfViewer[] {
    const open: ShowOfViewer[] = [];
    for (const each of this.#live) {
      if (nowMs - each.lastEndMs > candidateAgeMaxMs) this.#live.delete(each);
      else if (isOut(each, nowMs)) open.push(each);
    }
    return open;
  }

  /** Series that are over, but were played within half a year: once in a while one is played again. */
  overLately(nowMs: number): ShowOfViewer[] {
    return [...this.#begun.values()].filter(
      ({ show, place, isOver, lastEndMs }) =>
        isOver && place >= likedFrom && !show.isFilm && nowMs - lastEndMs <= candidateAgeMaxMs,
    );
  }

  /** Begins something new, or from its start what was seen long ago when all was seen. */
  discover(nowMs: number): ShowOfViewer {
    const shelf =
      this.#films.isEmpty || (!this.#series.isEmpty && !this.#draw.of(filmShare))
        ? this.#series
        : this.#films;
    let show = shelf.pick(nowMs, this.#draw);
    for (let tries = 0; this.#begun.has(show.id) && tries < discoverTriesMax; tries += 1) {
      show = shelf.pick(nowMs, this.#draw);
    }
    return this.begin(show);
  }

  /** Begins a show from its first title. */
  begin(show: ViewerShow): ShowOfViewer {
    const appeal = this.#begun.get(show.id)?.appeal ?? appealSigma * this.#draw.normal();
    const state: ShowOfViewer = {
      ...{ show, place: 0, positionMs: 0, leavesAt: null, isOver: false, appeal },
      ...{ lastEndMs: Number.NEGATIVE_INFINITY, lastProgress: 0, lastRemainingMin: 0 },
      // A series that is begun once more has been liked.
      interest: this.#begun.has(show.id) ? show.titles.length : this.#interestIn(show),
    };
    this.#beginTitle(state);
    this.#live.delete(this.#begun.get(show.id) ?? state);
    this.#begun.set(show.id, state);
    this.#live.add(state);
    return state;
  }

  #interestIn({ isFilm }: ViewerShow): number {
    return isFilm ? 1 : interestIn(this.#draw);
  }

  /** The title was played up to where it stands; on to the next one if it is done with. */
  settle(state: ShowOfViewer, at: { endedAtMs: number; positionMs: number }): void {
    const { durationMs } = titleAt(state);
    state.lastEndMs = at.endedAtMs;
    state.positionMs = at.positionMs;
    state.lastProgress = at.positionMs / durationMs;
    state.lastRemainingMin = (durationMs - at.positionMs) / 60_000;
    const isLeft = state.leavesAt !== null && state.lastProgress >= state.leavesAt;
    if (!isLeft && state.lastProgress < watchedFrom) return;
    state.place += 1;
    state.interest -= 1;
    const isDone = state.interest <= 0 || state.place >= state.show.titles.length;
    // Whoever leaves an episode for good has mostly had enough of the series.
    if (isDone || (isLeft && this.#draw.of(0.5))) this.#end(state);
    else this.#beginTitle(state);
  }

  /** Begins the episode again, or the one before when nothing of it was played. */
  stepBack(state: ShowOfViewer): void {
    state.leavesAt = null;
    if (state.positionMs === 0 && state.place > 0) {
      state.place -= 1;
      state.interest += 1;
    }
    state.positionMs = 0;
  }

  #end(state: ShowOfViewer): void {
    state.isOver = true;
    this.#live.delete(state);
  }

  #beginTitle(state: ShowOfViewer): void {
    const { film, series } = viewerParams;
    const hazards = (state.show.isFilm ? film : series).stop_for_good_hazard_per_tenth;
    state.positionMs = 0;
    state.leavesAt = leavesAt(
      hazards.map((hazard) => meantShare * hazard),
      this.#draw,
    );
  }
}

export function titleAt({ show, place }: ShowOfViewer): ViewerTitle {
  return show.titles[place] as ViewerTitle;
}

/** Whether what comes next is out. */
export function isOut(state: ShowOfViewer, nowMs: number): boolean {
  const title = state.show.titles[state.place];
  return title !== undefined && title.availableFromMs <= nowMs;
}

/** As the row would know it. */
export function optionOf(state: ShowOfViewer, history: History): Option {
  const { show, place, lastEndMs, appeal } = state;
  const played = history.shows.get(show.id);
  return {
    showId: show.id,
    isFilm: show.isFilm,
    lastActiveMs: played?.lastEndMs ?? lastEndMs,
    progress: state.lastProgress,
    remainingMin: state.lastRemainingMin,
    hasNext: show.isFilm ? false : place + 1 < show.titles.length,
    hasNew: !show.isFilm && (show.titles[place]?.availableFromMs ?? 0) > lastEndMs,
    watchedBy: null,
    appeal,
  };
}

/** Episodes until a series is dropped; hazards by episode, the last one for all that follow. */
function interestIn(draw: Draw): number {
  let episode = 1;
  while (!draw.of(meantShare * (dropHazards[episode - 1] ?? laterDropHazard))) episode += 1;
  return episode;
}

/** Shows by popularity. */
class Shelf {
  readonly #shows: readonly ViewerShow[];
  readonly #upTo: Float64Array;
  readonly isEmpty: boolean;

  constructor(shows: readonly ViewerShow[]) {
    this.#shows = shows;
    this.isEmpty = shows.length === 0;
    this.#upTo = new Float64Array(shows.length);
    let sum = 0;
    for (const place of shows.keys()) {
      sum += (place + 1) ** -popularityPower;
      this.#upTo[place] = sum;
    }
  }

  /** Something that is out; after so many tries whatever came last, out or not. */
  pick(nowMs: number, draw: Draw): ViewerShow {
    for (let tries = 0; ; tries += 1) {
      const aim = draw.unit() * (this.#upTo.at(-1) ?? 0);
      const show = this.#shows[this.#upTo.findIndex((sum) => sum > aim)] as ViewerShow;
      const isPlayable = (show.titles[0]?.availableFromMs ?? 0) <= nowMs;
      if (isPlayable || tries === discoverTriesMax) return show;
    }
  }
}
