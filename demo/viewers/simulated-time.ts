import type { DeviceClock } from '../../client/clock.ts';

/**
 * Time of the simulated viewers: so many times as fast as ours, and never ahead of it, because a server
 * refuses what has not happened yet. It starts in the past and arrives at now when the drive ends.
 *
 * Units: Unix ms, simulated unless named `real`.
 */
export class SimulatedTime {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly speed: number;
  readonly #clock: DeviceClock;
  readonly #startRealMs: number;

  constructor(clock: DeviceClock, drive: { speed: number; durationMs: number }) {
    this.#clock = clock;
    this.speed = drive.speed;
    this.#startRealMs = clock.monotonicMs();
    this.untilMs = clock.wallMs() + drive.durationMs;
    this.fromMs = this.untilMs - drive.durationMs * drive.speed;
  }

  get nowMs(): number {
    const passedRealMs = this.#clock.monotonicMs() - this.#startRealMs;
    return Math.min(this.untilMs, this.fromMs + passedRealMs * this.speed);
  }

  /** Ours: only differences mean anything. */
  get realMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Share of the drive that is over. */
  get share(): number {
    return (this.nowMs - this.fromMs) / (this.untilMs - this.fromMs);
  }

  /** For how long, by the clock of the server, that was: what a session clock would read. */
  sinceMs(atMs: number): number {
    return Math.max(0, this.#clock.wallMs() - atMs);
  }

  /** Waits until then, or until the drive ends. */
  async until(atMs: number): Promise<void> {
    const waitMs = Math.min(atMs, this.untilMs) - this.nowMs;
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => this.#clock.after(waitMs / this.speed, resolve));
  }
}
