import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { pageOf, plotsOf } from './page.ts';
import type { BenchResult } from './result.ts';
import { benches, endOnSignal, sayOnStderr } from './run.ts';
import { writeSizing } from './sizing.ts';

const file = new URL('../docs/benchmarks.md', import.meta.url);
const plots = new URL('../docs/plots/', import.meta.url);

/**
 * `npm run bench:report`: runs every benchmark in full and writes docs/benchmarks.md, figure by figure, its plots, and
 * what docs/operations.md makes of them. `npm run bench:report -- NAME…`: only these, and leaves the other sections.
 */
async function main(names: readonly string[]): Promise<void> {
  const order = Object.keys(benches);
  const results: BenchResult[] = [];
  for (const name of names.length === 0 ? order : names) {
    const bench = benches[name];
    if (bench === undefined) throw new Error(`There is no benchmark ${name}.`);
    results.push(await bench({ isQuick: false, isProfiled: true, say: sayOnStderr }));
    // One after the other: hours of measuring are not lost by what the last one does.
    await write(results, order);
  }
  await writeSizing();
  const failures = results.flatMap((result) => result.failures);
  for (const failure of failures) sayOnStderr(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

async function write(results: readonly BenchResult[], order: readonly string[]): Promise<void> {
  await mkdir(plots, { recursive: true });
  for (const { file: name, svg } of plotsOf(results)) await writeFile(new URL(name, plots), svg);
  await writeFile(file, pageOf(results, { page: await readFile(file, 'utf8'), order }));
}

if (import.meta.main) {
  endOnSignal();
  await main(process.argv.slice(2));
}
