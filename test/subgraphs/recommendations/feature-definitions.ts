import type { RankedShow } from '../../../subgraphs/recommendations/features.ts';
import type { ShowPlay } from '../../../subgraphs/recommendations/history.ts';

/**
 * Every feature beside its definition, computed anew from the bare list of plays: slowly, and with nothing
 * of what the product computes them with.
 */
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
export const startMs = Date.UTC(2026, 0, 5);

export interface Asked {
  plays: readonly ShowPlay[];
  shows: readonly RankedShow[];
  nowMs: number;
  deviceKind: string | null;
}

/** Visits as lists of plays: under 30 minutes from the end of one to the start of the next. */
function visitsOf(plays: readonly ShowPlay[]): ShowPlay[][] {
  const visits: ShowPlay[][] = [];
  let endedAtMs = Number.NEGATIVE_INFINITY;
  for (const play of plays.filter(({ watchedMs }) => watchedMs >= 2 * minuteMs)) {
    if (play.startedAtMs - endedAtMs >= 30 * minuteMs) visits.push([]);
    visits.at(-1)!.push(play);
    endedAtMs = Math.max(endedAtMs, play.endedAtMs);
  }
  return visits;
}

export const counted = (plays: readonly ShowPlay[]) =>
  plays.filter(({ watchedMs }) => watchedMs >= 2 * minuteMs);
const own = ({ plays }: Asked, { showId }: RankedShow) =>
  counted(plays).filter((play) => play.showId === showId);
const visitsWith = ({ plays }: Asked, { showId }: RankedShow) =>
  visitsOf(plays).filter((visit) => visit.some((play) => play.showId === showId));
const endOf = (plays: readonly ShowPlay[]) => Math.max(...plays.map(({ endedAtMs }) => endedAtMs));
const flag = (value: boolean | null) => (value === null ? Number.NaN : Number(value));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  if (sorted.length === 0) return Number.NaN;
  const upper = sorted[Math.floor(sorted.length / 2)]!;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return (lower + upper) / 2;
}

function gapsH(asked: Asked, show: RankedShow): number[] {
  const visits = visitsWith(asked, show).map((visit) =>
    visit.filter(({ showId }) => showId === show.showId),
  );
  const gaps = visits.slice(1).map((visit, index) => {
    const before = visits.slice(0, index + 1).flat();
    return Math.max(0, visit[0]!.startedAtMs - endOf(before)) / hourMs;
  });
  return gaps.slice(-8);
}

const hoursSince = (asked: Asked, show: RankedShow) => {
  const plays = own(asked, show);
  const lastMs = plays.length === 0 ? show.lastActiveMs : endOf(plays);
  return Math.max(0, asked.nowMs - lastMs) / hourMs;
};

export const rankOf = ({ shows }: Asked, show: RankedShow) =>
  shows.filter(
    (other) =>
      other.lastActiveMs > show.lastActiveMs ||
      (other.lastActiveMs === show.lastActiveMs && other.showId < show.showId),
  ).length;

function isSwitch({ plays, deviceKind }: Asked): boolean | null {
  const last = counted(plays).at(-1);
  return last === undefined || deviceKind === null ? null : last.deviceKind !== deviceKind;
}

function deviceShare(asked: Asked, show: RankedShow): number {
  const share = (plays: readonly ShowPlay[]) =>
    plays.filter(({ deviceKind }) => deviceKind === asked.deviceKind).length;
  const all = counted(asked.plays);
  const plays = own(asked, show);
  return (share(plays) + 2 * (share(all) / all.length)) / (plays.length + 2);
}

/** The show's share over the profile's, smoothed by two plays; the profile's by one for and one against. */
function match(asked: Asked, show: RankedShow, isLike: (play: ShowPlay) => boolean): number {
  const all = counted(asked.plays);
  const plays = own(asked, show);
  const share = (all.filter(isLike).length + 1) / (all.length + 2);
  return (plays.filter(isLike).length + 2 * share) / (plays.length + 2) / share;
}

const binOf = (ms: number) => Math.floor(new Date(ms).getUTCHours() / 4);
const isWeekend = (ms: number) => [0, 6].includes(new Date(ms).getUTCDay());

