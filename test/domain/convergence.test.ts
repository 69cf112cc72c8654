import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aboveFloor, mergeTitle, publicVersion } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import { collidingVersions, events, statesOf } from '../support/arbitraries.ts';
import { Replicas, type Step, type Write } from './replicas.ts';
import { hourMs } from './samples.ts';

const nothing: TitleState = { playhead: null, visibility: null };

const picks = fc.nat({ max: 1_000 });
const changes = fc.constantFrom('HIDE' as const, 'UNHIDE', 'FORGET', 'FORGET_ALL');

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('heartbeat' as const),
      device: picks,
      title: picks,
      event: events,
      afterMs: fc.integer({ min: 1, max: 20 }),
      positionMs: fc.nat({ max: 2 * hourMs }),
      at: picks,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      change: changes,
      title: picks,
      at: picks,
      nowMs: fc.nat({ max: 500 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      message: picks,
      isDuplicated: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), message: picks }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('copy' as const), from: picks, to: picks }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), from: picks, to: picks }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'heal' }) },
);

describe('replicas that hear of every write late, twice, in any order or not at all', () => {
  it.each([
    { replicas: 2, devices: 2, length: 20, repetitions: 200 },
    { replicas: 3, devices: 4, length: 60, repetitions: 100 },
    { replicas: 5, devices: 6, length: 300, repetitions: 30 },
    { replicas: 5, devices: 2, length: 1_500, repetitions: 6 },
  ])('are equal once healed: $replicas replicas, $devices devices, up to $length steps', (size) => {
    const histories = fc.array(steps, { minLength: size.length / 2, maxLength: size.length });
    const orders = fc.array(picks, { minLength: 25, maxLength: 25 });
    fc.assert(
      fc.property(histories, orders, (history, order) => {
        const world = new Replicas(size);
        for (const step of history) world.run(step);
        world.healAll(order);
        const expected = newestOf(world.written);
        for (const replica of world.states) expect(Object.fromEntries(replica)).toEqual(expected);
      }),
      { numRuns: size.repetitions },
    );
  });

  it('never serve an older version than before, nor a value that nobody wrote', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 30, maxLength: 60 }), (history) => {
        const world = new Replicas({ replicas: 3, devices: 3 });
        let before = world.states.map(servedBy);
        for (const step of history) {
          world.run(step);
          const now = world.states.map(servedBy);
          const outOfPlace = now.filter(
            (served, replica) =>
              isOlder(served, before[replica] ?? new Map()) || !isWritten(served, world.written),
          );
          expect(outOfPlace).toEqual([]);
          before = now;
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a history of writes', () => {
  it.each([
    ['under versions that collide', statesOf(collidingVersions)],
    ['under versions of any time', statesOf(fc.stringMatching(/^179000000000000\d[0-9a-f]{8}$/))],
  ])('folds to the same state in any order, with repetitions, in any grouping %s', (_, drawn) => {
    const deliveries = fc
      .array(drawn, { minLength: 1, maxLength: 8 })
      .chain((writes) =>
        fc.tuple(
          fc.constant(writes),
          fc.shuffledSubarray(writes, { minLength: writes.length }),
          fc.array(fc.constantFrom(...writes), { maxLength: 8 }),
          fc.nat({ max: writes.length }),
        ),
      );
    fc.assert(
      fc.property(deliveries, ([writes, shuffled, repeated, cut]) => {
        const expected = fold(writes);
        expect(fold([...shuffled, ...repeated])).toEqual(expected);
        expect(fold([...repeated, ...shuffled])).toEqual(expected);
        expect(mergeTitle(fold(shuffled.slice(cut)), fold(shuffled.slice(0, cut)))).toEqual(
          expected,
        );
      }),
      { numRuns: 300 },
    );
  });
});

function fold(writes: readonly TitleState[]): TitleState {
  return writes.reduce(mergeTitle, nothing);
}

/** The oracle, which knows no merge: the write of the largest version, register by register. */
function newestOf(written: readonly Write[]): Record<string, TitleState> {
  const newest: Record<string, TitleState> = {};
  for (const title of new Set(written.map((write) => write.title))) {
    const writes = written.filter((write) => write.title === title);
    newest[title] = {
      playhead: largest(writes.map(({ playhead }) => playhead)),
      visibility: largest(writes.map(({ visibility }) => visibility)),
    };
  }
  return newest;
}

function largest<Register extends { version: string }>(
  registers: readonly (Register | null)[],
): Register | null {
  const known = registers.filter((register) => register !== null);
  return known.sort((left, right) => (left.version < right.version ? -1 : 1)).at(-1) ?? null;
}

/** What a replica answers a viewer: its registers with the profile's floor taken into account. */
function servedBy(replica: ReadonlyMap<string, TitleState>): Map<string, TitleState> {
  const floor = replica.get(floorTitle)?.playhead ?? null;
  return new Map([...replica].map(([title, state]) => [title, aboveFloor(state, floor)]));
}

/** Whether anything that is served now is older than what was served before. */
function isOlder(now: Map<string, TitleState>, before: Map<string, TitleState>): boolean {
  return [...before].some(([title, state]) => {
    const served = now.get(title) ?? nothing;
    const position = served.playhead?.version ?? '';
    return (
      publicVersion(served) < publicVersion(state) || position < (state.playhead?.version ?? '')
    );
  });
}

function isWritten(served: Map<string, TitleState>, written: readonly Write[]): boolean {
  return [...served.values()].every(
    ({ playhead, visibility }) =>
      (playhead === null || written.some((write) => write.playhead === playhead)) &&
      (visibility === null || written.some((write) => write.visibility === visibility)),
  );
}
