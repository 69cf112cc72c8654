import { playMinMs } from '../subgraphs/recommendations/history.ts';
import type { AccountPlays, ProfilePlay } from './plays.ts';

/**
 * What an export does not tell of a title, as the *other* accounts show it: a stand-in for the catalogue.
 * Never from the account itself, whose future would be told by it.
 */
export interface Elsewhere {
  /** How long the title runs; null when nobody else came far enough to tell. */
  runTimeMs(play: ProfilePlay): number | null;
  /** Whether an episode follows that the profile has not seen; null when nobody else tells. */
  hasNext(play: ProfilePlay, isSeen: (title: string) => boolean): boolean | null;
  /** Profiles of other accounts that watched the show; null when there are no other accounts. */
  watchedBy(showId: string): number | null;
}

/** Nobody's film or episode is shorter: less was left early by all who saw it. */
const filmMinMs = 40 * 60_000;
const episodeMinMs = 4 * 60_000;
/** An episode that seems to run shorter than this share of its series' usual length was left early. */
const usualShareMin = 0.75;
/** A run time that the profile itself has passed by more than this is none. */
const overrunMax = 1.1;
/** So many accounts must have ended with an episode before it counts as the last. */
const lastForMin = 3;

/** The furthest position, and the furthest of any other account. */
interface Furthest {
  account: string;
  positionMs: number;
  otherPositionMs: number;
}

interface TitleFacts {
  furthest: Furthest;
  /** Titles that came next, with at most two of the accounts in which they did. */
  next: Map<string, Set<string>>;
  accounts: Set<string>;
  lastFor: Set<string>;
}

interface ShowFacts {
  titles: Set<string>;
  /** Profiles that watched it, by account. */
  profiles: Map<string, number>;
}

/**
 * Counts all accounts once; what is known elsewhere than in one of them is then answered for each.
 *
 * Cost: O(plays) once; an answer is O(1), but for an episode's usual length, which is O(episodes of the
 * series) once per account.
 */
export class Elsewheres {
  readonly #titles = new Map<string, TitleFacts>();
  readonly #shows = new Map<string, ShowFacts>();
  readonly #accounts: number;

  constructor(accounts: readonly AccountPlays[]) {
    this.#accounts = accounts.length;
    for (const { account, profiles } of accounts) {
      for (const { plays } of profiles) this.#count(account, plays);
    }
  }

  except(account: string): Elsewhere {
    const usual = new Map<string, number | null>();
    const usualMs = (showId: string): number | null => {
      const known = usual.get(showId);
      if (known !== undefined) return known;
      const counted = this.#usualMs(showId, account);
      usual.set(showId, counted);
      return counted;
    };
    return {
      runTimeMs: (play) => this.#runTimeMs(play, { account, usualMs }),
      hasNext: (play, isSeen) => this.#hasNext(play, { account, isSeen }),
      watchedBy: (showId) => this.#watchedBy(showId, account),
    };
  }

  #count(account: string, plays: readonly ProfilePlay[]): void {
    const episodes = new Map<string, Set<string>>();
    for (const play of plays) {
      if (play.watchedMs < playMinMs) continue;
      const title = this.#title(play.title);
      title.accounts.add(account);
      reach(title.furthest, { account, positionMs: play.positionMs });
      const seen = episodes.get(play.showId) ?? new Set();
      episodes.set(play.showId, seen.add(play.title));
    }
    for (const [showId, seen] of episodes) this.#countShow(account, { showId, seen });
  }

  #countShow(account: string, { showId, seen }: { showId: string; seen: Set<string> }): void {
    const show = this.#shows.get(showId) ?? { titles: new Set(), profiles: new Map() };
    this.#shows.set(showId, show);
    show.profiles.set(account, (show.profiles.get(account) ?? 0) + 1);
    let before: TitleFacts | null = null;
    for (const name of seen) {
      show.titles.add(name);
      const accounts = before?.next.get(name) ?? new Set();
      if (accounts.size < 2) accounts.add(account);
      before?.next.set(name, accounts);
      before = this.#title(name);
    }
    before?.lastFor.add(account);
  }

  #title(name: string): TitleFacts {
    const known = this.#titles.get(name);
    if (known !== undefined) return known;
    const furthest = { account: '', positionMs: 0, otherPositionMs: 0 };
    const facts = { furthest, next: new Map(), accounts: new Set(), lastFor: new Set() };
    this.#titles.set(name, facts as TitleFacts);
    return facts as TitleFacts;
  }

  #runTimeMs(
    { title, showId, isFilm, positionMs }: ProfilePlay,
    { account, usualMs }: { account: string; usualMs: (showId: string) => number | null },
  ): number | null {
    const ownMs = this.#furthestMs(title, account);
    const runTimeMs = isFilm ? ownMs : longer(ownMs, usualMs(showId));
    if (runTimeMs < (isFilm ? filmMinMs : episodeMinMs)) return null;
    return positionMs > runTimeMs * overrunMax ? null : runTimeMs;
  }

  #furthestMs(title: string, account: string): number {
    const furthest = this.#titles.get(title)?.furthest;
    if (furthest === undefined) return 0;
    return furthest.account === account ? furthest.otherPositionMs : furthest.positionMs;
  }

  #usualMs(showId: string, account: string): number | null {
    const positions = [...(this.#shows.get(showId)?.titles ?? [])]
      .map((title) => this.#furthestMs(title, account))
      .filter((positionMs) => positionMs >= episodeMinMs)
      .sort((one, other) => one - other);
    return positions[positions.length >> 1] ?? null;
  }

  #hasNext(
    { title, isFilm }: ProfilePlay,
    { account, isSeen }: { account: string; isSeen: (title: string) => boolean },
  ): boolean | null {
    if (isFilm) return false;
    const facts = this.#titles.get(title);
    if (facts === undefined) return null;
    const next = [...facts.next].filter(([, accounts]) => hasOther(accounts, account));
    if (next.some(([name]) => !isSeen(name))) return true;
    if (next.length > 0) return null;
    const others = [...facts.accounts].filter((name) => name !== account);
    const isLast = others.every((name) => facts.lastFor.has(name));
    return isLast && others.length >= lastForMin ? false : null;
  }

  #watchedBy(showId: string, account: string): number | null {
    if (this.#accounts < 2) return null;
    let profiles = 0;
    for (const [name, count] of this.#shows.get(showId)?.profiles ?? []) {
      if (name !== account) profiles += count;
    }
    return profiles;
  }
}

function reach(furthest: Furthest, reached: { account: string; positionMs: number }): void {
  if (!(reached.positionMs > furthest.otherPositionMs)) return;
  if (reached.account === furthest.account) {
    furthest.positionMs = Math.max(furthest.positionMs, reached.positionMs);
  } else if (reached.positionMs > furthest.positionMs) {
    furthest.otherPositionMs = furthest.positionMs;
    Object.assign(furthest, reached);
  } else {
    furthest.otherPositionMs = reached.positionMs;
  }
}

/** An episode's own length, or the usual one where its own is unknown or plainly too short. */
function longer(ownMs: number, usualMs: number | null): number {
  if (usualMs === null) return ownMs;
  return ownMs >= usualShareMin * usualMs ? ownMs : usualMs;
}

function hasOther(accounts: ReadonlySet<string>, account: string): boolean {
  return accounts.size > 1 || !accounts.has(account);
}