/** Whether what was played last had been seen before: beyond nine tenths, in an earlier visit. */
function isRewatch(asked: Asked, show: RankedShow): boolean | null {
  const visits = visitsWith(asked, show);
  const last = own(asked, show).at(-1)!;
  const earlier = visits
    .slice(0, -1)
    .flat()
    .filter(({ title, showId }) => title === last.title && showId === show.showId)
    .map(({ progress }) => progress);
  const known = earlier.filter((progress) => !Number.isNaN(progress));
  if (earlier.length > 0 && known.length === 0) return null;
  return known.some((progress) => progress >= 0.9);
}

type Definition = (asked: Asked, show: RankedShow) => number;
/** Unknown of a show of which no play was counted. */
const ofPlays =
  (definition: Definition): Definition =>
  (asked, show) =>
    own(asked, show).length === 0 ? Number.NaN : definition(asked, show);

export const definitions: Record<string, Definition> = {
  log_h_since: (asked, show) => Math.log(1 + hoursSince(asked, show)),
  recency_rank: rankOf,
  recency_frac: (asked, show) => rankOf(asked, show) / asked.shows.length,
  is_newest: (asked, show) => Number(rankOf(asked, show) === 0),
  sessions_since: ofPlays((asked, show) => {
    const visits = visitsOf(asked.plays);
    const last = visits.findLastIndex((visit) =>
      visit.some(({ showId }) => showId === show.showId),
    );
    return Math.min(200, visits.length - 1 - last);
  }),
  log_sessions: ofPlays((asked, show) => Math.log(1 + visitsWith(asked, show).length)),
  sess_7d: ofPlays((asked, show) => recentVisits(asked, show, 7)),
  sess_30d: ofPlays((asked, show) => recentVisits(asked, show, 30)),
  activation: ofPlays((asked, show) => {
    const ages = visitsWith(asked, show)
      .slice(-15)
      .map((visit) => (asked.nowMs - visit[0]!.startedAtMs) / hourMs);
    return Math.log(ages.reduce((sum, age) => sum + 1 / Math.sqrt(age + 0.1), 0));
  }),
  dev_same: ofPlays((asked, show) =>
    asked.deviceKind === null
      ? Number.NaN
      : Number(own(asked, show).at(-1)!.deviceKind === asked.deviceKind),
  ),
  dev_share: ofPlays((asked, show) =>
    asked.deviceKind === null ? Number.NaN : deviceShare(asked, show),
  ),
  dev_same_on_switch: ofPlays((asked, show) => {
    const isOther = isSwitch(asked);
    if (isOther !== true) return flag(isOther);
    return Number(own(asked, show).at(-1)!.deviceKind === asked.deviceKind);
  }),
  dev_share_on_switch: ofPlays((asked, show) =>
    isSwitch(asked) === true ? deviceShare(asked, show) : flag(isSwitch(asked)),
  ),
  ep_frac: (_, { progress }) => progress,
  remaining_min: (_, { remainingMin }) => remainingMin,
  ep_done: (_, { progress }) => (Number.isNaN(progress) ? progress : Number(progress >= 0.9)),
  has_next: (_, { hasNext }) => flag(hasNext),
  has_next_known: (_, { hasNext }) => Number(hasNext !== null),
  has_new: (_, { hasNew }) => flag(hasNew),
  is_movie: (_, { isFilm }) => Number(isFilm),
  rewatch: ofPlays((asked, show) => flag(isRewatch(asked, show))),
  log_eps: ofPlays((asked, show) => Math.log(1 + titles(own(asked, show)).size)),
  eps_per_day: ofPlays((asked, show) => {
    const days = new Set(own(asked, show).map((play) => Math.floor(play.startedAtMs / dayMs)));
    return titles(own(asked, show)).size / days.size;
  }),
  eps_last_session: ofPlays((asked, show) => {
    const last = visitsWith(asked, show).at(-1)!;
    return titles(last.filter(({ showId }) => showId === show.showId)).size;
  }),
  streak: (asked, show) => {
    const openings = visitsOf(asked.plays)
      .slice(-20)
      .map((visit) => visit[0]!.showId);
    return openings.length - 1 - openings.findLastIndex((showId) => showId !== show.showId);
  },
  log_hours_watched: ofPlays((asked, show) => {
    const ms = own(asked, show).reduce((sum, { watchedMs }) => sum + watchedMs, 0);
    return Math.log(1 + ms / hourMs);
  }),
  last_dur_min: ofPlays((asked, show) => own(asked, show).at(-1)!.watchedMs / minuteMs),
  gap_ratio: ofPlays((asked, show) =>
    Math.log((hoursSince(asked, show) + 1) / (median(gapsH(asked, show)) + 1)),
  ),
  log_med_gap: ofPlays((asked, show) => Math.log(1 + median(gapsH(asked, show)))),
  log_days_since_first: ofPlays((asked, show) => {
    const firstMs = own(asked, show)[0]!.startedAtMs;
    return Math.log(1 + (asked.nowMs - firstMs) / dayMs);
  }),
  prev_prev: (asked, show) => {
    const opening = visitsOf(asked.plays).at(-2);
    return opening === undefined ? Number.NaN : Number(opening[0]!.showId === show.showId);
  },
  hour_match: ofPlays((asked, show) =>
    match(asked, show, (play) => binOf(play.startedAtMs) === binOf(asked.nowMs)),
  ),
  weekend_match: ofPlays((asked, show) =>
    match(asked, show, (play) => isWeekend(play.startedAtMs) === isWeekend(asked.nowMs)),
  ),
  log_popularity: (_, { watchedBy }) => Math.log(1 + (watchedBy ?? Number.NaN)),
  film_left_log_h: (asked, show) => {
    if (!show.isFilm) return 0;
    if (Number.isNaN(show.progress)) return Number.NaN;
    return show.progress < 0.9 ? Math.log(1 + hoursSince(asked, show)) : 0;
  },
  film_progress: (_, { isFilm, progress }) => (isFilm ? progress : 0),
};

