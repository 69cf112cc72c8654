import { type History, hourBin, isWeekend, type ShowHistory } from './history.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Decay of the base-level activation, and hours that keep a visit just now finite. */
const activationDecay = 0.5;
const activationFloorH = 0.1;
const activationVisits = 15;
/** Plays that a share of few plays is drawn towards the profile's own. */
const smoothing = 2;
const sessionsSinceMax = 200;
const finishedFrom = 0.9;

/** What is known of a show when a row is ranked, besides the plays that were counted. */
export interface RankedShow {
  showId: string;
  isFilm: boolean;
  /** Last activity in it, Unix ms: stands in where no play of it was counted. */
  lastActiveMs: number;
  /** Of the title that the card resumes, 0 to 1; NaN when unknown. */
  progress: number;
  /** Minutes left of it; NaN when unknown. */
  remainingMin: number;
  /** Whether an episode follows; null: nobody could say. */
  hasNext: boolean | null;
  /** Whether one came out since the last play; null: nobody could say. */
  hasNew: boolean | null;
  /** Other profiles that watched it; null when nobody counts. */
  watchedBy: number | null;
}

export interface Moment {
  nowMs: number;
  /** The device that asks; null when it did not say. */
  deviceKind: string | null;
}

/** One row's question: everything that features are computed from. */
export interface RankingQuestion extends Moment {
  history: History;
  shows: readonly RankedShow[];
}

interface Asked extends RankingQuestion {
  /** The device is another one than the visit before was watched on; NaN when it did not say. */
  isSwitch: number;
  /** Place of each show by recency, 0 for the newest. */
  ranks: readonly number[];
}

type Feature = (asked: Asked, index: number) => number;

/** `history` of a candidate, or NaN when no play of it was counted. */
function counted(compute: (show: ShowHistory, asked: Asked, index: number) => number): Feature {
  return (asked, index) => {
    const show = asked.history.shows.get(showAt(asked, index).showId);
    return show === undefined ? Number.NaN : compute(show, asked, index);
  };
}

/**
 * Features of a candidate, by name, in the order in which models take them. Missing is NaN, never 0.
 *
 * Source: measured on logs of viewing; ACT-R base-level learning, Anderson & Schooler (1991); gaps that
 * grow before a show is abandoned, Benson, Kumar & Tomkins (WWW 2016).
 */
