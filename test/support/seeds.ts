import { randomInt } from 'node:crypto';
import fc from 'fast-check';

/** Replays one failed run of random cases: what it printed. */
export const seedToReplay = integer('SEED');

/**
 * Where the random cases of this run begin: at random, or at `SEEDS_FROM`. Continuous integration sets it by
 * the commit: each commit tries other cases, and what it tries can be tried again.
 */
export const firstSeed = seedToReplay ?? integer('SEEDS_FROM') ?? randomInt(2 ** 31);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: firstSeed });

function integer(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw new RangeError(`${name} is an integer, not ${text}.`);
  return Number(text);
}
