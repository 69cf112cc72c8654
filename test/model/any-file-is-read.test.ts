import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { interactionLogOf } from '../../model/interaction-log.ts';
import { taskOf } from '../../model/task-from-plays.ts';
import { featureNames } from '../../subgraphs/recommendations/features.ts';
import { csv, fieldsOf, fileOf, header, pieces, read } from './exports.ts';
import { playLine, rowLine } from './log-lines.ts';

const minutes = (index: number) => String(index % 60).padStart(2, '0');
const rows = Array.from({ length: 40 }, (_, index) => ({
  start: `2023-04-${String(1 + (index % 28)).padStart(2, '0')} 20:${minutes(index)}:00`,
  title: `Harbour ${index % 3}: Season 1: "Fog", ${index} (Episode ${index})`,
}));
const whole = Buffer.from(fileOf(rows));

/** Bytes of a file, some of them replaced, cut out, or put in twice. */
const damages = fc.array(
  fc.record({
    at: fc.nat(),
    cut: fc.nat(40),
    put: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('"', '""', ',', '\n', '\r', ';', '\t', '\0', '\ufeff'),
    ),
  }),
  { maxLength: 30 },
);
type Damages = typeof damages extends fc.Arbitrary<infer Each> ? Each : never;

function damaged(file: Buffer, told: Damages): Buffer {
  return told.reduce((bytes, { at, cut, put }) => {
    const from = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, from), Buffer.from(put), bytes.subarray(from + cut)]);
  }, file);
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe('an export', () => {
  it('is read however it is damaged: every row is a play, left out, or unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(damages, fc.integer({ min: 1, max: 5000 }), async (told, size) => {
        const { accounts, files } = await read([damaged(whole, told)], size);
        const [{ rows: count, plays, leftOut, unreadable }] = files as [(typeof files)[0]];
        expect(plays + sum(leftOut) + sum(unreadable)).toBe(count);
        const { queries } = taskOf(accounts);
        for (const query of queries) {
          expect(query.features).toHaveLength(query.count * featureNames.length);
          expect(query.features.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY)).toBe(
            false,
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it('loses little by little damage', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom('"', ',', '""', '\n', ' "', '",'),
        async (at, put) => {
          // Behind the header, which alone says what the columns are.
          const from = header.length + 2 + (at % (whole.length - header.length - 2));
          const bytes = damaged(whole, [{ at: from, cut: 0, put }]);
          const { files } = await read([bytes]);
          expect(files[0]!.plays).toBeGreaterThanOrEqual(rows.length - 2);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is read the same in pieces of any size', async () => {
    const file = fileOf(
      rows.map((row, index) => ({ ...row, title: `Été ${index} : Saison 1 : «œ»` })),
    );
    const once = await read([file], 1 << 20);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), async (size) => {
        expect(await read([file], size)).toEqual(once);
      }),
      { numRuns: 40 },
    );
  });

  it('is read the same with its columns in any order, separated by anything', async () => {
    const names = header.split(',');
    const once = await read([fileOf(rows)]);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...names.keys()], { minLength: names.length }),
        fc.constantFrom(',', ';', '\t', '|'),
        async (order, delimiter) => {
          const lines = [names, ...rows.map(fieldsOf)].map((row) =>
            csv(
              order.map((at) => row[at]!),
              delimiter,
            ),
          );
          expect(await read([lines.join('\n')])).toEqual(once);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a log', () => {
  const lines = [0, 100, 200].flatMap((at) => [rowLine(`r${at}`, at), playLine('a', at + 5)]);
  const log = Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));

  it('is read however it is damaged: every line is a row, a play, or unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(damages, async (told) => {
        const { counts } = await interactionLogOf(pieces(damaged(log, told), 997));
        expect(counts.rows + counts.plays + sum(counts.unreadable)).toBe(counts.lines);
      }),
      { numRuns: 200 },
    );
  });
});
