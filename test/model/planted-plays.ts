import type { AccountPlays, ProfilePlay } from '../../model/plays.ts';
import { Chance } from '../support/chance.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const startMs = Date.UTC(2026, 0, 5, 19);

/** A play of one hour, in the middle of a series, unless told otherwise. */
export function playAt(
  showId: string,
  hours: number,
  changed: Partial<ProfilePlay> = {},
): ProfilePlay {
  const startedAtMs = startMs + hours * hourMs;
  const watchedMs = changed.watchedMs ?? hourMs;
  return {
    ...{ showId, title: `${showId} 1`, startedAtMs, endedAtMs: startedAtMs + watchedMs, watchedMs },
    ...{ deviceKind: 'TV', progress: Number.NaN, isFilm: false, durationMs: null },
    ...{ hasNext: null, positionMs: 30 * minuteMs, ...changed },
  };
}

export function accountOf(account: string, plays: readonly ProfilePlay[]): AccountPlays {
  return { account, profiles: [{ profile: `${account} one`, plays: [...plays] }] };
}

export interface PlantedHouseholds {
  seed: number;
  accounts: number;
  visits: number;
  /** `device`: what is watched on a device is what was last watched on it. `recency`: what was last watched. */
  rule: 'device' | 'recency';
}

const devices = ['TV', 'PHONE', 'TABLET'];

/**
 * Households with a known answer. One visit in twenty, whatever the rule, opens something else, so that
 * nothing is ever wholly certain.
 */
export function plantedHouseholds({
  seed,
  accounts,
  visits,
  rule,
}: PlantedHouseholds): AccountPlays[] {
  const chance = new Chance(seed);
  return Array.from({ length: accounts }, (_, account) => {
    const lastOn = new Map<string, string>();
    let last = 'show 0';
    let hours = 0;
    const plays = Array.from({ length: visits }, () => {
      hours += 4 + chance.below(40);
      const deviceKind = chance.pick(devices);
      const byRule =
        rule === 'device'
          ? (lastOn.get(deviceKind) ?? `show ${devices.indexOf(deviceKind)}`)
          : last;
      const showId = chance.of(1 / 20) ? `show ${chance.below(6)}` : byRule;
      lastOn.set(deviceKind, showId);
      last = showId;
      return playAt(showId, hours, { deviceKind, title: `${showId} ${chance.below(8)}` });
    });
    return accountOf(`account ${account}`, plays);
  });
}
