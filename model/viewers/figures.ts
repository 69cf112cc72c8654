import type { PlayLine } from '../../domain/interaction.ts';
import {
  candidateAgeMaxMs,
  visitGapMs,
  watchedFrom,
} from '../../subgraphs/recommendations/history.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What can be counted in a log, by the names and in the units of model/viewer-params.json. */
export interface LogFigures {
  plays: number;
  visits: number;
  profiles: number;
  /** Lists of every visit, for quantiles. */
  visitMinutes: number[];
  gapHours: number[];
  /** Shares. */
  startHours: number[];
  weekdays: number[];
  deviceChange: number;
  multiDevice: number;
  resumedElsewhere: number;
  resumedElsewhereSoon: number;
  continued: number;
  sameAsLastVisit: number;
  nextPlaySameShow: number;
  filmFinished: number;
  episodeFinished: number;
  filmPlays: number;
  onlyOneEpisode: number;
  oneMoreEpisode: number;
  threeEpisodes: number;
  /** Means. */
  playsAVisit: number;
  showsAVisit: number;
  episodesAVisit: number;
  playsAFilm: number;
  playsAnEpisode: number;
  candidates: number;
  /** Of visits that begin with one of two candidates or more: with the newest. */
  recencyHit: number;
  recencyHitOnSwitch: number;
  switchesOfQueries: number;
}

interface ShowSeen {
  lastEndMs: number;
  isFilm: boolean;
  furthestOfLast: number;
}

interface TitleSeen {
  show: string;
  plays: number;
  furthest: number;
  isFilm: boolean;
  lastEndMs: number;
  lastKind: string;
}

/** Counts of one share: how many of how many. */
class Share {
  #yes = 0;
  #all = 0;

  note(isSo: boolean): void {
    this.#all += 1;
    if (isSo) this.#yes += 1;
  }

  get value(): number {
    return this.#yes / this.#all;
  }
}

/** Counts a mean. */
class Mean {
  #sum = 0;
  #count = 0;

  note(value: number): void {
    this.#sum += value;
    this.#count += 1;
  }

  get value(): number {
    return this.#sum / this.#count;
  }
}

function shares<Name extends string>(...names: Name[]): Record<Name, Share> {
  return Object.fromEntries(names.map((name) => [name, new Share()])) as Record<Name, Share>;
}

function means<Name extends string>(...names: Name[]): Record<Name, Mean> {
  return Object.fromEntries(names.map((name) => [name, new Mean()])) as Record<Name, Mean>;
}

function valuesOf<Name extends string>(
  counted: Record<Name, { value: number }>,
): Record<Name, number> {
  const values = Object.entries<{ value: number }>(counted).map(([name, { value }]) => [
    name,
    value,
  ]);
  return Object.fromEntries(values) as Record<Name, number>;
}

/**
 * Counts a log of plays the way the fitted parameters were counted, one profile after the other.
 *
 * Shape: the lines of a profile come in the order of time.
 */
