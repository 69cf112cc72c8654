import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aboveFloor, mergeTitle, publicVersion } from '../../domain/merge.ts';
import type { PlayheadRegister, TitleState } from '../../domain/playhead.ts';
import { handVersion, versionFloor, versionZero } from '../../domain/version.ts';
import { statesOf, versions, versionsAt } from '../support/arbitraries.ts';
import { admitOne, beganAtMs, forgotten, heartbeatOf, hiddenAt, secondMs } from './samples.ts';

const nothing: TitleState = { playhead: null, visibility: null };
const forgottenAtMs = beganAtMs + 60 * secondMs;

/** The position of a heartbeat that the session made so long after it began. */
function playedAt(elapsedMs: number): TitleState {
  return { playhead: admitOne(heartbeatOf({ elapsedMs })).playhead, visibility: null };
}

function forgottenAfter(inForce: string): PlayheadRegister {
  return forgotten(handVersion({ nowMs: forgottenAtMs, inForce, nonce: 'forget' }));
}

describe('a forgotten title', () => {
  const inForce = playedAt(30 * secondMs);
  const removal = forgottenAfter(publicVersion(inForce));
  const removed = mergeTitle(inForce, { playhead: removal, visibility: null });

  it('is a state, not an absence', () => {
    expect(removed.playhead).toEqual(removal);
    expect(removed.playhead?.status).toBe('NOT_STARTED');
  });

  it.each([
    ['made before what was forgotten', 1],
    ['made just before the removal', 60 * secondMs - 1],
  ])('is not brought back by a late heartbeat %s', (_, elapsedMs) => {
    expect(mergeTitle(removed, playedAt(elapsedMs))).toEqual(removed);
    expect(mergeTitle(playedAt(elapsedMs), removed)).toEqual(removed);
  });

  it('is brought back by what is watched afterwards', () => {
    const watchedOn = playedAt(60 * secondMs + 1);
    expect(mergeTitle(removed, watchedOn)).toEqual(watchedOn);
  });

  it('stays forgotten, whatever else was written before, in any order', () => {
    const earlier = statesOf(versionsAt(fc.integer({ min: 0, max: forgottenAtMs - 1 })));
    fc.assert(
      fc.property(fc.array(earlier), fc.nat({ max: 10 }), (states, place) => {
        const cut = Math.min(place, states.length);
        const at = { playhead: removal, visibility: null };
        const history = [...states.slice(0, cut), at, ...states.slice(cut)];
        expect(history.reduce(mergeTitle, nothing).playhead).toEqual(removal);
      }),
    );
  });

  it('keeps being hidden, or not, as before', () => {
    const hidden = { ...inForce, visibility: hiddenAt(versionFloor(beganAtMs)) };
    const after = mergeTitle(hidden, { playhead: removal, visibility: null });
    expect(after.visibility).toBe(hidden.visibility);
  });
});

describe('the floor of a profile that forgot everything', () => {
  const floor = forgotten(
    handVersion({ nowMs: forgottenAtMs, inForce: versionZero, nonce: 'all' }),
  );

  it('stands in for what is older: forgotten, shown, with the version of the floor', () => {
    const older = { ...playedAt(60 * secondMs - 1), visibility: hiddenAt(versionFloor(beganAtMs)) };
    expect(aboveFloor(older, floor)).toEqual({ playhead: floor, visibility: null });
  });

  it('leaves alone what is newer', () => {
    const newer = {
      ...playedAt(60 * secondMs + 1),
      visibility: hiddenAt(versionFloor(forgottenAtMs + 1)),
    };
    expect(aboveFloor(newer, floor)).toEqual(newer);
  });

  it('judges each register by its own version', () => {
    const hiddenLater = {
      ...playedAt(1),
      visibility: hiddenAt(versionFloor(forgottenAtMs + 1)),
    };
    expect(aboveFloor(hiddenLater, floor)).toEqual({ ...hiddenLater, playhead: floor });
    const playedLater = {
      ...playedAt(60 * secondMs + 1),
      visibility: hiddenAt(versionFloor(beganAtMs)),
    };
    expect(aboveFloor(playedLater, floor)).toEqual({ ...playedLater, visibility: null });
  });

  it('covers what bears its very version, and a title that was never started', () => {
    const same = { ...playedAt(1).playhead, version: floor.version } as PlayheadRegister;
    const state = { playhead: same, visibility: hiddenAt(floor.version) };
    expect(aboveFloor(state, floor)).toEqual({ playhead: floor, visibility: null });
    expect(aboveFloor(nothing, floor)).toEqual({ playhead: floor, visibility: null });
  });

  it('changes nothing in a profile that never forgot', () => {
    fc.assert(
      fc.property(statesOf(versions), (state) => expect(aboveFloor(state, null)).toBe(state)),
    );
  });

  it('may be taken into account before a merge or after it', () => {
    const floors = versions.map(forgotten);
    const states = statesOf(versions);
    fc.assert(
      fc.property(states, states, floors, (left, right, drawn) => {
        const after = aboveFloor(mergeTitle(left, right), drawn);
        const before = mergeTitle(aboveFloor(left, drawn), aboveFloor(right, drawn));
        expect(before).toEqual(after);
        expect(publicVersion(after) >= drawn.version).toBe(true);
      }),
    );
  });
});
