import { createHash } from 'node:crypto';

export interface Split<Each> {
  learned: Each[];
  heldOut: Each[];
}

/** A fifth: enough to calibrate by, little enough to miss. */
export const heldOutShare = 0.2;

/**
 * Accounts that nothing is learned from, a fifth of them by the hash of their names: whoever else is there
 * changes their number and not their order. None of a single account.
 */
export function heldOutAccounts(accounts: Iterable<string>, seed: number): Set<string> {
  const names = [...new Set(accounts)];
  const count = names.length < 2 ? 0 : Math.max(1, Math.floor(names.length * heldOutShare));
  const keyed = names.map((name) => ({
    name,
    key: createHash('sha256').update(`${seed} ${name}`).digest('hex'),
  }));
  keyed.sort((left, right) => (left.key < right.key ? -1 : 1));
  return new Set(keyed.slice(0, count).map(({ name }) => name));
}

export function splitBy<Each extends { account: string }>(
  examples: readonly Each[],
  heldOut: ReadonlySet<string>,
): Split<Each> {
  return {
    learned: examples.filter(({ account }) => !heldOut.has(account)),
    heldOut: examples.filter(({ account }) => heldOut.has(account)),
  };
}
