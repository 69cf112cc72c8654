import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import { endWith } from './end-with.ts';
import { removeFolder } from './remove-folder.ts';
import { until } from './until.ts';

/** The product as users run it, in processes of its own. */
export interface Product {
  /** Origin of the gateway, such as `http://127.0.0.1:41234`: append `/graphql`, `/demo/`, … */
  readonly url: string;
  readonly dataDir: string;
  /** The process that listens on `url`. */
  readonly process: ChildProcess;
  /** A development access token for this profile, valid here. */
  token(profileId: string): Promise<string>;
  /** The same, naming the profiles of its account. */
  accountToken(profileId: string, accountProfiles: readonly string[]): Promise<string>;
  /** Everything the processes wrote so far, for failure messages and log checks. */
  output(): string;
  /** SIGKILL, as a crash: returns when the process is gone. The data folder stays. */
  kill9(): Promise<void>;
  /**
   * SIGTERM, waits for the end, removes a data folder that was made here. Idempotent, fine after kill9.
   *
   * Errors: throws when the process does not end by itself within 10 s, or not with exit code 0.
   */
  stop(): Promise<void>;
}

export interface ProductOptions {
  /** Settings of runtime/config.ts on top of PORT=0, DATA_DIR and LOG_LEVEL=warn. */
  env?: Record<string, string>;
  /** Of `npm start`, such as `--demo-redis`. */
  argv?: readonly string[];
  /** The same for one of the separate processes; `env` and DATA_DIR come first. */
  envOf?: Partial<Record<keyof typeof entryPoints, Record<string, string>>>;
  /** Left in place at the end; default: a temporary folder, removed by stop(). */
  dataDir?: string;
}

/** Starts what `npm start` starts, on a free port, and waits until it answers /health/ready. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const folder = await openDataDir(options);
  const gateway = await startPart('gateway', {
    argv: options.argv ?? [],
    env: { ...folder.env, PORT: '0' },
  });
  return assemble({ gateway, parts: [gateway], folder });
}

export type SubgraphName = 'catalog' | 'playback' | 'recommendations';

/** The four separate processes; `kill9()` and `process` concern the gateway. */
export interface SplitProduct extends Product {
  killSubgraph(name: SubgraphName): Promise<void>;
  /** Starts a killed subgraph again on the port it had. */
  restartSubgraph(name: SubgraphName): Promise<void>;
  /** SIGSTOP: it is there, and answers nobody, until `during` has settled. */
  holdSubgraph(name: SubgraphName, during: () => Promise<unknown>): Promise<void>;
}

/** Starts `start:catalog`, `start:playback`, `start:recommendations` and `start:gateway`. */
export async function startSplit(options: ProductOptions = {}): Promise<SplitProduct> {
  const folder = await openDataDir(options);
  const subgraphs = new Map<SubgraphName, RunningPart>();
  const parts: RunningPart[] = [];
  const addresses: Record<string, string> = {};
  const start = async (name: SubgraphName, port: string) => {
    const own = { ...options.envOf?.[name], ...folder.env };
    const env = { ...own, ...addresses, [`${name.toUpperCase()}_PORT`]: port };
    const part = await startPart(name, { env });
    addresses[`${name.toUpperCase()}_URL`] = part.graphqlUrl;
    subgraphs.set(name, part);
    parts.push(part);
  };
  for (const name of ['catalog', 'playback', 'recommendations'] as const) await start(name, '0');
  const gatewayEnv = { ...options.envOf?.gateway, ...folder.env, ...addresses, PORT: '0' };
  const gateway = await startGateway(gatewayEnv);
  // First to stop, and the same list: a subgraph that is started again later must stop with the rest.
  parts.unshift(gateway);
  return Object.assign(assemble({ gateway, parts, folder }), {
    async killSubgraph(name: SubgraphName) {
      await subgraphs.get(name)?.kill9();
    },
    async restartSubgraph(name: SubgraphName) {
      const before = subgraphs.get(name);
      if (before === undefined) throw new Error(`${name} was never started.`);
      await start(name, new URL(before.graphqlUrl).port);
    },
    async holdSubgraph(name: SubgraphName, during: () => Promise<unknown>) {
      const held = subgraphs.get(name)?.process;
      held?.kill('SIGSTOP');
      try {
        await during();
      } finally {
        held?.kill('SIGCONT');
      }
    },
  });
}

/** One process of the product. */
export interface RunningPart {
  /** Where it listens, with /graphql at the end. */
  graphqlUrl: string;
  process: ChildProcess;
  output(): string;
  /** SIGKILL; returns when the process is gone. */
  kill9(): Promise<void>;
  /** SIGTERM. Errors: throws when it does not end within 10 s, or not with exit code 0. */
  terminate(): Promise<void>;
}

/**
 * Starts the playback subgraph alone, for tests that run several over the same stores: `env` needs
 * DATA_DIR (the keys are there) and says where the stores are. Port: PLAYBACK_PORT, default a free one.
 */
