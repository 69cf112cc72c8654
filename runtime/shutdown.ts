import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from './log.ts';

export interface Closable {
  /** Says that it will close soon, and goes on working. */
  retire?(): void;
  close(): Promise<void>;
}

/** What closing may take beside the pauses. Orchestrators kill 10 s (Docker) or 30 s (Kubernetes) after the signal. */
const closingMsMax = 8_000;

export interface ShutdownOptions {
  log: Logger;
  /** @default 0: between the signal and the first close, ms; meanwhile everything is served. */
  delayMs?: number;
  /** @default 0: what live connections may take to be closed, ms. */
  drainMs?: number;
}

/**
 * On SIGTERM or SIGINT retires everything that `starting` answers, goes on for `delayMs`, closes one
 * after the other in that order, and exits with 0. A signal while it starts waits for the start. A second signal, a fault or the
 * deadline exits with 1.
 *
 * Once started, the signals are taken away from whoever else listens: the federation runtime disposes
 * of itself at once, under the requests still running, and then lets the process live on.
 */
export function closeOnSignal(
  starting: Promise<readonly Closable[]>,
  { log, delayMs = 0, drainMs = 0 }: ShutdownOptions,
): void {
  const shutdownDeadlineMs = delayMs + drainMs + closingMsMax;
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
    const closables = await starting;
    for (const closable of closables) closable.retire?.();
    if (delayMs > 0) await pause(delayMs);
    process.exit((await closeAll(closables, log)) ? 0 : 1);
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
