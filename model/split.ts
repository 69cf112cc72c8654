import { seeded, shuffled } from './seeded.ts';
import type { Task } from './task.ts';

/** Where a model may learn, and where it is judged. */
export interface Fold {
  train: Task;
  /** Indices into the task's queries and visits. */
  queries: number[];
  visits: number[];
}

export interface Split {
  kind: 'whole accounts held out' | 'later part held out' | 'nothing trained';
  folds: Fold[];
}

/** Of one account's queries, the share in time from which a model may learn. */
const trainShare = 0.7;

/**
 * Whole accounts are held out together, so that no profile, household or device is on both sides. A single
 * account leaves only time to split by.
 */
export function splitOf(task: Task, { folds, seed }: { folds: number; seed: number }): Split {
  const accounts = [...new Set([...task.queries, ...task.visits].map(({ account }) => account))];
  if (accounts.length < 2) return { kind: 'later part held out', folds: [byTime(task)] };
  const count = Math.max(2, Math.min(folds, accounts.length));
  const order = shuffled(accounts.sort(), seeded(seed));
  const foldOf = new Map(order.map((account, index) => [account, index % count]));
  return {
    kind: 'whole accounts held out',
    folds: Array.from({ length: count }, (_, fold) =>
      foldWhere(task, ({ account }) => foldOf.get(account) === fold),
    ),
  };
}

/** For a model that was trained elsewhere. */
export function wholeTask(task: Task): Split {
  const fold = foldWhere(task, () => true);
  return { kind: 'nothing trained', folds: [fold] };
}

function byTime(task: Task): Fold {
  const times = task.queries.map(({ atMs }) => atMs).sort((one, other) => one - other);
  const fromMs = times[Math.floor(times.length * trainShare)] ?? Number.NEGATIVE_INFINITY;
  return foldWhere(task, ({ atMs }) => atMs >= fromMs);
}

function foldWhere(
  { queries, visits }: Task,
  isTest: (example: { account: string; atMs: number }) => boolean,
): Fold {
  const tested = (examples: readonly { account: string; atMs: number }[]) =>
    [...examples.keys()].filter((index) => isTest(examples[index] as (typeof examples)[number]));
  return {
    train: {
      queries: queries.filter((query) => !isTest(query)),
      visits: visits.filter((visit) => !isTest(visit)),
    },
    queries: tested(queries),
    visits: tested(visits),
  };
}
