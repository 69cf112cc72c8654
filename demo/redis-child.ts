import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs Redis until its own standard input ends: when it is told to, or when the process that started
 * it is gone, however that ended. Only ever the one process that it started.
 */
const keeper = 'redis-server "$@" & redis=$!; read -r _; kill -9 "$redis"; wait "$redis"';

const retryMs = 20;
const startMsMax = 10_000;

/** A Redis that belongs to this process. */
export class RedisChild {
  readonly url: string;
  readonly #args: readonly string[];
  readonly #port: number;
  #keeper: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#args = [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      // Whatever it accepted is in its file when it is killed.
      ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'volatile-ttl'],
      ...['--pidfile', join(folder, 'redis.pid')],
    ];
  }

  /** Starts one on a free port, with its files in `folder`. Errors: rejects when it does not answer. */
  static async open(folder: string): Promise<RedisChild> {
    mkdirSync(folder, { recursive: true });
    const redis = new RedisChild(await freePort(), folder);
    await redis.start();
    return redis;
  }

  get isUp(): boolean {
    return this.#keeper !== undefined;
  }

  /** On its port and its files. Idempotent. */
  async start(): Promise<void> {
    if (this.#keeper !== undefined) return;
    const started = spawn('sh', ['-c', keeper, 'sh', ...this.#args], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Out of reach of Ctrl-C, which is for this process: it still has something to write there.
      detached: true,
    });
    this.#keeper = started;
    await once(started, 'spawn');
    const deadline = performance.now() + startMsMax;
    while (!(await answers(this.#port))) {
      if (performance.now() > deadline) {
        await this.kill();
        throw new Error(`redis-server does not answer on port ${this.#port}.`);
      }
      await delay(retryMs);
    }
  }

  /** SIGKILL, and waits until it is gone. Idempotent. */
  async kill(): Promise<void> {
    const running = this.#keeper;
    this.#keeper = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = once(running, 'exit');
    running.stdin?.end();
    await gone;
  }
}

/** Whether there is a redis-server to start. */
export async function hasRedisServer(): Promise<boolean> {
  const asked = spawn('redis-server', ['--version'], { stdio: 'ignore' });
  return once(asked, 'exit').then(
    ([exitCode]) => exitCode === 0,
    () => false,
  );
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
