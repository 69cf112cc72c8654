import { versionZero } from '../domain/version.ts';
import type { HandedOver, TakenOver } from './hand-off.ts';
import type { LiveState } from './live-state.ts';
import { type LiveStore, Observable } from './observable.ts';
import type { Playhead, ServerProblem, TakeOver } from './operations.ts';
import { Playback, type PlaybackDeps, type PlayerReport } from './playback.ts';
import { type MediaPlayer, PlayerEvents } from './player-events.ts';
import { type ResumePoint, unknownPoint } from './resume.ts';
import { Sampler } from './sampler.ts';

/** What a player plays, and where it starts. */
export interface AttachOptions {
  playableId: string;
  /**
   * `auto`: where this profile stopped, on any device. `never`: where the player is. A number: this
   * position in ms, chosen by the viewer. `takeOver`: where the session of that id plays, whose player is told
   * to pause.
   */
  resume: 'auto' | 'never' | number | { takeOver: string };
  /** Of the content, without advertisements, in ms. */
  durationMs?: number;
  /** Where the credits begin, in ms: reaching it means finished. */
  creditsStartMs?: number;
  /** What the system shows of it (lock screen, media keys), which then steers the player too. */
  mediaSession?: MediaMetadataInit;
}

/** A player that is reported. */
export interface Attachment {
  /**
   * Where the player starts, once that is known: within 800 ms, so that `await ready` before `play()`
   * spares the viewer a jump. Never rejects.
   */
  readonly ready: Promise<ResumePoint>;
  /** Who goes on elsewhere with what this player played, and paused it; null once its viewer acts here again. */
  readonly takenOverBy: LiveStore<TakeOver | null>;
  /**
   * Goes on here with what session `from` plays (`activeSession` of a playhead, `activeSessions`): brings the
   * player there, and has the other one pause. Play is the app's to press, or the viewer's.
   *
   * Errors: never rejects. What cannot be taken over is a `problem`, and played where the playhead is.
   */
  takeOver(from: string): Promise<ResumePoint>;
  /** Reports STOP and lets go of the player. Idempotent. */
  detach(): void;
}

type HandOff = typeof import('./hand-off.ts');

/** What an attachment asks of the client it belongs to. */
export interface AttachmentHost {
  readonly playback: PlaybackDeps;
  readonly state: LiveState;
  resume(playableId: string): Promise<ResumePoint>;
  held(playhead: Playhead): void;
  problem(problem: ServerProblem): void;
  superseded(playhead: Playhead): void;
  takenOver(told: TakenOver): void;
  /** What a hand-over takes, loaded for the first; undefined, with a problem: it cannot be. */
  handOff<Value>(use: (loaded: HandOff) => Value | Promise<Value>): Promise<Value | undefined>;
  /** Shows a player to the system until the answer is called. */
  show(player: MediaPlayer, metadata: MediaMetadataInit | undefined): () => void;
  detached(player: MediaPlayer): void;
  /** A playback began; it may have something to send until it is settled. */
  began(playback: Playback): void;
}

/** One media element, its playbacks one after the other, and the rhythm of its heartbeats. */
export class PlayerAttachment implements Attachment, HandedOver {
  readonly ready: Promise<ResumePoint>;
  readonly player: MediaPlayer;
  readonly options: HandedOver['options'];
  readonly takenOverBy = new Observable<TakeOver | null>(null);
  playback: Playback | undefined;
  readonly host: AttachmentHost;
  readonly events: PlayerEvents;
  readonly #sampler: Sampler;
  /** Undefined until it is known where the player starts. */
  #basedOn: string | null | undefined;
  #isPlayPressed = false;
  isDetached = false;
  readonly #hide: () => void;

  constructor(player: MediaPlayer, options: HandedOver['options'], host: AttachmentHost) {
    this.player = player;
    this.host = host;
    this.options = options;
    const { clock } = host.playback;
    this.events = new PlayerEvents(player, clock, {
      play: () => this.#onPlayPressed(),
      reported: (report) => this.#record(report),
      advanced: () => this.#sampler.advanced(),
    });
    this.#sampler = new Sampler(host.playback, this.events, (event) => this.#beat(event));
    this.#isPlayPressed = !player.paused;
    this.#hide = host.show(player, options.mediaSession);
    this.ready = this.#start();
  }

