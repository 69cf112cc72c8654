/**
 * What a profile has watched, counted show by show: everything that features are made of.
 *
 * The same code counts when a row is served (from the plays that the view keeps) and when a model is
 * trained (from a log), so that both see the same numbers.
 */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A shorter play was a mistake or a preview. */
export const playMinMs = 2 * 60_000;
/** Plays nearer to each other than this are one visit. */
export const visitGapMs = 30 * 60_000;
/** Shows that were not played for longer are no candidates. */
export const candidateAgeMaxMs = 180 * dayMs;
const startsKept = 64;
const gapsKept = 8;
const openingsKept = 20;
export const hourBins = 6;

/** One play of a show, whoever told of it: the event stream, or a log. */
export interface ShowPlay {
  /** The film, or the whole series. */
  showId: string;
  title: string;
  startedAtMs: number;
  endedAtMs: number;
  watchedMs: number;
  deviceKind: string;
  /** Position at its end ÷ duration, 0 to 1; NaN when the duration is unknown. */
  progress: number;
}

/** Counts of one show. Times are Unix ms. */
export interface ShowHistory {
  plays: number;
  firstStartMs: number;
  lastEndMs: number;
  last: ShowPlay;
  /**
   * Whether the title played last had been played in an earlier visit, beyond nine tenths; null: it had
   * been played, nobody knows how far.
   */
  isRewatch: boolean | null;
  /** Furthest that each title got, 0 to 1; NaN where that was never known. */
  furthest: Map<string, number>;
  /** Starts of the visits in which it was played, newest last, at most 64; and how many there were. */
  visitStartsMs: number[];
  visits: number;
  lastVisit: number;
  /** Hours between its visits, newest last, at most 8. */
  gapsH: number[];
  /** Titles of its last visit; each with what `isRewatch` is while it is the one played last. */
  titlesInVisit: Map<string, boolean | null>;
  activeDays: number;
  lastDay: number;
  watchedMs: number;
  byDevice: Map<string, number>;
  byHour: number[];
  onWeekends: number;
}

/** A visit's first play. */
export interface Opening {
  showId: string;
  /** Whether the show was in progress when the visit began. */
  isContinuation: boolean;
}

export class History {
  readonly shows = new Map<string, ShowHistory>();
  readonly byDevice = new Map<string, number>();
  readonly byHour: number[] = Array.from({ length: hourBins }, () => 0);
  /** First plays of the latest visits, newest last. */
  readonly openings: Opening[] = [];
  plays = 0;
  onWeekends = 0;
  /** Visits so far. */
  visits = 0;
  visitStartMs = Number.NEGATIVE_INFINITY;
  lastEndMs = Number.NEGATIVE_INFINITY;
  last: ShowPlay | null = null;

  /**
   * Counts one more play; those shorter than two minutes count for nothing.
   *
   * Shape: plays come in the order in which they began.
   * Cost: O(1).
   */
  add(play: ShowPlay): void {
    if (play.watchedMs < playMinMs) return;
    if (play.startedAtMs >= this.lastEndMs + visitGapMs) this.#beginVisit(play);
    const show = this.shows.get(play.showId) ?? newShow(play);
    this.shows.set(play.showId, show);
    countVisit(show, { play, visit: this.visits, startMs: this.visitStartMs });
    countPlay(show, play);
    this.#countPlay(play);
  }

  /** Whether a visit is under way: the next play may still belong to it. */
  isVisiting(nowMs: number): boolean {
    return nowMs < this.lastEndMs + visitGapMs;
  }

  #beginVisit(play: ShowPlay): void {
    this.visits += 1;
    this.visitStartMs = play.startedAtMs;
    const show = this.shows.get(play.showId);
    const isContinuation =
      show !== undefined && play.startedAtMs - show.lastEndMs <= candidateAgeMaxMs;
    keep(this.openings, { showId: play.showId, isContinuation }, openingsKept);
  }

  #countPlay(play: ShowPlay): void {
    this.plays += 1;
    count(this.byDevice, play.deviceKind);
    countHour(this.byHour, play.startedAtMs);
    if (isWeekend(play.startedAtMs)) this.onWeekends += 1;
    this.lastEndMs = Math.max(this.lastEndMs, play.endedAtMs);
    this.last = play;
  }
}

/** Four hours of the day (UTC) each: a profile is compared with itself, so that no zone is needed. */
export function hourBin(timeMs: number): number {
  return Math.floor(((timeMs % dayMs) / dayMs) * hourBins);
}

export function isWeekend(timeMs: number): boolean {
  const day = new Date(timeMs).getUTCDay();
  return day === 0 || day === 6;
}

function newShow(play: ShowPlay): ShowHistory {
  return {
    ...{ plays: 0, firstStartMs: play.startedAtMs, lastEndMs: play.endedAtMs, last: play },
    ...{ isRewatch: false, furthest: new Map(), visitStartsMs: [], visits: 0, lastVisit: 0 },
    ...{ gapsH: [], titlesInVisit: new Map(), activeDays: 0, lastDay: Number.NaN, watchedMs: 0 },
    ...{ byDevice: new Map(), byHour: Array.from({ length: hourBins }, () => 0), onWeekends: 0 },
  };
}

function countVisit(
  show: ShowHistory,
  { play, visit, startMs }: { play: ShowPlay; visit: number; startMs: number },
): void {
  if (show.lastVisit !== visit) {
    if (show.visits > 0) {
      const gapMs = Math.max(0, play.startedAtMs - show.lastEndMs);
      keep(show.gapsH, gapMs / hourMs, gapsKept);
    }
    keep(show.visitStartsMs, startMs, startsKept);
    show.visits += 1;
    show.lastVisit = visit;
    show.titlesInVisit = new Map();
  }
  const known = show.titlesInVisit.get(play.title);
  show.isRewatch = known === undefined ? isWatched(show, play.title) : known;
  show.titlesInVisit.set(play.title, show.isRewatch);
}

function isWatched({ furthest }: ShowHistory, title: string): boolean | null {
  const progress = furthest.get(title) ?? 0;
  return Number.isNaN(progress) ? null : progress >= watchedFrom;
}

/** Beyond this a title counts as watched, whatever its credits say: logs know nothing of credits. */
export const watchedFrom = 0.9;

function countPlay(show: ShowHistory, play: ShowPlay): void {
  show.plays += 1;
  show.last = play;
  show.lastEndMs = Math.max(show.lastEndMs, play.endedAtMs);
  show.watchedMs += play.watchedMs;
  show.furthest.set(play.title, further(show.furthest.get(play.title), play.progress));
  count(show.byDevice, play.deviceKind);
  countHour(show.byHour, play.startedAtMs);
  if (isWeekend(play.startedAtMs)) show.onWeekends += 1;
  const day = Math.floor(play.startedAtMs / dayMs);
  if (day !== show.lastDay) show.activeDays += 1;
  show.lastDay = day;
}

/** The larger of those that are known. */
function further(before = Number.NaN, progress: number): number {
  if (Number.isNaN(before)) return progress;
  return Number.isNaN(progress) ? before : Math.max(before, progress);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function countHour(byHour: number[], timeMs: number): void {
  const bin = hourBin(timeMs);
  byHour[bin] = (byHour[bin] ?? 0) + 1;
}

function keep<Value>(kept: Value[], value: Value, lengthMax: number): void {
  kept.push(value);
  if (kept.length > lengthMax) kept.shift();
}
