import { environment, quantile, type Spread, spreadOf } from './machine.ts';
import {
  type BenchOptions,
  type BenchResult,
  goal,
  shown,
  spreadText,
  type Table,
} from './result.ts';
import { type ConsumerFigures, measureConsumer, measureRows } from './row-parts.ts';

const candidates = 50;
const kinds = ['recency', 'model'] as const;
/** Half a year of evenings, and as many as a view keeps. */
const playsOf = [150, 500] as const;

const wholeScale = { rows: 3_000, entries: 200_000, profiles: 2_000, turns: 3 };
/** A smoke test: whether rows are whole and nothing is lost, not how fast it is. */
const quickScale = { rows: 100, entries: 20_000, profiles: 200, turns: 1 };

const answerMsMax = 5;
const entriesPerSMin = 20_000;

/** What a row costs the recommendations subgraph, and what following the event stream does. */
export async function rowBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  say(`row: ${scale.rows} rows of each kind, ${scale.turns} × ${scale.entries} entries`);
  const rows = [];
  for (const plays of playsOf) {
    for (const kind of kinds) {
      const asked = { candidates, plays, rounds: scale.rows };
      rows.push({ kind, plays, ...(await measureRows(kind, asked)) });
    }
  }
  const consumed: ConsumerFigures[] = [];
  for (let turn = 0; turn < scale.turns; turn += 1) consumed.push(await measureConsumer(scale));
  const perCpuS = spreadOf(consumed.map((figures) => figures.perCpuS));
  const perS = spreadOf(consumed.map((figures) => figures.perS));
  return {
    bench: 'row',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: [
      ...rows
        .filter(({ kind }) => kind !== 'recency')
        .map(({ plays, answerMs }) =>
          goal(
            `row of ${candidates} candidates by the model, ${plays} plays behind it, p99 ms`,
            { atMost: answerMsMax },
            spreadOf(tails(answerMs)).median,
          ),
        ),
      goal('entries a core folds in a second', { atLeast: entriesPerSMin }, perCpuS.median),
    ],
    tables: [rowTable(rows), consumerTable(perCpuS, perS)],
    failures: failuresOf(rows),
  };
}

interface RowRun {
  kind: (typeof kinds)[number];
  plays: number;
  byModel: number;
  answerMs: number[];
  cpuMs: number;
}

function rowTable(rows: readonly RowRun[]): Table {
  const quantiles = [0.5, 0.9];
  return {
    title: 'What a row costs',
    notes: [
      `One profile's row of ${candidates} candidates, asked of the subgraph in its process, over files on disk: view, catalog facts that are known, features, scores of the 25 most recent, reasons, 40 cards as an answer, a line for the log. The model is the one that comes with this release. Each is asked as often again before, to warm up. p99 is min / median / max of ${turns} stretches: a machine that does other things shows in the last.`,
    ],
    header: [
      'ranker',
      'plays',
      'p50 ms',
      'p90 ms',
      'p99 ms',
      'processor time ms',
      'by the model %',
    ],
    plot: { kind: 'bars', name: 'rows', unit: 'ms', columns: ['p50 ms', 'p90 ms', 'p99 ms'] },
    rows: rows.map(({ kind, plays, answerMs, cpuMs, byModel }) => [
      kind,
      String(plays),
      ...quantiles.map((share) => shown(quantile(answerMs, share))),
      spreadText(spreadOf(tails(answerMs))),
      ...[shown(cpuMs), shown(100 * byModel)],
    ]),
  };
}

function consumerTable(perCpuS: Spread, perS: Spread): Table {
  return {
    title: 'What following the event stream costs',
    notes: [
      'An embedded stream of an evening, folded into an embedded view, both files: everybody plays at once, so that entries next to each other are of different profiles. Figures are min / median / max of the turns.',
    ],
    header: ['entries for a second of processor time', 'entries a second'],
    rows: [[spreadText(perCpuS), spreadText(perS)]],
  };
}

/** Rows that go by recency because the machine was busy are few: more, and the model was not measured. */
const byModelMin = 0.9;

function failuresOf(rows: readonly RowRun[]): string[] {
  return rows
    .filter(({ kind, byModel }) => kind !== 'recency' && byModel < byModelMin)
    .map(({ byModel }) => `Of the rows by the model, ${shown(100 * byModel)} % were.`);
}

/** The p99 of each of these stretches. */
const turns = 10;

function tails(values: readonly number[]): number[] {
  const length = Math.ceil(values.length / turns);
  return Array.from({ length: turns }, (_, turn) =>
    quantile(values.slice(turn * length, (turn + 1) * length), 0.99),
  );
}
