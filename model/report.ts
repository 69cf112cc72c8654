import type { Evaluation } from './evaluation.ts';
import { interval, percent, shown } from './figures.ts';
import { accountsMin, type Goal, goalsOf } from './goals.ts';

/** Lines of a file by what became of them; numbers only. */
export interface ReadLine {
  what: string;
  count: number;
}

export interface Report {
  version: 1;
  source: 'interaction log' | 'viewing-activity export';
  notes: string[];
  read: ReadLine[];
  evaluation: Evaluation;
  /** Empty where too few accounts were read for them to mean anything. */
  goals: Goal[];
}

/** What was read, before it was judged. */
export interface Source {
  source: Report['source'];
  notes: string[];
  read: ReadLine[];
}

export function reportOf({ source, notes, read }: Source, evaluation: Evaluation): Report {
  return {
    ...{ version: 1, source },
    notes: [...headNotes(evaluation), ...notes],
    ...{ read, evaluation },
    goals: evaluation.accounts >= accountsMin ? goalsOf(evaluation) : [],
  };
}

function headNotes({
  split,
  folds,
  accounts,
  profiles,
  queries,
  candidates,
}: Evaluation): string[] {
  const size = `${queries} rows of ${profiles} profiles in ${accounts} accounts, ${candidates} candidates at the median.`;
  const how = {
    'whole accounts held out': `Trained and judged in ${folds} folds; an account is never on both sides.`,
    'later part held out':
      'One account only: trained on the first 70% of its rows in time, judged on the rest. This says how the model does for these viewers, not how it would for others.',
    'nothing trained': 'The given model was judged as it is; nothing was trained.',
  }[split];
  const few =
    accounts >= accountsMin
      ? []
      : [
          `Of ${accounts} accounts, intervals over accounts say little, and no goal is held up to them.`,
        ];
  return [size, how, ...few];
}

/** For the terminal. */
export function summaryOf({ evaluation, notes, goals, read }: Report): string {
  const { rankers, visits, slices } = evaluation;
  const widest = Math.max(...rankers.map(({ name }) => name.length));
  const line = ({ name, macro, gain, better }: Evaluation['rankers'][number]) =>
    `  ${name.padEnd(widest)}  ${shown(macro.hit1)}  ${shown(macro.mrr)}  ${interval(gain.mrr).padEnd(28)}  ${percent(better)}`;
  const another = slices.find(({ name }) => name === 'another device');
  const switched =
    another === undefined
      ? []
      : [
          `On another device (${percent(another.share)}): hit@1 ${shown(another.hit1.recency ?? Number.NaN)} by recency, ${shown(another.hit1[evaluation.headline] ?? Number.NaN)} by ${evaluation.headline}.`,
        ];
  const told = visits.models.map(
    ({ name, auc, ece }) => `  ${name}: AUC ${shown(auc)}, ECE ${shown(ece)}`,
  );
  return [
    ...notes,
    '',
    `  ${'ranker'.padEnd(widest)}  hit@1   MRR     ${'gain in MRR [95%]'.padEnd(28)}  accounts better`,
    ...rankers.map(line),
    '',
    ...switched,
    `Continue or discover, ${visits.count} visits:`,
    ...told,
    '',
    ...read.map(({ what, count }) => `  ${String(count).padStart(9)} ${what}`),
    ...goals.map(
      ({ figure, wanted, measured, isMet }) =>
        `  ${isMet ? 'met    ' : 'not met'} ${figure}: ${shown(measured)} (${wanted})`,
    ),
  ].join('\n');
}

const digits = 1e6;

/** JSON for machines: six digits, and null for what is no number. */
export function jsonOf(report: Report): string {
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' && Number.isFinite(value)
      ? Math.round(value * digits) / digits
      : value;
  return `${JSON.stringify(report, rounded, 2)}\n`;
}
