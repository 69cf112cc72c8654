import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, errorCatalogue, PlatformError } from '../../domain/errors.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { dayMs, minuteMs, secondMs } from './samples.ts';

describe('the default policy', () => {
  it('holds the numbers of heartbeats and sessions', () => {
    expect(defaultPolicy).toMatchObject({
      heartbeatEveryMs: 5 * secondMs,
      pingEveryMs: minuteMs,
      livenessFactor: 2.5,
      sessionOverAfterMs: 5 * minuteMs,
      sessionOverPausedMs: 30 * minuteMs,
      heartbeatsMax: 100,
      positionSlackMs: 5 * secondMs,
      heartbeatAgeMaxMs: 30 * dayMs,
      aheadMaxMs: 6 * secondMs,
      anchorLiftMaxMs: 3 * secondMs,
      staleDistanceMs: 30 * secondMs,
    });
  });

  it('allows a session clock all that servers and anchors may be apart', () => {
    const { aheadMaxMs, anchorLiftMaxMs } = defaultPolicy;
    const serverSkewMs = 2 * secondMs;
    const beginAnswerMsMax = 1 * secondMs;
    expect(anchorLiftMaxMs).toBeGreaterThanOrEqual(serverSkewMs + beginAnswerMsMax);
    expect(aheadMaxMs).toBeGreaterThanOrEqual(serverSkewMs + anchorLiftMaxMs + beginAnswerMsMax);
  });

  it('rewinds further after longer pauses, and knows a step for every pause', () => {
    const { rewind } = defaultPolicy;
    const pauses = rewind.map(({ pausedUnderMs }) => pausedUnderMs);
    const rewinds = rewind.map(({ rewindMs }) => rewindMs);
    expect(pauses).toEqual([...pauses].sort((left, right) => left - right));
    expect(rewinds).toEqual([...rewinds].sort((left, right) => left - right));
    expect(pauses.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a fault', () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];

  it.each(codes)('with the code %s tells the operator what to do', (code) => {
    const error = new PlatformError('It did not work.', { code });
    expect(error).toMatchObject({ name: 'PlatformError', code, message: 'It did not work.' });
    expect(error.retryable).toBe(errorCatalogue[code].retryable);
    expect(errorCatalogue[code].hint).toMatch(/^[A-Z].*\.$/);
  });

  it('keeps what caused it, and how long to wait', () => {
    const cause = new Error('connection reset');
    const options = { code: 'STATE_UNAVAILABLE' as const, cause, retryAfterMs: 1_000 };
    const error = new PlatformError('The hot store does not answer.', options);
    expect(error.cause).toBe(cause);
    expect(error.retryAfterMs).toBe(1_000);
  });

  it('has no cause and no waiting time unless given one', () => {
    const error = new PlatformError('It did not work.', { code: 'TIMEOUT' });
    expect('cause' in error).toBe(false);
    expect(error.retryAfterMs).toBeUndefined();
  });
});
