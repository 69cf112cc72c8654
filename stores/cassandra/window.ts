import { StoreUnreachable } from '../faults.ts';
import { retryAfterMs } from './faults.ts';

/** How much of one kind of work may be under way, and how much may wait for that, how long. */
export interface WindowLimits {
  inFlightMax: number;
  waitingMax: number;
  waitMsMax: number;
}

/** Bounded concurrency, first come first served. */
export interface Window {
  /**
   * Errors: StoreUnreachable when too many wait, or this one waited too long:
   * back-pressure, where an unbounded queue would answer later what nobody waits for any more.
   */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Resolves once nothing is under way and nothing waits. */
  drained(): Promise<void>;
}

export function createWindow({ inFlightMax, waitingMax, waitMsMax }: WindowLimits): Window {
  const waiting = new Set<() => void>();
  const idle = new Set<() => void>();
  let inFlight = 0;

  function enter(): Promise<void> {
    if (inFlight < inFlightMax) {
      inFlight += 1;
      return Promise.resolve();
    }
    if (waiting.size >= waitingMax) return Promise.reject(overloaded());
    return new Promise<void>((resolve, reject) => {
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(start);
        reject(overloaded());
      }, waitMsMax);
      waiting.add(start);
    });
  }
  /** Whoever leaves hands the place over, so that nobody slips in between. */
  function leave(): void {
    const [next] = waiting;
    if (next !== undefined) {
      waiting.delete(next);
      next();
      return;
    }
    inFlight -= 1;
    if (inFlight > 0) return;
    for (const resolve of idle) resolve();
    idle.clear();
  }

  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    async drained() {
      if (inFlight > 0) await new Promise<void>((resolve) => idle.add(resolve));
    },
  };
}

function overloaded(): StoreUnreachable {
  return new StoreUnreachable('Too many operations wait for Cassandra.', { retryAfterMs });
}
