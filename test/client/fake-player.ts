import type { MediaPlayer } from '../../client/index.ts';
import type { ManualDeviceClock } from './manual-device-clock.ts';

/** How often browsers fire `timeupdate` while playing. */
const updateEveryMs = 250;

/** A media element without media: fires the events of a real one, in the order Chromium does. */
export class FakePlayer extends EventTarget implements MediaPlayer {
  duration = 600;
  ended = false;
  paused = true;
  playbackRate = 1;
  readyState = 4;
  seeking = false;
  /** While true a seek goes on until `finishSeek`. */
  holdsSeeks = false;
  #currentTime = 0;

  get currentTime(): number {
    return this.#currentTime;
  }

  /** Seeking is asynchronous: the position is there at once, the events come later. */
  set currentTime(seconds: number) {
    this.#currentTime = seconds;
    this.seeking = true;
    queueMicrotask(() => {
      this.fire('seeking');
      if (!this.holdsSeeks) this.finishSeek();
    });
  }

  finishSeek(): void {
    this.seeking = false;
    this.fire('timeupdate');
    this.fire('seeked');
    if (!this.paused) this.fire('playing');
  }

  /** The viewer presses play, and there is enough to play. */
  play(): void {
    this.paused = false;
    this.ended = false;
    this.fire('play');
    if (!this.seeking) this.fire('playing');
  }

  pause(): void {
    this.paused = true;
    this.fire('pause');
  }

  /** Plays on for a while, the clock with it. */
  async watch(forMs: number, clock: ManualDeviceClock): Promise<void> {
    for (let leftMs = forMs; leftMs > 0; leftMs -= updateEveryMs) {
      const stepMs = Math.min(leftMs, updateEveryMs);
      await clock.advance(stepMs);
      this.#currentTime += (stepMs / 1_000) * this.playbackRate;
      this.fire('timeupdate');
    }
  }

  /** Something other than a seek moves the position: a stream that switches, a live edge. */
  jump(toSeconds: number): void {
    this.#currentTime = toSeconds;
    this.fire('timeupdate');
  }

  /** The end is reached: `pause` comes before `ended`. */
  end(): void {
    this.#currentTime = this.duration;
    this.ended = true;
    this.paused = true;
    this.fire('timeupdate');
    this.fire('pause');
    this.fire('ended');
  }

  /** The app loads media (again): everything begins at zero, without an event that says so. */
  load(): void {
    this.#currentTime = 0;
    this.paused = true;
    this.seeking = false;
    this.readyState = 0;
    this.fire('emptied');
  }

  loaded(): void {
    this.readyState = 4;
    this.fire('loadedmetadata');
  }

  fire(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}
