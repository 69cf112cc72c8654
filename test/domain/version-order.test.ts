import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  activityTimeMs,
  handVersion,
  isVersion,
  partitionOf,
  sessionVersion,
  sessionWriter,
  versionFloor,
  versionLength,
  versionZero,
  writerOf,
} from '../../domain/version.ts';
import { denseTimesMs, ids, timeMsMax, timesMs, versions } from '../support/arbitraries.ts';

const writers = fc.record({ deviceId: ids, sessionId: ids });
const anyTimesMs = fc.oneof(timesMs, denseTimesMs);

describe('a version', () => {
  it('has 24 characters, of which the first 16 are a time in microseconds', () => {
    fc.assert(
      fc.property(writers, anyTimesMs, (writer, activityAtMs) => {
        const version = sessionVersion({ ...writer, activityAtMs });
        expect(version).toHaveLength(versionLength);
        expect(isVersion(version)).toBe(true);
        const writtenAtUs = BigInt(version.slice(0, 16));
        expect(writtenAtUs / 1000n).toBe(BigInt(activityAtMs));
        expect(activityTimeMs(version)).toBe(activityAtMs);
        expect(Number.isSafeInteger(Number(writtenAtUs))).toBe(true);
      }),
    );
  });

  it('orders as a string as the activity does in time, whoever wrote it', () => {
    const writes = fc.record({ deviceId: ids, sessionId: ids, activityAtMs: anyTimesMs });
    fc.assert(
      fc.property(writes, writes, (left, right) => {
        fc.pre(left.activityAtMs !== right.activityAtMs);
        const isEarlier = left.activityAtMs < right.activityAtMs;
        expect(sessionVersion(left) < sessionVersion(right)).toBe(isEarlier);
      }),
    );
  });

  it('orders as a string as it does by microseconds and the bytes behind them', () => {
    fc.assert(
      fc.property(versions, versions, (left, right) => {
        const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(left < right).toBe(bytes < 0);
        const leftUs = BigInt(left.slice(0, 16));
        const rightUs = BigInt(right.slice(0, 16));
        if (leftUs !== rightUs) expect(left < right).toBe(leftUs < rightUs);
      }),
    );
  });

  it('names its session, and differs between sessions of the same millisecond', () => {
    const activityAtMs = timeMsMax;
    fc.assert(
      fc.property(writers, writers, (one, other) => {
        const version = sessionVersion({ ...one, activityAtMs });
        expect(writerOf(version)).toBe(sessionWriter(one));
        fc.pre(one.deviceId !== other.deviceId || one.sessionId !== other.sessionId);
        expect(sessionVersion({ ...other, activityAtMs })).not.toBe(version);
      }),
    );
  });

  it('tells sessions apart whose names differ in the last character only', () => {
    const names = Array.from({ length: 50_000 }, (_, index) => `session-${index}`);
    const written = names.map((sessionId) => sessionWriter({ deviceId: 'tv', sessionId }));
    expect(new Set(written).size).toBe(names.length);
  });

  it('spreads the last character of a name over every bit of the hash', () => {
    const bitsOf = (sessionId: string) =>
      Number.parseInt(sessionWriter({ deviceId: 'tv', sessionId }).slice(3), 16);
    const flips = new Array<number>(32).fill(0);
    for (let pair = 0; pair < 1_000; pair += 1) {
      const turned = bitsOf(`session-${pair}a`) ^ bitsOf(`session-${pair}b`);
      flips.forEach((count, bit) => {
        flips[bit] = count + ((turned >>> bit) & 1);
      });
    }
    expect(Math.min(...flips)).toBeGreaterThan(400);
    expect(Math.max(...flips)).toBeLessThan(600);
  });

  it('tells devices apart that name their sessions alike', () => {
    expect(sessionWriter({ deviceId: 'tv', sessionId: '1' })).not.toBe(
      sessionWriter({ deviceId: 'phone', sessionId: '1' }),
    );
  });

  it('does not confuse a device and a session that share their letters', () => {
    expect(sessionWriter({ deviceId: 'tv-1', sessionId: '2' })).not.toBe(
      sessionWriter({ deviceId: 'tv-', sessionId: '12' }),
    );
  });

  it('drops a fraction of a millisecond, and never begins before 1970', () => {
    const writer = { deviceId: 'tv', sessionId: 'evening' };
    expect(sessionVersion({ ...writer, activityAtMs: 1_790_000_000_000.9 })).toBe(
      sessionVersion({ ...writer, activityAtMs: 1_790_000_000_000 }),
    );
    expect(activityTimeMs(sessionVersion({ ...writer, activityAtMs: -1 }))).toBe(0);
  });

  it.each([
    ['', false],
    ['1790000000000000aaaaaaaa', true],
    ['1790000000000000AAAAAAAA', false],
    ['1790000000000000aaaaaaa', false],
    ['1790000000000000aaaaaaaaa', false],
    ['179000000000000aaaaaaaaa', false],
    [' 790000000000000aaaaaaaa', false],
    ['1790000000000000aaaaaaaa\n', false],
    [versionZero, true],
  ])('is told from other text: %j → %p', (text, expected) => {
    expect(isVersion(text)).toBe(expected);
  });
});

