import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { spanOf, startOf } from '../../model/netflix-times.ts';

const ms = Date.UTC(2023, 3, 5, 20, 15);
const both = (at: number) => ({ dayFirstMs: at, monthFirstMs: at });

describe('a start', () => {
  it.each([
    ['2023-04-05 20:15:00', both(ms)],
    ['2023-04-05T20:15:00.000Z', both(ms)],
    ['2023-04-05 20:15:00 UTC', both(ms)],
    ['2023-04-06 01:45:00+05:30', both(ms)],
    ['2023-04-05 13:15:00-0700', both(ms)],
    ['5 April 2023 20:15', both(ms)],
    ['Apr 5, 2023, 8:15:00 PM', both(ms)],
    ['05/04/2023 20:15', { dayFirstMs: ms, monthFirstMs: Date.UTC(2023, 4, 4, 20, 15) }],
    ['25/04/2023 20:15', { dayFirstMs: Date.UTC(2023, 3, 25, 20, 15), monthFirstMs: Number.NaN }],
    ['4/25/23 8:15 p. m.', { dayFirstMs: Number.NaN, monthFirstMs: Date.UTC(2023, 3, 25, 20, 15) }],
    ['5.4.2023 12:00 AM', { dayFirstMs: Date.UTC(2023, 3, 5), monthFirstMs: Date.UTC(2023, 4, 4) }],
    ['45021.84375', both(ms)],
  ])('%s is read', (text, readings) => {
    expect(startOf(text)).toEqual(readings);
  });

  it.each([
    '',
    'yesterday',
    '2023-02-30 10:00',
    '31/31/2023',
    '2023-04-05 25:00',
    '20:15',
    '45021',
  ])('%j is none', (text) => {
    expect(startOf(text)).toBeNull();
  });

  it('is read back to the second as the export writes it, whenever it was', () => {
    const seconds = fc.integer({
      min: Date.UTC(2007, 0, 1) / 1000,
      max: Date.UTC(2040, 0, 1) / 1000,
    });
    fc.assert(
      fc.property(seconds, (at) => {
        const text = new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');
        expect(startOf(text)).toEqual(both(at * 1000));
      }),
    );
  });
});

describe('a span', () => {
  it.each([
    ['00:41:05', 2465, 2465],
    ['1:02:03', 3723, 3723],
    ['00:41:05.000', 2465, 2465],
    ['0 days 00:41:05', 2465, 2465],
    ['1 day 00:00:01', 86_401, 86_401],
    ['0:41', 41 * 60, 41],
    ['41:05', 147_900, 2465],
    ['41:05.0', 2465, 2465],
    ['2465', 2465, 2465],
  ])('%s is read', (text, asHours, asMinutes) => {
    expect(spanOf(text)).toEqual({ asHoursMs: asHours * 1000, asMinutesMs: asMinutes * 1000 });
  });

  it.each(['', 'Not latest view', '-1', '4105 s', '1:2:3'])('%j is none', (text) => {
    expect(spanOf(text)).toBeNull();
  });
});
