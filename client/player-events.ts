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
  | 'paused'
  | 'playbackRate'
  | 'readyState'
  | 'seeking'
>;

/** What the viewer and the player do, as it happens. */
export interface PlayerListener {
  /** Play was pressed; the player may still be loading. */
  playPressed(): void;
  /** START, PLAY, PAUSE, SEEK, STOP or FINISH. */
  reported(report: PlayerReport): void;
  /** Playing, and a little further: several times a second. */
  advanced(): void;
}

/** Steps of one scrub follow each other within this; together they are one SEEK. */
export const seekJoinMs = 400;

/** Nearer than a few frames there is nothing to seek. */
const seekMsMin = 250;

/** `HTMLMediaElement.HAVE_METADATA`: before it a seek is only a wish, and fires no events. */
const haveMetadata = 1;
/** `HTMLMediaElement.HAVE_FUTURE_DATA`: from here on, what is not paused is playing. */
const haveFutureData = 3;

/**
 * Turns the events of a media element into what happened.
 *
 * Shape: silent until `start`, and until the seek that `start` makes has ended: neither that seek nor
 * a position before it is ever reported. `playing` after a seek or a stall is no PLAY; `pause` before
 * `ended` or inside a seek is no PAUSE.
 * Errors: none thrown.
 */
export class PlayerEvents {
  readonly #player: MediaPlayer;
  readonly #clock: DeviceClock;
  readonly #listener: PlayerListener;
  readonly #stopListening: () => void;
  #isArmed = false;
  #hasViewerSought = false;
  /** Where `start` wants the player to be; null once it is there, or was asked to. */
  #startPositionMs: number | null = null;
  #isStartSeek = false;
  /** As last reported. */
  #state: 'idle' | 'playing' | 'paused' = 'idle';
  #lastPositionMs = 0;
  #seek: { fromPositionMs: number; cancelJoin: () => void } | undefined;

  constructor(player: MediaPlayer, clock: DeviceClock, listener: PlayerListener) {
    this.#player = player;
    this.#clock = clock;
    this.#listener = listener;
    this.#stopListening = listenTo(player, {
      play: () => listener.playPressed(),
      playing: () => this.#onPlaying(),
      pause: () => this.#onPause(),
      seeking: () => this.#onSeeking(),
      seeked: () => this.#onSeeked(),
      timeupdate: () => this.#onAdvance(),
      ended: () => this.#onEnded(),
      loadedmetadata: () => this.#seekToStart(),
    });
  }

  /** Begins to report: from `positionMs`, or, if null or if the viewer has sought, from where it is. */
  start(positionMs: number | null): void {
    if (positionMs === null || this.#hasViewerSought) {
      this.#arm();
      return;
    }
    this.#startPositionMs = positionMs;
    this.#seekToStart();
  }

  /** The playback ends here: reports STOP, unless nothing was started or all is finished. */
  stop(): void {
    this.#endSeek();
    if (this.#state === 'idle') return;
    this.#state = 'idle';
    this.#report('STOP');
  }

  /** Lets go of the player. Idempotent. */
  close(): void {
    this.#seek?.cancelJoin();
    this.#seek = undefined;
    this.#stopListening();
  }

  get isPlaying(): boolean {
    return this.#state === 'playing';
  }

  get positionMs(): number {
    return Math.max(0, Math.round(this.#player.currentTime * 1_000));
  }

  /** Undefined while unknown, and for live programmes. */
  get durationMs(): number | undefined {
    const durationMs = Math.round(this.#player.duration * 1_000);
    return Number.isFinite(durationMs) && durationMs > 0 ? durationMs : undefined;
  }

  #seekToStart(): void {
    const targetMs = this.#startPositionMs;
    if (targetMs === null) return;
    if (Math.abs(targetMs - this.positionMs) < seekMsMin) {
      this.#arm();
      return;
    }
    if (this.#player.readyState < haveMetadata) return;
    this.#startPositionMs = null;
    this.#isStartSeek = true;
    this.#player.currentTime = targetMs / 1_000;
  }

  #arm(): void {
    this.#startPositionMs = null;
    this.#isStartSeek = false;
    this.#isArmed = true;
    this.#lastPositionMs = this.positionMs;
    if (!this.#player.paused && this.#player.readyState >= haveFutureData) this.#onPlaying();
  }

  #onPlaying(): void {
    if (!this.#isArmed || this.#seek !== undefined || this.#state === 'playing') return;
    const event = this.#state === 'idle' ? 'START' : 'PLAY';
    this.#state = 'playing';
    this.#report(event);
  }

  #onPause(): void {
    const isPartOfMore = this.#player.seeking || this.#player.ended || this.#seek !== undefined;
    if (isPartOfMore || this.#state !== 'playing') return;
    this.#state = 'paused';
    this.#report('PAUSE');
  }

  #onSeeking(): void {
    if (!this.#isArmed) {
      this.#hasViewerSought ||= !this.#isStartSeek;
      return;
    }
    // Before the start there is nothing to tell: START says where it is.
    if (this.#state === 'idle') return;
    this.#seek?.cancelJoin();
    this.#seek = {
      fromPositionMs: this.#seek?.fromPositionMs ?? this.#lastPositionMs,
      cancelJoin: () => {},
    };
  }

  #onSeeked(): void {
    if (this.#isStartSeek) this.#arm();
    if (this.#seek === undefined) return;
    this.#seek.cancelJoin();
    this.#seek.cancelJoin = this.#clock.after(seekJoinMs, () => this.#onSeekJoined());
  }

  /** What was passed over during the seek is made up for: a pause, or play pressed. */
  #onSeekJoined(): void {
    this.#endSeek();
    if (this.#player.paused) this.#onPause();
    else if (this.#player.readyState >= haveFutureData) this.#onPlaying();
  }

  #endSeek(): void {
    if (this.#seek === undefined) return;
    const { fromPositionMs, cancelJoin } = this.#seek;
    cancelJoin();
    this.#seek = undefined;
    this.#report('SEEK', fromPositionMs);
  }

  #onAdvance(): void {
    if (this.#state !== 'playing' || this.#seek !== undefined || this.#player.seeking) return;
    this.#lastPositionMs = this.positionMs;
    this.#listener.advanced();
  }

  #onEnded(): void {
    this.#endSeek();
    if (this.#state === 'idle') return;
    this.#state = 'idle';
    this.#report('FINISH');
  }

  #report(event: PlayerReport['event'], fromPositionMs?: number): void {
    const { positionMs, durationMs } = this;
    this.#lastPositionMs = positionMs;
    this.#listener.reported({
      event,
      positionMs,
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(fromPositionMs === undefined ? {} : { fromPositionMs }),
    });
  }
}