describe('the version of a change by hand', () => {
  const nonces = fc.uuid();

  it('is after what is in force, even if that was written in the future', () => {
    fc.assert(
      fc.property(anyTimesMs, versions, nonces, (nowMs, inForce, nonce) => {
        const version = handVersion({ nowMs, inForce, nonce });
        expect(isVersion(version)).toBe(true);
        expect(version > inForce).toBe(true);
        expect(activityTimeMs(version)).toBeGreaterThan(activityTimeMs(inForce));
      }),
    );
  });

  it('is now when nothing newer is in force, and one millisecond later otherwise', () => {
    const nonce = 'nonce';
    const inForce = versionFloor(1_790_000_000_000);
    const timeAt = (nowMs: number) => activityTimeMs(handVersion({ nowMs, inForce, nonce }));
    expect(timeAt(1_790_000_000_002)).toBe(1_790_000_000_002);
    expect(timeAt(1_790_000_000_001)).toBe(1_790_000_000_001);
    expect(timeAt(1_790_000_000_000)).toBe(1_790_000_000_001);
    expect(timeAt(1_700_000_000_000)).toBe(1_790_000_000_001);
  });

  it('differs for every nonce in the same millisecond, and from every session', () => {
    const at = { nowMs: 1_790_000_000_000, inForce: versionZero };
    const unique = fc.uniqueArray(nonces, { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(unique, writers, (drawn, writer) => {
        const written = drawn.map((nonce) => handVersion({ ...at, nonce }));
        written.push(sessionVersion({ ...writer, activityAtMs: at.nowMs }));
        expect(new Set(written).size).toBe(drawn.length + 1);
      }),
    );
  });
});

describe('the floor of a millisecond', () => {
  it('is below every version of that millisecond and above every earlier one', () => {
    fc.assert(
      fc.property(writers, timesMs, (writer, activityAtMs) => {
        const floor = versionFloor(activityAtMs);
        expect(isVersion(floor)).toBe(true);
        expect(floor <= sessionVersion({ ...writer, activityAtMs })).toBe(true);
        fc.pre(activityAtMs > 0);
        expect(floor > sessionVersion({ ...writer, activityAtMs: activityAtMs - 1 })).toBe(true);
      }),
    );
  });
});

describe('the partition of a profile', () => {
  it('is always the same one, within the number of partitions', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 4_096 }), (profileId, partitions) => {
        const partition = partitionOf(profileId, partitions);
        expect(partition).toBe(partitionOf(profileId, partitions));
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(partitions);
      }),
    );
  });

  it('spreads profiles evenly, even those that are numbered', () => {
    const counts = new Array<number>(16).fill(0);
    for (let profile = 0; profile < 16_000; profile += 1) {
      const partition = partitionOf(`profile-${profile}`, 16);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
