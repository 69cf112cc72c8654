import { type BenchResult, type Goal, shown, type Table } from './result.ts';
import { drawTable } from './table-plot.ts';

const head = `# Benchmarks

Written by \`npm run bench:report\`; no figure here is typed. Ratios within one run hold on other machines,
rates do not: every process of a run shares its cores with all the others. A goal is what is promised, and
after the point what is aimed at. Plots show the medians of the tables under them.
`;

/** A file of docs/plots and what is drawn there. */
export interface PlotFile {
  file: string;
  svg: string;
}

/** docs/benchmarks.md by these results; sections of benchmarks that were not run stay as `before` has them. */
export function pageOf(
  results: readonly BenchResult[],
  before: { page: string; order: readonly string[] } = { page: '', order: [] },
): string {
  const parts = new Map(sectionsOf(before.page));
  for (const result of results) parts.set(result.bench, partOf(result));
  const names = [...new Set([...before.order, ...parts.keys()])];
  return head + names.map((name) => parts.get(name) ?? '').join('');
}

export function plotsOf(results: readonly BenchResult[]): PlotFile[] {
  return results.flatMap(({ bench, tables }) =>
    tables.flatMap((table) =>
      table.plot === undefined
        ? []
        : [{ file: fileOf(bench, table.plot.name), svg: drawTable(table, table.plot) }],
    ),
  );
}

/** Each section by the name of its benchmark, from the empty line before it on. */
function sectionsOf(page: string): [name: string, section: string][] {
  const sections = page.split(/^(?=\n## )/m).filter((part) => part.startsWith('\n## '));
  return sections.map((section) => [/## (.+)/.exec(section)?.[1] ?? '', section]);
}

function fileOf(bench: string, name: string): string {
  return `${bench}-${name}.svg`;
}

function partOf({ bench, environment, goals, tables, failures }: BenchResult): string {
  const { date, node, cpu, cores, loadAverage } = environment;
  const lines = [
    ...['', `## ${bench}`, ''],
    `\`npm run bench -- ${bench}\`, ${date.slice(0, 10)}, Node ${node}, ${cores} cores of ${cpu}, load average ${loadAverage}.`,
    ...(goals.length === 0
      ? []
      : ['', ...tableLines(['figure', 'goal', 'measured', ''], goals.map(goalCells))]),
    ...tables.flatMap((table) => tablePart(bench, table)),
    ...failures.flatMap((failure) => ['', `**Failed:** ${failure}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function goalCells({ figure, limit, aim, measured, isMet }: Goal): string[] {
  const sign = 'atLeast' in limit ? '≥' : '≤';
  const promised = 'atLeast' in limit ? limit.atLeast : limit.atMost;
  const wanted = `${sign} ${promised}${aim === undefined ? '' : ` · ${aim}`}`;
  return [figure, wanted, shown(measured), isMet ? 'pass' : '**miss**'];
}

function tablePart(bench: string, { title, notes, header, rows, plot }: Table): string[] {
  return [
    ...['', `### ${title}`],
    ...notes.flatMap((note) => ['', note]),
    ...(plot === undefined ? [] : ['', `![${title}](plots/${fileOf(bench, plot.name)})`]),
    '',
    ...tableLines(header, rows),
  ];
}

function tableLines(header: readonly string[], rows: readonly string[][]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