export class FiguresOfLog {
  readonly #shares = shares(
    ...(['deviceChange', 'multiDevice', 'resumedElsewhere', 'resumedElsewhereSoon'] as const),
    ...(['continued', 'sameAsLastVisit', 'nextPlaySameShow', 'filmFinished'] as const),
    ...(['episodeFinished', 'filmPlays', 'onlyOneEpisode', 'oneMoreEpisode'] as const),
    'threeEpisodes',
    ...(['recencyHit', 'recencyHitOnSwitch', 'switchesOfQueries'] as const),
  );
  readonly #means = means(
    ...(['playsAVisit', 'showsAVisit', 'episodesAVisit', 'playsAFilm', 'playsAnEpisode'] as const),
    'candidates',
  );
  readonly #visitMinutes: number[] = [];
  readonly #gapHours: number[] = [];
  readonly #startHours = Array.from({ length: 24 }, () => 0);
  readonly #weekdays = Array.from({ length: 7 }, () => 0);
  #plays = 0;
  #profiles = 0;

  /** Everything of one account. */
  addAccount(lines: readonly PlayLine[]): void {
    const byProfile = Map.groupBy(lines, ({ profile }) => profile);
    for (const own of byProfile.values()) this.#addProfile(own);
  }

  get figures(): LogFigures {
    const visits = this.#visitMinutes.length;
    return {
      ...valuesOf(this.#shares),
      ...valuesOf(this.#means),
      ...{ plays: this.#plays, visits, profiles: this.#profiles },
      visitMinutes: this.#visitMinutes,
      gapHours: this.#gapHours,
      startHours: this.#startHours.map((count) => count / visits),
      weekdays: this.#weekdays.map((count) => count / visits),
    };
  }

  #addProfile(lines: readonly PlayLine[]): void {
    this.#profiles += 1;
    const shows = new Map<string, ShowSeen>();
    let before: readonly PlayLine[] | null = null;
    for (const visit of visitsOf(lines)) {
      this.#countVisit(visit);
      if (before !== null) this.#countStart(visit, before, shows);
      for (const play of visit) see(shows, play);
      before = visit;
    }
    this.#countTitles(lines);
  }

  #countVisit(visit: readonly PlayLine[]): void {
    const [first] = visit as [PlayLine];
    this.#plays += visit.length;
    const watchedMs = visit.reduce((sum, play) => sum + play.watchedMs, 0);
    this.#visitMinutes.push(watchedMs / minuteMs);
    const startedAt = new Date(first.startedAtMs);
    bump(this.#startHours, startedAt.getUTCHours());
    bump(this.#weekdays, (startedAt.getUTCDay() + 6) % 7);
    this.#means.playsAVisit.note(visit.length);
    this.#means.showsAVisit.note(new Set(visit.map(({ show }) => show)).size);
    this.#shares.multiDevice.note(new Set(visit.map(({ deviceKind }) => deviceKind)).size > 1);
    for (const [place, play] of visit.entries()) {
      this.#shares.filmPlays.note(play.isFilm);
      const next = visit[place + 1];
      if (next !== undefined) this.#shares.nextPlaySameShow.note(next.show === play.show);
    }
    this.#countBinges(visit);
  }

  /** Episodes of each series in a visit, and whether one more followed. */
  #countBinges(visit: readonly PlayLine[]): void {
    const series = Map.groupBy(
      visit.filter(({ isFilm }) => !isFilm),
      ({ show }) => show,
    );
    for (const plays of series.values()) {
      const episodes = new Set(plays.map(({ title }) => title)).size;
      this.#means.episodesAVisit.note(episodes);
      this.#shares.threeEpisodes.note(episodes >= 3);
      for (let episode = 1; episode <= episodes; episode += 1) {
        this.#shares.oneMoreEpisode.note(episode < episodes);
      }
    }
  }

  /** What a visit began with, given all that was seen before it. */
  #countStart(
    visit: readonly PlayLine[],
    before: readonly PlayLine[],
    shows: ReadonlyMap<string, ShowSeen>,
  ): void {
    const [first, last] = [visit[0], before.at(-1)] as [PlayLine, PlayLine];
    const lastEndMs = Math.max(...before.map(({ endedAtMs }) => endedAtMs));
    this.#gapHours.push((first.startedAtMs - lastEndMs) / hourMs);
    const isSwitch = first.deviceKind !== last.deviceKind;
    this.#shares.deviceChange.note(isSwitch);
    this.#shares.sameAsLastVisit.note(first.show === before[0]?.show);
    const candidates = candidatesAt(shows, first.startedAtMs);
    this.#means.candidates.note(candidates.length);
    const isContinued = candidates.some(([show]) => show === first.show);
    this.#shares.continued.note(isContinued);
    if (!isContinued || candidates.length < 2) return;
    const newest = candidates.reduce((one, other) =>
      other[1].lastEndMs > one[1].lastEndMs ? other : one,
    );
    const isHit = newest[0] === first.show;
    this.#shares.recencyHit.note(isHit);
    this.#shares.switchesOfQueries.note(isSwitch);
    if (isSwitch) this.#shares.recencyHitOnSwitch.note(isHit);
  }

  #countTitles(lines: readonly PlayLine[]): void {
    const titles = new Map<string, TitleSeen>();
    for (const play of lines) {
      const seen = titles.get(play.title);
      if (seen !== undefined) this.#countResume(seen, play);
      titles.set(play.title, seenAfter(seen, play));
    }
    for (const { isFilm, plays, furthest } of titles.values()) {
      this.#means[isFilm ? 'playsAFilm' : 'playsAnEpisode'].note(plays);
      this.#shares[isFilm ? 'filmFinished' : 'episodeFinished'].note(furthest >= watchedFrom);
    }
    const episodes = [...titles.values()].filter(({ isFilm }) => !isFilm);
    for (const own of Map.groupBy(episodes, ({ show }) => show).values()) {
      this.#shares.onlyOneEpisode.note(own.length === 1);
    }
  }

  #countResume(seen: TitleSeen, play: PlayLine): void {
    const isElsewhere = seen.lastKind !== play.deviceKind;
    const isSoon = play.startedAtMs - seen.lastEndMs < visitGapMs;
    this.#shares[isSoon ? 'resumedElsewhereSoon' : 'resumedElsewhere'].note(isElsewhere);
  }
}

function* visitsOf(lines: readonly PlayLine[]): Generator<PlayLine[]> {
  let visit: PlayLine[] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const play of lines) {
    if (play.startedAtMs >= endMs + visitGapMs && visit.length > 0) {
      yield visit;
      visit = [];
    }
    visit.push(play);
    endMs = Math.max(endMs, play.endedAtMs);
  }
  if (visit.length > 0) yield visit;
}

function seenAfter(seen: TitleSeen | undefined, play: PlayLine): TitleSeen {
  const progress = play.positionMs / (play.durationMs ?? Number.NaN);
  return {
    ...{ show: play.show, isFilm: play.isFilm, lastEndMs: play.endedAtMs },
    lastKind: play.deviceKind,
    plays: (seen?.plays ?? 0) + 1,
    furthest: Math.max(seen?.furthest ?? 0, progress),
  };
}

function see(shows: Map<string, ShowSeen>, play: PlayLine): void {
  shows.set(play.show, {
    lastEndMs: play.endedAtMs,
    isFilm: play.isFilm,
    furthestOfLast: play.positionMs / (play.durationMs ?? Number.NaN),
  });
}

/** As the ranking task has them: half a year, without films that were watched to their end. */
function candidatesAt(shows: ReadonlyMap<string, ShowSeen>, nowMs: number): [string, ShowSeen][] {
  return [...shows].filter(
    ([, { isFilm, furthestOfLast, lastEndMs }]) =>
      nowMs - lastEndMs <= candidateAgeMaxMs && !(isFilm && furthestOfLast >= watchedFrom),
  );
}

function bump(counts: number[], place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}

/** The value below which this share of the values lies. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Share of values at or above one bound and below another. */
export function shareBetween(
  values: readonly number[],
  bounds: { least?: number; below?: number },
): number {
  const { least = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = bounds;
  return values.filter((value) => value >= least && value < below).length / values.length;
}
