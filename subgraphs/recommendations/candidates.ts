import { laterVersion } from '../../domain/merge.ts';
import { activityTimeMs, type Version, versionFloor, versionZero } from '../../domain/version.ts';
import type { ViewedPosition, Viewing } from '../../domain/viewing.ts';
import type { NextEpisode, TitleFacts } from './catalog-client.ts';
import type { RowPolicy } from './row-policy.ts';
import type { ContinueWatchingKind, DeviceKind } from './schema.generated.ts';

/** What the row may offer: one for each film or series, whatever it plays next. */
export interface Candidate {
  /** The series, or the film itself: what stays the same while the card's episode moves. */
  showId: string;
  kind: ContinueWatchingKind;
  playableId: string;
  /** The newest of the viewer's activity and, for a new episode, its release: what recency orders by. */
  recency: Version;
  /** Nobody touched it for so long that everything else goes before it. */
  isDemoted: boolean;
  /** The newest position in the show: when and on which device it was last watched. */
  latest: ViewedPosition;
  /** The title whose position decided what the card plays; null facts: nobody could say. */
  watched: { title: string; position: ViewedPosition; facts: TitleFacts | null };
  /** Of the unfinished title; null when unknown or when the card starts a title. */
  remainingMs: number | null;
  durationMs: number | null;
  next: NextEpisode | null;
  /** When titles of the show were finished, ms since the Unix epoch, newest first. */
  finishedAtMs: readonly number[];
  /** Until when another device counts as playing it; null: nobody is. */
  playingUntilMs: number | null;
}

export interface CandidateQuestion {
  nowMs: number;
  /** The device that asks; null when it did not say. */
  deviceKind: DeviceKind | null;
  policy: RowPolicy;
}

/** A title that was watched, with what the catalog says of it; null facts: nobody could say. */
interface WatchedTitle {
  viewing: Viewing;
  facts: TitleFacts | null;
}

/** One whose position is known. */
interface PlayedTitle extends WatchedTitle {
  position: ViewedPosition;
}

interface Show {
  showId: string;
  titles: WatchedTitle[];
}

/** What the card plays, before anybody looks at who is playing it now. */
type Offer = Pick<Candidate, 'kind' | 'playableId' | 'remainingMs' | 'durationMs' | 'next'>;

/**
 * The rules of the row: which shows of the pool have a card, and what the card plays.
 *
 * Shape: at most one candidate a show, in no particular order. A title that the catalog does not know
 * (null in `facts`) is out; one that nobody could tell anything of (missing) stands for itself.
 * Cost: pure, O(viewings).
 */
export function candidatesOf(
  pool: { viewings: readonly Viewing[]; facts: ReadonlyMap<string, TitleFacts | null> },
  question: CandidateQuestion,
): Candidate[] {
  return showsOf(pool).flatMap((show) => candidateOf(show, question) ?? []);
}

function showsOf(pool: Parameters<typeof candidatesOf>[0]): Show[] {
  const shows = new Map<string, Show>();
  for (const viewing of pool.viewings) {
    const facts = pool.facts.get(viewing.title);
    if (facts === null) continue;
    const showId = facts?.kind === 'episode' ? facts.seriesId : viewing.title;
    const show = shows.get(showId) ?? { showId, titles: [] };
    shows.set(showId, show);
    show.titles.push({ viewing, facts: facts ?? null });
  }
  return [...shows.values()];
}

function candidateOf(show: Show, question: CandidateQuestion): Candidate | null {
  const { nowMs, policy } = question;
  if (isHidden(show)) return null;
  const played = show.titles.flatMap((title) => playedTitle(title) ?? []).sort(byRecency);
  const [latest] = played;
  const counted = played.find((title) => counts(title, policy));
  if (latest === undefined || counted === undefined) return null;
  const offer = offerOf(counted);
  if (offer === null) return null;
  const recency = laterVersion(latest.position.version, releaseOf(offer));
  const idleMs = nowMs - activityTimeMs(recency);
  if (idleMs > policy.leavesAfterMs && offer.kind !== 'NEW_EPISODE') return null;
  return {
    showId: show.showId,
    ...playingElsewhere(latest, offer, question),
    recency,
    isDemoted: idleMs > policy.demotedAfterMs,
    latest: latest.position,
    watched: { title: counted.viewing.title, position: counted.position, facts: counted.facts },
    finishedAtMs: finishedAtMs(show),
  };
}

