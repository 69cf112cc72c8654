import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** What a command wrote, and how it ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** `schema/` and the commands in it, in a folder of their own that a test may change. */
export interface SchemaCopy {
  readonly root: string;
  /** Of `schema/`. */
  readonly folder: URL;
  file(name: string): string;
  /** One of the commands, by its file in schema/. */
  run(command: string, ...argv: string[]): Promise<Ended>;
  git(...argv: string[]): Promise<Ended>;
  remove(): Promise<void>;
}

export async function copySchema(): Promise<SchemaCopy> {
  const root = await mkdtemp(join(tmpdir(), 'playhead-schema-'));
  await cp('schema', join(root, 'schema'), { recursive: true });
  await cp('runtime', join(root, 'runtime'), { recursive: true });
  await cp('package.json', join(root, 'package.json'));
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  return {
    root,
    folder: pathToFileURL(`${join(root, 'schema')}/`),
    file: (name) => join(root, 'schema', name),
    run: (command, ...argv) =>
      run(process.execPath, [join(root, 'schema', command), ...argv], root),
    git: (...argv) => run('git', [...identity, ...argv], root),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function run(program: string, argv: readonly string[], cwd: string): Promise<Ended> {
  const env = { PATH: process.env.PATH ?? '', GIT_CONFIG_GLOBAL: '/dev/null' };
  return promisify(execFile)(program, [...argv], { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}
