import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHidden, mergeTitle } from '../../domain/merge.ts';
import type { TitleState } from '../../domain/playhead.ts';
import { versionFloor } from '../../domain/version.ts';
import { events, playheadsOf, statesOf, versions, visibilitiesOf } from '../support/arbitraries.ts';
import {
  admitOne,
  beganAtMs,
  forgotten,
  heartbeatOf,
  hiddenAt,
  minuteMs,
  shownAt,
  tokenOf,
} from './samples.ts';

const hidAtMs = beganAtMs + 5 * minuteMs;
const hiding: TitleState = { playhead: null, visibility: hiddenAt(versionFloor(hidAtMs)) };

function written(
  heartbeat: Parameters<typeof heartbeatOf>[0],
  anchorMs: number = beganAtMs,
): TitleState {
  const token = tokenOf({ anchorMs });
  const { playhead, visibility } = admitOne(heartbeatOf(heartbeat), { token });
  return { playhead, visibility };
}

describe('visibility', () => {
  it('and position never influence each other in a merge', () => {
    fc.assert(
      fc.property(
        statesOf(versions),
        playheadsOf(versions),
        visibilitiesOf(versions),
        (state, playhead, visibility) => {
          const turned = mergeTitle(state, { playhead: null, visibility });
          expect(turned.playhead).toBe(state.playhead);
          const moved = mergeTitle(state, { playhead, visibility: null });
          expect(moved.visibility).toBe(state.visibility);
        },
      ),
    );
  });

  it('never carries an old position over a newer one', () => {
    const behind = written({ elapsedMs: minuteMs, positionMs: minuteMs });
    const ahead = written({ elapsedMs: 4 * minuteMs, positionMs: 4 * minuteMs });
    const hiddenWhereBehind = mergeTitle(behind, hiding);
    expect(mergeTitle(hiddenWhereBehind, ahead).playhead).toEqual(ahead.playhead);
    expect(mergeTitle(ahead, hiddenWhereBehind).playhead).toEqual(ahead.playhead);
    expect(isHidden(mergeTitle(ahead, hiddenWhereBehind))).toBe(true);
  });

  it('is written by a START or a PLAY and by no other event', () => {
    fc.assert(
      fc.property(events, (event) => {
        const { visibility } = admitOne(heartbeatOf({ event }));
        const version = admitOne(heartbeatOf({ event })).version;
        const lifts = event === 'START' || event === 'PLAY';
        expect(visibility).toEqual(lifts ? shownAt(version) : null);
      }),
    );
  });
});

describe('a hidden title', () => {
  it('is one that was hidden, started or not', () => {
    expect(isHidden(hiding)).toBe(true);
    expect(isHidden({ playhead: null, visibility: null })).toBe(false);
    expect(isHidden(written({}))).toBe(false);
    expect(isHidden(mergeTitle(hiding, written({ elapsedMs: minuteMs })))).toBe(true);
  });

  it('stays hidden while a session that began before plays on', () => {
    const playedOn = written({ elapsedMs: 10 * minuteMs });
    expect(isHidden(mergeTitle(hiding, playedOn))).toBe(true);
  });

  it('is shown again by a PLAY made after it, not by one made before', () => {
    const playAt = (elapsedMs: number) => mergeTitle(hiding, written({ event: 'PLAY', elapsedMs }));
    expect(isHidden(playAt(5 * minuteMs - 1))).toBe(true);
    expect(isHidden(playAt(5 * minuteMs + 1))).toBe(false);
  });

  it('is shown again by a session that began after it, not by one that began before', () => {
    const beginAt = (anchorMs: number) =>
      mergeTitle(hiding, written({ event: 'START', elapsedMs: 0 }, anchorMs));
    expect(isHidden(beginAt(hidAtMs - 1))).toBe(true);
    expect(isHidden(beginAt(hidAtMs + 1))).toBe(false);
  });

  it('stays shown when a session that began before it is hidden plays on', () => {
    const shown = mergeTitle(hiding, written({ event: 'START', elapsedMs: 0 }, hidAtMs + minuteMs));
    const older = written({ elapsedMs: 20 * minuteMs });
    const state = mergeTitle(shown, older);
    expect(state.playhead).toEqual(older.playhead);
    expect(isHidden(state)).toBe(false);
  });

  it('is shown again by hand, and hidden again by hand, the newer wins', () => {
    const shown = { playhead: null, visibility: shownAt(versionFloor(hidAtMs + 1)) };
    const hiddenAgain = { playhead: null, visibility: hiddenAt(versionFloor(hidAtMs + 2)) };
    expect(isHidden(mergeTitle(hiding, shown))).toBe(false);
    expect(isHidden(mergeTitle(shown, hiding))).toBe(false);
    expect(isHidden([shown, hiddenAgain, hiding].reduce(mergeTitle))).toBe(true);
  });

  it('stays hidden when its position is set or forgotten by hand', () => {
    const byHand = { playhead: forgotten(versionFloor(hidAtMs + 1)), visibility: null };
    expect(isHidden(mergeTitle(hiding, byHand))).toBe(true);
  });
});
