import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InteractionLine } from '../../domain/interaction.ts';
import type { Report } from '../../model/report.ts';
import { artifactText } from '../../model/seal.ts';
import { train } from '../../model/train.ts';
import { fileOf, type Told } from './exports.ts';
import { playLine, rowLine } from './log-lines.ts';
import { plantedHouseholds } from './planted-plays.ts';

const run = promisify(execFile);
const evaluateCommand = (...argv: string[]) =>
  run(process.execPath, ['model/evaluate.ts', ...argv], { encoding: 'utf8' });

/** Words that stand nowhere but in what was watched, and by whom. */
const secrets = ['Quibblewick', 'Zarnoth', 'Mildred', 'Bartholomew'];
const devices: Record<string, string> = {
  TV: 'Samsung 2019 UHD TV Smart TV',
  PHONE: 'Apple iPhone 12',
  TABLET: 'Apple iPad Air',
};

/** Planted households as exports: what is watched on a device is what was last watched on it. */
function exportsOf(accounts: number): string[] {
  const households = plantedHouseholds({ seed: 21, accounts, visits: 90, rule: 'device' });
  return households.map(({ profiles }) => {
    const rows = profiles.flatMap(({ plays }) =>
      plays.map((play): Told => {
        const start = new Date(play.startedAtMs).toISOString().slice(0, 19).replace('T', ' ');
        const title = `Quibblewick ${play.showId}: Season 1: Zarnoth ${play.title}`;
        const device = devices[play.deviceKind]!;
        return { profile: 'Mildred', start, title, device, duration: '00:45:00' };
      }),
    );
    const unreadable: Told = { profile: 'Bartholomew', start: 'Zarnoth day' };
    return fileOf([...rows.reverse(), unreadable]);
  });
}

/** Rows whose second card, the most recent, was then played. */
function shownRows(profile: string, count: number): InteractionLine[] {
  return Array.from({ length: count }, (_, index) => {
    const play = playLine('a', index * 600 + 5, { profile, account: profile });
    return [rowLine(`row ${index}`, index * 600, { profile, account: profile }), play];
  }).flat();
}

let folder = '';
let files: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluate-'));
  files = exportsOf(12).map((_, index) => join(folder, `Mildred-${index}.csv`));
  for (const [index, text] of exportsOf(12).entries()) await writeFile(files[index]!, text);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Tags that are opened and closed, in order; throws where they cross. */
