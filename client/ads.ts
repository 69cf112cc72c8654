import { listenTo } from './listening.ts';
import type { SteeredPlayer } from './media-session.ts';
import type { MediaPlayer } from './player-events.ts';

/** What is told of a media element while it shows its title. */
const forwarded = [
  'play',
  'playing',
  'pause',
  'seeking',
  'seeked',
  'timeupdate',
  'ended',
  'emptied',
  'loadedmetadata',
  'ratechange',
];

/** `HTMLMediaElement.HAVE_METADATA`: from here on it can be brought somewhere. */
const haveMetadata = 1;
/** `HTMLMediaElement.HAVE_FUTURE_DATA`: from here on, what is not paused is playing. */
const haveFutureData = 3;

/** Nearer than a few frames it is where it was. */
const nearSeconds = 0.25;

/** The title in a media element, for `attach`; what else the element shows is kept from it. */
export interface ContentPlayer extends MediaPlayer, Pick<SteeredPlayer, 'play'> {
  /**
   * True: an advertisement is about to be shown. False: the title is in the element again, and play was pressed
   * if it is to go on.
   */
  markAd(isAd: boolean): void;
  /** Lets go of the element. Idempotent. */
  close(): void;
}

/**
 * Keeps advertisements that are shown in `element` from whoever listens to the title.
 *
 * Shape: from `markAd(true)` until the title goes on it stands still, where it was, and nothing happens to it. A title
 * that was loaded anew is brought back there first.
 * Errors: none thrown.
 */
export function contentOf(element: MediaPlayer & Pick<SteeredPlayer, 'play'>): ContentPlayer {
  return new Content(element);
}

class Content extends EventTarget implements ContentPlayer {
  readonly #element: MediaPlayer & Pick<SteeredPlayer, 'play'>;
  readonly #stopListening: () => void;
  #isAd = false;
  /** Where the title stands still, in seconds; null: it does not. */
  #heldAt: number | null = null;
  #heldDuration = Number.NaN;
  #isOnItsWay = false;

  constructor(element: MediaPlayer & Pick<SteeredPlayer, 'play'>) {
    super();
    this.#element = element;
    const hear = forwarded.map((event) => [event, () => this.#hear(event)]);
    this.#stopListening = listenTo(element, Object.fromEntries(hear));
  }

  get currentTime(): number {
    return this.#heldAt ?? this.#element.currentTime;
  }

  /** While the title stands still: where it goes on. */
  set currentTime(seconds: number) {
    if (this.#heldAt === null) this.#element.currentTime = seconds;
    else this.#heldAt = seconds;
  }

  get duration(): number {
    return this.#heldAt === null ? this.#element.duration : this.#heldDuration;
  }

  get ended(): boolean {
    return this.#heldAt === null && this.#element.ended;
  }

  get paused(): boolean {
    return this.#element.paused;
  }

  get playbackRate(): number {
    return this.#element.playbackRate;
  }

  /** Nobody is to bring an advertisement to where the title starts. */
  get readyState(): number {
    return this.#heldAt === null ? this.#element.readyState : 0;
  }

  get seeking(): boolean {
    return this.#heldAt === null && this.#element.seeking;
  }

  play(): Promise<void> {
    return this.#element.play();
  }

  pause(): void {
    this.#element.pause();
  }

  markAd(isAd: boolean): void {
    this.#isAd = isAd;
    if (!isAd) this.#goOn();
    else if (this.#heldAt === null) {
      this.#heldDuration = this.#element.duration;
      this.#heldAt = this.#element.currentTime;
      this.#isOnItsWay = false;
    }
  }

  close(): void {
    this.#stopListening();
  }

  #hear(event: string): void {
    if (this.#heldAt === null) this.#tell(event);
    else if (event === 'loadedmetadata' || (event === 'seeked' && this.#isOnItsWay)) this.#goOn();
  }

  #goOn(): void {
    const { readyState, currentTime, paused } = this.#element;
    if (this.#isAd || this.#heldAt === null || readyState < haveMetadata) return;
    const isThere = Math.abs(currentTime - this.#heldAt) < nearSeconds;
    // Asked once: media that cannot get there is where it got to.
    if (!isThere && !this.#isOnItsWay) {
      this.#isOnItsWay = true;
      this.#element.currentTime = this.#heldAt;
      return;
    }
    this.#heldAt = null;
    this.#tell('loadedmetadata');
    if (paused) this.#tell('pause');
    else if (readyState >= haveFutureData) this.#tell('playing');
  }

  #tell(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}
