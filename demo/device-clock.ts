import type { DeviceClock } from '../client/index.ts';

/** The clock of one device of the page, which can be set wrong. */
export class SettableClock implements DeviceClock {
  /** Added to the time of day. */
  offsetMs = 0;

  monotonicMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now() + this.offsetMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  }
}
