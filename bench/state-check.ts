import { packPlayhead } from '../domain/codec.ts';
import type { TitleState } from '../domain/playhead.ts';
import { type Beat, type BenchProfile, packedOf } from './workload.ts';

/** What a store holds, however it is asked. */
export type ReadTitles = (profileId: string) => Promise<ReadonlyMap<string, TitleState>>;

/** Profiles read at a time. */
const readWidth = 16;
/** Differences that are spelled out: the first ones say enough. */
const spelledMax = 5;

export interface StateCheck {
  compared: number;
  /** `profile|title: expected …, found …`; no more than a few of them. */
  differences: string[];
  differencesCount: number;
}

/** The packed register of every (profile, title): what was loaded, and what was acknowledged since. */
export function expectedState(
  profiles: readonly BenchProfile[],
  acknowledged: readonly Beat[],
): Map<string, Map<string, string>> {
  const expected = new Map(
    profiles.map(({ profileId, preloaded }) => [
      profileId,
      new Map([...preloaded].map(([title, state]) => [title, packedIn(state)] as const)),
    ]),
  );
  for (const beat of acknowledged) {
    const { profileId, title } = beat.session;
    const titles = expected.get(profileId) ?? new Map<string, string>();
    expected.set(profileId, titles.set(title, packedOf(beat)));
  }
  return expected;
}

/** Compares every (profile, title) of a store with the model: one wrong register is one too many. */
export async function checkState(
  expected: ReadonlyMap<string, ReadonlyMap<string, string>>,
  read: ReadTitles,
): Promise<StateCheck> {
  const check: StateCheck = { compared: 0, differences: [], differencesCount: 0 };
  const profiles = [...expected];
  for (let first = 0; first < profiles.length; first += readWidth) {
    const some = profiles.slice(first, first + readWidth);
    await Promise.all(
      some.map(async ([profileId, titles]) =>
        compare(check, { profileId, titles, found: await read(profileId) }),
      ),
    );
  }
  return check;
}

function compare(
  check: StateCheck,
  of: {
    profileId: string;
    titles: ReadonlyMap<string, string>;
    found: Awaited<ReturnType<ReadTitles>>;
  },
): void {
  for (const title of new Set([...of.titles.keys(), ...of.found.keys()])) {
    check.compared += 1;
    const expected = of.titles.get(title) ?? 'nothing';
    const found = packedIn(of.found.get(title));
    if (expected === found) continue;
    check.differencesCount += 1;
    if (check.differences.length < spelledMax) {
      check.differences.push(`${of.profileId}|${title}: expected ${expected}, found ${found}`);
    }
  }
}

function packedIn(state: TitleState | undefined): string {
  return state?.playhead ? packPlayhead(state.playhead) : 'nothing';
}
