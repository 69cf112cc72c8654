import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endWith } from './end-with.ts';
import { removeFolder } from './remove-folder.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** Six processes of a Cluster: three primaries, a replica each. */
const clusterLength = 6;
/** A Cluster's nodes talk to each other on their port plus this: both must be free. */
const busOffset = 10_000;

/** A Redis process of our own, or one that runs elsewhere. */
export interface RedisServer {
  url: string;
  port: number;
  /** Sends a signal to the process: SIGSTOP hangs it, SIGCONT lets it go on. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on its port and its files. */
  start(): Promise<void>;
  /** Between `kill` and `start`: it comes back empty. */
  removeFiles(): Promise<void>;
  /** Length of the file that it appends to. */
  fileBytes(): Promise<number>;
  /** Between `kill` and `start`: what it appended after that length is gone, as after a power cut. */
  truncateFile(bytes: number): Promise<void>;
  /** Asks it something with redis-cli. */
  ask(...command: string[]): Promise<string>;
  close(): Promise<void>;
}

/**
 * Whether Redis can be started here. In CI it must be; elsewhere its tests are left out, and say so.
 */
export async function hasRedisServer(): Promise<boolean> {
  const isThere = await run('redis-server', ['--version']).then(
    () => true,
    () => false,
  );
  if (!isThere && process.env.CI !== undefined) {
    throw new Error('redis-server is missing: .ci/run installs it.');
  }
  if (!isThere) {
    process.stderr.write(
      '\nNOT TESTED: the Redis stores. Install redis-server (7 or later), then run this again.\n\n',
    );
  }
  return isThere;
}

/**
 * One Redis on a free port, in a folder of its own (inside `parentDir`, default: the system's), as we
 * ask operators to run it.
 */
export async function startRedis(
  options: { args?: readonly string[]; parentDir?: string } = {},
): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(options.parentDir ?? tmpdir(), 'playhead-redis-'));
  const args = [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'volatile-ttl'],
    // A replica is filled at once, not after five seconds of waiting for others.
    ...['--repl-diskless-sync-delay', '0'],
    ...(options.args ?? []),
  ];
  const server = new RedisProcess({ port, folder, args });
  await server.start();
  return server;
}

/**
 * A Sentinel that decides alone, watches this primary by the name `playhead`, and knows its replica: that must
 * follow already.
 */
export async function startSentinel(primary: { port: number }): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'playhead-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const settings = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`],
    `sentinel monitor playhead 127.0.0.1 ${primary.port} 1`,
    'sentinel down-after-milliseconds playhead 1000',
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  const sentinel = new RedisProcess({ port, folder, args: [file, '--sentinel'] });
  await sentinel.start();
  await until(async () => (await sentinel.ask('sentinel', 'replicas', 'playhead')) !== '', {
    what: 'Sentinel knows the replica',
    deadlineMs: 30_000,
  });
  return sentinel;
}

/** A Redis Cluster of six processes, ready to answer on every slot. */
export async function startRedisCluster(): Promise<{
  nodes: RedisServer[];
  addresses: string[];
  close(): Promise<void>;
}> {
  const nodes: RedisServer[] = [];
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    for (let index = 0; index < clusterLength; index += 1) {
      nodes.push(await startRedis({ args: clusterArguments }));
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    await run('redis-cli', [
      ...['--cluster', 'create', ...addresses],
      ...['--cluster-replicas', '1', '--cluster-yes'],
    ]);
    for (const node of nodes) {
      await until(async () => (await node.ask('cluster', 'info')).includes('cluster_state:ok'), {
        what: `the node on port ${node.port} knows every slot`,
      });
    }
    return { nodes, addresses, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const clusterArguments = [
  ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
  // Long enough that a busy machine fails nobody over, short enough that a test can wait for it.
  ...['--cluster-node-timeout', '3000'],
];

class RedisProcess implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  constructor(options: { port: number; folder: string; args: readonly string[] }) {
    this.port = options.port;
    this.url = `redis://127.0.0.1:${options.port}`;
    this.#folder = options.folder;
    this.#args = options.args;
  }

  async start(): Promise<void> {
    const started = spawn('redis-server', [...this.#args], { stdio: 'ignore' });
    this.#process = started;
    await once(started, 'spawn');
    endWith(process.pid, started.pid as number);
    await until(() => this.#isUp(), { what: `Redis answers on port ${this.port}` });
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  async removeFiles(): Promise<void> {
    for (const file of await readdir(this.#folder)) {
      await removeFolder(join(this.#folder, file));
    }
  }

  async fileBytes(): Promise<number> {
    return (await stat(await this.#appendedFile())).size;
  }

  async truncateFile(bytes: number): Promise<void> {
    await truncate(await this.#appendedFile(), bytes);
  }

  async ask(...command: string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...command]);
    return stdout.trim();
  }

  async close(): Promise<void> {
    await this.kill();
    // A child that wrote the file anew may outlive its killed parent for a moment.
    await removeFolder(this.#folder);
  }

  async #appendedFile(): Promise<string> {
    const folder = join(this.#folder, 'appendonlydir');
    const files = (await readdir(folder)).filter((file) => file.endsWith('.incr.aof'));
    return join(folder, files.sort().at(-1)!);
  }

  async #isUp(): Promise<boolean> {
    if (this.#process?.exitCode != null) {
      throw new Error(`redis-server on port ${this.port} ended at once.`);
    }
    return this.ask('ping').then(
      (answer) => answer === 'PONG',
      () => false,
    );
  }
}

/** Free now, and so is the port that a Cluster adds. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    if (port + busOffset > 65_535) continue;
    const bus = createServer().listen(port + busOffset, '127.0.0.1');
    const isFree = await once(bus, 'listening').then(
      () => true,
      () => false,
    );
    bus.close();
    if (isFree) return port;
  }
}
