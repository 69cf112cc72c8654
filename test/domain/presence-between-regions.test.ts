import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import {
  advancePresence,
  changesPlayer,
  mergePresence,
  type Presence,
  type PresenceReport,
} from '../../domain/presence.ts';
import { sessionVersion, versionFloor } from '../../domain/version.ts';
import { events } from '../support/arbitraries.ts';
import '../support/seeds.ts';
import { beganAtMs, secondMs } from './samples.ts';

const device = { id: 'tv', kind: 'TV', name: 'Living room' };
const sequenceMax = 8;

/** What a session's player reports under one number; it may be received more than once. */
type Told = Pick<PresenceReport, 'event' | 'title' | 'actedAt'>;

const told: fc.Arbitrary<Told[]> = fc.array(
  fc.record({
    event: events,
    title: fc.constantFrom('sintel', 'spring'),
    actedAt: fc.option(fc.nat({ max: 5 }).map((second) => versionFloor(at(second)))),
  }),
  { minLength: sequenceMax, maxLength: sequenceMax },
);

/** In which region a report arrives, and how late. */
const arrivals = fc.array(
  fc.record({
    sequence: fc.nat({ max: sequenceMax - 1 }),
    region: fc.nat({ max: 2 }),
    lateMs: fc.nat({ max: 3 * secondMs }),
  }),
  { minLength: 1, maxLength: 14 },
);

const takeOvers = fc.array(
  fc.record({
    region: fc.nat({ max: 2 }),
    sessionId: fc.constantFrom('on-phone', 'on-tablet'),
    second: fc.nat({ max: 3 }),
  }),
  { maxLength: 3 },
);

function at(second: number): number {
  return beganAtMs + second * secondMs;
}

function reportOf(of: Told, { sequence, lateMs }: { sequence: number; lateMs: number }) {
  return {
    ...{ sessionId: 'evening', device, startedAtMs: beganAtMs, ...of, sequence },
    positionMs: sequence * secondMs,
    receivedAtMs: at(sequence) + lateMs,
  };
}

/** What each of three regions knows of one session; one that heard nothing knows nothing. */
const known: fc.Arbitrary<Presence[]> = fc
  .record({ told, arrivals, takeOvers })
  .map((drawn) => [...regionsOf(drawn).values()]);

function regionsOf(drawn: {
  told: readonly Told[];
  arrivals: readonly { sequence: number; region: number; lateMs: number }[];
  takeOvers: readonly { region: number; sessionId: string; second: number }[];
}): Map<number, Presence> {
  const regions = new Map<number, Presence>();
  for (const arrival of drawn.arrivals) {
    const report = reportOf(drawn.told[arrival.sequence] as Told, arrival);
    const before = regions.get(arrival.region) ?? null;
    regions.set(arrival.region, advancePresence(before, report, policy));
  }
  for (const { region, sessionId, second } of drawn.takeOvers) {
    const before = regions.get(region);
    const taken = sessionVersion({ activityAtMs: at(second), deviceId: sessionId, sessionId });
    const by = { ...device, id: sessionId };
    if (before === undefined || taken <= (before.takenOver?.at ?? '')) continue;
    regions.set(region, { ...before, takenOver: { sessionId, device: by, at: taken } });
  }
  return regions;
}

type ThreePresences = [Presence, Presence, Presence];

const foldOf = (presences: readonly Presence[]) => presences.reduce(mergePresence);

describe('what regions know of one session', () => {
  it('comes to the same in whatever order they tell each other', () => {
    const shuffled = known.chain((presences) =>
      fc.tuple(
        fc.constant(presences),
        fc.shuffledSubarray(presences, { minLength: presences.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([presences, others]) => {
        expect(foldOf(others)).toEqual(foldOf(presences));
      }),
    );
  });

  it('comes to the same however it is bracketed, and however often it is told', () => {
    fc.assert(
      fc.property(known, (presences) => {
        // Fewer regions than three heard of it: one of them says it twice.
        const [one, two, three] = [...presences, ...presences, ...presences] as ThreePresences;
        const left = mergePresence(mergePresence(one, two), three);
        expect(mergePresence(one, mergePresence(two, three))).toEqual(left);
        for (const again of [one, two, three, left]) {
          expect(mergePresence(left, again)).toEqual(left);
          expect(mergePresence(again, left)).toEqual(left);
        }
      }),
    );
  });

  it('is what one region would know that had heard every report, but for what a SEEK leaves as it was, and when it paused', () => {
    fc.assert(
      fc.property(fc.record({ told, arrivals }), (drawn) => {
        const apart = foldOf([...regionsOf({ ...drawn, takeOvers: [] }).values()]);
        const inOne = drawn.arrivals.map((arrival) => ({ ...arrival, region: 0 }));
        const together = regionsOf({ ...drawn, arrivals: inOne, takeOvers: [] }).get(0);
        const { sequence, positionMs, title, actedAt } = together as Presence;
        expect(apart).toMatchObject({ sequence, positionMs, title, actedAt });
      }),
    );
  });

  it('goes on from what was merged as from what was heard', () => {
    fc.assert(
      fc.property(known, events.filter(changesPlayer), (presences, event) => {
        const merged = foldOf(presences);
        const next = { event, title: 'sintel', actedAt: null };
        const report = reportOf(next, { sequence: sequenceMax, lateMs: 0 });
        const after = advancePresence(merged, report, policy);
        // The region that has not heard of the others yet hears of them later.
        for (const presence of presences) {
          const ahead = advancePresence(presence, report, policy);
          const { pausedSinceMs, ...left } = mergePresence(ahead, merged);
          expect(after).toMatchObject(left);
          expect((pausedSinceMs === null) === (after.pausedSinceMs === null)).toBe(true);
        }
      }),
    );
  });
});

describe('a take-over that two regions know differently', () => {
  const presence = (at: string, sessionId: string): Presence => ({
    ...advancePresence(
      null,
      reportOf(
        { event: 'PLAY', title: 'sintel', actedAt: null },
        {
          sequence: 1,
          lateMs: 0,
        },
      ),
      policy,
    ),
    takenOver: { sessionId, device: { ...device, id: sessionId }, at },
  });

  it('is the later one, and of two of one version the same one everywhere', () => {
    const early = presence(versionFloor(at(1)), 'on-tablet');
    const late = presence(versionFloor(at(2)), 'on-phone');
    const tied = presence(versionFloor(at(2)), 'on-tablet');
    for (const [one, other, stays] of [
      [early, late, late],
      [late, early, late],
      [late, tied, tied],
      [tied, late, tied],
      [{ ...late, takenOver: null }, late, late],
      [late, { ...late, takenOver: null }, late],
    ] as const) {
      expect(mergePresence(one, other).takenOver).toEqual(stays.takenOver);
    }
  });
});
