import type { SliceReport } from './evaluation.ts';
import { escaped, interval, percent, shown } from './figures.ts';
import type { Report } from './report.ts';
import { calibrationPlot, gainBars, gainPoints } from './report-plots.ts';

const style = `
body{font:16px/1.5 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem;color:#1c2024;background:#fff}
table{border-collapse:collapse;width:100%;font-size:14px;margin:1rem 0}
th,td{padding:.3rem .5rem;text-align:right;border-bottom:1px solid #d8dce0}
th:first-child,td:first-child{text-align:left}
td{white-space:nowrap}tr.headline{font-weight:600}figure{margin:1.5rem 0}figcaption{font-size:14px;color:#59636e}
svg{width:100%;height:auto}svg text{font-size:11px;fill:#59636e}
.grid{stroke:#eceef0}.axis{stroke:#59636e}.even{stroke:#9aa4ae;stroke-dasharray:4 4}
.up{fill:#1a7f4b}.down{fill:#b3402e}.line{fill:none;stroke-width:2}
.line.l0{stroke:#2458c5}.line.l1{stroke:#b06a00}.dot.l0{fill:#2458c5}.dot.l1{fill:#b06a00}
svg text.l0{fill:#2458c5}svg text.l1{fill:#b06a00}
@media (prefers-color-scheme:dark){body{color:#e6e8ea;background:#16191d}th,td{border-color:#30363d}
figcaption,svg text{color:#9aa4ae;fill:#9aa4ae}.grid{stroke:#262b31}}`;

/** One page that loads nothing, with the figures of the report and none of what was watched. */
export function pageOf(report: Report): string {
  const { evaluation } = report;
  const { headline } = evaluation;
  const own = Object.entries(evaluation.calibration).slice(-2);
  const byCandidates = evaluation.slices.filter(({ group }) => group === 'candidates');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Continue Watching, evaluated</title>
<style>${style}</style>
</head>
<body>
<h1>Continue Watching, evaluated</h1>
${report.notes.map((note) => `<p>${escaped(note)}</p>`).join('\n')}
<h2>Order of the row</h2>
${rankersTable(report)}
${gainBars(evaluation.gainByAccount)}
<h2>Where the gain lies</h2>
<p>Share of rows whose first card was played (hit@1), and the gain of ${escaped(headline)} over recency.</p>
${slicesTable(report)}
${gainPoints(
  'Gain in MRR by number of candidates',
  byCandidates.map(({ name, gain }) => ({ name, gain: gain.mrr })),
)}
<h2>Can the probabilities be believed?</h2>
${calibrationPlot(
  'Probability of the first card',
  own.map(([name, bins]) => ({ name, bins })),
)}
<h2>Continue or discover</h2>
${visitsTable(report)}
${calibrationPlot('Probability that a visit continues something', [
  { name: 'logistic', bins: evaluation.visitCalibration },
])}
${goalsPart(report)}
<h2>What was read</h2>
${readTable(report)}
</body>
</html>
`;
}

function rankersTable({ evaluation: { rankers, headline } }: Report): string {
  const header = [
    ...['ranker', 'hit@1', 'hit@3', 'MRR', 'NDCG@5', 'hit@1, all rows alike'],
    ...['gain in MRR [95%]', 'gain in hit@1 [95%]', 'accounts better'],
  ];
  const rows = rankers.map(({ name, macro, micro, gain, better }) => ({
    isHeadline: name === headline,
    cells: [
      ...[name, shown(macro.hit1), shown(macro.hit3), shown(macro.mrr), shown(macro.ndcg5)],
      ...[shown(micro.hit1), interval(gain.mrr), interval(gain.hit1), percent(better)],
    ],
  }));
  return table(header, rows);
}

function slicesTable({ evaluation: { slices, rankers, headline } }: Report): string {
  const names = ['recency', ...rankers.slice(-2).map(({ name }) => name)];
  const header = ['rows', 'share', ...names, `gain of ${headline} [95%]`];
  const cells = (slice: SliceReport) => [
    `${slice.group}: ${slice.name}`,
    percent(slice.share),
    ...names.map((name) => shown(slice.hit1[name] ?? Number.NaN)),
    interval(slice.gain.hit1),
  ];
  return table(
    header,
    slices.map((slice) => ({ isHeadline: slice.name === 'another device', cells: cells(slice) })),
  );
}

function visitsTable({ evaluation: { visits } }: Report): string {
  const rows = visits.models.map(({ name, auc, logLoss, brier, ece }) => ({
    isHeadline: name === 'logistic',
    cells: [name, shown(auc), shown(logLoss), shown(brier), shown(ece)],
  }));
  return `<p>${visits.count} visits could have continued something, ${percent(visits.continued)} did.</p>
${table(['model', 'AUC', 'log loss', 'Brier', 'ECE'], rows)}`;
}

function goalsPart({ goals }: Report): string {
  if (goals.length === 0) return '';
  const rows = goals.map(({ figure, wanted, measured, isMet }) => ({
    isHeadline: false,
    cells: [figure, wanted, shown(measured), isMet ? 'met' : 'not met'],
  }));
  return `<h2>Goals</h2>\n${table(['figure', 'wanted', 'measured', ''], rows)}`;
}

function readTable({ read }: Report): string {
  const rows = read.map(({ what, count }) => ({ isHeadline: false, cells: [what, String(count)] }));
  return table(['lines', 'count'], rows);
}

interface Row {
  isHeadline: boolean;
  cells: readonly string[];
}

function table(header: readonly string[], rows: readonly Row[]): string {
  const line = ({ isHeadline, cells }: Row) =>
    `<tr${isHeadline ? ' class="headline"' : ''}>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
  return `<table><thead><tr>${header.map((cell) => `<th>${escaped(cell)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(line).join('\n')}
</tbody></table>`;
}
