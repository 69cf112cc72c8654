import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorCatalogue } from '../domain/errors.ts';
import jestConfig from '../jest.config.js';
import { configTable, pagesWithSettings, withConfigTable } from '../runtime/config-table.ts';

/** The repository's own rules: what no linter knows. */
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.generated.ts'));
const product = sources.filter((file) => !file.startsWith('test/'));
const text = (file: string) => readFileSync(file, 'utf8');
const offenders = (candidates: readonly string[], pattern: RegExp) =>
  candidates.filter((file) => pattern.test(text(file)));

/** Files a source imports, statically or not, as paths from the root. */
function importsOf(file: string): string[] {
  const specifiers = text(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...specifiers].map(([, path = '']) => normalize(join(dirname(file), path)));
}

/** These files and whatever they import, and so on. */
function reachedFrom(entries: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    importsOf(file).forEach(visit);
  };
  entries.forEach(visit);
  return reached;
}

describe('the repository', () => {
  it('names adapters in stores/open.ts only', () => {
    const elsewhere = product.filter(
      (file) => file !== 'stores/open.ts' && !/^(bench|stores\/(embedded|redis))\//.test(file),
    );
    expect(offenders(elsewhere, /stores\/(embedded|redis|cassandra)\//)).toEqual([]);
  });

  it('keeps benchmarks out of the product', () => {
    const rest = product.filter((file) => !file.startsWith('bench/'));
    expect(offenders(rest, /from '[./]*\/(bench|test)\//)).toEqual([]);
  });

  it('takes time and randomness as arguments outside their homes', () => {
    const pure = product.filter((file) => !/^(runtime|client|bench|demo)\//.test(file));
    expect(
      offenders(pure, /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetInterval\(/),
    ).toEqual([]);
  });

  it('has no source that nothing reaches', () => {
    const scripts = Object.values(
      (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts,
    ).join(' ');
    const entries = [
      ...sources.filter((file) => scripts.includes(file) || file.endsWith('.test.ts')),
      ...sources.filter((file) => /^test\/fault\/.*-child\.ts$|^bench\/.*-server\.ts$/.test(file)),
      'demo/demo.ts',
    ];
    const reached = reachedFrom(entries);
    expect(sources.filter((file) => !reached.has(file))).toEqual([]);
  });

  it('tests what starts servers, browsers or the product one file at a time', () => {
    const starters = ['product', 'redis-server', 'cassandra-server'].map(
      (name) => `test/support/${name}.ts`,
    );
    const isHeavy = (file: string) =>
      [...starters, 'test/demo/browser.ts'].some((starter) => reachedFrom([file]).has(starter));
    const alone = jestConfig.projects.flatMap(({ runner, testRegex }) =>
      runner === 'jest-runner' ? [] : testRegex,
    );
    const isAlone = (file: string) => alone.some((pattern) => new RegExp(pattern).test(`/${file}`));
    const tests = sources.filter((file) => file.endsWith('.test.ts'));
    expect(tests.filter(isAlone)).not.toEqual([]);
    expect(tests.filter((file) => isHeavy(file) && !isAlone(file))).toEqual([]);
  });

  it('says of each script what it takes, answers and costs', () => {
    const header = /^--\[\[ [a-z-]+: .*\n *KEYS.*\n *ARGV.*\n *Returns .*\n *Cost .*\]\]/s;
    const scripts = files.filter((file) => file.endsWith('.lua'));
    expect(scripts).not.toEqual([]);
    expect(scripts.filter((file) => !header.test(text(file)))).toEqual([]);
  });

  it('has no drawers', () => {
    const drawer = /(^|\/)(utils|helpers|common|types|lib|services|managers|index)(\.ts|\/)/;
    expect(sources.filter((file) => drawer.test(file) && file !== 'client/index.ts')).toEqual([]);
  });

  it('exports no name that could mean anything', () => {
    const vague =
      /export (?:async )?(?:function|const|class|interface|type) \w*(?:[Tt]imestamp|[Dd]ata(?![a-z])|[Ii]nfo|[Hh]andle(?![rd])|[Uu]til|[Hh]elper|Manager)\w*/;
    expect(offenders(product, vague)).toEqual([]);
  });

  it('stays two folders deep', () => {
    expect(product.filter((file) => file.split('/').length > 3)).toEqual([]);
  });

  it('locks packages without naming where they came from', () => {
    expect(text('package-lock.json')).not.toMatch(/"resolved": "http/);
  });

  it('locks the packages of every platform, not only of the one that made the lock', () => {
    const { packages } = JSON.parse(text('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    const isLocked = (name: string) =>
      Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`));
    expect(wanted.filter((name) => !isLocked(name))).toEqual([]);
  });

  it.each(pagesWithSettings)('shows the configuration as it is in %s', (page) => {
    // Otherwise: npm run -s config -- --write
    expect(text(page)).toContain(configTable());
    expect(withConfigTable(text(page))).toBe(text(page));
  });

  it('proves each rule of PROTOCOL.md in a test that names it, and names no other', () => {
    const rules = [...text('PROTOCOL.md').matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)];
    const ids = rules.map(([, id]) => id ?? '');
    expect(new Set(ids).size).toBe(ids.length);
    const named = sources
      .filter((file) => file.startsWith('test/'))
      .flatMap((file) => [...text(file).matchAll(/ \(([A-Z]+-\d+(?:, [A-Z]+-\d+)*)\)['"`]/g)])
      .flatMap(([, list = '']) => list.split(', '));
    expect([...new Set(named)].sort()).toEqual(ids.sort());
  });

  it('lists every error code in docs/operations.md, and no other', () => {
    const [, section = ''] = text('docs/operations.md').split('\n## Error codes\n');
    const listed = [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)];
    expect(listed.map(([, code]) => code).sort()).toEqual(Object.keys(errorCatalogue).sort());
  });
});
