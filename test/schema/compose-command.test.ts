import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copySchema, type SchemaCopy } from './schema-copy.ts';

describe('npm run compose', () => {
  let copy: SchemaCopy;
  beforeEach(async () => {
    copy = await copySchema();
  });
  afterEach(() => copy.remove());

  const replace = async (name: string, from: string, to: string) => {
    const text = await readFile(copy.file(name), 'utf8');
    expect(text).toContain(from);
    await writeFile(copy.file(name), text.replace(from, to));
  };

  it('finds nothing to say of what is committed', async () => {
    expect(await copy.run('compose.ts', '--check')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('names each file that is not what the subgraphs compose to, and writes them', async () => {
    await replace('recommendations.graphql', '  degraded: Boolean!', '  stale: Boolean!');
    const lines = ['supergraph', 'api', 'contracts/partners'].map(
      (file) => `schema/${file}.graphql is not what the subgraphs compose to: npm run compose\n`,
    );
    const refused = { code: 1, stdout: '', stderr: lines.join('') };
    expect(await copy.run('compose.ts', '--check')).toEqual(refused);
    expect(await copy.run('compose.ts')).toMatchObject({ code: 0 });
    expect(await copy.run('compose.ts', '--check')).toMatchObject({ code: 0 });
  });

  it('finds a contract that nobody names any more', async () => {
    await rename(copy.file('contracts/partners.graphql'), copy.file('contracts/old.graphql'));
    await copy.run('compose.ts');
    const { code, stderr } = await copy.run('compose.ts', '--check');
    expect(stderr).toBe(
      'schema/contracts/old.graphql is no contract of contracts.yaml: git rm schema/contracts/old.graphql\n',
    );
    expect(code).toBe(1);
  });

  it.each([
    ['exclude: [internal]', 'without: [internal]', /contracts\.partners: Unrecognized key/],
    ['exclude: [internal]', 'exclude: []', /contracts\.partners: include or exclude a tag/],
    // Nothing carries it, so nothing would be left.
    ['exclude: [internal]', 'include: [nothing]', /do not compose/],
  ])('refuses a contract that says %s → %s', async (from, to, told) => {
    await replace('contracts.yaml', from, to);
    const { code, stderr } = await copy.run('compose.ts', '--check');
    expect(stderr).toMatch(told);
    expect(code).toBe(1);
  });

  it('says where an SDL is none, and which file is missing', async () => {
    await replace('catalog.graphql', 'interface Node {', 'interface {');
    const syntax = await copy.run('compose.ts', '--check');
    expect(syntax).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^catalog\.graphql:9:11 Syntax/),
    });
    await rm(copy.file('catalog.graphql'));
    const missing = await copy.run('compose.ts', '--check');
    expect(missing.stderr).toMatch(/the schema of catalog, .\/catalog\.graphql, cannot be read/);
  });
});
