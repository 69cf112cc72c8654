import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlayLine } from '../../domain/interaction.ts';
import { simulatedAccounts } from '../../model/viewers/accounts.ts';
import { inventCatalog } from '../../model/viewers/catalog.ts';
import { deviceMixes } from '../../model/viewers/devices.ts';

const run = promisify(execFile);
const simulate = (...argv: string[]) =>
  run(process.execPath, ['demo/viewers/simulate.ts', ...argv], { env: {} });

const accountsOf = (...options: Parameters<typeof simulatedAccounts>) => [
  ...simulatedAccounts(...options),
];

describe('the log of simulated viewers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viewers-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const written = async (name: string, ...argv: string[]) => {
    const file = join(folder, name);
    const { stdout } = await simulate('--log', file, '--accounts', '3', '--days', '60', ...argv);
    return { stdout, text: await readFile(file, 'utf8') };
  };

  it('is the same to the byte for the same seed, and another one for another', async () => {
    const [first, again, other] = await Promise.all([
      written('first'),
      written('again'),
      written('other', '--seed', '2'),
    ]);
    expect(first.text.length).toBeGreaterThan(10_000);
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  it('says in every line, and on the screen, that it is simulated', async () => {
    const { stdout, text } = await written('said');
    expect(stdout).toMatch(/SIMULATED[\s\S]*no lift/);
    const lines = text.trimEnd().split('\n');
    const accounts = lines.map((line) => (JSON.parse(line) as PlayLine).account);
    expect(new Set(accounts)).toEqual(new Set(['simulated-1', 'simulated-2', 'simulated-3']));
    expect(lines.filter((line) => !/"profile":"simulated-/.test(line))).toEqual([]);
  });

  it('refuses what makes no sense, in words', async () => {
    const wrong: [argv: string[], said: RegExp][] = [
      [[], /--log FILE/],
      [['--log', join(folder, 'no'), '--days', '0'], /--days is a whole number from 1, not 0/],
      [['--log', join(folder, 'no'), '--mix', 'radio'], /--mix is fitted or netflix-2018/],
      [['--log', join(folder, 'no'), '--viewer', '3'], /Unknown option '--viewer'/],
    ];
    for (const [argv, said] of wrong) {
      await expect(simulate(...argv)).rejects.toMatchObject({
        code: 64,
        stderr: expect.stringMatching(said),
      });
    }
    const nowhere = join(folder, 'no-such-folder', 'log');
    await expect(
      simulate('--log', nowhere, '--accounts', '1', '--days', '9'),
    ).rejects.toMatchObject({
      code: 73,
      stderr: expect.stringContaining(nowhere),
    });
  });
});

describe('simulated plays', () => {
  const options = { accounts: 4, days: 400, seed: 5 };

  it('come in the order of time within an account, and never two at once in a profile', () => {
    for (const lines of accountsOf(options)) {
      const starts = lines.map(({ startedAtMs }) => startedAtMs);
      expect(starts).toEqual(starts.toSorted((left, right) => left - right));
      for (const own of Map.groupBy(lines, ({ profile }) => profile).values()) {
        const overlaps = own.filter((play, at) => play.startedAtMs < (own[at - 1]?.endedAtMs ?? 0));
        expect(overlaps).toEqual([]);
      }
    }
  });

  it('could have happened', () => {
    const lines = accountsOf(options).flat();
    const impossible = lines.filter(
      (play) =>
        play.watchedMs < 120_000 ||
        play.watchedMs > play.endedAtMs - play.startedAtMs ||
        play.positionMs < 0 ||
        play.positionMs > play.durationMs! ||
        !Number.isInteger(play.startedAtMs + play.endedAtMs + play.positionMs + play.watchedMs),
    );
    expect(lines.length).toBeGreaterThan(1_000);
    expect(impossible).toEqual([]);
  });

  it('are the same for an account, however many there are', () => {
    const [first] = accountsOf({ ...options, accounts: 1 });
    expect(accountsOf(options)[0]).toEqual(first);
  });

  it('play nothing before it is out, and series that go on come back', () => {
    const { fromMs } = { fromMs: Date.UTC(2023, 0, 2) };
    const { shows } = inventCatalog({ seed: options.seed, fromMs, days: options.days });
    const outMs = new Map(
      shows.flatMap(({ titles }) => titles.map((title) => [title.id, title.availableFromMs])),
    );
    const lines = accountsOf({ ...options, fromMs }).flat();
    expect(lines.filter((play) => play.startedAtMs < outMs.get(play.title)!)).toEqual([]);
    const isFresh = (play: PlayLine) =>
      !play.isFilm && play.startedAtMs - outMs.get(play.title)! < 14 * 86_400_000;
    expect(lines.filter(isFresh).length).toBeGreaterThan(0);
  });

  it('know whether an episode follows, and that none follows a film', () => {
    const lines = accountsOf(options).flat();
    expect(lines.filter(({ isFilm, hasNext }) => isFilm && hasNext !== false)).toEqual([]);
    const ofSeries = lines.filter(({ isFilm }) => !isFilm);
    expect(new Set(ofSeries.map(({ hasNext }) => hasNext))).toEqual(new Set([true, false]));
  });

  it('are on televisions most of the time in the mix of 2018', () => {
    const [fitted, television] = deviceMixes.map((mix) => {
      const lines = accountsOf({ accounts: 12, days: 120, seed: 3, mix }).flat();
      return lines.filter(({ deviceKind }) => deviceKind === 'TV').length / lines.length;
    });
    expect(fitted).toBeLessThan(0.45);
    expect(television).toBeGreaterThan(0.55);
  });
});
