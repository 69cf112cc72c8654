import { barsAsSvg, linesAsSvg } from './plot.ts';
import type { Table, TablePlot } from './result.ts';

/**
 * What a table says, drawn: so that a plot cannot differ from the figures under it.
 *
 * Errors: throws when the table lacks a column that the plot names.
 */
export function drawTable({ title, header, rows }: Table, plot: TablePlot): string {
  const series = plot.columns.map((name) => {
    const column = header.indexOf(name);
    if (column < 0) throw new Error(`${title}: there is no column ${name}.`);
    return { name, values: rows.map((cells) => figureIn(cells[column] ?? '')) };
  });
  const drawn = { title, unit: plot.unit, series };
  if (plot.kind === 'lines') {
    const at = rows.map(([place = '']) => Number(place.replaceAll(',', '')));
    return linesAsSvg({ ...drawn, at, axis: header[0] ?? '' });
  }
  // What comes before the figures says which row it is.
  const first = Math.min(...plot.columns.map((name) => header.indexOf(name)));
  const labels = rows.map((cells) => plain(cells.slice(0, first).join(', ')));
  return barsAsSvg({ ...drawn, labels, isStacked: plot.kind === 'stacked-bars' });
}

/** Of `min / median / max` the median; null where nothing was measured. */
export function figureIn(cell: string): number | null {
  const parts = cell.split(' / ');
  const text = parts.length === 3 ? parts[1] : parts[0];
  const value = Number.parseFloat((text ?? '').replaceAll(',', ''));
  return Number.isFinite(value) ? value : null;
}

function plain(markdown: string): string {
  return markdown.replaceAll(/[`*]/g, '');
}
