import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withConfigTable } from '../../runtime/config-table.ts';

const page = readFileSync('docs/operations.md', 'utf8');
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

  it('says so where there are none', () => {
    expect(() => withConfigTable('nothing')).toThrow('no table of settings');
  });
});
