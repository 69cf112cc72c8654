import { laterVersion } from '../domain/merge.ts';
import { foldPlay, type Play } from '../domain/play.ts';
import { floorTitle } from '../domain/playhead.ts';
import { isForLogAlone, type Transition } from '../domain/transition.ts';
import type { Version } from '../domain/version.ts';
import { foldTransition, undoneUpTo, type Viewing, viewingAbove } from '../domain/viewing.ts';
import { playsMax } from './viewing-store.ts';

/** A play as a view keeps it: when it is forgotten depends on its oldest transition too. */
export interface KeptPlay {
  firstVersion: Version;
  play: Play;
}

/**
 * One profile's part of a view, or as much of it as a batch touches: `needsOf` says what that is.
 * Maps hold what is stored; folding changes them.
 */
export interface ProfileView {
  /** Everything up to it was forgotten. */
  floor: Version;
  /** Version of the newest play that was dropped for newer ones: up to it, nothing is folded any more. */
  playsFloor: Version;
  /** By title. */
  viewings: Map<string, Viewing>;
  /** By `playKey`. */
  plays: Map<string, KeptPlay>;
}

/** What a batch needs of one profile, before it can be folded. */
export interface Needs {
  titles: ReadonlySet<string>;
  /** Keys of plays that may be there. */
  plays: ReadonlySet<string>;
  /** FORGET_ALL: every viewing is looked at. */
  allViewings: boolean;
  /** Something is forgotten: every play is looked at. New plays need that as well, see `hasNewPlays`. */
  allPlays: boolean;
}

export function needsOf(transitions: readonly Transition[]): Needs {
  const isForgetting = ({ kind, title }: Transition) => kind === 'FORGET' || title === floorTitle;
  const plays = transitions.flatMap((transition) => playKeyOf(transition) ?? []);
  const folded = transitions.filter((transition) => !isForLogAlone(transition));
  return {
    titles: new Set(folded.map(({ title }) => title).filter((title) => title !== floorTitle)),
    plays: new Set(plays),
    allViewings: transitions.some(({ title }) => title === floorTitle),
    allPlays: transitions.some(isForgetting),
  };
}

/** Whether a play begins in the batch: then it must be known whether there are too many. */
export function hasNewPlays(needs: Needs, stored: ReadonlyMap<string, unknown>): boolean {
  for (const key of needs.plays) if (!stored.has(key)) return true;
  return false;
}

/** Session ids hold no separator. */
export function playKey({ title, sessionId }: { title: string; sessionId: string }): string {
  return `${sessionId}|${title}`;
}

export function openPlayKey(key: string): PlayName {
  const at = key.indexOf('|');
  return { sessionId: key.slice(0, at), title: key.slice(at + 1) };
}

/**
 * Transitions by profile, in their order: profiles have nothing to do with each other.
 *
 * Errors: TypeError when one has no profile or no title: it can never be stored.
 */
export function byProfile(transitions: readonly Transition[]): Map<string, Transition[]> {
  const profiles = new Map<string, Transition[]>();
  for (const transition of transitions) {
    if (typeof transition.profileId !== 'string' || typeof transition.title !== 'string') {
      throw new TypeError('A transition without a profile or a title.');
    }
    const own = profiles.get(transition.profileId);
    if (own === undefined) profiles.set(transition.profileId, [transition]);
    else own.push(transition);
  }
  return profiles;
}

/** Folds one transition into its profile's part of the view. Pure but for `view`; O(1), plays seldom. */
export function foldInto(view: ProfileView, transition: Transition): void {
  const { kind, title, version } = transition;
  if (title === floorTitle) {
    // Also one that is known: what a backup put back below the floor leaves with it.
    raiseFloor(view, laterVersion(view.floor, version));
    return;
  }
  if (version <= view.floor || isForLogAlone(transition)) return;
  const folded = foldTransition(view.viewings.get(title) ?? null, transition);
  // What an undo restores is older than itself, and may have been forgotten.
  const viewing = viewingAbove(folded, view.floor) ?? folded;
  view.viewings.set(title, viewing);
  if (kind === 'FORGET') forgetPlays(view, { title, upTo: viewing.forgottenVersion });
  else if (kind === 'UNDO') undoPlay(view, transition);
  else if (version > viewing.forgottenVersion) putPlay(view, transition);
}

function raiseFloor(view: ProfileView, floor: Version): void {
  view.floor = floor;
  for (const [title, viewing] of view.viewings) {
    const left = viewingAbove(viewing, floor);
    if (left === null) view.viewings.delete(title);
    else view.viewings.set(title, left);
  }
  for (const [key, { firstVersion }] of view.plays) {
    if (firstVersion <= floor) view.plays.delete(key);
  }
}

