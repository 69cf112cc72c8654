import { parseArgs } from 'node:util';
import { knownSeeds } from './seeds.ts';
import { type Regions, simulate } from './simulation.ts';

/** After so many bad seeds there is enough to look at. */
const badSeedsMax = 5;

/**
 * `npm run simulate -- --from 1 --seeds 10000` tries seed after seed, with `--known` those that failed
 * once before the others; `SEED=… npm run simulate` lives one through again and tells what happened,
 * with `--trace` down to the calls of the stores. `--regions 3` is the same of three regions.
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
      regions: { type: 'string', default: '1' },
    },
  });
  const regions = numberOf(values.regions);
  if (process.env.SEED !== undefined) {
    return replay(Number(process.env.SEED), { trace: values.trace, regions });
  }
  const from = Number(values.from);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => from + index);
  const known = knownSeeds.filter((one) => (one.regions ?? 1) === regions);
  const first = values.known ? known.map(({ seed }) => seed) : [];
  return explore([...first, ...seeds], regions);
}

function numberOf(text: string): Regions {
  if (text === '1') return 1;
  if (text === '3') return 3;
  throw new RangeError(`--regions is 1 or 3, not ${text}.`);
}

async function replay(
  seed: number,
  { trace, regions }: { trace: boolean; regions: Regions },
): Promise<boolean> {
  const { history, violations } = await simulate(seed, { isTraced: trace, regions });
  for (const line of history) print(line);
  for (const { rule, what } of violations) print(`VIOLATED ${rule}: ${what}`);
  return violations.length === 0;
}

async function explore(seeds: readonly number[], regions: Regions): Promise<boolean> {
  const startMs = performance.now();
  let tried = 0;
  let bad = 0;
  for (const seed of seeds) {
    if (bad === badSeedsMax) break;
    const { violations } = await simulate(seed, { regions });
    tried += 1;
    if (violations.length === 0) continue;
    bad += 1;
    const flag = regions === 1 ? '' : ` -- --regions ${regions}`;
    print(`SEED=${seed} npm run simulate${flag}`);
    for (const { rule, what } of violations.slice(0, badSeedsMax)) print(`  ${rule}: ${what}`);
  }
  const perSecond = tried / ((performance.now() - startMs) / 1000);
  const what = regions === 1 ? 'seeds' : `seeds of ${regions} regions`;
  print(`${tried} ${what}, ${bad} bad, ${perSecond.toFixed(1)} a second`);
  return bad === 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
