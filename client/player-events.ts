import type { DeviceClock } from './clock.ts';
import { listenTo } from './listening.ts';
import type { PlayerReport } from './playback.ts';

/** What the SDK needs of an `HTMLVideoElement` or `HTMLAudioElement`. */
export type MediaPlayer = Pick<
  HTMLMediaElement,
  | 'addEventListener'
  | 'removeEventListener'
  | 'currentTime'
  | 'duration'
  | 'ended'
  | 'pause'
  | 'paused'
  | 'playbackRate'
  | 'readyState'
  | 'seeking'
>;

/** What the viewer and the player do, as it happens. */
export interface PlayerListener {
  /** Play was pressed; the player may still be loading. */
  play(): void;
  /** START, PLAY, PAUSE, SEEK, STOP or FINISH. */
  reported(report: PlayerReport): void;
  /** Playing, and a little further: several times a second. */
  advanced(): void;
}

/** Steps of one scrub follow each other within this; together they are one SEEK. */
export const seekJoinMs = 400;

/** Nearer than a few frames the player is where it should be. */
const nearMsMax = 250;

/** Players nudge themselves over gaps by tenths of a second; viewers seek further. */
const nudgeMsMax = 500;

/** `HTMLMediaElement.HAVE_METADATA`: before it a seek is only a wish, and fires no events. */
const haveMetadata = 1;
/** `HTMLMediaElement.HAVE_FUTURE_DATA`: from here on, what is not paused is playing. */
const haveFutureData = 3;

/**
 * Turns the events of a media element into what happened.
 *
 * Shape: silent until `start`, and until the seek that `start` makes has ended: neither that seek nor
 * a position before it is ever reported. `playing` after a seek or a stall is no PLAY; `pause` before
 * `ended` or inside a seek is no PAUSE. Media that is loaded again goes on where it was: the zero in
 * between is nobody's position.
 * Errors: none thrown.
 */
export class PlayerEvents {
  readonly #player: MediaPlayer;
  readonly #clock: DeviceClock;
  readonly #listener: PlayerListener;
  readonly #stopListening: () => void;
  /** What the player does is reported; false before the start, and while media is loaded again. */
  #isArmed = false;
  #hasViewerSought = false;
  /** Where the player should start; null: from where it is. */
  #startPositionMs: number | null = null;
  /** Where the player is to be brought before anything is reported; null once it was asked to go. */
  #targetMs: number | null = null;
  #isStartSeek = false;
  /** As last reported. */
  #state: 'idle' | 'playing' | 'paused' = 'idle';
  #lastPositionMs = 0;
  #seek: { fromPositionMs: number; cancel: () => void } | undefined;