function recentVisits(asked: Asked, show: RankedShow, days: number): number {
  const sinceMs = asked.nowMs - days * dayMs;
  return visitsWith(asked, show).filter((visit) => visit[0]!.startedAtMs >= sinceMs).length;
}

function titles(plays: readonly ShowPlay[]): Set<string> {
  return new Set(plays.map(({ title }) => title));
}

export type VisitDefinition = (asked: Asked) => number;
const hourAngle = (ms: number) => ((ms % dayMs) / dayMs) * 2 * Math.PI;
export const visitDefinitions: Record<string, VisitDefinition> = {
  log_n_cands: ({ shows }) => Math.log(1 + shows.length),
  prof_cont_rate: ({ plays }) => {
    const visits = visitsOf(plays);
    const continued = visits.map((visit, index) => {
      const before = visits.slice(0, index).flat();
      const same = before.filter(({ showId }) => showId === visit[0]!.showId);
      return same.length > 0 && visit[0]!.startedAtMs - endOf(same) <= 180 * dayMs;
    });
    const last = continued.slice(-20);
    return (last.filter(Boolean).length + 2) / (last.length + 4);
  },
  log_h_since_any: ({ plays, nowMs }) =>
    counted(plays).length === 0
      ? Number.NaN
      : Math.log(1 + Math.max(0, nowMs - endOf(counted(plays))) / hourMs),
  n_active_14d: ({ shows, nowMs }) =>
    shows.filter(({ lastActiveMs }) => nowMs - lastActiveMs <= 14 * dayMs).length,
  hour_sin: ({ nowMs }) => Math.sin(hourAngle(nowMs)),
  hour_cos: ({ nowMs }) => Math.cos(hourAngle(nowMs)),
  is_weekend: ({ nowMs }) => Number(isWeekend(nowMs)),
  prev_finished: ({ plays }) => {
    const progress = counted(plays).at(-1)?.progress ?? Number.NaN;
    return Number.isNaN(progress) ? progress : Number(progress >= 0.9);
  },
  device_switch: (asked) => flag(isSwitch(asked)),
};
