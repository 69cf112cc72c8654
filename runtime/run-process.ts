import { type Clock, systemClock } from './clock.ts';
import { type Config, ConfigError, hideFromLibraries, readConfig } from './config.ts';
import { drainOf } from './drain.ts';
import type { TokenVerifier } from './identity.ts';
import { createLog, type Logger } from './log.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { configurationExitCode } from './run-command.ts';
import { serveSubgraph } from './serve.ts';
import { type Closable, closeOnSignal } from './shutdown.ts';
import { identityKeys, openSubgraphVerifier } from './signed-identity.ts';
import type { Subgraph, SubgraphContext } from './subgraph.ts';
import { noTracer, openTracer, type Tracer } from './tracing.ts';

/** What every part of the product is opened with. */
export interface ProcessParts {
  config: Config;
  clock: Clock;
  log: Logger;
  /** Who sends a request. Default: it verifies access tokens, as in one process with the gateway. */
  verifier?: TokenVerifier;
  /** @default nothing is traced. */
  tracer?: Tracer;
}

/**
 * The life of one process: reads the configuration, starts, and on SIGTERM or SIGINT closes what
 * `start` answered, in that order.
 *
 * Errors: a bad configuration exits with 78 and one line a problem, a failed start with 1.
 */
export async function runProcess(
  part: string,
  start: (parts: ProcessParts) => Promise<readonly Closable[]>,
): Promise<void> {
  try {
    const config = readConfig();
    hideFromLibraries();
    const log = createLog({ level: config.LOG_LEVEL, part, pseudonymKey: config.SESSION_KEY });
    dieInTheLog(log);
    const clock = systemClock;
    const tracer = await openTracer(config, { part, clock, log });
    const starting = start({ config, clock, log, tracer }).then((parts) => [...parts, tracer]);
    const { SHUTDOWN_DELAY_MS: delayMs, DRAIN_MS: drainMs } = config;
    closeOnSignal(starting, { log, delayMs, drainMs });
    await starting;
  } catch (error) {
    const isConfiguration = error instanceof ConfigError;
    const text = error instanceof Error && !isConfiguration ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(isConfiguration ? configurationExitCode : 1);
  }
}

/** Node's own last words show every property of an error, such as the keys and values of a command. */
function dieInTheLog(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug: the process ends');
    process.exit(1);
  });
}

/** `runProcess` for a subgraph on its own: serves it and says on standard output where. */
export async function runSubgraph<Context extends SubgraphContext>(options: {
  open: (parts: ProcessParts) => Promise<Subgraph<Context>>;
  port: (config: Config) => number;
  name: string;
  /** A file on which it speaks frames as well. */
  framesSocket?: (config: Config) => string | undefined;
}): Promise<void> {
  await runProcess(options.name, async (parts) => {
    const { config, clock, log, tracer = noTracer } = parts;
    const verifier = await openSubgraphVerifier(config, clock);
    const subgraph = await options.open({ ...parts, verifier });
    const served = await serveSubgraph(subgraph, {
      ...{ host: config.HOST, port: options.port(config) },
      log,
      isSdlOpen: config.NODE_ENV !== 'production',
      drain: drainOf(config, clock),
      processMetrics: createProcessMetrics(),
      frames: {
        keys: await identityKeys(config),
        socketPath: options.framesSocket?.(config),
      },
      tracer,
    });
    process.stdout.write(`${options.name}  ${served.url}\n`);
    return [served, subgraph];
  });
}
