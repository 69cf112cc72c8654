import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../runtime/clock.ts';

/** 2026-03-01T12:00:00.000Z: where test clocks begin unless told otherwise. */
export const noonMs = Date.UTC(2026, 2, 1, 12);

/** Time that stands still until the test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #tasks = new Set<{ atMs: number; run: () => void }>();

  constructor(startMs = noonMs) {
    this.#nowMs = startMs;
  }

  /** Timers that wait: 0 once everything was closed. */
  get pending(): number {
    return this.#tasks.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const task = { atMs: this.#nowMs + delayMs, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** Moves time on, timer by timer; what each one starts gets a turn of the event loop. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = [...this.#tasks]
        .filter(({ atMs }) => atMs <= endMs)
        .sort((left, right) => left.atMs - right.atMs);
      if (next === undefined) break;
      this.#tasks.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await turn();
    }
    this.#nowMs = endMs;
    await turn();
  }
}
