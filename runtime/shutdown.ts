import type { Logger } from './log.ts';

export interface Closable {
  close(): Promise<void>;
}

/** Orchestrators kill 10 s (Docker) or 30 s (Kubernetes) after the signal: be gone before the first. */
const shutdownDeadlineMs = 8_000;

/**
 * On SIGTERM or SIGINT closes everything in the order given, one after the other, and exits with 0.
 * A second signal, a fault or the deadline exits with 1.
 *
 * Takes the signals away from whoever listened before: the federation runtime disposes of itself at
 * once, under the requests still running, and then lets the process live on.
 */
export function closeOnSignal(closables: readonly Closable[], log: Logger): void {
  let isClosing = false;
  const shutDown = (signal: NodeJS.Signals) => {
    if (isClosing) {
      log.warn({ signal }, 'second signal: exiting at once');
      process.exit(1);
    }
    isClosing = true;
    setTimeout(() => {
      log.error({ shutdownDeadlineMs }, 'shutdown took too long');
      process.exit(1);
    }, shutdownDeadlineMs).unref();
    void closeAll(closables, log).then((isClean) => process.exit(isClean ? 0 : 1));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, shutDown);
  }
}

/** One that fails to close must not keep the next, perhaps a store with work in memory, from it. */
async function closeAll(closables: readonly Closable[], log: Logger): Promise<boolean> {
  let isClean = true;
  for (const closable of closables) {
    try {
      await closable.close();
    } catch (error) {
      isClean = false;
      log.error({ err: error }, 'close failed');
    }
  }
  return isClean;
}
