import type { PlayLine } from '../../domain/interaction.ts';
import { playMinMs } from '../../subgraphs/recommendations/history.ts';
import { inventCatalog } from './catalog.ts';
import type { DeviceMix } from './devices.ts';
import { Draw, seedOf } from './draw.ts';
import { kindOf } from './params.ts';
import { Viewer, type ViewerPlay, watchedMsOf } from './viewer.ts';

/** Profiles of an account, from one to five: 3.2 at the mean, as counted. */
const profileShares = [0.12, 0.2, 0.24, 0.24, 0.2];

/** When simulated logs begin unless told otherwise: a Monday. */
export const simulatedFromMs = Date.UTC(2023, 0, 2);

export interface SimulatedLog {
  accounts: number;
  days: number;
  seed: number;
  /** @default simulatedFromMs */
  fromMs?: number;
  /** @default fitted */
  mix?: DeviceMix;
}

/**
 * The plays of invented viewers, named as such, account by account, in the order of time within each. Short ones are
 * left out, as the interaction log leaves them out.
 *
 * Shape: the same options, the same lines; an account does not depend on how many there are.
 * Units: see PlayLine.
 * Cost: about 0.2 ms a visit; one account in memory at a time.
 */
export function* simulatedAccounts(options: SimulatedLog): Generator<PlayLine[]> {
  const { accounts, days, seed, fromMs = simulatedFromMs, mix = 'fitted' } = options;
  const catalog = inventCatalog({ seed, fromMs, days });
  for (let number = 1; number <= accounts; number += 1) {
    const account = `simulated-${number}`;
    const lines = profilesOf(account, seed).flatMap((profile) => {
      const viewer = new Viewer(seedOf(seed, profile), { catalog, fromMs, days, mix });
      return linesOf(viewer, { account, profile });
    });
    yield lines.sort((left, right) => left.startedAtMs - right.startedAtMs);
  }
}

function linesOf(viewer: Viewer, of: { account: string; profile: string }): PlayLine[] {
  const lines: PlayLine[] = [];
  for (const { plays } of viewer.visits()) {
    lines.push(...plays.map((play) => lineOf(play, of)));
  }
  return lines.filter(({ watchedMs }) => watchedMs >= playMinMs);
}

function profilesOf(account: string, seed: number): string[] {
  const draw = new Draw(seedOf(seed, account));
  const count = 1 + draw.weighted(profileShares);
  return Array.from({ length: count }, (_, number) => `${account}-profile-${number + 1}`);
}

function lineOf(play: ViewerPlay, of: { account: string; profile: string }): PlayLine {
  return {
    ...{ kind: 'play', v: 1, profile: of.profile, account: of.account },
    ...{ show: play.show.id, title: play.title.id, isFilm: play.show.isFilm },
    deviceKind: kindOf(play.deviceClass),
    ...{ startedAtMs: play.startedAtMs, endedAtMs: play.endedAtMs },
    ...{ watchedMs: watchedMsOf(play), positionMs: play.positionMs },
    ...{ durationMs: play.title.durationMs, hasNext: play.hasNext, from: null },
  };
}
