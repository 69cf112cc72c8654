import { execFile } from 'node:child_process';
import { firstSeed, seedToReplay } from '../support/seeds.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { type Regions, simulate } from './simulation.ts';

/** Several times what it takes, for a machine that is busy with everything else. */
export const deadlineMs = 900_000;

/** From this run's first seed on; `SEED=…` tries that one alone. */
export function seedsToTry(count: number): { from: number; seeds: number } {
  return { from: firstSeed, seeds: seedToReplay === undefined ? count : 1 };
}

/**
 * Tries seeds in a process of its own, where the code runs as it does in production and not through a
 * test runner's module loader: that is 1.7 times as many seeds a second.
 *
 * Errors: what `npm run simulate` printed, when anything was violated.
 */
export function explore(of: {
  from: number;
  seeds: number;
  isKnownToo: boolean;
  regions: Regions;
}): Promise<string> {
  const known = of.isKnownToo ? ['--known'] : [];
  const regions = ['--regions', String(of.regions)];
  const args = ['--from', String(of.from), '--seeds', String(of.seeds), ...regions, ...known];
  const { SEED: _, ...env } = process.env;
  const program = new URL('simulate.ts', import.meta.url).pathname;
  const options = { env, timeout: deadlineMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${stdout}\n${stderr}`, { cause: error }));
    });
  });
}

/** The first seed, of some, in which a planted bug is noticed, and by which rule. */
export async function firstNoticed(
  bug: PlantedBug,
  of: { regions: Regions; seedsMax: number },
): Promise<{ seed: number; rule: string } | null> {
  const { regions, seedsMax } = of;
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const [violation] = (await simulate(seed, { regions, bug })).violations;
    if (violation !== undefined) return { seed, rule: violation.rule };
  }
  return null;
}
