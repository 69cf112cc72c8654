import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  packedLengthMax,
  packPlayhead,
  packVisibility,
  unpackPlayhead,
  unpackVisibility,
} from '../../domain/codec.ts';
import { PlatformError } from '../../domain/errors.ts';
import { deviceHash, sessionVersion } from '../../domain/version.ts';
import {
  ids,
  playheadsOf,
  positionMsMax,
  timeMsMax,
  versions,
  visibilitiesOf,
} from '../support/arbitraries.ts';

const playheads = playheadsOf(versions);
const visibilities = visibilitiesOf(versions);

const version = '1790000000000123deadbeef';

const largest = {
  version: sessionVersion({ activityAtMs: timeMsMax, deviceId: 'tv', sessionId: 'evening' }),
  status: 'NOT_STARTED' as const,
  positionMs: positionMsMax,
  durationMs: positionMsMax,
  deviceHash: (2 ** 32 - 1).toString(36),
  laterFields: '',
};

describe('a packed register', () => {
  it('unpacks to what was packed, fields of later releases included', () => {
    fc.assert(
      fc.property(playheads, visibilities, (playhead, visibility) => {
        expect(unpackPlayhead(packPlayhead(playhead))).toEqual(playhead);
        expect(unpackVisibility(packVisibility(visibility))).toEqual(visibility);
      }),
    );
  });

  it('packs to the very bytes that it was unpacked from', () => {
    fc.assert(
      fc.property(playheads, visibilities, (playhead, visibility) => {
        const packed = packPlayhead(playhead);
        expect(packPlayhead(unpackPlayhead(packed))).toBe(packed);
        const turned = packVisibility(visibility);
        expect(packVisibility(unpackVisibility(turned))).toBe(turned);
      }),
    );
  });

  it('reads as documented: version, status letter, fields in base 36', () => {
    const register = { ...largest, version, status: 'IN_PROGRESS' as const };
    expect(packPlayhead(register)).toBe(`${version}izik0zj.zik0zj.1z141z3`);
    const bare = { durationMs: null, deviceHash: null };
    const unknown = { ...register, ...bare, positionMs: 0, laterFields: '.x.9' };
    expect(packPlayhead({ ...unknown, status: 'FINISHED' })).toBe(`${version}f0...x.9`);
    expect(packPlayhead({ ...unknown, status: 'NOT_STARTED' })).toBe(`${version}n0...x.9`);
    expect(packVisibility({ version, hidden: true, laterFields: '.q' })).toBe(`${version}h.q`);
    expect(packVisibility({ version, hidden: false, laterFields: '' })).toBe(`${version}v`);
  });

  it('takes at most 64 bytes at the largest values, with room for a later field', () => {
    const packed = packPlayhead(largest);
    expect(Buffer.byteLength(packed)).toBe(46);
    expect(Buffer.byteLength(packed)).toBeLessThanOrEqual(packedLengthMax);
    expect(packedLengthMax).toBe(64);
    expect(unpackPlayhead(packed)).toEqual(largest);
    fc.assert(
      fc.property(playheads, (playhead) => {
        const today = packPlayhead({ ...playhead, laterFields: '' });
        expect(Buffer.byteLength(today)).toBeLessThanOrEqual(packed.length);
      }),
    );
  });

  it('is plain ASCII', () => {
    fc.assert(
      fc.property(playheads, visibilities, (playhead, visibility) => {
        expect(packPlayhead(playhead) + packVisibility(visibility)).toMatch(/^[a-z0-9.]+$/);
      }),
    );
  });

  it('orders as its version does', () => {
    fc.assert(
      fc.property(playheads, playheads, (left, right) => {
        fc.pre(left.version !== right.version);
        expect(packPlayhead(left) < packPlayhead(right)).toBe(left.version < right.version);
      }),
    );
    fc.assert(
      fc.property(visibilities, visibilities, (left, right) => {
        fc.pre(left.version !== right.version);
        expect(packVisibility(left) < packVisibility(right)).toBe(left.version < right.version);
      }),
    );
  });

  it('names a device by at most seven digits', () => {
    fc.assert(fc.property(ids, (id) => expect(deviceHash(id)).toMatch(/^[0-9a-z]{1,7}$/)));
  });
});

describe('an unreadable value', () => {
  it.each([
    ['nothing', ''],
    ['a version alone', version],
    ['a version in upper case', `${version.toUpperCase()}i0..`],
    ['a version that is too short', `${version.slice(1)}i0..`],
    ['an unknown status', `${version}x0..`],
    ['no position', `${version}i..`],
    ['a negative position', `${version}i-1..`],
    ['a field too few', `${version}i0.`],
    ['a separator of another kind', `${version}i0||`],
    ['a line break behind it', `${version}i0..\n`],
    ['JSON', '{"positionMs":0}'],
  ])('is refused as a playhead: %s', (_, packed) => {
    expect(() => unpackPlayhead(packed)).toThrow(unreadable(packed));
  });

  it.each([
    ['nothing', ''],
    ['a version alone', version],
    ['a playhead', `${version}i0..`],
    ['a letter too many', `${version}hh`],
    ['an upper-case letter', `${version}H`],
    ['a short version', `${version.slice(1)}h`],
  ])('is refused as a visibility: %s', (_, packed) => {
    expect(() => unpackVisibility(packed)).toThrow(unreadable(packed));
  });

  it('is named by its first 80 characters, under a code that may be retried', () => {
    const garbage = `garbage ${'x'.repeat(200)}`;
    const error = thrownBy(() => unpackPlayhead(garbage));
    expect(error).toBeInstanceOf(PlatformError);
    expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE', retryable: true });
    expect(error.message).toContain(garbage.slice(0, 80));
    expect(error.message).not.toContain(garbage.slice(0, 81));
  });

  it('never passes for a value, and never fails in another way', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        expect(() => unpackPlayhead(text)).toThrow(PlatformError);
        expect(() => unpackVisibility(text)).toThrow(PlatformError);
      }),
    );
  });
});

function unreadable(packed: string): Error {
  return new PlatformError(`Not a packed register: ${JSON.stringify(packed)}.`, {
    code: 'STATE_UNAVAILABLE',
  });
}

function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}