  detach(): void {
    if (this.isDetached) return;
    this.isDetached = true;
    this.events.stop();
    this.events.close();
    this.#sampler.close();
    this.#hide();
    this.playback?.end();
    this.host.detached(this.player);
  }

  /** The page ends, or rests: STOP goes out with it. Playing on afterwards is a new playback. */
  pageEnded(): void {
    this.events.stop();
    this.playback?.sendAtPageEnd();
  }

  /** Out of sight, and perhaps killed there without another word. */
  pageHidden(): void {
    if (this.events.isPlaying) this.#beat('HEARTBEAT');
  }

  async takeOver(from: string): Promise<ResumePoint> {
    const point = await this.host.handOff(({ continueHere }) => continueHere(from, this));
    return point ?? unknownPoint;
  }

  async #start(): Promise<ResumePoint> {
    const point = await this.#startPoint();
    if (this.isDetached) return point;
    this.#basedOn = this.#baseOf(point);
    if (this.#isPlayPressed) this.openPlayback();
    this.events.start(point.positionMs);
    return point;
  }

  async #startPoint(): Promise<ResumePoint> {
    const { playableId, resume } = this.options;
    if (resume === 'auto') return this.host.resume(playableId);
    if (typeof resume === 'object') {
      const point = await this.host.handOff(({ takeOver }) => takeOver(resume.takeOver, this));
      return point ?? this.host.resume(playableId);
    }
    const point = { ...unknownPoint, degraded: false };
    if (resume === 'never') return point;
    const version = this.host.state.held.get(playableId)?.version ?? null;
    return { ...point, positionMs: Math.max(0, Math.round(resume)), version };
  }

  /** Started from nothing known is not started from the newest: the server must not think so. */
  #baseOf(point: ResumePoint): string | null {
    return point.version ?? (this.options.resume === 'auto' ? versionZero : null);
  }

  #onPlayPressed(): void {
    this.#isPlayPressed = true;
    if (this.#basedOn !== undefined) this.openPlayback();
  }

  #beat(event: 'HEARTBEAT' | 'PING'): void {
    const { positionMs, durationMs } = this.events;
    this.#record({ event, positionMs, durationMs });
  }

  #record(report: PlayerReport): void {
    const { event } = report;
    this.#sampler.noteReported(event);
    if (event === 'PLAY' || event === 'SEEK') this.takenOverBy.set(null);
    if (this.playback?.isRefused && event !== 'START' && event !== 'PLAY') return;
    const playback = this.openPlayback();
    playback.record(this.#withoutKnownDuration(report));
    if (event === 'STOP' || event === 'FINISH') playback.end();
  }

  /** The playback that goes on, or a new one: after an end, or when its clock stood still in a sleep. */
  openPlayback(basedOn = this.playback?.basedOn ?? this.#basedOn ?? null): Playback {
    const current = this.playback;
    if (current && !current.isEnded && !current.hasDrifted) return current;
    current?.end();
    const { durationMs, creditsStartMs, playableId } = this.options;
    const subject = {
      playableId,
      basedOn,
      durationMs,
      creditsStartMs,
    };
    const playback = new Playback(
      this.host.playback,
      { subject },
      {
        ...this.host,
        interval: (event, intervalMs) => this.#sampler.steer(event, intervalMs),
        takenOver: (by) => void this.host.handOff(({ yieldTo }) => yieldTo(by, this)),
      },
    );
    this.playback = playback;
    this.host.began(playback);
    return playback;
  }

  /** The session has told it, unless the player measured another. */
  #withoutKnownDuration(report: PlayerReport): PlayerReport {
    const { durationMs = Number.NaN } = report;
    const { durationMs: known = Number.NaN } = this.options;
    const isKnown = Math.abs(durationMs - known) < durationSlackMs;
    return isKnown ? { ...report, durationMs: undefined } : report;
  }
}

/** Catalogs round to seconds; players measure frames. */
const durationSlackMs = 1_000;