function checkTags(page: string): number {
  const body = page.replace(/<!DOCTYPE html>/, '').replace(/<style>[^<]*<\/style>/, '');
  const open: string[] = [];
  let tags = 0;
  for (const [tag, slash, name = '', rest = ''] of body.matchAll(
    /<(\/?)([a-z][a-z0-9]*)([^<>]*)>/g,
  )) {
    tags += 1;
    if (!/^(?:\s+[a-zA-Z0-9-]+="[^"<>]*")*\s*\/?$/.test(rest))
      throw new Error(`Attributes: ${tag}`);
    if (slash === '/') {
      if (open.pop() !== name) throw new Error(`Closed out of order: ${tag}`);
    } else if (!rest.endsWith('/')) open.push(name);
  }
  if (open.length > 0) throw new Error(`Never closed: ${open.join(', ')}`);
  if (/<|>/.test(body.replace(/<\/?[a-z][^<>]*>/g, ''))) throw new Error('A stray bracket.');
  return tags;
}

describe('npm run evaluate', () => {
  let page = '';
  let report = {} as Report;
  let printed = '';

  beforeAll(async () => {
    const out = join(folder, 'out');
    const { stdout } = await evaluateCommand(
      '--netflix-export',
      ...files,
      '--folds',
      '3',
      '--out',
      out,
    );
    printed = stdout;
    expect((await readdir(out)).sort()).toEqual(['report.html', 'report.json']);
    page = await readFile(join(out, 'report.html'), 'utf8');
    report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
  });

  it('finds what was planted in the exports', () => {
    const { accounts, folds, split, rankers } = report.evaluation;
    expect({ accounts, folds, split }).toEqual({
      accounts: 12,
      folds: 3,
      split: 'whole accounts held out',
    });
    expect(rankers.map(({ name }) => name)).toEqual([
      ...[
        'random',
        'frequency, 30 days',
        'ACT-R base level',
        'recency',
        'linear',
        'linear + online',
      ],
    ]);
    expect(rankers.at(-2)!.gain.hit1.low).toBeGreaterThan(0.1);
    expect(
      report.goals.find(({ figure }) => figure.startsWith('gain over recency, hit@1'))!.isMet,
    ).toBe(true);
    const counts = Object.fromEntries(report.read.map(({ what, count }) => [what, count]));
    expect(counts).toEqual({
      ...{ rows: 12 * 91, 'plays of two minutes or more': 12 * 90, 'unreadable: start time': 12 },
    });
  });

  it('writes a page that is well-formed, loads nothing and has the figures of the report', () => {
    expect(checkTags(page)).toBeGreaterThan(300);
    expect(page).not.toMatch(/https?:|<script|<link|<img|@import|url\(/);
    expect(page.match(/<svg /g)).toHaveLength(4);
    const { rankers, slices, visits } = report.evaluation;
    const figures = [
      ...rankers.flatMap(({ macro, micro }) => [...Object.values(macro), micro.hit1]),
      ...slices.flatMap(({ hit1 }) => [hit1.recency!, hit1['linear + online']!]),
      ...visits.models.flatMap(({ auc, ece, brier, logLoss }) => [auc, ece, brier, logLoss]),
    ];
    expect(figures.length).toBeGreaterThan(60);
    for (const figure of figures) {
      // Rounded twice, the last digit may differ by one.
      const texts = [-1e-4, 0, 1e-4].map((off) => (figure + off).toFixed(4));
      expect(texts.some((text) => page.includes(`<td>${text}</td>`))).toBe(true);
    }
    expect(page.match(/<rect class="(?:up|down)"/g)).toHaveLength(12);
  });

  it('keeps nothing of what was watched, by whom, or in which file', async () => {
    const json = JSON.stringify(report);
    for (const secret of secrets) {
      expect([page, json, printed].filter((text) => text.includes(secret))).toEqual([]);
    }
  });

  it('prints a table that a person can read', () => {
    expect(printed).toMatch(/^ {2}recency +0\.\d{4} +0\.\d{4} +\+0\.0000 \[/m);
    expect(printed).toMatch(/On another device \(\d+\.\d%\): hit@1 0\.\d+ by recency/);
    expect(printed).toContain('12 unreadable: start time');
  });

  it('of one export learns from its earlier part and says so', async () => {
    const { stdout } = await evaluateCommand(
      '--netflix-export',
      files[0]!,
      '--out',
      join(folder, 'one'),
    );
    expect(stdout).toContain('One account only');
  });

  it('judges a model that was trained elsewhere, and trains nothing', async () => {
    const learned = plantedHouseholds({ seed: 33, accounts: 6, visits: 90, rule: 'device' });
    const log = {
      accounts: learned,
      shown: { queries: [], visits: [], beyondCap: 0 },
      counts: { lines: 0, rows: 0, plays: 0, unreadable: {} },
    };
    const { artifact } = train({
      ...{ log, source: 'plays', seed: 1, date: '2026-01-01', release: 7, trees: null },
    });
    const model = join(folder, 'model.json');
    await writeFile(model, artifactText(artifact));
    const out = join(folder, 'given');
    await evaluateCommand('--model', model, '--netflix-export', files[0]!, files[1]!, '--out', out);
    const given = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
    expect(given.evaluation.split).toBe('nothing trained');
    // Two accounts are too few to hold a goal up to.
    expect(given.goals).toEqual([]);
    const names = given.evaluation.rankers.map(({ name }) => name);
    expect(names.slice(-2)).toEqual([artifact.name, `${artifact.name} + online`]);
    expect(given.evaluation.rankers.at(-2)!.gain.hit1.mean).toBeGreaterThan(0.1);
    expect(given.evaluation.visits.models.map(({ name }) => name)).toContain('logistic');
  });

  it('judges rows of a log as they were shown, and the order in which they were', async () => {
    const shown = [...'ab'].flatMap((profile) => shownRows(`profile ${profile}`, 40));
    const log = join(folder, 'shown.log');
    await writeFile(log, shown.map((line) => JSON.stringify(line)).join('\n'));
    const out = join(folder, 'shown');
    await evaluateCommand('--log', log, '--out', out);
    const { evaluation } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
    const asShown = evaluation.rankers.find(({ name }) => name === 'as shown')!;
    // The second card of each row was played, which is the most recent one.
    expect(asShown.macro).toMatchObject({ hit1: 0, hit3: 1, mrr: 0.5 });
    expect(evaluation.rankers.find(({ name }) => name === 'recency')!.macro.hit1).toBe(1);
    expect(evaluation.queries).toBe(80);
    // The plays alone are of one show only: nothing to choose from.
    const played = evaluateCommand('--log', log, '--task', 'plays', '--out', out);
    await expect(played).rejects.toMatchObject({
      stderr: expect.stringContaining('No visit began'),
    });
  });

  it('says of a file of which nothing can be read what it is, and what is needed', async () => {
    const history = join(folder, 'NetflixViewingHistory.csv');
    await writeFile(history, 'Title,Date\n"Quibblewick: Season 1: Fog","4/5/23"\n');
    const failed = await evaluateCommand('--netflix-export', history).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /File 1 was not read: it is NetflixViewingHistory\.csv.*ViewingActivity\.csv/,
      ),
    });
  });

  it.each([
    [[], /^npm run evaluate -- --log FILE-OR-FOLDER/],
    [['--log', 'a', '--netflix-export', 'b'], /^npm run evaluate/],
    [['--netflix-export', '/nowhere/at-all.csv'], /at-all\.csv/],
    [['--log', 'README.md', '--folds', 'many'], /--folds is a whole number/],
    [['--log', 'README.md'], /No visit began/],
    [['--log', 'README.md', '--task', 'all'], /--task is plays or rows/],
    [['--log', 'README.md', '--model', 'package.json'], /./],
  ])('says in one line what is wrong with %j', async (argv, message) => {
    const failed = await evaluateCommand(...argv).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect((failed as { stderr: string }).stderr).not.toMatch(/\n\s+at /);
  });
});
