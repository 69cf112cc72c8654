import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { interactionLogOf, readInteractionLog } from '../../model/interaction-log.ts';
import { featureNames } from '../../subgraphs/recommendations/features.ts';
import { pieces } from './exports.ts';
import { minuteMs, playLine, rowLine, startMs } from './log-lines.ts';

const logOf = (lines: readonly unknown[], size = 999) =>
  interactionLogOf(
    pieces(
      Buffer.from(
        lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
      ),
      size,
    ),
  );

describe('an interaction log', () => {
  it('gives the plays of each profile in order', async () => {
    const lines = [playLine('b', 60), playLine('a', 0), playLine('a', 0, { profile: 'q' })];
    const { accounts, counts } = await logOf(lines);
    expect(accounts).toMatchObject([
      {
        account: 'acc',
        profiles: [
          { profile: 'p', plays: [{ showId: 'a', progress: 0.8 }, { showId: 'b' }] },
          { profile: 'q', plays: [{ showId: 'a', hasNext: true, durationMs: 50 * minuteMs }] },
        ],
      },
    ]);
    expect(counts).toEqual({ lines: 3, rows: 0, plays: 3, unreadable: {} });
  });

  it('counts what it cannot read by reason, and reads the rest', async () => {
    const lines = [
      ...['{"kind":"play"', 'null', '{"kind":"seek","v":1}', ''],
      { ...playLine('a', 0), v: 2 },
      { ...playLine('a', 0), watchedMs: -1 },
      { ...rowLine('r', 0), propensity: 0 },
      rowLine('r', 0, { featureNames: ['mood'] }),
      ...[playLine('a', 0), '{"kind":"play","v":1,"pro'],
    ];
    const { counts } = await logOf(lines);
    expect(counts).toEqual({
      ...{ lines: 9, rows: 0, plays: 1 },
      unreadable: {
        ...{ 'no JSON': 2, 'no line of this log': 1, 'field kind': 1, 'field v': 1 },
        ...{ 'field watchedMs': 1, 'field propensity': 1, 'row of other features': 1 },
      },
    });
  });
});

describe('a folder of logs', () => {
  it('is read file by file in the order of their names, also where a last line has no end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'log-'));
    try {
      await writeFile(join(folder, '2026-01-06.jsonl'), JSON.stringify(playLine('a', 5)));
      await writeFile(join(folder, '2026-01-05.jsonl'), JSON.stringify(rowLine('r', 0)));
      await writeFile(join(folder, 'notes.txt'), 'none of it');
      const { counts, shown } = await readInteractionLog(folder);
      expect(counts).toEqual({ lines: 2, rows: 1, plays: 1, unreadable: {} });
      expect(shown.queries).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a row that was shown', () => {
  it('is a query with the features that were logged when a play followed', async () => {
    const { shown } = await logOf([rowLine('r', 0), playLine('a', 29)], 7);
    expect(shown.queries).toMatchObject([
      {
        ...{ account: 'acc', profile: 'p', atMs: startMs, count: 2, chosen: 1 },
        slices: { isSwitch: true, idleH: expect.closeTo(12, 9), isFilm: false },
      },
    ]);
    const [query] = shown.queries;
    expect([...query!.recencyRanks]).toEqual([1, 0]);
    expect(query!.features).toHaveLength(2 * featureNames.length);
    expect([query!.features[0], query!.features[featureNames.length]]).toEqual([2, 1]);
    expect(query!.features[1]).toBeNaN();
    expect(shown.visits).toMatchObject([{ account: 'acc', atMs: startMs, hasContinued: true }]);
  });

  it.each([
    ['half an hour and a minute later', playLine('a', 31), [0, 0]],
    ['before it', playLine('a', -1), [0, 0]],
    ['of something that it did not show', playLine('z', 5), [0, 1]],
    ['by another profile', playLine('a', 5, { profile: 'q' }), [0, 0]],
    ['under two minutes', playLine('a', 5, { watchedMs: 119_000 }), [0, 0]],
    ['beyond what was scored', playLine('c', 5), [0, 1]],
  ])('is none for a play %s', async (_, play, examples) => {
    const { shown } = await logOf([rowLine('r', 0), play]);
    expect([shown.queries.length, shown.visits.length]).toEqual(examples);
  });

  it('counts a play beyond what was scored as dropped, and the visit as continued', async () => {
    const { shown } = await logOf([rowLine('r', 0), playLine('c', 5)]);
    expect(shown.beyondCap).toBe(1);
    expect(shown.visits[0]!.hasContinued).toBe(true);
  });

  it('is the newest before the play, and is joined once', async () => {
    const lines = [
      rowLine('r', 0),
      rowLine('s', 3),
      rowLine('t', 9),
      playLine('a', 5),
      playLine('b', 8),
    ];
    const { shown } = await logOf(lines);
    expect(shown.queries.map(({ atMs }) => (atMs - startMs) / minuteMs)).toEqual([3]);
  });

  it('is not answered by what is played on in the middle of a visit', async () => {
    const lines = [rowLine('r', 0), playLine('a', 5), rowLine('s', 60), playLine('b', 74)];
    expect((await logOf(lines)).shown.queries).toHaveLength(1);
    const later = [...lines.slice(0, 3), playLine('b', 75)];
    expect((await logOf(later)).shown.queries).toHaveLength(2);
  });

  it('is the one that the play names, if it names one', async () => {
    const lines = [
      rowLine('r', 0),
      rowLine('s', 3),
      playLine('a', 5, { from: { rankingId: 'r', place: 1 } }),
    ];
    const { shown } = await logOf(lines);
    expect(shown.queries.map(({ atMs }) => atMs)).toEqual([startMs]);
  });

  it('takes features by name: a log of another order reads the same, what is not there is unknown', async () => {
    const reversed = [...featureNames].reverse();
    const cards = rowLine('r', 0).cards.map((each) => ({
      ...each,
      features: each.features === null ? null : [...each.features].reverse(),
    }));
    const plain = await logOf([rowLine('r', 0), playLine('a', 5)]);
    const turned = await logOf([
      rowLine('r', 0, { featureNames: reversed, cards }),
      playLine('a', 5),
    ]);
    expect(turned.shown).toEqual(plain.shown);
    const fewer = await logOf([
      rowLine('r', 0, { featureNames: featureNames.slice(0, 1), cards: rowLine('r', 0).cards }),
      playLine('a', 5),
    ]);
    expect(fewer.shown).toEqual(plain.shown);
  });
});
