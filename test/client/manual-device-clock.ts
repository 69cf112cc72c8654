import type { DeviceClock } from '../../client/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A device's time that stands still until the test moves it. */
export class ManualDeviceClock implements DeviceClock {
  readonly #clock = new ManualClock();
  readonly #startMs = this.#clock.nowMs();
  #sleptMs = 0;

  /** Timers that wait: 0 once everything was closed. */
  get pending(): number {
    return this.#clock.pending;
  }

  monotonicMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }

  wallMs(): number {
    return this.#clock.nowMs() + this.#sleptMs;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#clock.after(delayMs, task);
  }

  advance(byMs: number): Promise<void> {
    return this.#clock.advance(byMs);
  }

  /** The device sleeps: the world goes on, its monotonic clock does not. */
  sleep(forMs: number): void {
    this.#sleptMs += forMs;
  }
}
