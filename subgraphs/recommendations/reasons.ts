import { activityTimeMs } from '../../domain/version.ts';
import type { Candidate, CandidateQuestion } from './candidates.ts';
import { featureNames } from './features.ts';
import type {
  ContinueWatchingReason,
  ContinueWatchingReasonCode,
  DeviceKind,
} from './schema.generated.ts';

/** More would be read by nobody. */
const reasonsMax = 2;
const minuteMs = 60_000;

/** How one speaks of a device; of OTHER nobody knows what it is, so nothing is said. */
const places: Readonly<Partial<Record<DeviceKind, string>>> = {
  TV: 'on your TV',
  PHONE: 'on your phone',
  TABLET: 'on your tablet',
  WEB: 'in your browser',
  DESKTOP: 'on your computer',
  CONSOLE: 'on your console',
};

type Rule = (candidate: Candidate, question: CandidateQuestion) => string | null;

/** Strongest first, as far as nobody knows better. Each answers what it knows to be true, or null. */
const rules: readonly [ContinueWatchingReasonCode, Rule][] = [
  ['NEW_RELEASE', newEpisode],
  ['ALMOST_FINISHED', almostFinished],
  ['NEXT_UP', nextUp],
  ['BINGE', binge],
  ['SAME_DEVICE', sameDevice],
  ['RECENTLY_WATCHED', recentlyWatched],
];

/** Which features speak for a reason: what moved the card up says which reason is the strongest. */
const signals: Readonly<Partial<Record<ContinueWatchingReasonCode, readonly string[]>>> = {
  NEW_RELEASE: ['has_new'],
  ALMOST_FINISHED: ['ep_frac', 'remaining_min', 'film_progress'],
  NEXT_UP: ['has_next', 'ep_done'],
  BINGE: ['eps_per_day', 'eps_last_session', 'streak', 'log_eps'],
  SAME_DEVICE: ['dev_same', 'dev_share', 'dev_same_on_switch', 'dev_share_on_switch'],
  RECENTLY_WATCHED: [
    ...['log_h_since', 'recency_rank', 'recency_frac', 'is_newest', 'sessions_since'],
    ...['sess_7d', 'sess_30d', 'activation'],
  ],
};

/**
 * Why a card is there: at most two, none that is not known to be true.
 *
 * Shape: with what each feature contributed to the card's score ([featureNames]), those that moved it up
 * most come first, and what moved it down is not said. Without, in the order of the rules.
 * Cost: pure, O(features).
 */
export function reasonsOf(
  candidate: Candidate,
  question: CandidateQuestion,
  contributions: Float64Array | null = null,
): ContinueWatchingReason[] {
  const known = rules.flatMap(([code, rule]) => {
    const text = rule(candidate, question);
    return text === null ? [] : [{ code, text, weight: weightOf(code, contributions) }];
  });
  return known
    .filter(({ weight }) => weight >= 0)
    .sort((left, right) => right.weight - left.weight)
    .slice(0, reasonsMax)
    .map(({ code, text }) => ({ code, text }));
}

/** 0 without contributions: the sort is stable, so that the order of the rules stays. */
function weightOf(code: ContinueWatchingReasonCode, contributions: Float64Array | null): number {
  if (contributions === null) return 0;
  const features = signals[code] ?? [];
  return features.reduce((sum, name) => sum + (contributions[featureNames.indexOf(name)] ?? 0), 0);
}

function newEpisode({ kind, next }: Candidate): string | null {
  if (kind !== 'NEW_EPISODE' || next === null) return null;
  return `New: season ${next.seasonNumber}, episode ${next.episodeNumber}`;
}

function almostFinished(candidate: Candidate, { policy }: CandidateQuestion): string | null {
  const { remainingMs, durationMs } = candidate;
  if (remainingMs === null || durationMs === null) return null;
  const { shareMin, remainingMsMax } = policy.almostFinished;
  if (remainingMs > remainingMsMax || 1 - remainingMs / durationMs < shareMin) return null;
  return `${Math.max(1, Math.ceil(remainingMs / minuteMs))} min left`;
}

function nextUp({ kind, next }: Candidate): string | null {
  if (kind !== 'NEXT_EPISODE' || next === null) return null;
  return `Next up: season ${next.seasonNumber}, episode ${next.episodeNumber}`;
}

function binge({ finishedAtMs }: Candidate, { nowMs, policy }: CandidateQuestion): string | null {
  const { episodes, withinMs, rememberedMs } = policy.binge;
  const [newestMs] = finishedAtMs;
  if (newestMs === undefined || nowMs - newestMs > rememberedMs) return null;
  const inOneGo = finishedAtMs.filter((atMs) => newestMs - atMs < withinMs).length;
  return inOneGo < episodes ? null : `You finished ${inOneGo} episodes in a day`;
}

function sameDevice({ latest }: Candidate, { deviceKind }: CandidateQuestion): string | null {
  if (deviceKind === null || latest.device?.kind !== deviceKind) return null;
  const place = places[deviceKind];
  return place === undefined ? null : `You watched this ${place}`;
}

function recentlyWatched(
  { latest }: Candidate,
  { nowMs, policy }: CandidateQuestion,
): string | null {
  // Marking a title by hand is not watching it.
  if (latest.device === null) return null;
  const isRecent = nowMs - activityTimeMs(latest.version) <= policy.recentlyMs;
  return isRecent ? 'You watched this recently' : null;
}
