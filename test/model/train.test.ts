import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlayLine, RowLine } from '../../domain/interaction.ts';
import { heldOutAccounts } from '../../model/held-out.ts';
import { type InteractionLog, interactionLogOf } from '../../model/interaction-log.ts';
import { artifactText } from '../../model/seal.ts';
import { type ProfileQuery, taskOf } from '../../model/task-from-plays.ts';
import { type TrainRequest, train } from '../../model/train.ts';
import { trainRanking } from '../../model/train-ranking.ts';
import { simulatedAccounts } from '../../model/viewers/accounts.ts';
import { featureNames } from '../../subgraphs/recommendations/features.ts';
import { readModels, scoredMax } from '../../subgraphs/recommendations/score.ts';

const run = promisify(execFile);
const accounts = [...simulatedAccounts({ accounts: 6, days: 60, seed: 3 })];
const logOf = (lines: readonly PlayLine[]): Promise<InteractionLog> =>
  interactionLogOf(asStream(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
const log = await logOf(accounts.flat());
const request: TrainRequest = {
  ...{ log, source: 'plays', seed: 1, date: null, release: 1, trees: null },
};
const trained = train(request);

async function* asStream(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** The row that a query was asked by, and the play that answered it, as they are logged. */
function shownLines(query: ProfileQuery, index: number): string[] {
  const { account, profile, atMs, count, chosen, recencyRanks } = query;
  const width = featureNames.length;
  const of = { v: 1, account, profile } as const;
  const row: RowLine = {
    ...{ ...of, kind: 'row', atMs, rankingId: `rk_${index}`, deviceKind: null, ranker: 'recency' },
    ...{ modelHash: null, featureNames, propensity: 1, visit: null, continuationProbability: null },
    cards: Array.from({ length: count }, (_, place) => ({
      ...{ show: `show_${place}`, title: `title_${place}`, kind: 'RESUME' },
      ...{ score: null, utility: null, recencyPlace: recencyRanks[place]! },
      features: Array.from(query.features.subarray(place * width, (place + 1) * width), (value) =>
        Number.isNaN(value) ? null : value,
      ),
    })),
  };
  const play: PlayLine = {
    ...{ ...of, kind: 'play', show: `show_${chosen}`, title: `title_${chosen}`, isFilm: false },
    ...{ deviceKind: 'TV', startedAtMs: atMs + 1, endedAtMs: atMs + 600_000, watchedMs: 599_000 },
    ...{ positionMs: 599_000, durationMs: null, hasNext: null },
    from: { rankingId: `rk_${index}`, place: chosen },
  };
  return [row, play].map((line) => `${JSON.stringify(line)}\n`);
}

describe('training', () => {
  it('writes a model that serving reads', () => {
    const models = readModels(JSON.parse(artifactText(trained.artifact)));
    expect(models.ranking.name).toBe('linear-sim-1');
    expect(models.ranking.hash).toBe(trained.artifact.sha256);
    expect(models.visit).not.toBeNull();
    const [query] = taskOf(log.accounts).queries;
    const utilities = models.ranking.utilities(query!.features, query!.count);
    expect([...utilities].every(Number.isFinite)).toBe(true);
  });

  it('writes the same bytes again, whatever the order of accounts', async () => {
    const text = artifactText(trained.artifact);
    expect(artifactText(train(request).artifact)).toBe(text);
    const other = await logOf([...accounts].reverse().flat());
    expect(artifactText(train({ ...request, log: other }).artifact)).toBe(text);
  });

  it('holds out other accounts with another seed, and keeps the weights of all', () => {
    const other = train({ ...request, seed: 2 }).artifact;
    expect(other.sha256).not.toBe(trained.artifact.sha256);
    expect(other.ranking.linear).toEqual(trained.artifact.ranking.linear);
  });

  it('describes what it was trained on, and names nobody', () => {
    const { card } = trained;
    const plays = accounts.flat();
    expect(card.data).toMatchObject({
      ...{ source: 'simulated viewers', task: 'plays', accounts: 6, plays: plays.length },
      profiles: new Set(plays.map(({ profile }) => profile)).size,
      queries: taskOf(log.accounts).queries.length,
      fromDay: '2023-01-02',
    });
    expect(card.features.map(({ name }) => name)).toEqual(featureNames);
    const known = new Map(card.features.map((feature) => [feature.name, feature.known]));
    expect(known.get('recency_rank')).toBe(1);
    expect(known.get('has_new')).toBe(0);
    expect(known.get('gap_ratio')).toBeGreaterThan(0);
    expect(known.get('gap_ratio')).toBeLessThan(1);
    expect(card.metrics).toMatchObject({ accounts: 1 });
    expect(card.metrics!.model.mrr).toBeGreaterThan(0.5);
    for (const name of ['simulated-', 'series_', 'profile-'])
      expect(artifactText(trained.artifact)).not.toContain(name);
  });

  it('is dated by the newest play unless told otherwise', () => {
    const newestMs = Math.max(...accounts.flat().map(({ endedAtMs }) => endedAtMs));
    expect(trained.card.date).toBe(new Date(newestMs).toISOString().slice(0, 10));
    expect(train({ ...request, date: '2026-01-31' }).card.date).toBe('2026-01-31');
  });

  it('claims nothing of viewers from simulated ones, in card and name', async () => {
    expect(trained.card.caution).toMatch(/^Trained on simulated viewers.*Nothing is claimed/);
    expect(JSON.stringify(trained.card)).not.toMatch(/\b(lift|gain|better)\b/i);
    const real = accounts.flat().map((line) => ({
      ...line,
      account: line.account.replace('simulated', 'acc'),
    }));
    const one = train({ ...request, log: await logOf(real), release: 7 });
    expect(one.artifact.name).toBe('linear-7');
    expect(one.card.data.source).toBe('interaction log');
    // A single simulated account among them is enough.
    const mixed = train({ ...request, log: await logOf([...real, ...accounts[0]!]) });
    expect(mixed.artifact.name).toBe('linear-sim-1');
  });

  it('measures nothing on the account that it was trained on', async () => {
    const alone = train({ ...request, log: await logOf(accounts[0]!) });
    expect(alone.card.metrics).toBeNull();
    expect(alone.artifact.temperature).toBe(1);
  });

  it('takes trees, with the linear model beside them', () => {
    const leaf = (leaf_value: number) => ({ leaf_value });
    const dump = (threshold: number | null) => ({
      feature_names: featureNames,
      tree_info: [
        {
          tree_structure: {
            ...{ split_feature: featureNames.indexOf('recency_rank'), threshold },
            ...{ decision_type: '<=', missing_type: 'None', default_left: true },
            ...{ left_child: leaf(0.5), right_child: leaf(-0.5) },
          },
        },
      ],
    });
    const { artifact, card } = train({ ...request, trees: dump(0.5) });
    expect(artifact.name).toBe('trees-sim-1');
    expect(artifact.ranking.linear).toEqual(trained.artifact.ranking.linear);
    // Two leaves tell the newest from all others, as recency does; the scale is found by calibration.
    expect(card.metrics!.model.hit1).toBe(card.metrics!.recency.hit1);
    expect(artifact.temperature).toBeLessThan(0.6);
    const { ranking } = readModels(JSON.parse(artifactText(artifact)));
    expect(ranking.kind).toBe('trees');
    expect(() => train({ ...request, trees: dump(null) })).toThrow(
      'a threshold is no finite number',
    );
  });

  it('learns the same of rows as they were shown', async () => {
    const { queries } = taskOf(log.accounts);
    const text = queries.slice(0, 120).flatMap((query, index) => shownLines(query, index));
    const shown = await interactionLogOf(asStream(text.join('')));
    expect(shown.counts).toMatchObject({ rows: 120, unreadable: {} });
    const { artifact, card } = train({ ...request, log: shown, source: 'rows' });
    expect(artifact.ranking.linear).toEqual(trainRanking(queries.slice(0, 120)).linear);
    expect(artifact.visit).toBeNull();
    expect(card.data).toMatchObject({ task: 'rows', queries: 120, visits: 0 });
  });

  it('says when there is nothing to learn from', async () => {
    const empty = await logOf([]);
    expect(() => train({ ...request, log: empty })).toThrow('There is no query');
    expect(() => train({ ...request, source: 'rows' })).toThrow('There is no query');
  });

  it('takes queries as deep as serving scores, and no deeper', async () => {
    const dayMs = 24 * 3_600_000;
    const depth = scoredMax + 5;
    // One film an evening; then one that lies as deep as is scored, and one that lies deeper.
    const evenings = [...Array.from({ length: depth }, (_, index) => index), depth - scoredMax, 0];
    const [line] = accounts.flat();
    const plays = evenings.map((film, index) => {
      const startedAtMs = line!.startedAtMs + index * dayMs;
      return {
        ...{ ...line!, show: `film_${film}`, title: `film_${film}`, isFilm: true, startedAtMs },
        ...{ endedAtMs: startedAtMs + 600_000, watchedMs: 600_000, positionMs: 600_000 },
      };
    });
    const { queries, beyondCap } = taskOf((await logOf(plays)).accounts);
    expect(queries.map(({ count, chosen }) => [count, chosen])).toEqual([
      [scoredMax, scoredMax - 1],
    ]);
    expect(beyondCap).toBe(1);
  });
});

describe('npm run train', () => {
  let directory: string;
  let file: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'train-'));
    file = join(directory, 'log.jsonl');
    const lines = accounts.flat().map((line) => JSON.stringify(line));
    await writeFile(file, `${[...lines, '{"kind":"play"}', 'no line'].join('\n')}\n`);
  });

  afterAll(() => rm(directory, { recursive: true }));

  const cli = (...argv: string[]) =>
    run(process.execPath, ['model/train.ts', ...argv], { encoding: 'utf8' });
  const failureOf = async (...argv: string[]) =>
    (await cli(...argv).then(
      () => null,
      (error: unknown) => error,
    )) as { code: number; stderr: string } | null;

  it('writes the model that train answers, and says what it could not read', async () => {
    const out = join(directory, 'new', 'model.json');
    const { stdout } = await cli('--log', file, '--out', out);
    expect(await readFile(out, 'utf8')).toBe(artifactText(trained.artifact));
    expect(stdout).toContain('lines not read: 1 field v, 1 no JSON');
    expect(stdout).toContain('linear-sim-1 from');
    expect(stdout).toContain('Nothing is claimed about viewers.');
  });

  it('writes a task that names nobody and tells what is held out', async () => {
    const out = join(directory, 'task.jsonl');
    await cli('--log', file, '--task-out', out);
    const [head, ...queries] = (await readFile(out, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(head).toEqual({ kind: 'ranking-task', version: 1, featureNames });
    const task = taskOf(log.accounts);
    const heldOut = heldOutAccounts(
      log.accounts.map(({ account }) => account),
      1,
    );
    expect(queries.length).toBe(task.queries.length);
    expect(queries.filter(({ heldOut: isHeldOut }) => isHeldOut).length).toBe(
      task.queries.filter(({ account }) => heldOut.has(account)).length,
    );
    const written = new Set(queries.map(({ features }) => features));
    for (const { features } of task.queries)
      expect(
        written.has(
          Buffer.from(features.buffer, features.byteOffset, features.byteLength).toString('base64'),
        ),
      ).toBe(true);
    expect(Object.keys(queries[0]!).sort()).toEqual(['chosen', 'count', 'features', 'heldOut']);
  });

  it.each([
    [[], 'npm run train -- --log FILE'],
    [['--log', 'x', '--seed', 'one'], '--seed is a whole number, not one.'],
    [['--log', 'x', '--task', 'cards'], '--task is plays or rows, not cards.'],
    [['--log', 'x', '--date', '2026-13-01'], '--date is a day as 2026-11-26, not 2026-13-01.'],
    [['--log', 'x', '--trees', '/nowhere'], '--trees /nowhere cannot be read'],
    [['--logs', 'x'], "Unknown option '--logs'"],
  ])('refuses %j in one sentence', async (argv, message) => {
    const failure = await failureOf(...argv);
    expect(failure).toMatchObject({ code: 64, stderr: expect.stringContaining(message) });
    expect(failure!.stderr).not.toContain('    at ');
  });

  it('says in one sentence that a log is not there, or teaches nothing', async () => {
    const gone = await failureOf('--log', join(directory, 'gone'));
    expect(gone).toMatchObject({ code: 66, stderr: expect.stringContaining('ENOENT') });
    const empty = join(directory, 'empty.jsonl');
    await writeFile(empty, '');
    expect(await failureOf('--log', empty)).toMatchObject({
      ...{ code: 64, stderr: expect.stringContaining('There is no query') },
    });
  });
});
