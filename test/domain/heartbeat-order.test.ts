import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  confirmsStart,
  type Heartbeat,
  isAct,
  isIntent,
  type PlaybackEvent,
} from '../../domain/heartbeat.ts';
import { batchesOf, tokens } from '../support/arbitraries.ts';
import { admit, beganAtMs, dayMs, heartbeatOf, tokenOf } from './samples.ts';

function batchOf(...clocks: [sequence: number, elapsedMs: number][]): Heartbeat[] {
  return clocks.map(([sequence, elapsedMs]) => heartbeatOf({ sequence, elapsedMs }));
}

function clocksOf(length: number): [number, number][] {
  return Array.from({ length }, (_, index) => [index, index]);
}

describe('a batch of heartbeats', () => {
  it('is admitted whole and in order, gaps in its sequence included', () => {
    const openTokens = tokens.map((token) => ({ ...token, durationMs: null }));
    fc.assert(
      fc.property(openTokens, batchesOf({ min: 1, max: 30 }), (token, batch) => {
        const { admitted, problems } = admit(batch, { token });
        expect(problems).toEqual([]);
        expect(admitted.map(({ heartbeat }) => heartbeat)).toEqual(batch);
        const written = admitted.map(({ version }) => version);
        expect(written).toEqual([...new Set(written)].sort());
      }),
    );
  });

  it.each([1, 99, 100])('of %d is taken', (length) => {
    const { admitted, problems } = admit(batchOf(...clocksOf(length)));
    expect(admitted).toHaveLength(length);
    expect(problems).toEqual([]);
  });

  it('of 101 is refused whole, and told how many are too many', () => {
    const batch = batchOf(...clocksOf(101));
    expect(admit(batch)).toEqual({
      admitted: [],
      problems: [
        {
          code: 'TOO_MANY_HEARTBEATS',
          message: '101 heartbeats in one request; send at most 100.',
          path: ['heartbeats'],
        },
      ],
    });
  });

  it('of none is refused', () => {
    expect(admit([])).toEqual({
      admitted: [],
      problems: [
        { code: 'INVALID_INPUT', message: expect.stringContaining('one'), path: ['heartbeats'] },
      ],
    });
  });

  it.each([
    { why: 'sequence stands still', clocks: batchOf([4, 10], [4, 20]), field: 'sequence' },
    { why: 'sequence goes back', clocks: batchOf([4, 10], [3, 20]), field: 'sequence' },
    { why: 'the clock stands still', clocks: batchOf([4, 10], [5, 10]), field: 'elapsedMs' },
    { why: 'the clock goes back', clocks: batchOf([4, 10], [5, 9]), field: 'elapsedMs' },
    {
      why: 'the clock jumps back an hour',
      clocks: batchOf([4, 4e6], [5, 4e5]),
      field: 'elapsedMs',
    },
    { why: 'a gap of three lasts 2 ms', clocks: batchOf([4, 10], [7, 12]), field: 'elapsedMs' },
    { why: 'only a fraction passes', clocks: batchOf([4, 10.1], [5, 10.9]), field: 'elapsedMs' },
    { why: 'a clock is endless', clocks: batchOf([4, Infinity], [5, 10]), field: 'elapsedMs' },
  ])('is refused whole when $why', ({ clocks, field }) => {
    const { admitted, problems } = admit(clocks, { receivedAtMs: beganAtMs + dayMs });
    expect(admitted).toEqual([]);
    expect(problems).toEqual([
      { code: 'OUT_OF_ORDER', message: expect.any(String), path: ['heartbeats', '1', field] },
    ]);
  });

  it.each([
    { why: 'each sequence takes a millisecond', clocks: batchOf([4, 10], [5, 11]) },
    { why: 'a gap of three lasts 3 ms', clocks: batchOf([4, 10], [7, 13]) },
    { why: 'fractions fall into two milliseconds', clocks: batchOf([4, 10.9], [5, 11]) },
    {
      why: 'it begins anywhere in the session',
      clocks: batchOf([2 ** 31 - 2, 1], [2 ** 31 - 1, 2]),
    },
  ])('is taken when $why', ({ clocks }) => {
    const { admitted, problems } = admit(clocks);
    expect(problems).toEqual([]);
    expect(admitted).toHaveLength(2);
  });

  it('names the place where the order breaks, however late that is', () => {
    const batch = batchOf([1, 10], [2, 20], [3, 30], [3, 40]);
    expect(admit(batch).problems).toMatchObject([{ path: ['heartbeats', '3', 'sequence'] }]);
  });

  it('drops fractions of the session clock', () => {
    const [whole, fraction] = [10, 10.999].map((elapsedMs) => admit([heartbeatOf({ elapsedMs })]));
    expect(fraction?.admitted[0]?.version).toBe(whole?.admitted[0]?.version);
    expect(fraction?.admitted[0]?.activityAtMs).toBe(beganAtMs + 10);
  });

  it('is admitted without its bad heartbeats, which are named by index', () => {
    const good = heartbeatOf({ sequence: 1, elapsedMs: 10 });
    const negative = heartbeatOf({ sequence: 2, elapsedMs: 20, positionMs: -1 });
    const absurd = heartbeatOf({ sequence: 3, elapsedMs: 30, positionMs: 2 ** 31 - 1 });
    const last = heartbeatOf({ sequence: 4, elapsedMs: 40 });
    const { admitted, problems } = admit([good, negative, absurd, last], { token: tokenOf() });
    expect(admitted.map(({ heartbeat }) => heartbeat)).toEqual([good, last]);
    expect(problems).toEqual([
      outOfRange('1', 'positionMs -1 is outside 0 to 7200000 ms.'),
      outOfRange('2', 'positionMs 2147483647 is outside 0 to 7200000 ms.'),
    ]);
  });
});

describe('an event', () => {
  const events: PlaybackEvent[] = ['START', 'HEARTBEAT', 'PLAY', 'PAUSE', 'SEEK', 'BUFFER'];
  events.push('STOP', 'FINISH', 'PING');

  it('is an intent when the viewer meant it: PAUSE, SEEK, STOP, FINISH', () => {
    expect(events.filter(isIntent)).toEqual(['PAUSE', 'SEEK', 'STOP', 'FINISH']);
  });

  it('is an act at this device when the viewer pressed play or sought', () => {
    expect(events.filter((event) => isAct(heartbeatOf({ event, sequence: 1 })))).toEqual([
      'PLAY',
      'SEEK',
    ]);
  });

  it('confirms how its session began when it is an act, or a PAUSE after START', () => {
    const confirmsAt = (sequence: number) =>
      events.filter((event) => confirmsStart(heartbeatOf({ event, sequence })));
    expect(confirmsAt(1)).toEqual(['PLAY', 'PAUSE', 'SEEK']);
    expect(confirmsAt(0)).toEqual(['PLAY', 'SEEK']);
  });
});

function outOfRange(index: string, message: string) {
  return { code: 'POSITION_OUT_OF_RANGE', message, path: ['heartbeats', index, 'positionMs'] };
}