const definitions: Readonly<Record<string, Feature>> = {
  log_h_since: (asked, index) => Math.log1p(hoursSince(asked, index)),
  recency_rank: (asked, index) => asked.ranks[index] as number,
  recency_frac: (asked, index) => (asked.ranks[index] as number) / asked.shows.length,
  is_newest: (asked, index) => Number(asked.ranks[index] === 0),
  sessions_since: counted(({ lastVisit }, { history }) =>
    Math.min(history.visits - lastVisit, sessionsSinceMax),
  ),
  log_sessions: counted(({ visits }) => Math.log1p(visits)),
  sess_7d: counted((show, { nowMs }) => visitsSince(show, nowMs - 7 * dayMs)),
  sess_30d: counted((show, { nowMs }) => visitsSince(show, nowMs - 30 * dayMs)),
  activation: counted((show, { nowMs }) => activation(show, nowMs)),
  dev_same: counted(({ last }, { deviceKind }) =>
    deviceKind === null ? Number.NaN : Number(last.deviceKind === deviceKind),
  ),
  dev_share: counted(deviceShare),
  dev_same_on_switch: counted(({ last }, { deviceKind, isSwitch }) =>
    isSwitch === 1 ? Number(last.deviceKind === deviceKind) : isSwitch,
  ),
  dev_share_on_switch: counted((show, asked) =>
    asked.isSwitch === 1 ? deviceShare(show, asked) : asked.isSwitch,
  ),
  ep_frac: (asked, index) => showAt(asked, index).progress,
  remaining_min: (asked, index) => showAt(asked, index).remainingMin,
  ep_done: (asked, index) => flag(showAt(asked, index).progress, isDone),
  has_next: (asked, index) => flagOrNaN(showAt(asked, index).hasNext),
  has_next_known: (asked, index) => Number(showAt(asked, index).hasNext !== null),
  has_new: (asked, index) => flagOrNaN(showAt(asked, index).hasNew),
  is_movie: (asked, index) => Number(showAt(asked, index).isFilm),
  rewatch: counted(({ isRewatch }) => flagOrNaN(isRewatch)),
  log_eps: counted(({ furthest }) => Math.log1p(furthest.size)),
  eps_per_day: counted(({ furthest, activeDays }) => furthest.size / activeDays),
  eps_last_session: counted(({ titlesInVisit }) => titlesInVisit.size),
  streak: (asked, index) => streakOf(asked.history, showAt(asked, index).showId),
  log_hours_watched: counted(({ watchedMs }) => Math.log1p(watchedMs / hourMs)),
  last_dur_min: counted(({ last }) => last.watchedMs / 60_000),
  gap_ratio: counted((show, asked, index) => {
    const median = medianOf(show.gapsH);
    return Math.log((hoursSince(asked, index) + 1) / (median + 1));
  }),
  log_med_gap: counted(({ gapsH }) => Math.log1p(medianOf(gapsH))),
  log_days_since_first: counted(({ firstStartMs }, { nowMs }) =>
    Math.log1p(Math.max(0, nowMs - firstStartMs) / dayMs),
  ),
  prev_prev: (asked, index) => {
    const opening = asked.history.openings.at(-2);
    return flagOrNaN(opening === undefined ? null : opening.showId === showAt(asked, index).showId);
  },
  hour_match: counted(({ byHour, plays }, { history, nowMs }) => {
    const bin = hourBin(nowMs);
    return match(
      { count: byHour[bin] as number, of: plays },
      { count: history.byHour[bin] as number, of: history.plays },
    );
  }),
  weekend_match: counted((show, { history, nowMs }) => {
    const own = { count: show.onWeekends, of: show.plays };
    const all = { count: history.onWeekends, of: history.plays };
    return isWeekend(nowMs) ? match(own, all) : match(others(own), others(all));
  }),
  log_popularity: (asked, index) => Math.log1p(showAt(asked, index).watchedBy ?? Number.NaN),
  film_left_log_h: (asked, index) => {
    const { isFilm, progress } = showAt(asked, index);
    if (!isFilm || isDone(progress)) return 0;
    return Number.isNaN(progress) ? Number.NaN : Math.log1p(hoursSince(asked, index));
  },
  film_progress: (asked, index) => {
    const { isFilm, progress } = showAt(asked, index);
    return isFilm ? progress : 0;
  },
};

export const featureNames: readonly string[] = Object.keys(definitions);
const computed = Object.values(definitions);

/**
 * Features of every show of a row.
 *
 * Shape: [shows × featureNames], row by row; NaN where something is unknown.
 * Units: as named; hours and minutes, natural logarithms, flags of 0 and 1.
 * Cost: pure, O(shows × features).
 */
export function featuresOf(question: RankingQuestion): Float64Array {
  const asked = { ...question, isSwitch: switchOf(question), ranks: ranksOf(question.shows) };
  const values = new Float64Array(question.shows.length * computed.length);
  for (let index = 0, at = 0; index < question.shows.length; index += 1) {
    for (const compute of computed) {
      values[at] = compute(asked, index);
      at += 1;
    }
  }
  return values;
}

type VisitFeature = (asked: Asked, newest: number) => number;

/** Features of a visit as a whole; those of the newest candidate come from its own. */
const visitDefinitions: Readonly<Record<string, VisitFeature>> = {
  log_n_cands: ({ shows }) => Math.log1p(shows.length),
  prof_cont_rate: ({ history }) => {
    const continued = history.openings.filter(({ isContinuation }) => isContinuation).length;
    return (continued + 2) / (history.openings.length + 4);
  },
  log_h_since_any: ({ history, nowMs }) =>
    history.last === null
      ? Number.NaN
      : Math.log1p(Math.max(0, nowMs - history.lastEndMs) / hourMs),
  n_active_14d: ({ shows, nowMs }) =>
    shows.filter(({ lastActiveMs }) => lastActiveMs >= nowMs - 14 * dayMs).length,
  hour_sin: ({ nowMs }) => Math.sin(dayAngle(nowMs)),
  hour_cos: ({ nowMs }) => Math.cos(dayAngle(nowMs)),
  is_weekend: ({ nowMs }) => Number(isWeekend(nowMs)),
  prev_finished: ({ history }) =>
    history.last === null ? Number.NaN : flag(history.last.progress, isDone),
  device_switch: ({ isSwitch }) => isSwitch,
};

