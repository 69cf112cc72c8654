import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Heartbeat } from '../../domain/heartbeat.ts';
import { idProblem } from '../../domain/problem.ts';
import { activityTimeMs } from '../../domain/version.ts';
import { ids } from '../support/arbitraries.ts';
import {
  admit,
  admitOne,
  beganAtMs,
  dayMs,
  heartbeatOf,
  hourMs,
  secondMs,
  tokenOf,
} from './samples.ts';

/** The one problem with a heartbeat, or nothing. */
function problemWith(
  overrides: Partial<Heartbeat>,
  at: Parameters<typeof admit>[1] = {},
): { code: string; path: string[] } | undefined {
  const { admitted, problems } = admit([heartbeatOf(overrides)], at);
  expect(admitted.length + problems.length).toBe(1);
  return problems[0];
}

describe('a position', () => {
  const durationMs = 2 * hourMs;
  const token = tokenOf({ durationMs: null });

  it.each([
    { why: 'at the start', position: 0 },
    { why: 'at the end', position: durationMs },
    { why: 'just short of five seconds past the end', position: durationMs + 4_999 },
    { why: 'five seconds past the end', position: durationMs + 5_000 },
  ])('is taken $why, wherever the duration is known from', ({ position }) => {
    const positions = { positionMs: position, fromPositionMs: position };
    expect(problemWith({ ...positions, durationMs }, { token })).toBeUndefined();
    expect(problemWith({ ...positions }, { token: tokenOf({ durationMs }) })).toBeUndefined();
  });

  it.each([
    { why: 'below zero', position: -1 },
    { why: 'more than five seconds past the end', position: durationMs + 5_001 },
    { why: 'absurd', position: 2 ** 31 - 1 },
    { why: 'absurdly negative', position: -(2 ** 31) },
    { why: 'no number', position: Number.NaN },
  ])('is refused when it is $why, a seek included', ({ position }) => {
    const known = { token: tokenOf({ durationMs }) };
    const refusal = { code: 'POSITION_OUT_OF_RANGE', message: expect.any(String) };
    for (const field of ['positionMs', 'fromPositionMs'] as const) {
      const expected = { ...refusal, path: ['heartbeats', '0', field] };
      expect(problemWith({ [field]: position, durationMs }, { token })).toEqual(expected);
      expect(problemWith({ [field]: position }, known)).toEqual(expected);
    }
  });

  it('has no upper end while the duration is unknown, and says so when it is below zero', () => {
    expect(problemWith({ positionMs: 2 ** 31 - 1 }, { token })).toBeUndefined();
    expect(problemWith({ positionMs: -1 }, { token })).toMatchObject({
      message: 'positionMs -1 is outside 0 to the end ms.',
    });
  });

  it('is never clamped: what is admitted is what was sent', () => {
    fc.assert(
      fc.property(fc.integer(), (positionMs) => {
        const { admitted } = admit([heartbeatOf({ positionMs })]);
        expect(admitted.map(({ playhead }) => playhead?.positionMs)).toEqual(
          positionMs >= 0 && positionMs <= 2 * hourMs + 5_000 ? [positionMs] : [],
        );
      }),
    );
  });
});

describe('a duration', () => {
  it.each([{ durationMs: 0 }, { durationMs: -1 }])(
    'of $durationMs ms is refused',
    ({ durationMs }) => {
      expect(problemWith({ durationMs, positionMs: 0 })).toEqual({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('leave it out'),
        path: ['heartbeats', '0', 'durationMs'],
      });
    },
  );

  it('of 1 ms is taken', () => {
    expect(problemWith({ durationMs: 1, positionMs: 0 })).toBeUndefined();
  });
});

describe('a sequence', () => {
  it('is 0 or more', () => {
    expect(problemWith({ sequence: 0 })).toBeUndefined();
    expect(problemWith({ sequence: -1 })).toEqual({
      code: 'INVALID_INPUT',
      message: expect.any(String),
      path: ['heartbeats', '0', 'sequence'],
    });
  });
});

