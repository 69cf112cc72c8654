import { describe, expect, it } from '@jest/globals';
import { barsAsSvg, linesAsSvg } from '../../bench/plot.ts';
import type { Table } from '../../bench/result.ts';
import { drawTable, figureIn } from '../../bench/table-plot.ts';

const widthsIn = (svg: string) =>
  [...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="14"/g)].map(([, width]) =>
    Number(width),
  );

describe('a plot of bars', () => {
  const two = { title: 'CPU', unit: 'µs', labels: ['first', 'second'] };

  it('draws bars as long as what they stand for', () => {
    const series = [{ name: 'server', values: [10, 40] }];
    const [short, long] = widthsIn(barsAsSvg({ ...two, series, isStacked: false }));
    expect(long! / short!).toBeCloseTo(4);
  });

  it('puts parts that add up one after the other, and says their sum', () => {
    const series = [
      { name: 'gateway', values: [30, null] },
      { name: 'server', values: [70, 50] },
    ];
    const svg = barsAsSvg({ ...two, series, isStacked: true });
    const [gateway, server, alone] = widthsIn(svg);
    expect(gateway! + server!).toBeCloseTo(2 * alone!, 0);
    expect(svg).toContain('>100</text>');
  });

  it('leaves out what was not measured', () => {
    const series = [{ name: 'server', values: [10, null] }];
    expect(widthsIn(barsAsSvg({ ...two, series, isStacked: false }))).toHaveLength(1);
  });

  it('shows words as they are, whatever they are made of', () => {
    const svg = barsAsSvg({ ...two, labels: ['a < b', 'c & d'], series: [], isStacked: true });
    expect(svg).toContain('>a &lt; b</text>');
    expect(svg).toContain('>c &amp; d</text>');
  });

  it('is read on light and on dark pages', () => {
    const svg = barsAsSvg({ ...two, series: [], isStacked: true });
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/fill="(white|#fff|black|#000)"/);
  });
});

describe('a plot of lines', () => {
  it('has powers of ten at equal distances, and zero at the bottom', () => {
    const svg = linesAsSvg({
      ...{ title: 'growth', unit: 'µs', axis: 'profiles', at: [10, 100, 1_000] },
      series: [{ name: 'server', values: [0, 50, 100] }],
    });
    const [, path = ''] = /<polyline points="([^"]+)"/.exec(svg) ?? [];
    const points = path.split(' ').map((point) => point.split(',').map(Number));
    const [[x0, x1, x2], [y0, y1, y2]] = [0, 1].map((of) => points.map((point) => point[of]!)) as [
      [number, number, number],
      [number, number, number],
    ];
    expect(x2 - x1).toBeCloseTo(x1 - x0, 0);
    expect(y0 - y1).toBeCloseTo(y1 - y2, 0);
    expect(y0).toBeGreaterThan(y2);
  });
});

describe('a table', () => {
  const table: Table = {
    ...{ title: 'Cost', notes: [], header: ['', 'gateway', 'server', 'rate'] },
    rows: [
      ['`direct`', '–', '80 / 100 / 300', '5000'],
      ['lane', '30 / 50 / 60', '10 / 20 / 40', '6000'],
    ],
  };

  it('is drawn by its medians', () => {
    const plot = { name: 'cpu', unit: 'µs', columns: ['gateway', 'server'] };
    const svg = drawTable(table, { kind: 'stacked-bars', ...plot });
    expect(svg).toContain('>100</text>');
    expect(svg).toContain('>70</text>');
    expect(svg).toContain('>direct</text>');
  });

  it('is not drawn by a column that it lacks', () => {
    const plot = { name: 'cpu', unit: 'µs', columns: ['Redis'] } as const;
    expect(() => drawTable(table, { kind: 'bars', ...plot, columns: [...plot.columns] })).toThrow(
      'no column Redis',
    );
  });

  it.each([
    ['1 / 2 / 3', 2],
    ['2.5', 2.5],
    ['1,000', 1_000],
    ['80 / 100', 80],
    ['–', null],
    ['', null],
  ])('takes %j for %j', (cell, figure) => {
    expect(figureIn(cell)).toBe(figure);
  });
});