/** Features of the newest candidate that say something of the visit too. */
const ofNewest = [
  ...['log_h_since', 'ep_frac', 'ep_done', 'has_next', 'has_new', 'is_movie', 'log_sessions'],
  ...['sess_7d', 'activation', 'dev_same', 'log_eps', 'eps_per_day', 'streak', 'gap_ratio'],
];

export const visitFeatureNames: readonly string[] = [
  ...Object.keys(visitDefinitions),
  ...ofNewest.map((name) => `newest_${name}`),
];

/**
 * Features of the whole visit: will it continue something?
 *
 * Shape: [visitFeatureNames]; NaN where something is unknown. `shows` is not empty.
 */
export function visitFeaturesOf(question: RankingQuestion): Float64Array {
  const asked = { ...question, isSwitch: switchOf(question), ranks: ranksOf(question.shows) };
  const newest = asked.ranks.indexOf(0);
  const own = Object.values(visitDefinitions).map((compute) => compute(asked, newest));
  const shared = ofNewest.map((name) => (definitions[name] as Feature)(asked, newest));
  return Float64Array.from([...own, ...shared]);
}

function showAt(asked: Asked, index: number): RankedShow {
  return asked.shows[index] as RankedShow;
}

function hoursSince(asked: Asked, index: number): number {
  const { showId, lastActiveMs } = showAt(asked, index);
  const lastEndMs = asked.history.shows.get(showId)?.lastEndMs ?? lastActiveMs;
  return Math.max(0, asked.nowMs - lastEndMs) / hourMs;
}

/** Newest first; ties by id, so that the order is total. */
function ranksOf(shows: readonly RankedShow[]): number[] {
  const order = shows
    .map((_, index) => index)
    .sort((left, right) => {
      const [one, other] = [shows[left] as RankedShow, shows[right] as RankedShow];
      if (one.lastActiveMs !== other.lastActiveMs) return other.lastActiveMs - one.lastActiveMs;
      return one.showId < other.showId ? -1 : 1;
    });
  const ranks = new Array<number>(shows.length);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}

function switchOf({ history, deviceKind }: RankingQuestion): number {
  if (deviceKind === null || history.last === null) return Number.NaN;
  return Number(history.last.deviceKind !== deviceKind);
}

function visitsSince({ visitStartsMs }: ShowHistory, sinceMs: number): number {
  return visitStartsMs.filter((startMs) => startMs >= sinceMs).length;
}

function activation({ visitStartsMs }: ShowHistory, nowMs: number): number {
  const sum = visitStartsMs.slice(-activationVisits).reduce((total, startMs) => {
    const hours = Math.max(0, nowMs - startMs) / hourMs + activationFloorH;
    return total + hours ** -activationDecay;
  }, 0);
  return Math.log(sum);
}

function deviceShare(show: ShowHistory, { history, deviceKind }: Asked): number {
  if (deviceKind === null) return Number.NaN;
  const share = (history.byDevice.get(deviceKind) ?? 0) / history.plays;
  return ((show.byDevice.get(deviceKind) ?? 0) + smoothing * share) / (show.plays + smoothing);
}

/** Visits in a row, the newest first, that this show opened. */
function streakOf({ openings }: History, showId: string): number {
  const broken = openings.findLastIndex((opening) => opening.showId !== showId);
  return openings.length - 1 - broken;
}

interface Share {
  count: number;
  of: number;
}

/** A show's share over the profile's, both drawn towards an even one: 1 says nothing. */
function match(own: Share, all: Share): number {
  const share = (all.count + 1) / (all.of + smoothing);
  return (own.count + smoothing * share) / (own.of + smoothing) / share;
}

function others({ count, of }: Share): Share {
  return { count: of - count, of };
}

/** NaN of nothing. */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

function flag(value: number, test: (value: number) => boolean): number {
  return Number.isNaN(value) ? Number.NaN : Number(test(value));
}

function flagOrNaN(value: boolean | null): number {
  return value === null ? Number.NaN : Number(value);
}

function isDone(progress: number): boolean {
  return progress >= finishedFrom;
}

function dayAngle(timeMs: number): number {
  return ((timeMs % dayMs) / dayMs) * 2 * Math.PI;
}
