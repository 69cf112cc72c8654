import { writeFile } from 'node:fs/promises';
import { type BenchResult, type Goal, shown, type Table } from './result.ts';
import { benches, endOnSignal, sayOnStderr } from './run.ts';
import { writeSizing } from './sizing.ts';

const file = new URL('../docs/benchmarks.md', import.meta.url);

/** `npm run bench:report`: runs every benchmark in full and writes docs/benchmarks.md, figure by figure, and what docs/operations.md makes of them. */
async function main(): Promise<void> {
  const results: BenchResult[] = [];
  for (const bench of Object.values(benches)) {
    results.push(await bench({ isQuick: false, say: sayOnStderr }));
  }
  await writeFile(file, pageOf(results));
  await writeSizing();
  const failures = results.flatMap((result) => result.failures);
  for (const failure of failures) sayOnStderr(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

export function pageOf(results: readonly BenchResult[]): string {
  return `# Benchmarks

Written by \`npm run bench:report\`; no figure here is typed. Ratios within one run hold on other machines,
rates do not: every process of a run shares its cores with all the others.
${results.map(partOf).join('')}`;
}

function partOf({ bench, environment, goals, tables, failures }: BenchResult): string {
  const { date, node, cpu, cores, loadAverage } = environment;
  const lines = [
    ...['', `## ${bench}`, ''],
    `\`npm run bench -- ${bench}\`, ${date.slice(0, 10)}, Node ${node}, ${cores} cores of ${cpu}, load average ${loadAverage}.`,
    ...['', ...tableLines(['figure', 'goal', 'measured', ''], goals.map(goalCells))],
    ...tables.flatMap(tablePart),
    ...failures.flatMap((failure) => ['', `**Failed:** ${failure}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function goalCells({ figure, limit, measured, isMet }: Goal): string[] {
  const wanted = 'atLeast' in limit ? `≥ ${limit.atLeast}` : `≤ ${limit.atMost}`;
  return [figure, wanted, shown(measured), isMet ? 'pass' : '**miss**'];
}

function tablePart({ title, notes, header, rows }: Table): string[] {
  return [
    '',
    `### ${title}`,
    ...notes.flatMap((note) => ['', note]),
    '',
    ...tableLines(header, rows),
  ];
}

function tableLines(header: readonly string[], rows: readonly string[][]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

if (import.meta.main) {
  endOnSignal();
  await main();
}
