import { describe, expect, it } from '@jest/globals';
import { pageOf, plotsOf } from '../../bench/page.ts';
import { type BenchResult, goal } from '../../bench/result.ts';

function resultOf(bench: string, measured: number): BenchResult {
  return {
    bench,
    mode: 'whole',
    environment: { date: '2026-11-26T00:00:00Z', node: 'v24', cpu: 'A', cores: 2, loadAverage: 1 },
    goals: [goal('rate', { atLeast: 0.75, aim: 1 }, measured)],
    tables: [
      {
        ...{ title: 'Cost', notes: ['A note.'], header: ['', 'CPU'], rows: [['one', '5']] },
        plot: { kind: 'bars', name: 'cpu', unit: 'µs', columns: ['CPU'] },
      },
    ],
    failures: [],
  };
}

describe('docs/benchmarks.md', () => {
  it('says of each goal what is promised, what is aimed at and what was measured', () => {
    expect(pageOf([resultOf('lanes', 0.8)])).toContain('| rate | ≥ 0.75 · 1 | 0.8 | pass |');
    expect(pageOf([resultOf('lanes', 0.7)])).toContain('| rate | ≥ 0.75 · 1 | 0.7 | **miss** |');
  });

  it('shows each plot, and only plots that are there', () => {
    const results = [resultOf('lanes', 1), resultOf('reads', 1)];
    const shown = [...pageOf(results).matchAll(/\]\(plots\/([^)]+)\)/g)].map(([, file]) => file);
    expect(shown).toEqual(plotsOf(results).map(({ file }) => file));
    expect(shown).toEqual(['lanes-cpu.svg', 'reads-cpu.svg']);
  });

  it('keeps the sections of benchmarks that were not run, in their order', () => {
    const order = ['lanes', 'reads'];
    const both = pageOf([resultOf('reads', 1), resultOf('lanes', 1)], { page: '', order });
    const anew = pageOf([resultOf('reads', 0.5)], { page: both, order });
    expect(anew).toBe(pageOf([resultOf('lanes', 1), resultOf('reads', 0.5)], { page: '', order }));
  });
});
