import type { PlayLine } from '../../domain/interaction.ts';
import { type Play, watchedMs } from '../../domain/play.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { PlayKey, ViewingStore } from '../../stores/viewing-store.ts';
import type { CatalogCache } from './catalog-cache.ts';
import { playMinMs, visitGapMs } from './history.ts';
import { type InteractionLog, noInteractionLog } from './interaction-log.ts';
import type { Ranker } from './ranker.ts';
import type { ShownRow, ShownRows } from './shown-rows.ts';
import { type ToldPlay, toldPlay } from './watched-shows.ts';

const lookEveryMs = 60_000;
/** What another process has shown is its to claim first, for so long: it knows what the play came from. */
const othersFirstMs = 5 * 60_000;
const playsAtATimeMax = 200;
/** A play that begins later than this after a row was shown did not come from it. */
const shownForMs = 30 * 60_000;

export interface EndedPlaysDeps {
  viewings: ViewingStore;
  catalog: CatalogCache;
  ranker: Ranker;
  shown: ShownRows;
  interactions: InteractionLog;
  clock: Clock;
  log: Logger;
}

/**
 * Follows plays to their end: each that counts is logged once, and the first one of a visit teaches the
 * profile's own correction which of the cards it was shown was the right one.
 *
 * Shape: a play is over once nobody has continued it for half an hour, which is also when the next visit
 * may begin: what it has taught is in that visit's first row. Claimed before it is used: once, or not at
 * all when the process ends in between.
 * Errors: none; what fails is tried again a minute later.
 */
export interface EndedPlays {
  start(): void;
  /** Looks once, now. */
  look(): Promise<void>;
  /** Waits for the look under way. */
  close(): Promise<void>;
}

export function createEndedPlays(deps: EndedPlaysDeps): EndedPlays {
  let cancel = () => {};
  let looking: Promise<void> = Promise.resolve();
  let isClosed = false;
  const plan = () => {
    if (isClosed) return;
    cancel = deps.clock.after(lookEveryMs, () => {
      looking = look(deps).finally(plan);
    });
  };
  return {
    start: plan,
    look: () => look(deps),
    async close() {
      isClosed = true;
      cancel();
      await looking;
    },
  };
}

/** Never rejects. */
async function look(deps: EndedPlaysDeps): Promise<void> {
  try {
    for (let isMore = true; isMore; ) isMore = await lookOnce(deps);
  } catch (error) {
    deps.log.warn({ err: error }, 'ended plays not looked at; trying again');
  }
}

/** Answers whether there may be more: as many as were asked for, and not all of them left alone. */
async function lookOnce(deps: EndedPlaysDeps): Promise<boolean> {
  const { viewings, shown, clock } = deps;
  const beforeMs = clock.nowMs() - visitGapMs;
  const ended = await viewings.endedPlays({ beforeMs, limit: playsAtATimeMax });
  let claimed = 0;
  for (const found of ended) {
    const isOurs = shown.has(found.profileId);
    if (!isOurs && found.play.endedAtMs > beforeMs - othersFirstMs) continue;
    if (!(await viewings.claimPlay(found))) continue;
    claimed += 1;
    await use(deps, found);
  }
  return claimed > 0 && ended.length === playsAtATimeMax;
}

async function use(deps: EndedPlaysDeps, { profileId, play }: PlayKey & { play: Play }) {
  // Where it ended it was shown, is logged, and teaches.
  if (play.isElsewhere || watchedMs(play) < playMinMs) return;
  const { isOptedOut } = await deps.viewings.learning(profileId);
  if (isOptedOut) return;
  const { facts } = await deps.catalog.lookUp([play.title]);
  const told = toldPlay(play, facts.get(play.title) ?? null);
  const row = deps.shown.before({ profileId, atMs: play.startedAtMs });
  const from = row !== null && play.startedAtMs - row.atMs <= shownForMs ? row : null;
  const { interactions } = deps;
  if (interactions !== noInteractionLog) {
    const profile = interactions.pseudonymOf(profileId);
    interactions.write(() => playLine(told, { profile, from }));
  }
  if (from !== null) await learn(deps, { profileId, play: told, row: from });
}

function playLine(
  play: ToldPlay,
  { profile, from }: { profile: string; from: ShownRow | null },
): PlayLine {
  const { showId: show, title, isFilm, deviceKind, startedAtMs, endedAtMs } = play;
  const place = from === null ? -1 : from.showIds.indexOf(show);
  return {
    ...{ kind: 'play', v: 1, profile, account: profile, show, title, isFilm, deviceKind },
    ...{ startedAtMs, endedAtMs, watchedMs: play.watchedMs, positionMs: play.positionMs },
    ...{ durationMs: play.durationMs, hasNext: play.hasNext },
    from: from === null || place < 0 ? null : { rankingId: from.rankingId, place },
  };
}

interface Lesson {
  profileId: string;
  play: ToldPlay;
  row: ShownRow;
}

/** Only from a row that this very model has scored, and from the play that opened the visit. */
async function learn(deps: EndedPlaysDeps, { profileId, play, row }: Lesson): Promise<void> {
  const { correction, models } = deps.ranker;
  const { features, utilities, scoredIds } = row;
  const chosen = scoredIds.indexOf(play.showId);
  if (correction === null || models === null || utilities === null) return;
  if (chosen < 0 || row.modelHash !== models.ranking.hash) return;
  if (!isFirstOfVisit(play, await deps.viewings.plays(profileId))) return;
  const { correction: stored } = await deps.viewings.learning(profileId);
  const state = correction.unpack(stored);
  correction.learn(state, { features, count: scoredIds.length, utilities, chosen });
  await deps.viewings.putCorrection(profileId, correction.pack(state));
}

function isFirstOfVisit(play: ToldPlay, plays: readonly Play[]): boolean {
  return !plays.some(
    (other) =>
      other.startedAtMs < play.startedAtMs &&
      other.endedAtMs + visitGapMs > play.startedAtMs &&
      watchedMs(other) >= playMinMs,
  );
}
