import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TitleState } from '../domain/playhead.ts';
import { deviceHash } from '../domain/version.ts';
import { cachedAs } from '../test/support/cassandra-jars.ts';
import { endWith } from '../test/support/end-with.ts';
import { freePort } from '../test/support/redis-server.ts';
import { until } from '../test/support/until.ts';
import { startServer } from './child.ts';
import { cpuUsOf, reapedCpuUsOf } from './machine.ts';
import type { OtherStore } from './other-stores.ts';

const run = promisify(execFile);
/** Where Debian's postgresql-15 puts what only servers run. */
const binaries = '/usr/lib/postgresql/15/bin';
/** It refuses to run as root; the package makes this name. */
const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
const own = fileURLToPath(new URL('./postgraphile/', import.meta.url));
const name = 'playhead';

/**
 * A PostgreSQL 15 with its own settings on a free port, and the PostGraphile in front of it.
 *
 * Errors: throws where postgresql-15 is not installed.
 */
export async function openPostgres(): Promise<OtherStore> {
  if (!existsSync(`${binaries}/postgres`)) {
    throw new Error('PostgreSQL is missing: install postgresql-15.');
  }
  const module = await installPostGraphile();
  const folder = await mkdtemp(join(tmpdir(), 'playhead-postgres-'));
  // The folder is ours, and what is in it belongs to whoever runs the server.
  await chmod(folder, 0o777);
  const port = String(await freePort());
  const files = join(folder, 'files');
  await asServer('initdb', ['-D', files, '-A', 'trust', '-U', name]);
  const argv = ['-D', files, '-p', port, '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const [file = '', ...rest] = [...asPostgres, `${binaries}/postgres`, ...argv];
  const server = spawn(file, rest, { stdio: 'ignore', cwd: tmpdir() });
  const ended = once(server, 'exit');
  const close = async () => {
    // Smart or not, it is asked by its own means: runuser passes no signal on.
    await asServer('pg_ctl', ['-D', files, '-m', 'immediate', 'stop']);
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const database = `postgres://${name}@127.0.0.1:${port}/postgres`;
    const ask = async (...argv: string[]) =>
      (await run('psql', [...argv, database], { maxBuffer: 64 * 1024 * 1024 })).stdout;
    await until(() => ask('-c', 'SELECT 1').catch(() => false), { what: 'PostgreSQL answers' });
    await ask('-v', 'ON_ERROR_STOP=1', '-f', join(own, 'schema.sql'));
    const [postmaster = ''] = readFileSync(join(files, 'postmaster.pid'), 'utf8').split('\n');
    // The server itself: what runs it for another name may be gone without it.
    endWith(process.pid, Number(postmaster));
    return {
      ...{ name: 'postgres', peer: 'postgraphile', close },
      start: () => startServer(module, { argv: ['--database', database] }),
      cpuUs: () => familyCpuUs(Number(postmaster)),
      reader: async () => readerOf(await ask('-At', '-c', rowsAsJson)),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function asServer(program: string, argv: readonly string[]): Promise<unknown> {
  const [file = '', ...rest] = [...asPostgres, `${binaries}/${program}`, ...argv];
  return run(file, rest, { cwd: tmpdir() });
}

/** Installs it, as its lock says, where it is not yet; answers the file to start. */
async function installPostGraphile(): Promise<string> {
  const { dependencies } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const folder = cachedAs(`postgraphile-${dependencies.postgraphile}`);
  if (!existsSync(folder)) {
    await mkdir(dirname(folder), { recursive: true });
    const made = await mkdtemp(`${folder}-`);
    for (const file of ['package.json', 'package-lock.json']) {
      await cp(join(own, file), join(made, file));
    }
    await run('npm', ['ci', '--ignore-scripts'], { cwd: made });
    await rename(made, folder);
  }
  await cp(join(own, 'server.js'), join(folder, 'server.js'));
  return join(folder, 'server.js');
}

/** The server and the process of each connection. */
function family(postmaster: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return [postmaster, ...all.filter((pid) => parentOf(pid) === postmaster)];
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    // It has ended since its folder was seen.
    return Number.NaN;
  }
}

/** Of those that ended as well: vacuuming is done by processes that come and go. */
function familyCpuUs(postmaster: number): number {
  return family(postmaster).reduce((total, pid) => {
    try {
      return total + cpuUsOf(pid);
    } catch {
      return total;
    }
  }, reapedCpuUsOf(postmaster));
}

const rowsAsJson = 'SELECT row_to_json(held) FROM playhead.playheads AS held';

/** All rows at once, as the product's registers. */
function readerOf(lines: string) {
  const profiles = new Map<string, Map<string, TitleState>>();
  for (const line of lines.split('\n').filter((one) => one !== '')) {
    const row = JSON.parse(line);
    const titles = profiles.get(row.profile_id) ?? new Map<string, TitleState>();
    profiles.set(row.profile_id, titles);
    const playhead = {
      ...{ version: row.version, status: 'IN_PROGRESS' as const },
      ...{ positionMs: row.position_ms, durationMs: row.duration_ms },
      ...{ deviceHash: deviceHash(row.device_id), laterFields: '' },
    };
    titles.set(row.title, { playhead, visibility: null });
  }
  const read = async (profileId: string) => profiles.get(profileId) ?? new Map();
  return { read, close: async () => {} };
}
