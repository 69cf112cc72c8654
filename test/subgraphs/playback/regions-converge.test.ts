// What breaks: links between regions are cut, slow or one-sided; entries are read in any order, and twice.
// How: viewers write everywhere while a test makes the weather; then everything heals.
// What must still hold: within ten seconds all regions hold the same, the newest of all that was accepted.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { mergeTitle } from '../../../domain/merge.ts';
import type { TitleState } from '../../../domain/playhead.ts';
import { sessionVersion, versionFloor } from '../../../domain/version.ts';
import type { HotStore } from '../../../stores/hot-store.ts';
import { put, read, stateOf } from '../../contract/hot-subject.ts';
import { beatOf, msAt, nothing, playheadAt } from '../../contract/writes.ts';
import { openRegions, type Region } from './regions.ts';

const names = ['eu', 'us', 'ap'] as const;
const secondMs = 1_000;
const profiles = ['demo', 'guest', 'kids'];
const titles = ['sintel', 'charge'];

type Step =
  | { kind: 'write'; at: number; profileId: string; title: string; agoMs: number }
  | { kind: 'cut'; at: number; from: number }
  | { kind: 'heal'; at: number; from: number }
  | { kind: 'lose-answers'; at: number }
  | { kind: 'pass'; ms: number };

const places = fc.integer({ min: 0, max: 2 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      at: places,
      profileId: fc.constantFrom(...profiles),
      title: fc.constantFrom(...titles),
      agoMs: fc.integer({ min: 0, max: 5_000 }),
    }),
  },
  fc.record({ kind: fc.constant('cut' as const), at: places, from: places }),
  fc.record({ kind: fc.constant('heal' as const), at: places, from: places }),
  fc.record({ kind: fc.constant('lose-answers' as const), at: places }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
);

/** Each reads all others. */
function mesh(regions: readonly Region[]): void {
  for (const region of regions) region.replicate(regions.filter((other) => other !== region));
}

async function heldBy({ actual }: Region): Promise<Map<string, TitleState>> {
  const held = new Map<string, TitleState>();
  for (const profileId of profiles) {
    const { titles: states } = await read(actual, { profileId });
    for (const [title, state] of states) held.set(`${profileId}|${title}`, state);
  }
  return held;
}

/** One evening of three regions; answers what each holds ten seconds after everything healed. */
async function evening(drawn: readonly Step[]) {
  const world = openRegions(names);
  const { regions, clock } = world;
  mesh(regions);
  const accepted = new Map<string, TitleState>();
  let count = 0;
  const take = async (step: Step) => {
    if (step.kind === 'pass') return clock.advance(step.ms);
    const region = regions[step.at] as Region;
    if (step.kind === 'lose-answers') return region.hotFaults.loseAnswers();
    if (step.kind === 'write') {
      count += 1;
      const activityAtMs = clock.nowMs() - step.agoMs;
      const of = { activityAtMs, deviceId: region.name, sessionId: `session-${count}` };
      const playhead = playheadAt(0, { version: sessionVersion(of), positionMs: count });
      const { profileId, title } = step;
      await put(region.actual, { profileId, title, playhead, nowMs: clock.nowMs() });
      const key = `${profileId}|${title}`;
      accepted.set(key, mergeTitle(accepted.get(key) ?? nothing, { playhead, visibility: null }));
      return;
    }
    const link = region.links.get((regions[step.from] as Region).name);
    if (step.kind === 'cut') link?.fail();
    else link?.heal();
  };
  for (const step of drawn) await take(step);
  for (const region of regions) {
    region.hotFaults.heal();
    for (const link of region.links.values()) link.heal();
  }
  await clock.advance(10 * secondMs);
  const held = [];
  for (const region of regions) held.push(await heldBy(region));
  await world.close();
  return { accepted, held };
}

describe('three regions', () => {
  it('hold the newest of all that was accepted, ten seconds after everything healed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 60 }), async (drawn) => {
        const { accepted, held } = await evening(drawn);
        for (const states of held) expect(states).toEqual(accepted);
      }),
      { numRuns: 25 },
    );
  });

  it('have an erasure everywhere, and its echoes die out', async () => {
    const world = openRegions(names);
    const { regions, clock } = world;
    mesh(regions);
    const [europe, america, asia] = regions;
    await put(europe.actual, { playhead: playheadAt(1), nowMs: clock.nowMs() });
    await clock.advance(secondMs);
    await asia.hot.erase({ profileId: 'demo', fence: versionFloor(msAt(5)), nowMs: clock.nowMs() });
    await clock.advance(secondMs);
    for (const { actual } of regions) expect(await stateOf(actual)).toEqual(nothing);
    const erasures = () => regions.map(({ hotFaults }) => hotFaults.callsOf('erase').length);
    const before = erasures();
    await clock.advance(60 * secondMs);
    expect(erasures()).toEqual(before);
    expect(before.every((count) => count <= 3)).toBe(true);
    expect(await stateOf(america.actual)).toEqual(nothing);
    await world.close();
  });

  it('hear of one another in a ring only what each accepted itself', async () => {
    const world = openRegions(names);
    const { regions, clock } = world;
    const [europe, america, asia] = regions;
    for (const [at, from] of [
      [america, europe],
      [asia, america],
      [europe, asia],
    ] as const) {
      at.replicate([from]);
    }
    await clock.advance(secondMs);
    await put(europe.actual, { playhead: playheadAt(1), nowMs: clock.nowMs() });
    await clock.advance(10 * secondMs);
    expect((await stateOf(america.actual)).playhead).toEqual(playheadAt(1));
    // What was taken in is told to nobody: every region reads every other.
    expect(await stateOf(asia.actual)).toEqual(nothing);
    await world.close();
  });

  it('know where each session is, and who took it over', async () => {
    const world = openRegions(names);
    const { regions, clock } = world;
    mesh(regions);
    const [europe, america, asia] = regions;
    await clock.advance(secondMs);
    await europe.actual.merge(beatOf({ event: 'START', atMs: clock.nowMs(), sequence: 0 }));
    await clock.advance(secondMs);
    const sessions = async (hot: HotStore) => (await read(hot, { nowMs: clock.nowMs() })).sessions;
    expect(await sessions(asia.actual)).toMatchObject([{ sessionId: 'evening', sequence: 0 }]);
    const by = {
      ...{ sessionId: 'night', device: { id: 'phone', kind: 'PHONE', name: null } },
      at: versionFloor(clock.nowMs()),
    };
    await america.actual.takeOver({ profileId: 'demo', from: 'evening', by });
    await clock.advance(secondMs);
    for (const { actual } of regions) {
      expect(await sessions(actual)).toMatchObject([{ sessionId: 'evening', takenOver: by }]);
    }
    await world.close();
  });
});
