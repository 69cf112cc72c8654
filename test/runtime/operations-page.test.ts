import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { shownAudience, sizingTable, withSizing } from '../../bench/sizing.ts';
import { configTable, withConfigTable } from '../../runtime/config-table.ts';

const page = readFileSync('docs/operations.md', 'utf8');
const benchmarks = readFileSync('docs/benchmarks.md', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
};

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

describe('docs/operations.md', () => {
  it('names npm scripts that there are', () => {
    const named = [...page.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('names tests that there are, each once they run', () => {
    const named = [...page.matchAll(/npm test -- (test\/[\w/-]+)/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(5);
    const isThere = (path: string) =>
      readdirSync(dirname(path)).some((file) => join(dirname(path), file) === `${path}.test.ts`);
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });

  it('names files that there are', () => {
    const named = [...page.matchAll(/`((?:deploy|docs|schema|model)\/[\w/.-]+)`/g)];
    const paths = named.map(([, path]) => path!);
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('sizes by the figures of docs/benchmarks.md', () => {
    // Otherwise: npm run -s sizing -- --write
    expect(page).toContain(sizingTable(benchmarks, shownAudience));
    expect(withSizing(page, benchmarks)).toBe(page);
  });

  it('links to sections that it has', () => {
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
    expect(new Set(headings).size).toBe(headings.length);
  });
});

describe('npm run config -- --write', () => {
  it('puts the settings where others stood, and touches nothing else', () => {
    const old = ['| variable | default | meaning |', '| --- | --- | --- |', '| `GONE` |  | – |'];
    const written = withConfigTable(`before\n\n${old.join('\n')}\n\nafter | it |\n`);
    expect(written).toMatch(/^before\n\n\| variable \|/);
    expect(written).toMatch(/\|\n\nafter \| it \|\n$/);
    expect(written).toContain('| `LOG_LEVEL` |');
    expect(written).not.toContain('GONE');
    expect(withConfigTable(written)).toBe(written);
  });

  it('has three cells in each row, also where a setting is written with bars', () => {
    const rows = configTable().replaceAll('\\|', '').split('\n');
    expect(rows.filter((row) => row.split('|').length !== 5)).toEqual([]);
    expect(configTable()).toContain('host:port\\|host:port');
  });

  it('says so where there are none', () => {
    expect(() => withConfigTable('nothing')).toThrow('no table of settings');
  });
});

describe('npm run sizing', () => {
  /** Cores and processes of the gateways, and what the event stream takes. */
  const needed = (devices: number, intervalS: number) => {
    const table = sizingTable(benchmarks, { devices, intervalS, hoursADay: 2 });
    const cell = (what: string) => table.split('\n').find((line) => line.startsWith(`| ${what} |`));
    return {
      gateways: Number(/([\d.]+) cores busy/.exec(cell('gateways')!)![1]),
      processes: Number(/: (\d+) process/.exec(cell('gateways')!)![1]),
      streamGb: Number(/([\d.]+) GB/.exec(cell('Redis, event stream')!)![1]),
    };
  };

  it('grows with devices, and with heartbeats but for the event stream', () => {
    const small = needed(10_000, 10);
    const often = needed(10_000, 5);
    const many = needed(20_000, 10);
    expect(often.gateways).toBeCloseTo(2 * small.gateways, 1);
    expect(many.gateways).toBeCloseTo(often.gateways, 1);
    expect(often.streamGb).toBe(small.streamGb);
    expect(many.streamGb).toBeCloseTo(2 * small.streamGb, 0);
    expect(often.processes).toBeGreaterThan(often.gateways);
  });

  it('says which figure the benchmarks lack', () => {
    expect(() => needed(10_000, 7)).toThrow('the rows of a heartbeat every 7 s');
    const cut = benchmarks.replace(/^\| whole .*$/m, '');
    expect(() => sizingTable(cut, shownAudience)).toThrow('the CPU of a heartbeat');
  });
});
