import type { Attachment, AttachOptions } from './attachment.ts';
import { guarded } from './observable.ts';
import type { MediaPlayer } from './player-events.ts';
import type { PlayheadClient } from './playhead-client.ts';
import type { ResumePoint } from './resume.ts';

/** What is played by something that is no media element, and where it starts; see `AttachOptions`. */
export interface SessionOptions extends Omit<AttachOptions, 'mediaSession'> {
  /** Pauses the player, because its viewer goes on elsewhere; report `pause` once it is. */
  pause?(): void;
  /** Brings the player to where it starts, when it plays elsewhere; report `seek` once it is there. */
  seekTo(positionMs: number): void;
}

/**
 * What the app reports of its player, with the promises of `attach`. Positions in ms; one that is no number
 * is not known, and left out. Nothing here throws.
 */
export interface ReportedSession extends Pick<Attachment, 'takenOverBy' | 'takeOver'> {
  /** Where the player is to start; see `Attachment`. */
  readonly ready: Promise<ResumePoint>;
  play(positionMs: number): void;
  pause(positionMs: number): void;
  /** While playing, at least every few seconds: heartbeats are made of it. */
  progress(positionMs: number): void;
  /** For each step of a scrub: they become one. */
  seek(positionMs: number): void;
  /** The end is reached; `play` starts anew. */
  finish(positionMs: number): void;
  /** Reports STOP; nothing is reported after that. Idempotent. */
  stop(positionMs?: number): void;
}

/**
 * Reports what is no media element (a casting sender, an audio or game engine, a native bridge) as `attach` does
 * one: the app says what its player does.
 *
 * Errors: as `attach`.
 */
export function openSession(client: PlayheadClient, options: SessionOptions): ReportedSession {
  const player = new ReportedPlayer(options);
  // What cannot be paused is not reported as if it were.
  const required = { pause() {}, ...options, seekTo: options?.seekTo ?? null };
  const attachment = client.attach(player, required);
  const { ready, takenOverBy } = attachment;
  const takeOver = (from: string) => attachment.takeOver(from);
  const stop = (positionMs?: number) => {
    player.progress(positionMs);
    attachment.detach();
  };
  return Object.assign(player, { ready, takenOverBy, takeOver, stop });
}

/** What a report may still be of, while the player is on its way to where it was asked to go. */
const arrivedWithinMs = 5_000;

/**
 * A player that is no media element, as its app tells of it: looks like one to whoever listens.
 *
 * Shape: asked to seek, it is on its way until `seek` is reported, or a position near there; positions of
 * before are nobody's.
 * Units: positions in ms.
 */
export class ReportedPlayer extends EventTarget implements MediaPlayer {
  readonly duration = Number.NaN;
  readonly playbackRate = 1;
  ended = false;
  paused = true;
  /** Nothing was reported yet, or (HAVE_ENOUGH_DATA) something was. */
  readyState = 0;
  seeking = false;
  readonly #options: SessionOptions;
  #positionMs = 0;
  #targetMs = 0;

  constructor(options: SessionOptions) {
    super();
    this.#options = options;
  }

  get currentTime(): number {
    return this.#positionMs / 1_000;
  }

  /** `attach` brings the player to where it starts. */
  set currentTime(seconds: number) {
    this.#targetMs = Math.round(seconds * 1_000);
    this.seeking = true;
    guarded(() => this.#options.seekTo(this.#targetMs));
  }

  play(positionMs: number): void {
    this.paused = false;
    this.ended = false;
    this.#fire('play');
    this.progress(positionMs);
    if (!this.seeking) this.#fire('playing');
  }

  pause(positionMs?: number): void {
    this.progress(positionMs);
    this.paused = true;
    this.#fire('pause');
  }

  progress(positionMs = Number.NaN): void {
    if (!(positionMs >= 0)) return;
    if (this.seeking && Math.abs(positionMs - this.#targetMs) <= arrivedWithinMs) {
      this.seek(positionMs);
    }
    if (!this.seeking) this.#move(positionMs, 'timeupdate');
  }

  seek(positionMs: number): void {
    if (!(positionMs >= 0)) return;
    const isAsked = this.seeking;
    this.seeking = true;
    this.#move(positionMs, isAsked ? 'timeupdate' : 'seeking');
    this.seeking = false;
    this.#fire('seeked');
  }

  finish(positionMs: number): void {
    this.progress(positionMs);
    this.ended = true;
    this.paused = true;
    this.#fire('ended');
  }

  #move(positionMs: number, event: string): void {
    this.#positionMs = positionMs;
    if (this.readyState === 0) {
      this.readyState = 4;
      this.#fire('loadedmetadata');
    }
    this.#fire(event);
  }

  #fire(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}
