import type { Logger } from './log.ts';

export interface Closable {
  close(): Promise<void>;
}

/** Orchestrators kill 10 s (Docker) or 30 s (Kubernetes) after the signal: be gone before the first. */
const shutdownDeadlineMs = 8_000;

/**
 * On SIGTERM or SIGINT closes everything that `starting` answers, one after the other in that order,
 * and exits with 0. A signal while it starts waits for the start. A second signal, a fault or the
 * deadline exits with 1.
 *
 * Once started, the signals are taken away from whoever else listens: the federation runtime disposes
 * of itself at once, under the requests still running, and then lets the process live on.
 */
export function closeOnSignal(starting: Promise<readonly Closable[]>, log: Logger): void {
  let isClosing = false;
  const shutDown = async (signal: NodeJS.Signals) => {
    if (isClosing) {
      log.warn({ signal }, 'second signal: exiting at once');
      process.exit(1);
    }
    isClosing = true;
    setTimeout(() => {
      log.error({ shutdownDeadlineMs }, 'shutdown took too long');
      process.exit(1);
    }, shutdownDeadlineMs).unref();
    process.exit((await closeAll(await starting, log)) ? 0 : 1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, shutDown);
    // One by one, ours staying: with no listener left for a moment, a signal on its way would be lost.
    const takeOver = () => {
      for (const other of process.listeners(signal)) {
        if (other !== shutDown) process.removeListener(signal, other);
      }
    };
    // A start that fails is its caller's to report.
    starting.then(takeOver, () => {});
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
