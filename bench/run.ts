import { parseArgs } from 'node:util';
import type { BenchOptions, BenchResult } from './result.ts';

/** Every benchmark by the name that it is run by. */
export const benches: Readonly<Record<string, (options: BenchOptions) => Promise<BenchResult>>> = {
  heartbeat: async (options) => (await import('./heartbeat.bench.ts')).heartbeatBench(options),
  lanes: async (options) => (await import('./lanes.bench.ts')).lanesBench(options),
  reads: async (options) => (await import('./reads.bench.ts')).readsBench(options),
  growth: async (options) => (await import('./growth.bench.ts')).growthBench(options),
  'redis-script': async (options) =>
    (await import('./redis-script.bench.ts')).redisScriptBench(options),
  replication: async (options) =>
    (await import('./replication.bench.ts')).replicationBench(options),
  ranking: async (options) => (await import('./ranking.bench.ts')).rankingBench(options),
  row: async (options) => (await import('./row.bench.ts')).rowBench(options),
  'live-row': async (options) => (await import('./live-row.bench.ts')).liveRowBench(options),
  live: async (options) => (await import('./live.bench.ts')).liveBench(options),
  regions: async (options) => (await import('./regions.bench.ts')).regionsBench(options),
};

/**
 * `npm run bench -- NAME… [--quick] [--profile]`: runs benchmarks and prints a line of JSON for each; what
 * happens meanwhile goes to standard error. A goal that is missed is a figure; a failure exits with 1. With
 * `--profile` the servers of `lanes` are loaded once more, and it is said where their time goes.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  if (positionals.length === 0) throw new Error(`Which one? ${Object.keys(benches).join(', ')}`);
  for (const name of positionals) {
    const bench = benches[name];
    if (bench === undefined) throw new Error(`There is no benchmark ${name}.`);
    const result = await bench({
      isQuick: values.quick,
      isProfiled: values.profile,
      say: sayOnStderr,
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
    for (const failure of result.failures) sayOnStderr(`FAILED ${failure}`);
    if (result.failures.length > 0) process.exitCode = 1;
  }
}

export function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Servers are ended by what they were started with; that runs when this process exits, not when it is killed. */
export function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(130));
}

if (import.meta.main) {
  endOnSignal();
  await main(process.argv.slice(2));
}
