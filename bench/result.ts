import type { Environment, Spread } from './machine.ts';

/** A figure that the design promises, and what was measured. */
export interface Goal {
  figure: string;
  /** On which side of the limit the promise is kept. */
  limit: { atLeast: number } | { atMost: number };
  /** What the design hopes for beyond its promise. */
  aim?: number;
  measured: number;
  isMet: boolean;
}

/** A table behind the goals; cells are text as it is shown. */
export interface Table {
  title: string;
  /** What was done, for whoever doubts the figures. */
  notes: string[];
  header: string[];
  rows: string[][];
  /** How docs/benchmarks.md draws it. Default: not at all. */
  plot?: TablePlot;
}

/**
 * A drawing of some columns of a table: what is drawn is what the table says. `bars`: a bar for each row, its parts one
 * after the other where they add up, else beside each other. `lines`: over the first column's number, on a
 * logarithmic axis.
 */
export interface TablePlot {
  kind: 'bars' | 'stacked-bars' | 'lines';
  /** Of the file in docs/plots, beside the benchmark's own: kebab-case. */
  name: string;
  /** What the figures are, with their unit. */
  unit: string;
  /** Columns by their heads. */
  columns: string[];
}

/** What one benchmark prints as a line of JSON, and what docs/benchmarks.md shows of it. */
export interface BenchResult {
  bench: string;
  /** Quick: fewer requests to warm up, fewer and shorter rounds; its figures are a smoke test. */
  mode: 'whole' | 'quick';
  environment: Environment;
  goals: Goal[];
  tables: Table[];
  /** What must not be, however fast it was; the process exits with 1. */
  failures: string[];
}

export interface BenchOptions {
  isQuick: boolean;
  /** Whether to say where the time goes as well, of the benchmarks that can. */
  isProfiled?: boolean;
  /** Told what happens, line by line. */
  say: (line: string) => void;
}

export function goal(
  figure: string,
  limit: Goal['limit'] & { aim?: number },
  measured: number,
): Goal {
  const { aim, ...promised } = limit;
  const isMet = 'atLeast' in promised ? measured >= promised.atLeast : measured <= promised.atMost;
  return { figure, limit: promised, ...(aim === undefined ? {} : { aim }), measured, isMet };
}

/** A figure with as many digits as it deserves. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function spreadText({ min, median, max }: Spread): string {
  return [min, median, max].map(shown).join(' / ');
}
