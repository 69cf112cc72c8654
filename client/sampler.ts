import type { Chance } from './chance.ts';
import type { DeviceClock } from './clock.ts';
import type { PlaybackEvent } from './outbox.ts';

/** Between heartbeats while playing, until the server says otherwise: what a crash may cost. */
export const heartbeatEveryMs = 5_000;
/** Between pings while paused, until the server says otherwise: still here, no more. */
export const pingEveryMs = 60_000;
/** Shortest and longest interval a server may ask for; beyond them an answer is broken. */
const intervalMsMin = 1_000;
const intervalMsMax = 60_000;
/** Share by which intervals differ, either way, so that players do not fall into step. */
const jitterShare = 0.1;
/** On a connection that is to be spared, intervals are longer by this; what is meant still goes at once. */
export const meteredFactor = 2;
/** Paused for longer, nobody is watching, and the server's session is over too. */
export const pausedPingMsMax = 30 * 60_000;
/** Further than this from where it should be, the position is worth telling at once. */
export const jumpMsMin = 5_000;

/** What the sampler reads of a player. */
export interface Sampled {
  readonly positionMs: number;
  /** 1 is normal speed. */
  readonly playbackRate: number;
}

/** Asks for a plain heartbeat to be reported now. */
export type Beat = (event: 'HEARTBEAT' | 'PING') => void;

/**
 * Decides when plain heartbeats are due.
 *
 * Shape: one HEARTBEAT each interval of *played* time (a stalled or paused player asks for none), at
 * once when the position jumps; while paused a PING each minute, for half an hour. Every other
 * report of the player starts the interval again.
 */
export class Sampler {
  readonly #deps: { clock: DeviceClock; chance: Chance; isMetered(): boolean };
  readonly #player: Sampled;
  readonly #beat: Beat;
  readonly #intervalMs = { HEARTBEAT: heartbeatEveryMs, PING: pingEveryMs };
  #dueAfterMs: number;
  #playedMs = 0;
  #last: { atMs: number; positionMs: number };
  #pausedAtMs: number | null = null;
  #cancelPing: () => void = () => {};

  constructor(
    deps: { clock: DeviceClock; chance: Chance; isMetered(): boolean },
    player: Sampled,
    beat: Beat,
  ) {
    this.#deps = deps;
    this.#player = player;
    this.#beat = beat;
    this.#last = this.#reading();
    this.#dueAfterMs = this.#jittered('HEARTBEAT');
  }

  /** The server wants this interval after this event; nonsense is ignored. */
  steer(event: PlaybackEvent, intervalMs: number): void {
    if (!(intervalMs > 0)) return;
    const wanted = event === 'PAUSE' || event === 'PING' ? 'PING' : 'HEARTBEAT';
    const bounded = Math.min(intervalMsMax, Math.max(intervalMsMin, intervalMs));
    if (bounded === this.#intervalMs[wanted]) return;
    this.#intervalMs[wanted] = bounded;
    if (wanted === 'HEARTBEAT') this.#dueAfterMs = this.#jittered('HEARTBEAT');
    else if (this.#pausedAtMs !== null) this.#pingLater();
  }

  /** Something was reported: the next plain heartbeat is a whole interval away. */
  noteReported(event: PlaybackEvent): void {
    this.#playedMs = 0;
    this.#dueAfterMs = this.#jittered('HEARTBEAT');
    this.#last = this.#reading();
    if (event === 'PAUSE') this.#pausedAtMs = this.#last.atMs;
    else if (event !== 'SEEK' && event !== 'PING') this.#pausedAtMs = null;
    if (this.#pausedAtMs === null) this.#cancelPing();
    else this.#pingLater();
  }

  /** The player plays on: called several times a second while it does. */
  advanced(): void {
    const before = this.#last;
    const now = this.#reading();
    this.#last = now;
    const passedMs = now.atMs - before.atMs;
    const rate = Math.abs(this.#player.playbackRate) || 1;
    const movedMs = (now.positionMs - before.positionMs) / rate;
    const hasJumped = movedMs < -jumpMsMin || movedMs > passedMs + jumpMsMin;
    // Played, not passed: a stall moves nothing, and a jump is not played.
    this.#playedMs += Math.min(Math.max(0, movedMs), passedMs);
    if (hasJumped || this.#playedMs >= this.#dueAfterMs) this.#beat('HEARTBEAT');
  }

  /** No more pings. */
  close(): void {
    this.#cancelPing();
  }

  #pingLater(): void {
    this.#cancelPing();
    const { clock } = this.#deps;
    this.#cancelPing = clock.after(this.#jittered('PING'), () => {
      const pausedMs = clock.monotonicMs() - (this.#pausedAtMs ?? 0);
      if (this.#pausedAtMs !== null && pausedMs <= pausedPingMsMax) this.#beat('PING');
    });
  }

  #jittered(event: 'HEARTBEAT' | 'PING'): number {
    const factor = this.#deps.isMetered() ? meteredFactor : 1;
    const intervalMs = Math.min(intervalMsMax, this.#intervalMs[event] * factor);
    return intervalMs * (1 + jitterShare * (2 * this.#deps.chance.random() - 1));
  }

  #reading(): { atMs: number; positionMs: number } {
    return { atMs: this.#deps.clock.monotonicMs(), positionMs: this.#player.positionMs };
  }
}
