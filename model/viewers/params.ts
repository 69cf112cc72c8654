import { readFileSync } from 'node:fs';
import type { Quantiles } from './draw.ts';

/** Classes of devices as they were counted. */
export const deviceClasses = [
  'phone',
  'tv',
  'web',
  'streamer',
  'tablet',
  'console',
  'other',
] as const;
export type DeviceClass = (typeof deviceClasses)[number];

/**
 * What the schema calls each class. A stick or box is OTHER here, so that it stays apart from the
 * television it is plugged into: a move between the two is a change of class.
 */
export function kindOf(deviceClass: DeviceClass): DeviceKind {
  return kinds[deviceClass];
}

const kinds = {
  phone: 'PHONE',
  tv: 'TV',
  web: 'WEB',
  streamer: 'OTHER',
  tablet: 'TABLET',
  console: 'CONSOLE',
  other: 'OTHER',
} as const satisfies Record<DeviceClass, string>;
export type DeviceKind = (typeof kinds)[DeviceClass];

interface LogNormal {
  mu: number;
  sigma: number;
}

type Shares = Readonly<Record<string, number>>;

/** model/viewer-params.json: what was counted in real logs, as far as viewers are drawn from it. */
export interface ViewerParams {
  source: string;
  profile: { sessions_per_week: LogNormal; device_classes: Shares };
  session: {
    watch_min: LogNormal & { p50: number; mean: number; p90: number };
    gap_h: { lt6h: number; '6_24h': number; '1_7d': number; gt7d: number; p50: number };
    start_hour_local_pct: readonly number[];
    weekday_pct_mon_sun: readonly number[];
    p_continue_an_in_progress_show: number;
    p_same_show_as_last_session_opened: number;
    p_next_play_same_show_in_session: number;
    shows_mean: number;
    gap_between_plays_s: Shares;
  };
  device: {
    mix_by_plays: Shares;
    p_class_change_between_sessions: number;
    p_multi_device_session: number;
    transition: Readonly<Record<DeviceClass, Shares>>;
    alternative_mix_netflix_2018: Shares;
  };
  resume: { p_other_device_class_after_30min: number; p_other_device_class_within_30min: number };
  film: {
    run_time_min: Shares;
    plays_per_title: number;
    stop_for_good_hazard_per_tenth: readonly number[];
    final_fraction: { ge90: number };
  };
  series: {
    episode_run_time_min: Shares;
    plays_per_episode: number;
    stop_for_good_hazard_per_tenth: readonly number[];
    p_only_one_episode: number;
    drop_after_episode_k: readonly number[];
    episodes_per_session_mean: number;
    p_one_more_episode: number;
    p_3_or_more: number;
  };
  player_events: {
    real_pauses_per_hour: number;
    pause_s: Shares;
    repositions_per_session: number;
    p_reposition_forward: number;
    reposition_size_s: Shares;
    p_trace_without_stopped: number;
  };
}

export const viewerParams: ViewerParams = JSON.parse(
  readFileSync(new URL('../viewer-params.json', import.meta.url), 'utf8'),
);

/** Percentiles such as `{ p5: 2, p50: 9 }` as points, with the ends that nobody wrote down. */
export function quantilesOf(shares: Shares, ends: { least: number; most: number }): Quantiles {
  const inner = Object.entries(shares)
    .filter(([name]) => /^p\d+$/.test(name))
    .map(([name, value]) => [Number(name.slice(1)) / 100, value] as const)
    .sort(([left], [right]) => left - right);
  return [[0, ends.least], ...inner, [1, ends.most]];
}
