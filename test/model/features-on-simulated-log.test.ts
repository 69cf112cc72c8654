import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlayLine } from '../../domain/interaction.ts';
import { simulatedAccounts } from '../../model/viewers/accounts.ts';
import {
  featureNames,
  featuresOf,
  type RankedShow,
} from '../../subgraphs/recommendations/features.ts';
import { History, type ShowPlay } from '../../subgraphs/recommendations/history.ts';
import '../support/seeds.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const visitGapMs = 30 * 60_000;

const counted = (line: PlayLine): ShowPlay => ({
  ...{ showId: line.show, title: line.title, deviceKind: line.deviceKind },
  ...{ startedAtMs: line.startedAtMs, endedAtMs: line.endedAtMs, watchedMs: line.watchedMs },
  progress: line.positionMs / line.durationMs!,
});

/** The shows of these plays as candidates, newest last; what the catalog adds is beside the point. */
function candidatesOf(plays: readonly ShowPlay[]): RankedShow[] {
  const last = new Map(plays.map((play) => [play.showId, play]));
  return [...last.values()].map(({ showId, endedAtMs, progress }) => ({
    ...{ showId, isFilm: false, lastActiveMs: endedAtMs, progress, remainingMin: 1 },
    ...{ hasNext: true, hasNew: null, watchedBy: null },
  }));
}

/** Plays by visit, as a person would draw the line. */
function visitsOf(plays: readonly ShowPlay[]): ShowPlay[][] {
  const visits: ShowPlay[][] = [];
  for (const play of plays) {
    const endMs = Math.max(...(visits.at(-1) ?? []).map(({ endedAtMs }) => endedAtMs));
    if (play.startedAtMs >= endMs + visitGapMs || visits.length === 0) visits.push([]);
    visits.at(-1)!.push(play);
  }
  return visits;
}

const distinct = <Value>(values: readonly Value[]) => new Set(values).size;
const share = (plays: readonly ShowPlay[], isSo: (play: ShowPlay) => boolean) => ({
  count: plays.filter(isSo).length,
  of: plays.length,
});

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length / 2;
  const [one, other] = [sorted[Math.ceil(middle) - 1]!, sorted[Math.floor(middle)]!];
  return (one + other) / 2;
}

/** Hours between the visits that held a show: end of one to its first play in the next. */
function gapsOf(own: readonly ShowPlay[][]): number[] {
  return own.slice(1).map((visit, at) => {
    const before = own.slice(0, at + 1).flat();
    const endMs = Math.max(...before.map(({ endedAtMs }) => endedAtMs));
    return Math.max(0, visit[0]!.startedAtMs - endMs) / hourMs;
  });
}

/** Features by their definitions, each from the whole list of plays: slow, and without any state. */
function byDefinition(
  plays: readonly ShowPlay[],
  at: { showId: string; nowMs: number; deviceKind: string },
): Record<string, number> {
  const visits = visitsOf(plays);
  const own = plays.filter(({ showId }) => showId === at.showId);
  const ownVisits = visits
    .map((visit) => visit.filter(({ showId }) => showId === at.showId))
    .filter(({ length }) => length > 0);
  const starts = visits
    .filter((visit) => visit.some(({ showId }) => showId === at.showId))
    .map(([first]) => first!.startedAtMs);
  const lastVisit = visits.findLastIndex((visit) => visit.some((play) => own.includes(play)));
  const openings = visits.map(([first]) => first!.showId).slice(-20);
  const hoursSince =
    Math.max(0, at.nowMs - Math.max(...own.map(({ endedAtMs }) => endedAtMs))) / hourMs;
  const medianGap = medianOf(gapsOf(ownVisits).slice(-8));
  const onDevice = ({ deviceKind }: ShowPlay) => deviceKind === at.deviceKind;
  const [ownDevice, allDevice] = [share(own, onDevice), share(plays, onDevice)];
  const last = own.at(-1)!;
  return {
    log_h_since: Math.log1p(hoursSince),
    sessions_since: Math.min(200, visits.length - 1 - lastVisit),
    log_sessions: Math.log1p(ownVisits.length),
    sess_7d: starts.filter((startMs) => startMs >= at.nowMs - 7 * dayMs).length,
    sess_30d: starts.filter((startMs) => startMs >= at.nowMs - 30 * dayMs).length,
    activation: Math.log(
      starts
        .slice(-15)
        .reduce(
          (sum, startMs) => sum + (Math.max(0, at.nowMs - startMs) / hourMs + 0.1) ** -0.5,
          0,
        ),
    ),
    dev_same: Number(onDevice(last)),
    dev_share: (ownDevice.count + (2 * allDevice.count) / allDevice.of) / (ownDevice.of + 2),
    log_eps: Math.log1p(distinct(own.map(({ title }) => title))),
    eps_per_day:
      distinct(own.map(({ title }) => title)) /
      distinct(own.map(({ startedAtMs }) => Math.floor(startedAtMs / dayMs))),
    eps_last_session: distinct(ownVisits.at(-1)!.map(({ title }) => title)),
    streak: openings.length - 1 - openings.findLastIndex((showId) => showId !== at.showId),
    prev_prev: openings.length < 2 ? Number.NaN : Number(openings.at(-2) === at.showId),
    log_hours_watched: Math.log1p(own.reduce((sum, play) => sum + play.watchedMs, 0) / hourMs),
    last_dur_min: last.watchedMs / 60_000,
    gap_ratio: Math.log((hoursSince + 1) / (medianGap + 1)),
    log_med_gap: Math.log1p(medianGap),
    log_days_since_first: Math.log1p((at.nowMs - own[0]!.startedAtMs) / dayMs),
  };
}

