import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../test/support/until.ts';

/** A server of the benchmark, in a process of its own. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** Where it is scraped, if it has printed another address for that. */
  metricsUrl(): string | undefined;
  /** SIGTERM; resolves with everything it wrote. Errors: rejects when it did not end by itself with 0. */
  stop(): Promise<void>;
  /** SIGKILL, if it still runs. */
  kill(): Promise<void>;
}

const repository = fileURLToPath(new URL('../', import.meta.url));
/** Several start at once; a gateway alone takes half a minute on a machine that is overloaded. */
const startDeadlineMs = 150_000;
/** What is owed is written before the process ends: 40,000 rows at the slowest. */
const stopDeadlineMs = 60_000;

/** A benchmark that ends early leaves none of these behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `node FILE ARGS…` and waits until it prints its address. */
export async function startServer(
  file: string,
  options: { argv?: readonly string[]; nodeArgv?: readonly string[]; env?: Record<string, string> },
): Promise<ServerProcess> {
  const argv = [...(options.nodeArgv ?? []), file, ...(options.argv ?? [])];
  const child = spawn(process.execPath, argv, {
    cwd: repository,
    env: { NODE_ENV: 'production', PLAINTEXT_ALLOWED: 'redis,cassandra', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = once(child, 'exit').finally(() => running.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      // Enough to say what went wrong; a server that logs every request must not fill the memory.
      if (output.length < 100_000) output += chunk;
    });
  }
  const kill = async () => {
    if (!hasEnded(child)) child.kill('SIGKILL');
    await ended;
  };
  try {
    const url = await until(
      () => {
        if (hasEnded(child)) throw new Error('It ended.');
        return /^[\w-]+ +(http:\/\/\S+)/m.exec(output)?.[1];
      },
      { what: `${file} prints its address`, deadlineMs: startDeadlineMs },
    );
    return {
      url,
      pid: child.pid as number,
      metricsUrl: () => /^Metrics +(http:\S+)/m.exec(output)?.[1],
      kill,
      stop: () => stop(child, { ended, output: () => output }),
    };
  } catch (cause) {
    await kill();
    throw new Error(`${file} did not start; it wrote:\n${output}`, { cause });
  }
}

async function stop(
  child: ChildProcess,
  of: { ended: Promise<unknown>; output: () => string },
): Promise<void> {
  if (!hasEnded(child)) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await of.ended;
  clearTimeout(timer);
  if (child.exitCode !== 0) {
    const how = child.exitCode ?? child.signalCode;
    throw new Error(`A server ended with ${how}; it wrote:\n${of.output()}`);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
