/** Figures of one kind in several places: a bar or a line for each series. */
export interface Plot {
  title: string;
  unit: string;
  series: { name: string; values: (number | null)[] }[];
}

export interface BarPlot extends Plot {
  /** One for each value of the series. */
  labels: string[];
  /** Series one after the other in one bar: they add up. Otherwise beside each other. */
  isStacked: boolean;
}

export interface LinePlot extends Plot {
  /** Of each value of the series; above 0, in rising order, drawn on a logarithmic axis. */
  at: number[];
  /** What the places are. */
  axis: string;
}

const width = 760;
const labelWidth = 230;
const valueWidth = 70;
const barHeight = 16;
const gap = 10;
const headHeight = 62;
const lineHeight = 260;
const fontSize = 12;

/** Okabe and Ito's colours, told apart by all eyes and on light and dark. */
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#8c8c8c'];

/** Text and lines in grey that is read on white and on black; no background of its own. */
const style = `text{font:${fontSize}px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;font-size:14px}.axis{stroke:#8c959f;stroke-width:1}.grid{stroke:#8c959f;stroke-width:1;stroke-opacity:.3}@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}`;

/** Horizontal bars as an SVG document, which browsers show on light and dark pages alike. */
export function barsAsSvg(plot: BarPlot): string {
  const { labels, series, isStacked } = plot;
  const rowHeight = (isStacked ? 1 : series.length) * barHeight + gap;
  const scale = (width - labelWidth - valueWidth) / (largestBar(plot) || 1);
  const rows = labels.map((label, row) => {
    const top = headHeight + row * rowHeight;
    const values = series.map(({ values }) => values[row] ?? null);
    const bars = isStacked
      ? stackedBars(values, { top, scale })
      : separateBars(values, { top, scale });
    const middle = top + (rowHeight - gap) / 2 + 4;
    return `${text(label, { x: labelWidth - 8, y: middle, anchor: 'end' })}${bars}`;
  });
  const height = headHeight + labels.length * rowHeight + gap;
  const axis = `<line class="axis" x1="${labelWidth}" y1="${headHeight - 4}" x2="${labelWidth}" y2="${height - gap}"/>`;
  return svg({ plot, height, body: [...rows, axis] });
}

function largestBar({ labels, series, isStacked }: BarPlot): number {
  const sums = labels.map((_, row) => sum(series.map(({ values }) => values[row] ?? 0)));
  const each = series.flatMap(({ values }) => values.map((value) => value ?? 0));
  return Math.max(0, ...(isStacked ? sums : each));
}

interface BarPlace {
  top: number;
  scale: number;
}

function stackedBars(values: readonly (number | null)[], { top, scale }: BarPlace): string {
  let x = labelWidth;
  const bars = values.map((value, index) => {
    const length = (value ?? 0) * scale;
    const one = bar({ x, y: top, length, index });
    x += length;
    return length > 0 ? one : '';
  });
  const total = sum(values.map((value) => value ?? 0));
  return bars.join('') + text(digits(total), { x: x + 6, y: top + barHeight - 4 });
}

function separateBars(values: readonly (number | null)[], { top, scale }: BarPlace): string {
  return values
    .map((value, index) => {
      if (value === null) return '';
      const y = top + index * barHeight;
      const length = value * scale;
      const figure = text(digits(value), { x: labelWidth + length + 6, y: y + barHeight - 4 });
      return bar({ x: labelWidth, y, length, index }) + figure;
    })
    .join('');
}

function bar(of: { x: number; y: number; length: number; index: number }): string {
  const { x, y, length, index } = of;
  return `<rect x="${px(x)}" y="${px(y)}" width="${px(length)}" height="${barHeight - 2}" fill="${colourOf(index)}"/>`;
}

/** Lines over a logarithmic axis, from zero upwards, as an SVG document. */
export function linesAsSvg(plot: LinePlot): string {
  const { at, series, axis } = plot;
  const [left, right] = [70, width - 30];
  const [top, bottom] = [headHeight, headHeight + lineHeight];
  const [first, last] = [Math.log10(at[0] ?? 1), Math.log10(at.at(-1) ?? 10)];
  const highest = Math.max(...series.flatMap(({ values }) => values.map((value) => value ?? 0)), 0);
  const xOf = (value: number) =>
    left + ((Math.log10(value) - first) / (last - first || 1)) * (right - left);
  const yOf = (value: number) => bottom - (value / (highest || 1)) * (bottom - top);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = yOf(share * highest);
    const line = `<line class="grid" x1="${left}" y1="${px(y)}" x2="${right}" y2="${px(y)}"/>`;
    return line + text(digits(share * highest), { x: left - 8, y: y + 4, anchor: 'end' });
  });
  const ticks = at.map((value) =>
    text(value.toLocaleString('en'), { x: xOf(value), y: bottom + 18, anchor: 'middle' }),
  );
  const lines = series.map(({ values }, index) => {
    const points = at.flatMap((place, which) => {
      const value = values[which] ?? null;
      return value === null ? [] : [[px(xOf(place)), px(yOf(value))] as const];
    });
    const colour = colourOf(index);
    const dots = points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`);
    const path = points.map(([x, y]) => `${x},${y}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`;
  });
  const named = text(axis, { x: (left + right) / 2, y: bottom + 36, anchor: 'middle' });
  return svg({ plot, height: bottom + 48, body: [...grid, ...ticks, ...lines, named] });
}

function svg(of: { plot: Plot; height: number; body: readonly string[] }): string {
  const { plot, height, body } = of;
  const { title, unit, series } = plot;
  const heading = text(`${title}, ${unit}`, { x: 10, y: 22, className: 'title' });
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${px(height)}" width="${width}" height="${px(height)}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    heading,
    ...legend(series.map(({ name }) => name)),
    ...body,
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function legend(names: readonly string[]): string[] {
  let x = 10;
  return names.map((name, index) => {
    const box = `<rect x="${px(x)}" y="34" width="12" height="12" fill="${colourOf(index)}"/>`;
    const word = text(name, { x: x + 18, y: 44 });
    // Wide letters are half as wide again; what is too wide would lie on its neighbour.
    x += 36 + name.length * fontSize * 0.62;
    return box + word;
  });
}

function text(
  words: string,
  at: { x: number; y: number; anchor?: 'middle' | 'end'; className?: string },
): string {
  const anchor = at.anchor === undefined ? '' : ` text-anchor="${at.anchor}"`;
  const named = at.className === undefined ? '' : ` class="${at.className}"`;
  return `<text x="${px(at.x)}" y="${px(at.y)}"${anchor}${named}>${escaped(words)}</text>`;
}

function colourOf(index: number): string {
  return colours[index % colours.length] as string;
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}

function digits(value: number): string {
  const rounded =
    Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(value === 0 ? 1 : 3));
  return rounded.toLocaleString('en');
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