  constructor(player: MediaPlayer, clock: DeviceClock, listener: PlayerListener) {
    this.#player = player;
    this.#clock = clock;
    this.#listener = listener;
    this.#stopListening = listenTo(player, {
      play: () => listener.play(),
      playing: () => this.#onPlaying(),
      pause: () => this.#onPause(),
      seeking: () => this.#onSeeking(),
      seeked: () => this.#onSeeked(),
      timeupdate: () => this.#onAdvance(),
      ended: () => this.#onEnded(),
      emptied: () => this.#onEmptied(),
      loadedmetadata: () => this.#seekToTarget(),
    });
    this.#lastPositionMs = this.#playerPositionMs;
  }

  /** Begins to report: from `positionMs`, or, if null or if the viewer has sought, from where it is. */
  start(positionMs: number | null): void {
    if (positionMs === null || this.#hasViewerSought) {
      this.#arm();
      return;
    }
    this.#startPositionMs = positionMs;
    this.#targetMs = positionMs;
    this.#seekToTarget();
  }

  /** The playback ends here: reports STOP, unless nothing was started or all is finished. */
  stop(): void {
    this.#endSeek();
    if (this.#state === 'idle') return;
    this.#report('STOP');
    this.#state = 'idle';
  }

  /** Lets go of the player. Idempotent. */
  close(): void {
    this.#seek?.cancel();
    this.#seek = undefined;
    this.#stopListening();
  }

  get isPlaying(): boolean {
    return this.#state === 'playing';
  }

  /** Where the viewer is: while media is loaded again, where it was before. */
  get positionMs(): number {
    const isLoadedAgain = !this.#isArmed && this.#state !== 'idle';
    return isLoadedAgain ? this.#lastPositionMs : this.#playerPositionMs;
  }

  get playbackRate(): number {
    return this.#player.playbackRate;
  }

  /** Undefined while unknown, and for live programmes. */
  get durationMs(): number | undefined {
    const durationMs = Math.round(this.#player.duration * 1_000);
    return Number.isFinite(durationMs) && durationMs > 0 ? durationMs : undefined;
  }

  get #playerPositionMs(): number {
    return Math.max(0, Math.round(this.#player.currentTime * 1_000));
  }

  #seekToTarget(): void {
    const targetMs = this.#targetMs;
    if (targetMs === null) return;
    if (Math.abs(targetMs - this.#playerPositionMs) < nearMsMax) {
      this.#arm();
      return;
    }
    if (this.#player.readyState < haveMetadata) return;
    this.#targetMs = null;
    this.#isStartSeek = true;
    this.#player.currentTime = targetMs / 1_000;
  }

  #arm(): void {
    this.#hasViewerSought = false;
    this.#targetMs = null;
    this.#isStartSeek = false;
    this.#isArmed = true;
    this.#lastPositionMs = this.#playerPositionMs;
    this.#catchUp();
  }

  /** Makes up for what was passed over while nothing was reported: a pause, or play pressed. */
  #catchUp(): void {
    if (this.#player.paused) this.#onPause();
    else if (this.#player.readyState >= haveFutureData) this.#onPlaying();
  }

  #onEmptied(): void {
    const backToMs = this.#state === 'idle' ? this.#startPositionMs : this.#lastPositionMs;
    if (backToMs === null) return;
    this.#seek?.cancel();
    this.#seek = undefined;
    this.#isStartSeek = false;
    this.#isArmed = false;
    this.#targetMs = backToMs;
  }

  #onPlaying(): void {
    if (!this.#isArmed || this.#seek || this.#state === 'playing') return;
    const event = this.#state === 'idle' ? 'START' : 'PLAY';
    this.#state = 'playing';
    this.#report(event);
  }

  #onPause(): void {
    const isPartOfMore = this.#player.seeking || this.#player.ended || this.#seek;
    if (!this.#isArmed || isPartOfMore || this.#state !== 'playing') return;
    this.#state = 'paused';
    this.#report('PAUSE');
  }

  #onSeeking(): void {
    if (!this.#isArmed) {
      const movedMs = Math.abs(this.#playerPositionMs - this.#lastPositionMs);
      this.#hasViewerSought ||= !this.#isStartSeek && movedMs > nudgeMsMax;
      return;
    }
    // Before the start there is nothing to tell: START says where it is.
    if (this.#state === 'idle') return;
    this.#seek?.cancel();
    this.#seek = {
      fromPositionMs: this.#seek?.fromPositionMs ?? this.#lastPositionMs,
      cancel: () => {},
    };
  }

  #onSeeked(): void {
    if (this.#isStartSeek) this.#arm();
    if (!this.#seek) return;
    this.#seek.cancel();
    this.#seek.cancel = this.#clock.after(seekJoinMs, () => {
      this.#endSeek();
      this.#catchUp();
    });
  }

  #endSeek(): void {
    if (!this.#seek) return;
    const { fromPositionMs, cancel } = this.#seek;
    cancel();
    this.#seek = undefined;
    const isNudge = Math.abs(this.#playerPositionMs - fromPositionMs) <= nudgeMsMax;
    if (!isNudge) this.#report('SEEK', fromPositionMs);
  }

  #onAdvance(): void {
    const isSeeking = this.#seek || this.#player.seeking;
    if (!this.#isArmed || this.#state !== 'playing' || isSeeking) return;
    this.#lastPositionMs = this.positionMs;
    this.#listener.advanced();
  }

  #onEnded(): void {
    this.#endSeek();
    if (!this.#isArmed || this.#state === 'idle') return;
    this.#report('FINISH');
    this.#state = 'idle';
    this.#startPositionMs = null;
  }

  #report(event: PlayerReport['event'], fromPositionMs?: number): void {
    const { positionMs, durationMs } = this;
    this.#lastPositionMs = positionMs;
    this.#listener.reported({ event, positionMs, durationMs, fromPositionMs });
  }
}