function forgetPlays(view: ProfileView, of: { title: string; upTo: Version }): void {
  for (const [key, { firstVersion, play }] of view.plays) {
    if (play.title === of.title && firstVersion <= of.upTo) view.plays.delete(key);
  }
}

/** As with what is forgotten: of a play that went on, nothing is left if the rest came first. */
function undoPlay(view: ProfileView, transition: Transition): void {
  const key = playKeyOf(transition);
  const kept = key === null ? undefined : view.plays.get(key);
  if (kept !== undefined && kept.firstVersion <= transition.version) {
    view.plays.delete(key as string);
  }
}

/** The play that a transition adds to, or takes away. */
function playKeyOf(transition: Transition): string | null {
  const { title, sessionId, device, undone } = transition;
  if (isForLogAlone(transition)) return null;
  if (undone !== undefined) return playKey({ title, sessionId: undone.sessionId });
  return sessionId === null || device === null ? null : playKey({ title, sessionId });
}

function putPlay(view: ProfileView, transition: Transition): void {
  const key = playKeyOf(transition);
  if (key === null) return;
  const { version, title, sessionId } = transition;
  // Kept plays too: what is read again must not give one more than it had the first time.
  if (version <= view.playsFloor) return;
  if (version <= undoneUpTo(view.viewings.get(title), sessionId ?? '')) return;
  const kept = view.plays.get(key);
  const play = foldPlay(kept?.play ?? null, transition);
  if (play === null || play === kept?.play) return;
  const firstVersion =
    kept !== undefined && kept.firstVersion < version ? kept.firstVersion : version;
  view.plays.set(key, { firstVersion, play });
  if (kept === undefined && view.plays.size > playsMax) dropOldest(view);
}

function dropOldest(view: ProfileView): void {
  let oldest: [key: string, kept: KeptPlay] | undefined;
  for (const entry of view.plays) {
    if (oldest === undefined || isOlder(entry, oldest)) oldest = entry;
  }
  if (oldest === undefined) return;
  view.plays.delete(oldest[0]);
  view.playsFloor = oldest[1].play.version;
}

function isOlder(left: [string, KeptPlay], right: [string, KeptPlay]): boolean {
  const [one, other] = [left[1].play.version, right[1].play.version];
  return one === other ? left[0] < right[0] : one < other;
}

/** In the order in which they began; ties by key, so that the order is total. */
export function inOrder(plays: readonly Play[]): Play[] {
  return [...plays].sort((left, right) => {
    if (left.startedAtMs !== right.startedAtMs) return left.startedAtMs - right.startedAtMs;
    return playKey(left) < playKey(right) ? -1 : 1;
  });
}

/** What a play is stored as: JSON without names. */
export type Packed = [
  firstVersion: Version,
  version: Version,
  deviceKind: string,
  startedAtMs: number,
  endedAtMs: number,
  positionMs: number,
  durationMs: number | null,
  positionMinMs: number,
  positionMaxMs: number,
  isFinished: 0 | 1,
  isElsewhere?: 1,
];

interface PlayName {
  title: string;
  sessionId: string;
}

/** About 120 characters; title and session are in the key. */
export function packPlay({ firstVersion, play }: KeptPlay): string {
  const packed: Packed = [
    firstVersion,
    play.version,
    play.deviceKind,
    play.startedAtMs,
    play.endedAtMs,
    play.positionMs,
    play.durationMs,
    play.positionMinMs,
    play.positionMaxMs,
    play.isFinished ? 1 : 0,
  ];
  return JSON.stringify(play.isElsewhere ? [...packed, 1] : packed);
}

export function unpackPlay(key: PlayName, body: string): KeptPlay {
  return keptPlay(key, JSON.parse(body) as Packed);
}

/** As `unpackPlay`, of what is parsed already. Field by field: a row reads hundreds of them. */
export function keptPlay({ title, sessionId }: PlayName, packed: Packed): KeptPlay {
  return {
    firstVersion: packed[0],
    play: {
      title,
      sessionId,
      version: packed[1],
      deviceKind: packed[2],
      startedAtMs: packed[3],
      endedAtMs: packed[4],
      positionMs: packed[5],
      durationMs: packed[6],
      positionMinMs: packed[7],
      positionMaxMs: packed[8],
      isFinished: packed[9] === 1,
      ...(packed[10] === 1 && { isElsewhere: true }),
    },
  };
}
