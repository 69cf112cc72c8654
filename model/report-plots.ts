import { escaped } from './figures.ts';
import type { CalibrationBin, Interval } from './metrics.ts';

/** Inline SVG, drawn by hand: a page that loads nothing can be kept and sent. */
const width = 640;
const height = 260;
const margin = { left: 56, right: 16, top: 16, bottom: 40 };
const inner = {
  width: width - margin.left - margin.right,
  height: height - margin.top - margin.bottom,
};

interface Scale {
  min: number;
  max: number;
}

const xAt = (value: number, { min, max }: Scale) =>
  margin.left + ((value - min) / (max - min || 1)) * inner.width;
const yAt = (value: number, { min, max }: Scale) =>
  margin.top + inner.height - ((value - min) / (max - min || 1)) * inner.height;
const px = (value: number) => value.toFixed(1);

/** Bars of the gain of each account, the largest first. */
export function gainBars(gains: readonly number[]): string {
  const scale = scaleOf([0, ...gains]);
  const step = inner.width / Math.max(1, gains.length);
  const bars = gains.map((gain, index) => {
    const [top, bottom] = [yAt(Math.max(0, gain), scale), yAt(Math.min(0, gain), scale)];
    return `<rect class="${gain > 0 ? 'up' : 'down'}" x="${px(margin.left + index * step)}" y="${px(top)}" width="${px(Math.max(1, step - 1))}" height="${px(Math.max(0.5, bottom - top))}"/>`;
  });
  return figure('Gain in MRR over recency, account by account', [
    ...yAxis(scale),
    ...bars,
    line({ x1: margin.left, x2: width - margin.right, y1: yAt(0, scale), y2: yAt(0, scale) }),
    label({ x: width / 2, y: height - 8, text: 'accounts, the largest gain first' }),
  ]);
}

export interface CalibrationLine {
  name: string;
  bins: readonly CalibrationBin[];
}

/** What was told against how often it came so; the nearer to the diagonal the better. */
export function calibrationPlot(title: string, lines: readonly CalibrationLine[]): string {
  const scale = { min: 0, max: 1 };
  const drawn = lines.flatMap(({ name, bins }, index) => [
    `<polyline class="line l${index}" points="${bins.map(({ told, observed }) => `${px(xAt(told, scale))},${px(yAt(observed, scale))}`).join(' ')}"/>`,
    ...bins.map(
      ({ told, observed }) =>
        `<circle class="dot l${index}" cx="${px(xAt(told, scale))}" cy="${px(yAt(observed, scale))}" r="3"/>`,
    ),
    label({ x: margin.left + 90, y: margin.top + 14 + index * 16, text: name }, `l${index}`),
  ]);
  return figure(title, [
    ...yAxis(scale),
    line({ x1: xAt(0, scale), y1: yAt(0, scale), x2: xAt(1, scale), y2: yAt(1, scale) }, 'even'),
    ...drawn,
    ...[0, 0.5, 1].map((value) =>
      label({ x: xAt(value, scale), y: height - 24, text: String(value) }),
    ),
    label({ x: width / 2, y: height - 8, text: 'probability that was told' }),
  ]);
}

export interface GainPoint {
  name: string;
  gain: Interval;
}

/** A gain and its interval for each kind of question. */
export function gainPoints(title: string, points: readonly GainPoint[]): string {
  const known = (values: readonly number[]) => values.filter((value) => Number.isFinite(value));
  const scale = scaleOf([0, ...known(points.flatMap(({ gain }) => Object.values(gain)))]);
  const step = inner.width / Math.max(1, points.length);
  const drawn = points.flatMap(({ name, gain }, index) => {
    const x = margin.left + (index + 0.5) * step;
    const interval = Number.isNaN(gain.low)
      ? []
      : [line({ x1: x, x2: x, y1: yAt(gain.low, scale), y2: yAt(gain.high, scale) }, 'line l0')];
    const dot = `<circle class="dot l0" cx="${px(x)}" cy="${px(yAt(gain.mean, scale))}" r="4"/>`;
    return [...interval, dot, label({ x, y: height - 20, text: name })];
  });
  const zero = yAt(0, scale);
  return figure(title, [
    ...yAxis(scale),
    line({ x1: margin.left, x2: width - margin.right, y1: zero, y2: zero }),
    ...drawn,
  ]);
}

function scaleOf(values: readonly number[]): Scale {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const room = (max - min || 0.01) * 0.08;
  return { min: min - (min < 0 ? room : 0), max: max + room };
}

function yAxis(scale: Scale): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const value = scale.min + share * (scale.max - scale.min);
    const y = yAt(value, scale);
    return [
      line({ x1: margin.left, x2: width - margin.right, y1: y, y2: y }, 'grid'),
      `<text x="${margin.left - 6}" y="${px(y + 4)}" text-anchor="end">${value.toFixed(3)}</text>`,
    ];
  });
}

interface Ends {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

function line({ x1, y1, x2, y2 }: Ends, kind = 'axis'): string {
  return `<line class="${kind}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;
}

interface Label {
  x: number;
  y: number;
  text: string;
}

function label({ x, y, text }: Label, kind = ''): string {
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}" text-anchor="middle">${escaped(text)}</text>`;
}

function figure(title: string, parts: readonly string[]): string {
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
${parts.join('\n')}
</svg><figcaption>${escaped(title)}</figcaption></figure>`;
}