export function startPlayback(
  env: Record<string, string>,
  awaited: Awaited = 'ready',
): Promise<RunningPart> {
  return startPart('playback', { env: { PLAYBACK_PORT: '0', ...env }, awaited });
}

/** Starts the gateway alone, in front of the subgraphs at `…_URL`. Port: PORT, default a free one. */
export function startGateway(env: Record<string, string>): Promise<RunningPart> {
  return startPart('gateway', { argv: ['--only', 'gateway'], env: { PORT: '0', ...env } });
}

/** Starts everything in one process, as `npm start` with `argv`, over stores that others may use. Port: as a gateway. */
export function startWhole(
  env: Record<string, string>,
  argv: readonly string[] = [],
): Promise<RunningPart> {
  return startPart('gateway', { argv, env: { PORT: '0', ...env } });
}

/** A process without a store that answers serves, and is not ready. */
export type Awaited = 'live' | 'ready';

const entryPoints = {
  gateway: 'gateway/main.ts',
  catalog: 'subgraphs/catalog/main.ts',
  playback: 'subgraphs/playback/main.ts',
  recommendations: 'subgraphs/recommendations/main.ts',
};
const repository = fileURLToPath(new URL('../../', import.meta.url));
/** A cold start takes 2 to 6 s on a loaded machine, and ten times that on one that is overloaded. */
const startDeadlineMs = 90_000;
const stopDeadlineMs = 10_000;
/** What one process of a run has compiled the next one reads: a fifth of what a start costs. */
const { TEST_RUN_DIR: runDir } = process.env;
const compiled = runDir === undefined ? {} : { NODE_COMPILE_CACHE: join(runDir, 'compiled') };

async function startPart(
  name: keyof typeof entryPoints,
  options: { argv?: readonly string[]; env: Record<string, string>; awaited?: Awaited },
): Promise<RunningPart> {
  const { argv = [], env, awaited = 'ready' } = options;
  // The node binary itself, no npm between: the pid is the product's own, so a kill leaves no orphan.
  const child = spawn(process.execPath, [entryPoints[name], ...argv], {
    cwd: repository,
    env: { PATH: process.env.PATH ?? '', METRICS_PORT: '0', ...compiled, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) endWith(process.pid, child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const part = { ...endings(name, child, () => output), process: child, output: () => output };
  try {
    const graphqlUrl = await until(
      () => {
        if (hasEnded(child)) throw new Error(`${name} ended while starting.`);
        return /^\w+ +(http:\/\/\S+\/graphql)$/m.exec(output)?.[1];
      },
      { what: `${name} prints its address`, deadlineMs: startDeadlineMs },
    );
    await until(() => isHealthy(new URL(graphqlUrl).origin, awaited), {
      what: `${name} is ${awaited}`,
      deadlineMs: startDeadlineMs,
    });
    return { ...part, graphqlUrl };
  } catch (cause) {
    await part.kill9();
    throw new Error(`${name} did not start; it wrote:\n${output}`, { cause });
  }
}

async function isHealthy(origin: string, awaited: Awaited): Promise<boolean> {
  const answer = await fetch(`${origin}/health/${awaited}`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function endings(name: string, child: ChildProcess, output: () => string) {
  const ended = once(child, 'exit');
  const kill9 = async () => {
    if (!hasEnded(child)) child.kill('SIGKILL');
    await ended;
  };
  const terminate = async () => {
    if (child.signalCode === 'SIGKILL') return;
    if (!hasEnded(child)) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    await ended;
    clearTimeout(timer);
    if (child.exitCode !== 0) {
      throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}:\n${output()}`);
    }
  };
  return { kill9, terminate };
}

interface DataFolder {
  path: string;
  env: Record<string, string>;
  remove(): Promise<void>;
}

async function openDataDir(options: ProductOptions): Promise<DataFolder> {
  const path = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'playhead-')));
  return {
    path,
    env: { LOG_LEVEL: 'warn', ...options.env, DATA_DIR: path },
    async remove() {
      if (options.dataDir === undefined) await removeFolder(path);
    },
  };
}

function assemble(from: {
  gateway: RunningPart;
  /** In the order in which they stop. */
  parts: RunningPart[];
  folder: DataFolder;
}): Product {
  const { gateway, parts, folder } = from;
  let stopping: Promise<void> | undefined;
  const mint = (claims: { profileId: string; accountProfiles?: readonly string[] }) =>
    mintDevelopmentToken(readConfig(folder.env), { ...claims, nowMs: Date.now() });
  return {
    url: new URL(gateway.graphqlUrl).origin,
    dataDir: folder.path,
    process: gateway.process,
    token: (profileId) => mint({ profileId }),
    accountToken: (profileId, accountProfiles) => mint({ profileId, accountProfiles }),
    output: () => parts.map((part) => part.output()).join(''),
    kill9: gateway.kill9,
    stop() {
      stopping ??= (async () => {
        const endings = [];
        for (const part of parts) endings.push(...(await Promise.allSettled([part.terminate()])));
        await folder.remove();
        for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
      })();
      return stopping;
    },
  };
}
