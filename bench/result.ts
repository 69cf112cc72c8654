import type { Environment, Spread } from './machine.ts';

/** A figure that the design promises, and what was measured. */
export interface Goal {
  figure: string;
  /** On which side of the limit the promise is kept. */
  limit: { atLeast: number } | { atMost: number };
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
  /** Told what happens, line by line. */
  say: (line: string) => void;
}

export function goal(figure: string, limit: Goal['limit'], measured: number): Goal {
  const isMet = 'atLeast' in limit ? measured >= limit.atLeast : measured <= limit.atMost;
  return { figure, limit, measured, isMet };
}

/** A figure with as many digits as it deserves. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function spreadText({ min, median, max }: Spread): string {
  return [min, median, max].map(shown).join(' / ');
}
