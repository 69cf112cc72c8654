import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copySchema, type SchemaCopy } from './schema-copy.ts';

/** In a repository of its own, with all that git does there. */
describe('npm run schema:check', () => {
  let copy: SchemaCopy;
  beforeEach(async () => {
    copy = await copySchema();
    await copy.git('init', '-q', '-b', 'main');
    await copy.git('add', 'schema', 'runtime', 'package.json');
    await copy.git('commit', '-q', '-m', 'first');
  });
  afterEach(() => copy.remove());

  const change = async (from: string | RegExp, to: string) => {
    const sdl = await readFile(copy.file('catalog.graphql'), 'utf8');
    expect(sdl).toMatch(from);
    await writeFile(copy.file('catalog.graphql'), sdl.replace(from, to));
    expect(await copy.run('compose.ts')).toMatchObject({ code: 0 });
  };
  const removeYear = () => change('  releaseYear: Int\n', '');
  const addYear = () => change('  releaseYear: Int\n', '  releaseYear: Int\n  shotIn: Int\n');
  const commit = (message: string) => copy.git('commit', '-q', '-a', '-m', message);
  const check = (...argv: string[]) => copy.run('check-api.ts', ...argv);

  it('refuses a removed field since the branch left main, whatever main did since', async () => {
    await copy.git('checkout', '-q', '-b', 'branch');
    await removeYear();
    await commit('remove');
    await copy.git('checkout', '-q', 'main');
    await addYear();
    await commit('add');
    await copy.git('checkout', '-q', 'branch');
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^compared with [0-9a-f]{10}, where this branch left main\n/);
    expect(stdout).toMatch(/^BREAKING {3}Movie\.releaseYear: Field 'releaseYear' was removed/m);
    expect(stdout).toContain('changes: 1 breaking, 0 dangerous, 0 safe\n');
    expect(code).toBe(1);
  });

  it('lets it pass for a reason, which it prints, and for none without', async () => {
    await removeYear();
    const allowed = await check('--allow-breaking', 'never shipped');
    expect(allowed.stdout).toMatch(/^BREAKING .*\nchanges: .*\nallowed: never shipped\n$/m);
    expect(allowed.code).toBe(0);
    expect((await check('--allow-breaking', ' ')).code).toBe(2);
  });

  it('lists what may surprise a client, and counts what cannot', async () => {
    await change('releaseYear: Int\n', 'releaseYear: Int\n  shotIn(first: Int = 1): Int\n');
    await commit('argument');
    await change('shotIn(first: Int = 1)', 'shotIn(first: Int = 2)');
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^compared with [0-9a-f]{10}, the last commit, which is on main\n/);
    expect(stdout).toMatch(/^DANGEROUS {2}Movie\.shotIn\.first: Default value/m);
    expect(stdout).toContain('changes: 0 breaking, 1 dangerous, 0 safe\n');
    expect(code).toBe(0);
  });

  it('compares main itself with the commit before', async () => {
    await removeYear();
    await commit('remove');
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^compared with [0-9a-f]{10}, the commit before: HEAD is on main\n/);
    expect(code).toBe(1);
  });

  it('says so where it knows no main, and where there is nothing before', async () => {
    await copy.git('branch', '-q', '-m', 'trunk');
    expect(await check()).toMatchObject({
      code: 0,
      stdout:
        'compared with nothing: this is the first commit, and neither origin/main nor main is known here\n' +
        'changes: 0 breaking, 0 dangerous, 0 safe\n',
    });
    await removeYear();
    await commit('remove');
    const { code, stdout } = await check();
    expect(stdout).toMatch(/the commit before: neither origin\/main nor main is known here\n/);
    expect(code).toBe(1);
  });

  it('prefers the main of the remote, and takes any other commit by name', async () => {
    await copy.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    await removeYear();
    await commit('remove');
    expect((await check()).stdout).toMatch(/where this branch left origin\/main/);
    expect(await check('--against', 'HEAD')).toMatchObject({ code: 1 });
    expect(await check('--against', 'nowhere')).toMatchObject({
      code: 2,
      stderr: 'nowhere is no commit of this clone: git fetch it.\n',
    });
  });

  it('fails where a clone has too little of the history to tell', async () => {
    await commit('nothing');
    await copy.git('clone', '-q', '--depth', '1', `file://${copy.root}`, `${copy.root}/clone`);
    await copy.git('clone', '-q', `file://${copy.root}`, `${copy.root}/whole`);
    const at = (clone: string) => copy.run(`../${clone}/schema/check-api.ts`);
    expect(await at('clone')).toMatchObject({ code: 2 });
    expect((await at('clone')).stderr).toMatch(/^This clone has one commit, .*fetch main/);
    expect(await at('whole')).toMatchObject({ code: 0 });
  });

  it('wants the API composed first', async () => {
    const sdl = await readFile(copy.file('catalog.graphql'), 'utf8');
    await writeFile(copy.file('catalog.graphql'), sdl.replace('  releaseYear: Int\n', ''));
    const { code, stderr } = await check();
    expect(stderr).toMatch(/npm run compose first/);
    expect(code).toBe(2);
  });
});
