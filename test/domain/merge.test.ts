import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import {
  laterVersion,
  mergePlayhead,
  mergeTitle,
  mergeVisibility,
  publicVersion,
} from '../../domain/merge.ts';
import { versionZero } from '../../domain/version.ts';
import {
  collidingVersions,
  denseTimesMs,
  playheadsOf,
  statesOf,
  versions,
  versionsAt,
  visibilitiesOf,
} from '../support/arbitraries.ts';

const nothing = { playhead: null, visibility: null };

describe.each([
  ['versions of any time', versions],
  ['versions of the same few milliseconds', versionsAt(denseTimesMs)],
  ['colliding versions', collidingVersions],
])('merge of two registers with %s', (_, drawn) => {
  const playheads = playheadsOf(drawn);
  const visibilities = visibilitiesOf(drawn);
  const states = statesOf(drawn);

  it('is commutative', () => {
    fc.assert(
      fc.property(states, states, (left, right) => {
        expect(mergeTitle(left, right)).toEqual(mergeTitle(right, left));
      }),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(states, states, states, (first, second, third) => {
        expect(mergeTitle(mergeTitle(first, second), third)).toEqual(
          mergeTitle(first, mergeTitle(second, third)),
        );
      }),
    );
  });

  it('is idempotent, and absorbs what it already holds', () => {
    fc.assert(
      fc.property(states, states, (left, right) => {
        expect(mergeTitle(left, left)).toEqual(left);
        const merged = mergeTitle(left, right);
        expect(mergeTitle(merged, left)).toEqual(merged);
        expect(mergeTitle(merged, right)).toEqual(merged);
      }),
    );
  });

  it('is total, with the title that was never written as its neutral element', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(mergeTitle(state, nothing)).toEqual(state);
        expect(mergeTitle(nothing, state)).toEqual(state);
      }),
    );
    expect(mergeTitle(nothing, nothing)).toEqual(nothing);
  });

  it('answers one of the two writes, whole', () => {
    fc.assert(
      fc.property(playheads, playheads, (left, right) => {
        expect([left, right]).toContain(mergePlayhead(left, right));
      }),
    );
    fc.assert(
      fc.property(visibilities, visibilities, (left, right) => {
        expect([left, right]).toContain(mergeVisibility(left, right));
      }),
    );
  });

  it('never lets a version go back', () => {
    fc.assert(
      fc.property(states, states, (left, right) => {
        const merged = mergeTitle(left, right);
        expect(publicVersion(merged)).toBe(laterVersion(publicVersion(left), publicVersion(right)));
        for (const register of ['playhead', 'visibility'] as const) {
          const versionsMet = [left[register]?.version, right[register]?.version];
          const newest = versionsMet
            .filter((version) => version !== undefined)
            .sort()
            .at(-1);
          expect(merged[register]?.version).toBe(newest);
        }
      }),
    );
  });

  it('keeps what a comparison of the packed bytes keeps', () => {
    fc.assert(
      fc.property(playheads, playheads, (left, right) => {
        const kept = [packPlayhead(left), packPlayhead(right)].sort().at(-1);
        expect(packPlayhead(mergePlayhead(left, right)!)).toBe(kept);
      }),
    );
    fc.assert(
      fc.property(visibilities, visibilities, (left, right) => {
        const kept = [packVisibility(left), packVisibility(right)].sort().at(-1);
        expect(packVisibility(mergeVisibility(left, right)!)).toBe(kept);
      }),
    );
  });
});

describe('a merge', () => {
  const position = { ...playheadAt('1790000000000000aaaaaaaa'), positionMs: 90_000 };

  it('takes the newer position, not the furthest', () => {
    const rewound = { ...playheadAt('1790000000001000aaaaaaaa'), positionMs: 5_000 };
    expect(mergePlayhead(position, rewound)).toBe(rewound);
    expect(mergePlayhead(rewound, position)).toBe(rewound);
  });

  it('answers the very register it held when nothing newer came, so that stores see no change', () => {
    expect(mergePlayhead(position, { ...position })).toBe(position);
    const turned = { version: position.version, hidden: true, laterFields: '' };
    expect(mergeVisibility(turned, { ...turned })).toBe(turned);
  });

  it('shows the newer of both versions outside, and the oldest of all for nothing', () => {
    const turned = { version: '1790000000005000aaaaaaaa', hidden: true, laterFields: '' };
    expect(publicVersion({ playhead: position, visibility: null })).toBe(position.version);
    expect(publicVersion({ playhead: position, visibility: turned })).toBe(turned.version);
    expect(publicVersion({ playhead: null, visibility: turned })).toBe(turned.version);
    expect(publicVersion(nothing)).toBe(versionZero);
  });
});

function playheadAt(version: string) {
  return {
    version,
    status: 'IN_PROGRESS' as const,
    positionMs: 0,
    durationMs: null,
    deviceHash: null,
    laterFields: '',
  };
}
