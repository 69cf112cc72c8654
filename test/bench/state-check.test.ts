import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Outcome, Plays } from '../../bench/plays.ts';
import { checkState, expectedState, type ReadTitles } from '../../bench/state-check.ts';
import { anchorAgeMs, type BenchProfile, benchProfiles, packedOf } from '../../bench/workload.ts';
import { unpackPlayhead } from '../../domain/codec.ts';
import type { TitleState } from '../../domain/playhead.ts';
import { sessionWriter } from '../../domain/version.ts';
import { noonMs } from '../support/manual-clock.ts';

/** Every odd place of every session twice, and contested titles among them. */
const beats = 2_000;

let profiles: BenchProfile[];
let plays: Plays;
let store: Map<string, Map<string, TitleState>>;

beforeEach(() => {
  profiles = benchProfiles({ first: 0, count: 16, anchorMs: noonMs - anchorAgeMs });
  plays = new Plays(profiles);
  store = new Map(profiles.map(({ profileId, preloaded }) => [profileId, new Map(preloaded)]));
});

const read: ReadTitles = async (profileId) => store.get(profileId) ?? new Map();
const check = () => checkState(expectedState(profiles, plays.inForce()), read);

/** Sends what the benchmark sends to a store that keeps what `keeps` says; answers the outcomes. */
function play(keeps: (newer: string, older: string) => boolean): Record<Outcome, number> {
  const outcomes = { ACCEPTED: 0, SUPERSEDED: 0, DUPLICATE: 0 };
  for (let sent = 0; sent < beats; sent += 1) {
    const one = plays.next();
    const { profileId, title } = one.beat.session;
    const titles = store.get(profileId)!;
    const playhead = unpackPlayhead(packedOf(one.beat));
    const held = titles.get(title)!.playhead!;
    if (keeps(playhead.version, held.version)) titles.set(title, { playhead, visibility: null });
    outcomes[one.expected] += 1;
    plays.acknowledge(one);
  }
  return outcomes;
}

/** The second session of the second profile, whose title nobody else plays. */
function writerOfOne(): string {
  const { device, sessionId } = profiles[1]!.sessions[1]!;
  return sessionWriter({ deviceId: device.id, sessionId });
}

describe("the benchmark's model", () => {
  it('agrees with a store that keeps the newest', async () => {
    const outcomes = play((newer, older) => newer > older);
    expect(await check()).toEqual({
      compared: profiles.length * 20,
      differences: [],
      differencesCount: 0,
    });
    // A run in which nothing came late or twice would not tell a right merge from a wrong one.
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(beats / 50);
  });

  it.each([
    ['keeps what came last', () => true],
    ['keeps what it has', () => false],
    [
      'forgets one session',
      (newer: string, older: string) => newer > older && !newer.endsWith(writerOfOne()),
    ],
  ])('differs from a store that %s', async (_what, keeps) => {
    play(keeps);
    const { differencesCount, differences } = await check();
    expect(differencesCount).toBeGreaterThan(0);
    expect(differences[0]).toMatch(/^prf_\d+\|mov_\d+: expected \S+, found \S+$/);
  });

  it('misses a title that is gone, and one that should not be there', async () => {
    play((newer, older) => newer > older);
    const [first] = profiles as [BenchProfile];
    const titles = store.get(first.profileId)!;
    const [title, state] = [...titles].at(-1)!;
    titles.delete(title);
    titles.set('mov_nobody_watched', state);
    expect(await check()).toMatchObject({ differencesCount: 2 });
  });
});
