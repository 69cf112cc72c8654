import {
  featuresOf,
  type RankedShow,
  type RankingQuestion,
  visitFeaturesOf,
} from '../subgraphs/recommendations/features.ts';
import {
  candidateAgeMaxMs,
  History,
  playMinMs,
  watchedFrom,
} from '../subgraphs/recommendations/history.ts';
import { scoredMax } from '../subgraphs/recommendations/score.ts';
import { type Elsewhere, Elsewheres } from './other-accounts.ts';
import type { AccountPlays, ProfilePlay, ProfilePlays } from './plays.ts';
import type { RankingQuery, VisitExample } from './task.ts';

/** Queries of one profile, the latest: so that who watches most does not decide the result. */
const queriesMax = 300;
const hourMs = 3_600_000;
const activeMs = 14 * 24 * hourMs;

export interface TaskOptions {
  candidatesMax?: number;
  queriesMax?: number;
}

/** A query that says whose it is: what is learned online is learned per profile. */
export interface ProfileQuery extends RankingQuery {
  profile: string;
}

export interface PlaysTask {
  queries: ProfileQuery[];
  visits: VisitExample[];
  /** Queries that were dropped because the show lay beyond the cap. */
  beyondCap: number;
}

/**
 * The questions that a row was asked, and what was then played.
 *
 * A visit is a candidate query when its first play is of a show in progress. Where that show lies beyond
 * the cap the query is **dropped**: to keep it and cut the others would teach that deep means right.
 *
 * Cost: one pass over the plays to number the visits, one to compute; O(shows) a visit.
 */
export function taskOf(accounts: readonly AccountPlays[], options: TaskOptions = {}): PlaysTask {
  const elsewheres = new Elsewheres(accounts);
  const task: PlaysTask = { queries: [], visits: [], beyondCap: 0 };
  for (const { account, profiles } of accounts) {
    const elsewhere = elsewheres.except(account);
    for (const profile of profiles) addProfile(task, { account, profile, elsewhere, options });
  }
  return task;
}

interface Owner {
  account: string;
  profile: string;
  elsewhere: Elsewhere;
}

interface Replayed {
  account: string;
  profile: ProfilePlays;
  elsewhere: Elsewhere;
  options: TaskOptions;
}

function addProfile(task: PlaysTask, { account, profile, elsewhere, options }: Replayed): void {
  const cap = options.candidatesMax ?? scoredMax;
  const kept = options.queriesMax ?? queriesMax;
  const owner = { account, profile: profile.profile, elsewhere };
  const plays = withRunTimes(profile.plays, elsewhere);
  // The first pass only counts, so that nothing is computed for what is not kept.
  const counted = [...visitsOf(plays)].map((visit) => outcomeOf(visit, cap));
  let visitsLeft = counted.length;
  let queriesLeft = counted.filter((outcome) => outcome === 'query').length;
  for (const visit of visitsOf(plays)) {
    const outcome = outcomeOf(visit, cap);
    const shown = { ...visit, candidates: visit.candidates.slice(0, cap) };
    if (outcome === 'beyond') task.beyondCap += 1;
    if (outcome === 'query' && queriesLeft <= kept) task.queries.push(queryOf(shown, owner));
    if (visitsLeft <= kept) {
      task.visits.push({ ...exampleOf(shown, owner), hasContinued: outcome !== 'discovery' });
    }
    visitsLeft -= 1;
    if (outcome === 'query') queriesLeft -= 1;
  }
}

/** Plays with a duration and a progress wherever anybody knows them. */
function withRunTimes(plays: readonly ProfilePlay[], elsewhere: Elsewhere): ProfilePlay[] {
  return plays.map((play) => {
    const durationMs = play.durationMs ?? elsewhere.runTimeMs(play);
    if (durationMs === null) return play;
    const progress = Math.min(1, Math.max(0, play.positionMs / durationMs));
    return { ...play, durationMs, progress };
  });
}

/** The moment before a visit's first play. */
interface Visit {
  first: ProfilePlay;
  /** One and the same object at every visit, as far as it had come. */
  history: History;
  /** Every candidate's last play, most recent first. */
  candidates: readonly ProfilePlay[];
}

