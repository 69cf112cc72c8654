import { type Play, watchedMs } from '../../domain/play.ts';
import { activityTimeMs } from '../../domain/version.ts';
import type { Candidate } from './candidates.ts';
import type { TitleFacts } from './catalog-client.ts';
import type { RankedShow } from './features.ts';
import { History, type ShowPlay } from './history.ts';

const minuteMs = 60_000;

/** A play with what the catalog says of its title. */
export interface ToldPlay extends ShowPlay {
  isFilm: boolean;
  positionMs: number;
  durationMs: number | null;
  /** Whether an episode follows; null: nobody could say. */
  hasNext: boolean | null;
}

/** Everything that features of a profile's shows are made of. */
export interface WatchedShows {
  history: History;
  /** The last play that counts, of each show. */
  last: ReadonlyMap<string, ToldPlay>;
  /** When the visit before the latest one ended, Unix ms; infinitely long ago when there was none. */
  previousVisitEndMs: number;
}

/**
 * Counts a profile's plays as training does.
 *
 * Shape: plays in the order in which they began. A title of unknown facts stands for itself.
 * Cost: pure, O(plays).
 */
export function watchedShows(
  plays: readonly Play[],
  facts: ReadonlyMap<string, TitleFacts | null>,
): WatchedShows {
  const history = new History();
  const last = new Map<string, ToldPlay>();
  let previousVisitEndMs = Number.NEGATIVE_INFINITY;
  for (const play of plays) {
    const told = toldPlay(play, facts.get(play.title) ?? null);
    const { visits, lastEndMs } = history;
    history.add(told);
    if (history.visits !== visits) previousVisitEndMs = lastEndMs;
    if (history.last === told) last.set(told.showId, told);
  }
  return { history, last, previousVisitEndMs };
}

export function toldPlay(play: Play, facts: TitleFacts | null): ToldPlay {
  const durationMs = play.durationMs ?? facts?.durationMs ?? null;
  const { positionMs } = play;
  return {
    title: play.title,
    startedAtMs: play.startedAtMs,
    endedAtMs: play.endedAtMs,
    deviceKind: play.deviceKind,
    positionMs,
    durationMs,
    showId: facts?.kind === 'episode' ? facts.seriesId : play.title,
    watchedMs: watchedMs(play),
    progress: progressOf({ positionMs, durationMs }),
    isFilm: isFilm(facts),
    hasNext: hasNext(facts),
  };
}

/**
 * A candidate as features see it: by its last play that counts, as in training; by the position that the
 * view keeps where there is none.
 */
export function rankedShow(candidate: Candidate, { last }: WatchedShows): RankedShow {
  const { showId, kind, watched, latest } = candidate;
  const { position, facts } = watched;
  const play = last.get(showId);
  const { positionMs } = play ?? position;
  const durationMs =
    play === undefined ? (position.durationMs ?? facts?.durationMs ?? null) : play.durationMs;
  return {
    showId,
    isFilm: play?.isFilm ?? isFilm(facts),
    lastActiveMs: play?.endedAtMs ?? activityTimeMs(latest.version),
    progress: progressOf({ positionMs, durationMs }),
    remainingMin:
      durationMs === null ? Number.NaN : Math.max(0, durationMs - positionMs) / minuteMs,
    hasNext: play === undefined ? hasNext(facts) : play.hasNext,
    hasNew: facts === null ? null : kind === 'NEW_EPISODE',
    // Profiles of others are nobody's business here.
    watchedBy: null,
  };
}

function progressOf(at: { positionMs: number; durationMs: number | null }): number {
  if (at.durationMs === null || at.durationMs <= 0) return Number.NaN;
  return Math.min(1, Math.max(0, at.positionMs / at.durationMs));
}

function isFilm(facts: TitleFacts | null): boolean {
  return facts !== null && facts.kind !== 'episode';
}

function hasNext(facts: TitleFacts | null): boolean | null {
  if (facts === null) return null;
  return facts.kind === 'episode' && facts.next !== null;
}
