import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isFinished, defaultPolicy as policy } from '../../domain/policy.ts';
import { durationsMs, positionsMs } from '../support/arbitraries.ts';
import { hourMs, minuteMs, secondMs } from './samples.ts';

function finishedAt(
  positionMs: number,
  of: { durationMs: number | null; creditsStartMs?: number | null },
): boolean {
  return isFinished({ creditsStartMs: null, ...of, positionMs }, policy);
}

describe('a title without a credits marker', () => {
  it.each([
    { title: 'short-form of 10 min, at 95 %', durationMs: 10 * minuteMs, fromMs: 570_000 },
    { title: 'short-form of 15 min, at 95 %', durationMs: 15 * minuteMs, fromMs: 855_000 },
    {
      title: 'an episode a little longer, at 90 %',
      durationMs: 15 * minuteMs + 10,
      fromMs: 810_009,
    },
    { title: 'an episode of 22 min, at 90 %', durationMs: 22 * minuteMs, fromMs: 1_188_000 },
    { title: 'an episode of 30 min, at 90 %', durationMs: 30 * minuteMs, fromMs: 27 * minuteMs },
    {
      title: 'an episode of 45 min, 3 min before',
      durationMs: 45 * minuteMs,
      fromMs: 42 * minuteMs,
    },
    { title: 'an episode of 60 min, 3 min before', durationMs: hourMs, fromMs: 57 * minuteMs },
    { title: 'a film a little longer, at 95 %', durationMs: hourMs + 20, fromMs: 3_420_019 },
    { title: 'a film of 100 min, at 95 %', durationMs: 100 * minuteMs, fromMs: 95 * minuteMs },
    {
      title: 'a film of 160 min, 8 min before',
      durationMs: 160 * minuteMs,
      fromMs: 152 * minuteMs,
    },
    { title: 'a film of 4 h, 8 min before', durationMs: 4 * hourMs, fromMs: 232 * minuteMs },
  ])('is finished exactly from there on: $title', ({ durationMs, fromMs }) => {
    expect(finishedAt(fromMs - 1, { durationMs })).toBe(false);
    expect(finishedAt(fromMs, { durationMs })).toBe(true);
    expect(finishedAt(fromMs + 1, { durationMs })).toBe(true);
    expect(finishedAt(durationMs, { durationMs })).toBe(true);
    expect(finishedAt(durationMs + 5 * secondMs, { durationMs })).toBe(true);
    expect(finishedAt(0, { durationMs })).toBe(false);
  });

  it('stays finished further on, and is not finished in its first half', () => {
    const known = fc.integer({ min: 2, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(positionsMs, positionsMs, known, (one, other, durationMs) => {
        const earlier = Math.min(one, other);
        const later = Math.max(one, other);
        if (finishedAt(earlier, { durationMs }))
          expect(finishedAt(later, { durationMs })).toBe(true);
        expect(finishedAt(Math.floor(durationMs / 2), { durationMs })).toBe(false);
        expect(finishedAt(durationMs, { durationMs })).toBe(true);
      }),
    );
  });

  it('is never finished while its duration is unknown', () => {
    fc.assert(
      fc.property(positionsMs, (positionMs) => {
        expect(finishedAt(positionMs, { durationMs: null })).toBe(false);
      }),
    );
  });
});

describe('a title with a credits marker', () => {
  it.each([
    { title: 'a film', durationMs: 2 * hourMs, creditsStartMs: 110 * minuteMs },
    { title: 'a film with long credits', durationMs: 2 * hourMs, creditsStartMs: 80 * minuteMs },
    { title: 'an episode with short ones', durationMs: 45 * minuteMs, creditsStartMs: 2_699_000 },
    { title: 'short-form', durationMs: 5 * minuteMs, creditsStartMs: 4 * minuteMs },
    { title: 'a title of unknown length', durationMs: null, creditsStartMs: 80 * minuteMs },
  ])('is finished from the marker on, and the marker alone decides: $title', (title) => {
    expect(finishedAt(title.creditsStartMs - 1, title)).toBe(false);
    expect(finishedAt(title.creditsStartMs, title)).toBe(true);
    expect(finishedAt(title.creditsStartMs + 1, title)).toBe(true);
  });

  it('has no use for its duration', () => {
    fc.assert(
      fc.property(
        positionsMs,
        positionsMs,
        durationsMs,
        (positionMs, creditsStartMs, durationMs) => {
          const isAtCredits = positionMs >= creditsStartMs;
          expect(finishedAt(positionMs, { durationMs, creditsStartMs })).toBe(isAtCredits);
        },
      ),
    );
  });
});

describe('the policy that is handed in', () => {
  it('decides, not a literal', () => {
    const lenient = { ...policy, finished: { ...policy.finished, shortFormShare: 0.5 } };
    const at = { positionMs: 5 * minuteMs, durationMs: 10 * minuteMs, creditsStartMs: null };
    expect(isFinished(at, policy)).toBe(false);
    expect(isFinished(at, lenient)).toBe(true);
  });
});