function* visitsOf(plays: readonly ProfilePlay[]): Generator<Visit> {
  const history = new History();
  const last = new Map<string, ProfilePlay>();
  for (const play of plays) {
    if (play.watchedMs < playMinMs) continue;
    if (!history.isVisiting(play.startedAtMs)) {
      const candidates = candidatesOf(last, { history, nowMs: play.startedAtMs });
      if (candidates.length > 0) yield { first: play, history, candidates };
    }
    history.add(play);
    last.set(play.showId, play);
  }
}

function candidatesOf(
  last: ReadonlyMap<string, ProfilePlay>,
  { history, nowMs }: { history: History; nowMs: number },
): ProfilePlay[] {
  return [...last.values()]
    .filter((play) => nowMs - lastEndMs(history, play) <= candidateAgeMaxMs && !isWatchedFilm(play))
    .sort(
      (one, other) =>
        lastEndMs(history, other) - lastEndMs(history, one) || (one.showId < other.showId ? -1 : 1),
    );
}

function lastEndMs(history: History, { showId, endedAtMs }: ProfilePlay): number {
  return history.shows.get(showId)?.lastEndMs ?? endedAtMs;
}

function isWatchedFilm({ isFilm, progress }: ProfilePlay): boolean {
  return isFilm && progress >= watchedFrom;
}

/**
 * `single`: continued, but there was nothing to choose from. `beyond`: continued with a show that lies
 * beyond the cap.
 */
type Outcome = 'discovery' | 'single' | 'query' | 'beyond';

function outcomeOf({ first, candidates }: Visit, cap: number): Outcome {
  const place = candidates.findIndex(({ showId }) => showId === first.showId);
  if (place < 0) return 'discovery';
  if (candidates.length < 2) return 'single';
  return place < cap ? 'query' : 'beyond';
}

function queryOf(visit: Visit, owner: Owner): ProfileQuery {
  const { first, history, candidates } = visit;
  const nowMs = first.startedAtMs;
  return {
    account: owner.account,
    profile: owner.profile,
    atMs: nowMs,
    count: candidates.length,
    features: Float32Array.from(featuresOf(questionOf(visit, owner))),
    chosen: candidates.findIndex(({ showId }) => showId === first.showId),
    recencyRanks: Uint8Array.from(candidates.keys()),
    slices: {
      isSwitch: history.last === null ? null : history.last.deviceKind !== first.deviceKind,
      idleH: Math.max(0, nowMs - history.lastEndMs) / hourMs,
      activeShows: candidates.filter((play) => nowMs - lastEndMs(history, play) <= activeMs).length,
      isFilm: first.isFilm,
    },
  };
}

function exampleOf(visit: Visit, owner: Owner): Omit<VisitExample, 'hasContinued'> {
  return {
    account: owner.account,
    atMs: visit.first.startedAtMs,
    features: Float32Array.from(visitFeaturesOf(questionOf(visit, owner))),
  };
}

function questionOf({ first, history, candidates }: Visit, { elsewhere }: Owner): RankingQuestion {
  return {
    history,
    nowMs: first.startedAtMs,
    deviceKind: first.deviceKind,
    shows: candidates.map((play) => rankedShow(play, { history, elsewhere })),
  };
}

function rankedShow(
  play: ProfilePlay,
  { history, elsewhere }: { history: History; elsewhere: Elsewhere },
): RankedShow {
  const { showId, isFilm, progress, positionMs, durationMs } = play;
  const seen = history.shows.get(showId)?.furthest;
  return {
    ...{ showId, isFilm, progress, hasNew: null },
    lastActiveMs: lastEndMs(history, play),
    remainingMin: durationMs === null ? Number.NaN : Math.max(0, durationMs - positionMs) / 60_000,
    hasNext: play.hasNext ?? elsewhere.hasNext(play, (title) => seen?.has(title) ?? false),
    watchedBy: elsewhere.watchedBy(showId),
  };
}
