import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultPolicy as policy } from '../../domain/policy.ts';
import { anchorOf } from '../../domain/session-token.ts';
import { activityTimeMs, sessionVersion, versionFloor } from '../../domain/version.ts';
import { versions } from '../support/arbitraries.ts';
import { admitOne, beganAtMs, dayMs, heartbeatOf, hourMs, tokenOf } from './samples.ts';

const receivedAtMs = beganAtMs;

function anchorAfter(seenMs: number, elapsedMs = 0): number {
  const startedFrom = sessionVersion({ activityAtMs: seenMs, deviceId: 'tv', sessionId: 'before' });
  return anchorOf({ receivedAtMs, elapsedMs, startedFrom }, policy);
}

const begun = fc.record({
  receivedAtMs: fc.integer({ min: beganAtMs, max: beganAtMs + dayMs }),
  elapsedMs: fc.oneof(
    fc.integer({ min: 0, max: 5_000 }),
    fc.double({ min: 0, max: 30 * dayMs, noNaN: true }),
  ),
});

describe('the anchor of a session', () => {
  it('is when its clock read zero: receipt less what has elapsed, fractions dropped', () => {
    expect(anchorOf({ receivedAtMs, elapsedMs: 0, startedFrom: null }, policy)).toBe(receivedAtMs);
    const elapsedMs = hourMs + 0.75;
    expect(anchorOf({ receivedAtMs, elapsedMs, startedFrom: null }, policy)).toBe(
      receivedAtMs - hourMs,
    );
  });

  it('stays where it is when what the player saw is older', () => {
    expect(anchorAfter(receivedAtMs - hourMs)).toBe(receivedAtMs);
    expect(anchorAfter(receivedAtMs - 1)).toBe(receivedAtMs);
  });

  it.each([
    { why: 'was written in the same millisecond', aheadMs: 0, lifted: 1 },
    { why: 'is a millisecond ahead', aheadMs: 1, lifted: 2 },
    { why: 'is almost three seconds ahead', aheadMs: 2_998, lifted: 2_999 },
    { why: 'needs the whole three seconds', aheadMs: 2_999, lifted: 3_000 },
    { why: 'would need more than three seconds', aheadMs: 3_000, lifted: 0 },
    { why: 'is an hour ahead', aheadMs: hourMs, lifted: 0 },
  ])('is lifted by $lifted ms when what the player saw $why', ({ aheadMs, lifted }) => {
    expect(anchorAfter(receivedAtMs + aheadMs)).toBe(receivedAtMs + lifted);
  });

  it('counts the lift from the start of the session, not from its first request', () => {
    expect(anchorAfter(receivedAtMs - hourMs, hourMs)).toBe(receivedAtMs - hourMs + 1);
    expect(anchorAfter(receivedAtMs - hourMs + 3_000, hourMs)).toBe(receivedAtMs - hourMs);
  });

  it('is lifted for what was in force at the first request only as far as that is ahead of it', () => {
    const seen = (aheadMs: number) =>
      sessionVersion({ activityAtMs: receivedAtMs + aheadMs, deviceId: 'tv', sessionId: 'before' });
    const anchorKnowing = (aheadMs: number, elapsedMs: number) =>
      anchorOf(
        { receivedAtMs, elapsedMs, startedFrom: seen(aheadMs), knownAtElapsedMs: elapsedMs },
        policy,
      );
    expect(anchorKnowing(-1, 2_500.5)).toBe(receivedAtMs - 2_500);
    expect(anchorKnowing(1_000, 2_500.5)).toBe(receivedAtMs - 2_500 + 1_001);
    expect(anchorKnowing(2_999, hourMs)).toBe(receivedAtMs - hourMs + 3_000);
    expect(anchorKnowing(3_000, hourMs)).toBe(receivedAtMs - hourMs);
  });

  it('is never earlier than the clock says, and at most three seconds later', () => {
    fc.assert(
      fc.property(begun, fc.integer({ min: -5_000, max: 5_000 }), (begin, seenAfterMs) => {
        const readZeroAtMs = begin.receivedAtMs - Math.floor(begin.elapsedMs);
        const startedFrom = versionFloor(readZeroAtMs + seenAfterMs);
        const liftMs = anchorOf({ ...begin, startedFrom }, policy) - readZeroAtMs;
        expect(liftMs).toBeGreaterThanOrEqual(0);
        expect(liftMs).toBeLessThanOrEqual(3_000);
      }),
    );
    fc.assert(
      fc.property(begun, versions, (begin, startedFrom) => {
        const unlifted = anchorOf({ ...begin, startedFrom: null }, policy);
        const anchorMs = anchorOf({ ...begin, startedFrom }, policy);
        expect([unlifted, activityTimeMs(startedFrom) + 1]).toContain(anchorMs);
      }),
    );
  });

  it('puts all that the session does after what it saw, with servers two seconds apart and an anchor one late', () => {
    const skewsMs = fc.integer({ min: -3_000, max: 2_999 });
    fc.assert(
      fc.property(skewsMs, fc.nat({ max: hourMs }), (skewMs, elapsedMs) => {
        const startedFrom = sessionVersion({
          activityAtMs: receivedAtMs + skewMs,
          deviceId: 'phone',
          sessionId: 'before',
        });
        const anchorMs = anchorOf({ receivedAtMs, elapsedMs: 0, startedFrom }, policy);
        const token = tokenOf({ anchorMs, startedFrom });
        const first = admitOne(heartbeatOf({ event: 'START', elapsedMs }), {
          token,
          receivedAtMs: receivedAtMs + elapsedMs,
        });
        expect(first.version > startedFrom).toBe(true);
      }),
    );
  });
});
