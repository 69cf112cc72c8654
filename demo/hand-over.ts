/** A pause on one device on its way to another. Moments on this page's clock, ms. */
interface Travelling {
  playableId: string;
  fromDeviceId: string;
  pausedAtMs: number;
}

/**
 * Measures how long a pause takes from one device to the screen of the other. Works where both are
 * on one page, and so on one clock; elsewhere nothing is measured.
 */
export class HandOverWatch {
  readonly #onMeasured: (tookMs: number) => void;
  #travelling: Travelling | undefined;

  constructor(onMeasured: (tookMs: number) => void) {
    this.#onMeasured = onMeasured;
  }

  /** The viewer paused here, just now. */
  notePaused(pause: { playableId: string; fromDeviceId: string }): void {
    this.#travelling = { ...pause, pausedAtMs: performance.now() };
  }

  /** A device shows what another one stopped at. */
  noteOffered(offered: { playableId: string; fromDeviceId: string }): void {
    const pause = this.#travelling;
    if (pause?.playableId !== offered.playableId) return;
    if (pause.fromDeviceId !== offered.fromDeviceId) return;
    this.#travelling = undefined;
    this.#onMeasured(performance.now() - pause.pausedAtMs);
  }
}