/** Features that are not what their definitions say, of the six shows that are newest to the profile. */
function differencesOf(plays: readonly ShowPlay[], at: { nowMs: number; deviceKind: string }) {
  const history = new History();
  for (const play of plays) history.add(play);
  const shows = candidatesOf(plays).slice(-6);
  const features = featuresOf({ history, shows, ...at });
  return shows.flatMap(({ showId }, index) => {
    const own = features.slice(index * featureNames.length, (index + 1) * featureNames.length);
    return Object.entries(byDefinition(plays, { showId, ...at }))
      .map(([name, expected]) => ({ name, expected, found: own[featureNames.indexOf(name)]! }))
      .filter(({ expected, found }) => !isSame(expected, found));
  });
}

function isSame(expected: number, found: number): boolean {
  return Object.is(expected, found) || Math.abs(expected - found) <= 1e-9;
}

describe('features of simulated viewers', () => {
  let profiles: ShowPlay[][];
  beforeAll(() => {
    profiles = [...simulatedAccounts({ accounts: 4, days: 150, seed: 11 })]
      .flatMap((lines) => [...Map.groupBy(lines, ({ profile }) => profile).values()])
      .map((lines) => lines.map(counted))
      .filter(({ length }) => length > 10);
  });

  /** A profile, a moment between two of its plays, and a device. */
  const cut = fc.record({
    profile: fc.nat(),
    place: fc.double({ min: 0.02, max: 0.999, noNaN: true }),
    waitH: fc.double({ min: 0, max: 200, noNaN: true }),
    deviceKind: fc.constantFrom('TV', 'PHONE', 'WEB'),
  });
  const momentOf = (at: { profile: number; place: number; waitH: number }) => {
    const own = profiles[at.profile % profiles.length]!;
    const plays = own.slice(0, Math.max(1, Math.floor(at.place * own.length)));
    const nowMs = Math.max(...plays.map(({ endedAtMs }) => endedAtMs)) + at.waitH * hourMs;
    return { plays, nowMs };
  };

  it('are what their definitions say, counted play by play', () => {
    fc.assert(
      fc.property(cut, ({ deviceKind, ...at }) => {
        const { plays, nowMs } = momentOf(at);
        expect(differencesOf(plays, { nowMs, deviceKind })).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('do not depend on what was asked before', () => {
    fc.assert(
      fc.property(cut, ({ deviceKind, ...at }) => {
        const { plays, nowMs } = momentOf(at);
        const [asked, quiet] = [new History(), new History()];
        for (const [place, play] of plays.entries()) {
          asked.add(play);
          quiet.add(play);
          if (place % 7 > 0) continue;
          const shows = candidatesOf(plays.slice(0, place + 1)).slice(-25);
          featuresOf({ history: asked, shows, nowMs: play.endedAtMs, deviceKind: null });
        }
        const question = { shows: candidatesOf(plays).slice(-25), nowMs, deviceKind };
        expect(featuresOf({ ...question, history: asked })).toEqual(
          featuresOf({ ...question, history: quiet }),
        );
      }),
      { numRuns: 20 },
    );
  });
});
