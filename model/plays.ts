import type { ShowPlay } from '../subgraphs/recommendations/history.ts';

/** What the profiles of one household have played: what every reader of a log or an export answers. */
export interface AccountPlays {
  account: string;
  profiles: ProfilePlays[];
}

export interface ProfilePlays {
  profile: string;
  plays: ProfilePlay[];
}

export interface ProfilePlay extends ShowPlay {
  isFilm: boolean;
  /** Null: the source does not tell; the other accounts may. */
  durationMs: number | null;
  /** Whether an episode follows; null: the source does not tell. */
  hasNext: boolean | null;
  /** Position at its end; NaN when the source does not tell. */
  positionMs: number;
}

/** Collects plays that come in any order into accounts and profiles, oldest play first. */
export class PlayCollector {
  readonly #accounts = new Map<string, Map<string, ProfilePlay[]>>();
  plays = 0;

  add(owner: { account: string; profile: string }, play: ProfilePlay): void {
    const profiles = this.#accounts.get(owner.account) ?? new Map<string, ProfilePlay[]>();
    const plays = profiles.get(owner.profile) ?? [];
    plays.push(play);
    profiles.set(owner.profile, plays);
    this.#accounts.set(owner.account, profiles);
    this.plays += 1;
  }

  accounts(): AccountPlays[] {
    return [...this.#accounts].map(([account, profiles]) => ({
      account,
      profiles: [...profiles].map(([profile, plays]) => ({ profile, plays: inOrder(plays) })),
    }));
  }
}

/** By start, and by title where two began together, so that the order of a file decides nothing. */
function inOrder(plays: readonly ProfilePlay[]): ProfilePlay[] {
  return [...plays].sort(
    (one, other) => one.startedAtMs - other.startedAtMs || (one.title < other.title ? -1 : 1),
  );
}
