import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Models, readModels } from '../subgraphs/recommendations/score.ts';
import { evaluate, NothingToJudgeError } from './evaluation.ts';
import { readInteractionLog } from './interaction-log.ts';
import { readNetflixExports } from './netflix-export.ts';
import { jsonOf, type Report, reportOf, type Source, summaryOf } from './report.ts';
import { pageOf } from './report-page.ts';
import { type PlaysTask, taskOf } from './task-from-plays.ts';

const usage = `npm run evaluate -- --log FILE-OR-FOLDER | --netflix-export A.csv [B.csv …]
    [--model FILE] [--folds 5] [--seed 1] [--out data/evaluation]
  --task plays|rows     of a log: questions rebuilt from what was played, or rows as they were shown;
                        whichever there are more of, unless given`;

export interface EvaluateOptions {
  log?: string | undefined;
  exports: readonly string[];
  model?: string | undefined;
  /** Of a log; whichever has more queries, unless given. */
  task?: 'plays' | 'rows' | undefined;
  folds: number;
  seed: number;
}

/** Reads, judges, and answers the report; nothing is written and nothing is sent. */
export async function evaluateFiles(options: EvaluateOptions): Promise<Report> {
  const models = options.model === undefined ? undefined : await modelsOf(options.model);
  const { task, source, isShown } =
    options.log === undefined
      ? await fromExports(options.exports)
      : await fromLog(options.log, options.task);
  const { folds, seed } = options;
  try {
    return reportOf(source, evaluate(task, { folds, seed, models, isShown }));
  } catch (cause) {
    if (!(cause instanceof NothingToJudgeError)) throw cause;
    // Why there is nothing is in what was read.
    const read = source.read.map(({ what, count }) => `  ${count} ${what}`);
    const lines = [cause.message, ...source.notes, ...read];
    throw new NothingToJudgeError(lines.join('\n'), { cause });
  }
}

interface Asked {
  task: PlaysTask;
  /** Whether these are rows as they were shown, and not as they would have been asked for. */
  isShown: boolean;
  source: Source;
}

async function fromExports(files: readonly string[]): Promise<Asked> {
  const { accounts, files: counts } = await readNetflixExports(files);
  const total: Record<string, number> = {};
  const add = (what: string, count: number) => {
    total[what] = (total[what] ?? 0) + count;
  };
  for (const { rows, plays, leftOut, unreadable } of counts) {
    add('rows', rows);
    add('plays of two minutes or more', plays);
    for (const [what, count] of Object.entries(leftOut)) add(`left out: ${what}`, count);
    for (const [what, count] of Object.entries(unreadable)) add(`unreadable: ${what}`, count);
  }
  const problems = counts.flatMap(({ problem }, index) =>
    problem === null ? [] : [`File ${index + 1} was not read: ${problem}.`],
  );
  const households = new Set(counts.filter(({ plays }) => plays > 0).map(({ account }) => account));
  const joined = counts.length - problems.length - households.size;
  const copies =
    joined > 0 ? [`${joined} of the files belong to a household that others are of.`] : [];
  return {
    ...{ task: taskOf(accounts), isShown: false },
    source: {
      source: 'viewing-activity export',
      notes: [...problems, ...copies],
      read: Object.entries(total).map(([what, count]) => ({ what, count })),
    },
  };
}

async function fromLog(file: string, wanted: EvaluateOptions['task']): Promise<Asked> {
  const { accounts, shown, counts } = await readInteractionLog(file);
  const played = taskOf(accounts);
  const more = shown.queries.length >= played.queries.length ? 'rows' : 'plays';
  const isShown = (wanted ?? more) === 'rows';
  const unreadable = Object.entries(counts.unreadable).map(([because, count]) => ({
    what: `unreadable: ${because}`,
    count,
  }));
  return {
    ...{ task: isShown ? shown : played, isShown },
    source: {
      source: 'interaction log',
      notes: [
        isShown
          ? 'Judged on the rows as they were shown, with the features that were logged: what was shown first was played more for that alone.'
          : 'Judged on the plays: rows are put together again as they would have been asked for.',
      ],
      read: [
        { what: 'lines', count: counts.lines },
        { what: 'rows', count: counts.rows },
        { what: 'plays', count: counts.plays },
        ...unreadable,
      ],
    },
  };
}

async function modelsOf(file: string): Promise<Models> {
  return readModels(JSON.parse(await readFile(file, 'utf8')));
}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      log: { type: 'string' },
      'netflix-export': { type: 'string', multiple: true },
      model: { type: 'string' },
      task: { type: 'string' },
      folds: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: join('data', 'evaluation') },
    },
  });
  const exports = [...(values['netflix-export'] ?? []), ...positionals];
  if ((values.log === undefined) === (exports.length === 0)) throw new Error(usage);
  const { log, model } = values;
  const [folds, seed] = [wholeNumber(values.folds, 'folds'), wholeNumber(values.seed, 'seed')];
  const task = taskNamed(values.task);
  const report = await evaluateFiles({ log, exports, model, task, folds, seed });
  await mkdir(values.out, { recursive: true });
  const [page, json] = [join(values.out, 'report.html'), join(values.out, 'report.json')];
  await writeFile(page, pageOf(report));
  await writeFile(json, jsonOf(report));
  process.stdout.write(`${summaryOf(report)}\n\nWritten: ${page}, ${json}\n`);
}

function taskNamed(name: string | undefined): EvaluateOptions['task'] {
  if (name === undefined || name === 'plays' || name === 'rows') return name;
  throw new Error(`--task is plays or rows, not ${name}.`);
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number, not ${text}.`);
  return Number(text);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
