import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heldOutAccounts } from '../../model/held-out.ts';
import { writeTaskFile } from '../../model/task-file.ts';
import { featureNames } from '../../subgraphs/recommendations/features.ts';
import { packTrees, treesScores } from '../../subgraphs/recommendations/trees.ts';
import { plantedQueries } from './planted-tasks.ts';

const run = promisify(execFile);
/** A Python that has what model/requirements.txt lists; one that is named and has it not is a failure. */
const python = process.env.PLAYHEAD_PYTHON;

(python === undefined ? describe.skip : describe)('LightGBM, at PLAYHEAD_PYTHON', () => {
  const width = featureNames.length;
  const weights = featureNames.map((_, feature) => Math.sin(feature));
  const queries = plantedQueries({
    ...{ seed: 41, queries: 150, weights },
    unknown: { share: 0.15, weight: 0.8 },
  });
  const heldOut = heldOutAccounts(
    queries.map(({ account }) => account),
    1,
  );
  let directory: string;
  let task: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trees-'));
    task = join(directory, 'task.jsonl');
    await writeTaskFile(task, queries, heldOut);
  });

  afterAll(() => rm(directory, { recursive: true }));

  const trainTrees = async (name: string, ...argv: string[]) => {
    const out = join(directory, name);
    const small = ['--trees', '8', '--leaves', '7', '--leaf-rows-min', '20'];
    const script = ['model/train-trees.py', task, out, ...small, ...argv];
    const { stdout } = await run(python as string, script, { encoding: 'utf8' });
    return { text: await readFile(out, 'utf8'), stdout };
  };

  it('scores rows as its trees are scored here, within 1e-6', async () => {
    const sample = join(directory, 'sample.json');
    const { text } = await trainTrees('trees.json', '--sample', sample);
    const { rows, scores } = JSON.parse(await readFile(sample, 'utf8')) as {
      rows: (number | null)[][];
      scores: number[];
    };
    expect(scores).toHaveLength(500);
    const trees = packTrees(JSON.parse(text), featureNames);
    expect(trees.roots).toHaveLength(8);
    expect(trees.feature.length).toBeGreaterThan(20);
    const features = Float64Array.from(rows.flat(), (value) => value ?? Number.NaN);
    const own = treesScores(trees, features, rows.length);
    expect(Math.max(...own.map((score, row) => Math.abs(score - scores[row]!)))).toBeLessThan(1e-6);
    expect(new Set(scores).size).toBeGreaterThan(100);
    expect([...features.subarray(0, width)]).toEqual([...queries[0]!.features.subarray(0, width)]);
  });

  it('writes the same trees again', async () => {
    const [one, other] = [await trainTrees('one.json'), await trainTrees('other.json')];
    expect(other.text).toBe(one.text);
  });

  it('learns nothing from accounts that are held out', async () => {
    const learned = queries.filter(({ account }) => !heldOut.has(account)).length;
    expect(learned).toBeLessThan(queries.length);
    const { stdout } = await trainTrees('few.json');
    expect(stdout).toContain(`8 trees from ${learned} queries`);
  });
});
