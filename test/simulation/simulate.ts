import { parseArgs } from 'node:util';
import { knownSeeds } from './seeds.ts';
import { simulate } from './simulation.ts';

/** After so many bad seeds there is enough to look at. */
const badSeedsMax = 5;

/**
 * `npm run simulate -- --from 1 --seeds 10000` tries seed after seed, with `--known` those that failed
 * once before the others; `SEED=… npm run simulate` lives one through again and tells what happened,
 * with `--trace` down to the calls of the stores.
 *
 * Ends with exit code 1 when anything was violated.
 */
async function main(argv: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      known: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  });
  if (process.env.SEED !== undefined) return replay(Number(process.env.SEED), values);
  const from = Number(values.from);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => from + index);
  const first = values.known ? knownSeeds.map(({ seed }) => seed) : [];
  return explore([...first, ...seeds]);
}

async function replay(seed: number, options: { trace: boolean }): Promise<boolean> {
  const { history, violations } = await simulate(seed, { isTraced: options.trace });
  for (const line of history) print(line);
  for (const { rule, what } of violations) print(`VIOLATED ${rule}: ${what}`);
  return violations.length === 0;
}

async function explore(seeds: readonly number[]): Promise<boolean> {
  const startMs = performance.now();
  let tried = 0;
  let bad = 0;
  for (const seed of seeds) {
    if (bad === badSeedsMax) break;
    const { violations } = await simulate(seed);
    tried += 1;
    if (violations.length === 0) continue;
    bad += 1;
    print(`SEED=${seed} npm run simulate`);
    for (const { rule, what } of violations.slice(0, badSeedsMax)) print(`  ${rule}: ${what}`);
  }
  const perSecond = tried / ((performance.now() - startMs) / 1000);
  print(`${tried} seeds, ${bad} bad, ${perSecond.toFixed(1)} a second`);
  return bad === 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