describe('a session clock', () => {
  const elapsedMs = 10 * 60 * secondMs;
  const madeAtMs = beganAtMs + elapsedMs;
  const path = ['heartbeats', '0', 'elapsedMs'];

  it.each([-1, -0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'of %d ms is refused',
    (bad) => {
      expect(problemWith({ elapsedMs: bad }, { receivedAtMs: madeAtMs })).toEqual({
        code: 'INVALID_INPUT',
        message: expect.any(String),
        path,
      });
    },
  );

  it('may read zero', () => {
    expect(problemWith({ elapsedMs: 0 })).toBeUndefined();
  });

  it.each([
    { why: 'not ahead', aheadMs: 0, isTaken: true },
    { why: 'just short of six seconds ahead', aheadMs: 5_999, isTaken: true },
    { why: 'six seconds ahead', aheadMs: 6_000, isTaken: true },
    { why: 'a millisecond more than that ahead', aheadMs: 6_001, isTaken: false },
    { why: 'an hour ahead', aheadMs: hourMs, isTaken: false },
    { why: '75 years ahead', aheadMs: 75 * 365 * dayMs, isTaken: false },
  ])('that is $why is taken: $isTaken, never clamped', ({ aheadMs, isTaken }) => {
    const receivedAtMs = madeAtMs - aheadMs;
    if (isTaken) {
      const { version } = admitOne(heartbeatOf({ elapsedMs }), { receivedAtMs });
      expect(activityTimeMs(version)).toBe(madeAtMs);
    } else {
      const problem = problemWith({ elapsedMs }, { receivedAtMs });
      expect(problem).toMatchObject({ code: 'SESSION_INVALID', path });
      expect(problem).toMatchObject({ message: expect.stringContaining(`${aheadMs} ms ahead`) });
    }
  });

  it.each([
    { why: 'a millisecond less than 30 days', ageMs: 30 * dayMs - 1, isTaken: true },
    { why: '30 days', ageMs: 30 * dayMs, isTaken: true },
    { why: 'a millisecond more than 30 days', ageMs: 30 * dayMs + 1, isTaken: false },
    { why: 'a year', ageMs: 365 * dayMs, isTaken: false },
  ])('of $why ago is taken: $isTaken', ({ ageMs, isTaken }) => {
    const receivedAtMs = madeAtMs + ageMs;
    if (isTaken) {
      const { version } = admitOne(heartbeatOf({ elapsedMs }), { receivedAtMs });
      expect(activityTimeMs(version)).toBe(madeAtMs);
    } else {
      const problem = problemWith({ elapsedMs }, { receivedAtMs });
      expect(problem).toMatchObject({ code: 'HEARTBEAT_TOO_OLD', path });
    }
  });

  it('that went back between two requests does not win over what it wrote before', () => {
    const before = admitOne(heartbeatOf({ sequence: 1, elapsedMs: 20_000 }));
    const after = admitOne(heartbeatOf({ sequence: 2, elapsedMs: 10_000 }));
    expect(after.version < before.version).toBe(true);
  });

  it('in part of a batch is refused in that part only', () => {
    const batch = [
      heartbeatOf({ sequence: 1, elapsedMs: 1_000 }),
      heartbeatOf({ sequence: 2, elapsedMs: 30 * dayMs }),
      heartbeatOf({ sequence: 3, elapsedMs: 31 * dayMs }),
    ];
    const { admitted, problems } = admit(batch, { receivedAtMs: beganAtMs + 30 * dayMs + 1_001 });
    expect(admitted.map(({ heartbeat }) => heartbeat)).toEqual([batch[1]]);
    expect(problems).toMatchObject([
      { code: 'HEARTBEAT_TOO_OLD', path: ['heartbeats', '0', 'elapsedMs'] },
      { code: 'SESSION_INVALID', path: ['heartbeats', '2', 'elapsedMs'] },
    ]);
  });
});

describe('an id', () => {
  it('is 1 to 64 characters of letters, digits, underscores and dashes', () => {
    fc.assert(fc.property(ids, (id) => expect(idProblem(id, ['playableId'])).toEqual([])));
    expect(idProblem('a'.repeat(64), ['playableId'])).toEqual([]);
  });

  it.each([
    '',
    'a'.repeat(65),
    '*',
    'a/b',
    'a|b',
    'a:b',
    'a.b',
    'a b',
    '{a}',
    'ä',
    'a\n',
    '\u0000',
    '../a',
  ])('that holds a separator, or is too long, is refused: %j', (id) => {
    expect(idProblem(id, ['input', 'playableId'])).toEqual([
      {
        code: 'INVALID_INPUT',
        message: 'An id is 1 to 64 characters of [A-Za-z0-9_-].',
        path: ['input', 'playableId'],
      },
    ]);
  });
});
