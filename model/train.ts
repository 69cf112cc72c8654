import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type Artifact, artifactVersion } from '../subgraphs/recommendations/artifact.ts';
import { featureNames } from '../subgraphs/recommendations/features.ts';
import { readModels } from '../subgraphs/recommendations/score.ts';
import { packTrees } from '../subgraphs/recommendations/trees.ts';
import { cardOf, isSimulated, type ModelCard, type TaskSource } from './card.ts';
import { fitModels } from './fit.ts';
import { heldOutAccounts } from './held-out.ts';
import { inOneOrder } from './in-one-order.ts';
import { type InteractionLog, readInteractionLog } from './interaction-log.ts';
import { artifactText, sealArtifact } from './seal.ts';
import { writeTaskFile } from './task-file.ts';
import { type PlaysTask, taskOf } from './task-from-plays.ts';

const usage = `npm run train -- --log FILE [--seed 1] [--out data/continue-watching.v1.json]
  trains the models of the row from an interaction log
  --task plays|rows     questions rebuilt from what was played (default), or rows as they were shown
  --date YYYY-MM-DD     of the model; the newest play's unless given
  --release 1           the number in the model's name
  --task-out FILE       writes the queries for model/train-trees.py and trains nothing
  --trees FILE          takes the trees that it wrote
`;

export interface TrainRequest {
  log: InteractionLog;
  source: TaskSource;
  seed: number;
  date: string | null;
  release: number;
  /** As `train-trees.py` wrote them; null: a linear model. */
  trees: unknown;
}

export interface Trained {
  artifact: Artifact;
  card: ModelCard;
}

/**
 * From a log to an artifact that serving can read.
 *
 * Shape: the same log, seed and date give the same bytes; the order of accounts does not matter.
 * Errors: RangeError when there is nothing to learn from; an Error when the trees are none.
 */
export function train(request: TrainRequest): Trained {
  const { log, source, seed, date, release, trees } = request;
  const { accounts } = log;
  const task = taskIn(log, source);
  const fitted = fitModels(task, { seed, trees });
  const card = cardOf({ accounts, task, source, fitted, seed, date });
  const origin = isSimulated(accounts) ? 'sim-' : '';
  const name = `${fitted.parts.kind}-${origin}${release}`;
  const artifact = sealArtifact({ version: artifactVersion, name, ...fitted.parts, card });
  // Nothing is written that serving would refuse.
  readModels(JSON.parse(artifactText(artifact)));
  return { artifact, card };
}

export function taskIn(log: InteractionLog, source: TaskSource): PlaysTask {
  // The accounts in order too: run times and popularity are counted over the others.
  const accounts = [...log.accounts].sort((one, other) => (one.account < other.account ? -1 : 1));
  return source === 'rows' ? log.shown : taskOf(accounts);
}

/** Errors: a RangeError that says what is wrong with an option, or with the log. */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      log: { type: 'string' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'data/continue-watching.v1.json' },
      task: { type: 'string', default: 'plays' },
      date: { type: 'string' },
      release: { type: 'string', default: '1' },
      'task-out': { type: 'string' },
      trees: { type: 'string' },
    },
  });
  if (values.log === undefined) throw new RangeError(usage);
  const request = {
    ...{ seed: wholeOf('seed', values.seed), release: wholeOf('release', values.release) },
    ...{ source: sourceOf(values.task), date: dateOf(values.date) },
    trees: values.trees === undefined ? null : await readTrees(values.trees),
    log: await readInteractionLog(values.log),
  };
  say(countsOf(values.log, request.log));
  const taskOut = values['task-out'];
  if (taskOut !== undefined) return writeTask(taskOut, request);
  const trained = train(request);
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, artifactText(trained.artifact));
  say(`${values.out}: ${summaryOf(trained)}`);
}

async function writeTask(file: string, { log, source, seed }: TrainRequest): Promise<void> {
  const { queries } = taskIn(log, source);
  const heldOut = heldOutAccounts(
    log.accounts.map(({ account }) => account),
    seed,
  );
  const ordered = inOneOrder(queries, ({ chosen }) => chosen);
  await writeTaskFile(file, ordered, heldOut);
  say(`${file}: ${queries.length} queries`);
}

async function readTrees(file: string): Promise<unknown> {
  try {
    const dump: unknown = JSON.parse(await readFile(file, 'utf8'));
    packTrees(dump, featureNames);
    return dump;
  } catch (cause) {
    throw new RangeError(`--trees ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function countsOf(file: string, { counts, shown, accounts }: InteractionLog): string {
  const unreadable = Object.entries(counts.unreadable).map(([why, lines]) => `${lines} ${why}`);
  const skipped = unreadable.length === 0 ? '' : `; lines not read: ${unreadable.join(', ')}`;
  const answered = shown.queries.length;
  return `${file}: ${counts.plays} plays of ${accounts.length} accounts, ${answered} rows that a play answered${skipped}`;
}

function summaryOf({ artifact, card }: Trained): string {
  const { queries, visits } = card.data;
  const learned = `${artifact.name} from ${queries} queries and ${visits} visits, sha256 ${artifact.sha256}`;
  return [learned, ...metricLines(card), card.caution].join('\n');
}

function metricLines({ metrics }: ModelCard): string[] {
  if (metrics === null)
    return ['A single account: nothing could be held out, nothing is measured.'];
  const { accounts, model, recency, visit } = metrics;
  const row = (name: string, { hit1, hit3, mrr, ndcg5 }: typeof recency) =>
    [name.padEnd(8), ...[hit1, hit3, mrr, ndcg5].map((value) => value.toFixed(4))].join('  ');
  return [
    `${accounts} accounts held out, each weighing the same:`,
    'order     hit@1   hit@3   MRR     NDCG@5',
    row('model', model),
    row('recency', recency),
    ...(visit === null
      ? []
      : [`continues: AUC ${visit.auc.toFixed(4)}, ECE ${visit.ece.toFixed(4)}`]),
  ];
}

function wholeOf(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} is a whole number, not ${text}.`);
  return Number(text);
}

function sourceOf(text: string): TaskSource {
  if (text !== 'plays' && text !== 'rows')
    throw new RangeError(`--task is plays or rows, not ${text}.`);
  return text;
}

function dateOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new RangeError(`--date is a day as 2026-11-26, not ${text}.`);
  return text;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What sysexits.h calls a wrong command, and a file that cannot be opened. */
const exitUsage = 64;
const exitNoInput = 66;

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    // What parseArgs refuses is a TypeError with a code; any other is a bug, and shows its stack.
    const isOption = error instanceof TypeError && 'code' in error;
    const isUsage = error instanceof RangeError || isOption;
    const isFile = error instanceof Error && 'syscall' in error;
    if (!isUsage && !isFile) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = isUsage ? exitUsage : exitNoInput;
  }
}
