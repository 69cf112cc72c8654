import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Config } from '../../runtime/config.ts';
import type { Logger } from '../../runtime/log.ts';
import { loadModels } from '../../subgraphs/recommendations/load-models.ts';
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts';

const root = new URL('../../', import.meta.url);

export async function nodeVersion(version: string): Promise<Finding> {
  const { engines } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    engines: { node: string };
  };
  const wanted = Number(/\d+/.exec(engines.node)?.[0]);
  return Number.parseInt(version.replace('v', ''), 10) >= wanted
    ? ok('node', version)
    : fail('node', version, `Use Node ${wanted} or later: the sources run as they are.`);
}

/** Written and removed: permissions say less than a disk that is full. */
export async function folderIsWritable({ DATA_DIR: folder }: Config): Promise<Finding> {
  const name = 'data folder';
  const advice = 'Set DATA_DIR to a folder that this account may write, on a disk of this machine.';
  try {
    if (await stat(folder).catch(absent)) {
      const file = join(folder, `.doctor-${process.pid}`);
      await writeFile(file, 'written by npm run doctor');
      await rm(file);
      return ok(name, folder);
    }
    await access(await nearestFolder(folder), constants.W_OK | constants.X_OK);
    return ok(name, `${folder}, made on first start`);
  } catch (error) {
    return fail(name, `${folder}: ${reasonOf(error)}`, advice);
  }
}

async function nearestFolder(folder: string): Promise<string> {
  const parent = dirname(folder);
  return (await stat(parent).catch(absent)) || parent === folder ? parent : nearestFolder(parent);
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/** The gateway's port is needed by all; the others by whoever runs the parts as processes of their own. */
export function portsAreFree(config: Config): Promise<Finding[]> {
  const ports = {
    gateway: config.PORT,
    playback: config.PLAYBACK_PORT,
    recommendations: config.RECOMMENDATIONS_PORT,
    catalog: config.CATALOG_PORT,
  };
  return Promise.all(
    [
      ...Object.entries(ports).map(([part, port]) => ({ part, port, host: config.HOST })),
      { part: 'metrics', port: config.METRICS_PORT, host: config.METRICS_HOST },
    ].map(portIsFree),
  );
}

async function portIsFree(at: { part: string; port: number; host: string }): Promise<Finding> {
  const { part, port, host } = at;
  const name = `port of ${part}`;
  const setting = part === 'gateway' ? 'PORT' : `${part.toUpperCase()}_PORT`;
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return ok(name, `${port} is free`);
  } catch (error) {
    if (await isOurs(port, host)) return ok(name, `${port}: the product listens there already`);
    const advice = `See who has it: \`ss -ltnp 'sport = :${port}'\`; end that, or set ${setting}.`;
    const judge = part === 'gateway' ? fail : warn;
    return judge(name, `${port}: ${reasonOf(error)}`, advice);
  }
}

/** Whoever listens there may not answer at all. */
const askMsMax = 2_000;

async function isOurs(port: number, host: string): Promise<boolean> {
  const origin = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  const answers = ['/health/live', '/healthcheck'].map(async (path) => {
    const response = await fetch(`${origin}${path}`, { signal: AbortSignal.timeout(askMsMax) });
    return response.ok && /"status":"(live|up)"/.test(await response.text());
  });
  const settled = await Promise.allSettled(answers);
  return settled.some((answer) => answer.status === 'fulfilled' && answer.value);
}

/** What the row is ranked by: read as the process reads it. */
export async function model(config: Config): Promise<Finding> {
  const name = 'model';
  const problems: unknown[] = [];
  const listening = {
    info() {},
    error({ err }: { err: unknown }) {
      problems.push(err);
    },
  };
  const models = await loadModels(config, listening as unknown as Logger);
  if (models !== null)
    return ok(name, `${models.ranking.name}, ${models.ranking.hash.slice(0, 12)}`);
  const [problem] = problems;
  if (problem === undefined) return ok(name, 'none: the row goes by recency');
  const advice =
    'Name a file that `npm run train` made for this release, or `RECOMMENDATIONS_MODEL=none`: until then the row goes by recency.';
  return fail(name, reasonOf(problem), advice);
}