/** Hiding any title of a show hides the show, until any title of it is deliberately played. */
function isHidden({ titles }: Show): boolean {
  let hiddenVersion = versionZero;
  let playedVersion = versionZero;
  for (const { viewing } of titles) {
    const { visibility } = viewing;
    if (visibility?.hidden) hiddenVersion = laterVersion(hiddenVersion, visibility.version);
    playedVersion = laterVersion(playedVersion, viewing.playedVersion);
  }
  return hiddenVersion > playedVersion;
}

function playedTitle(title: WatchedTitle): PlayedTitle | null {
  const { position } = title.viewing;
  return position === null || position.status === 'NOT_STARTED' ? null : { ...title, position };
}

function byRecency(left: PlayedTitle, right: PlayedTitle): number {
  if (left.position.version !== right.position.version) {
    return left.position.version > right.position.version ? -1 : 1;
  }
  return left.viewing.title < right.viewing.title ? -1 : 1;
}

/** Whether it was watched enough to matter: opening the next episode by mistake changes no card. */
function counts({ position, facts }: PlayedTitle, policy: RowPolicy): boolean {
  const durationMs = position.durationMs ?? facts?.durationMs ?? null;
  if (facts?.kind === 'other' && durationMs !== null && durationMs <= policy.shortFormMs) {
    return false;
  }
  if (position.status === 'FINISHED') return true;
  if (facts?.kind === 'episode') return position.positionMs >= policy.episodeShownFromMs;
  const shareMs =
    durationMs === null ? policy.filmShownFromMs : durationMs * policy.filmShownFromShare;
  return position.positionMs >= Math.min(policy.filmShownFromMs, shareMs);
}

function offerOf({ viewing, position, facts }: PlayedTitle): Offer | null {
  const durationMs = position.durationMs ?? facts?.durationMs ?? null;
  if (position.status === 'IN_PROGRESS') {
    const remainingMs = durationMs === null ? null : Math.max(0, durationMs - position.positionMs);
    return { kind: 'RESUME', playableId: viewing.title, remainingMs, durationMs, next: null };
  }
  const next = facts?.kind === 'episode' ? facts.next : null;
  if (next === null) return null;
  const isNew = (next.availableFromMs ?? 0) > activityTimeMs(position.version);
  const kind = isNew ? 'NEW_EPISODE' : 'NEXT_EPISODE';
  return { kind, playableId: next.id, remainingMs: null, durationMs: null, next };
}

/** A new episode is news on the day it comes out, however long ago the last one was watched. */
function releaseOf({ kind, next }: Offer): Version {
  return kind === 'NEW_EPISODE' ? versionFloor(next?.availableFromMs ?? 0) : versionZero;
}

const playingKinds: ReadonlySet<string> = new Set(['START', 'PLAY', 'PROGRESS', 'SEEK']);

/** While another device plays any title of the show, the card says so, and plays what that one does. */
function playingElsewhere(
  latest: PlayedTitle,
  offer: Offer,
  { nowMs, deviceKind, policy }: CandidateQuestion,
): Offer & Pick<Candidate, 'playingUntilMs'> {
  const { position } = latest;
  const untilMs = activityTimeMs(position.version) + policy.playingForMs;
  const isPlaying =
    position.status === 'IN_PROGRESS' && playingKinds.has(position.kind) && nowMs < untilMs;
  const isElsewhere = position.device !== null && position.device.kind !== deviceKind;
  if (!isPlaying || !isElsewhere) return { ...offer, playingUntilMs: null };
  const resumed = offerOf(latest) ?? offer;
  return { ...resumed, kind: 'PLAYING_ELSEWHERE', playingUntilMs: untilMs };
}

function finishedAtMs({ titles }: Show): number[] {
  return titles
    .map(({ viewing }) => viewing.finishedVersion)
    .filter((version) => version !== versionZero)
    .map(activityTimeMs)
    .sort((left, right) => right - left);
}
