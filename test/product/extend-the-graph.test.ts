import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Reader, type Step, stepsOf } from './followed-page.ts';

const pagePath = 'docs/extend.md';
/** Ports of the page, and the variables with which a reader may change them. */
const pagePorts = { PORT: '4000', RATINGS_PORT: '4010', AWARDS_PORT: '4011' };

/** Free ones, taken together so that no two are the same. */
async function freePorts(): Promise<Record<string, string>> {
  const servers = Object.keys(pagePorts).map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(Object.keys(pagePorts).map((name, at) => [name, ports[at] ?? '']));
}

/** A clone as a reader has it: what is committed or about to be, `npm ci` done, a commit on main. */
async function makeClone(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-extended-'));
  const git = (...argv: string[]) => execFileSync('git', argv, { cwd: folder });
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of files.trim().split('\n')) {
    await cp(file, join(folder, file)).catch(() => {});
  }
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  git('init', '-q', '-b', 'main');
  git('add', 'schema');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '-q', '-m', 'clone');
  return folder;
}

/** The page as it stands there, followed from its first block to its last. */
describe('docs/extend.md', () => {
  let folder: string;
  let reader: Reader;
  let steps: Step[];
  let ports: Record<string, string>;
  beforeAll(async () => {
    steps = stepsOf(await readFile(pagePath, 'utf8'));
    folder = await makeClone();
    ports = await freePorts();
    const path = `${dirname(process.execPath)}:${process.env.PATH}`;
    reader = new Reader(folder, { PATH: path, HOME: folder, ...ports });
  });
  afterAll(async () => {
    await reader?.leave();
    await rm(folder, { recursive: true, force: true });
  });

  /** With the ports that this reader chose. */
  const here = (text: string) =>
    Object.entries(pagePorts).reduce(
      (changed, [name, port]) => changed.replaceAll(`:${port}/`, `:${ports[name]}/`),
      text,
    );
  const follow: { [Kind in Step['kind']]: (step: Extract<Step, { kind: Kind }>) => Promise<void> } =
    {
      save: ({ path, text }) => reader.save(path, text),
      run: ({ text }) => reader.run(text),
      see: ({ text }) => reader.sees(here(text).trim()),
      answer: async ({ text }) => {
        const answered = reader.output.split('\n').find((line) => line.startsWith('{'));
        expect(JSON.parse(answered ?? reader.output)).toEqual(JSON.parse(text));
      },
    };

  it('does what it says, step by step', async () => {
    for (const step of steps) await follow[step.kind](step as never);
    const kinds = steps.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'answer').length).toBeGreaterThanOrEqual(2);
    expect(kinds.filter((kind) => kind === 'save')).toHaveLength(2);
  });

  it('leaves nothing running', async () => {
    await reader.leave();
    for (const port of Object.values(ports)) {
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    }
  });
});
