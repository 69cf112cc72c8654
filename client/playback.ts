import { backoffMs } from './backoff.ts';
import {
  type Playhead,
  type RecordedHeartbeats,
  type RecordHeartbeatsResult,
  recordHeartbeatsMutation,
  type ServerProblem,
} from './operations.ts';
import { type Heartbeat, isPlain, type Outbox, type PlaybackEvent } from './outbox.ts';
import {
  type BegunSession,
  beginSession,
  type PlaybackSubject,
  SessionClock,
  type SessionDeps,
} from './session.ts';
import type { Fault } from './transport.ts';
import { judge } from './verdict.ts';

/** What a player tells about itself at one moment. Positions and durations in ms. */
export interface PlayerReport {
  event: PlaybackEvent;
  positionMs: number;
  durationMs?: number;
  /** For SEEK: where it began. */
  fromPositionMs?: number;
}

/** What a playback tells the rest of the SDK. */
export interface PlaybackListener {
  /** A playhead of the server, newest or not. */
  held(playhead: Playhead): void;
  /** Refused for good, or only an app can help (UNAUTHENTICATED). */
  problem(problem: ServerProblem): void;
  /** A newer activity is in force than this playback's. */
  superseded(playhead: Playhead): void;
  /** The interval the server asks for after this event. */
  interval(event: PlaybackEvent, intervalMs: number): void;
}

/** What playbacks of one device share. */
export interface PlaybackDeps extends SessionDeps {
  outbox: Outbox;
}

/** How long the sending loop rests. A back-off protects the server: what viewers do does not end it. */
interface Rest {
  waitMs: number;
  isBackoff: boolean;
}

const noRest: Rest = { waitMs: 0, isBackoff: false };

/**
 * One continuous playback: its session, its share of the outbox, and the loop that sends it.
 *
 * Shape: one request in flight; what is recorded before the session is there waits in the outbox.
 * Errors: none thrown; see PlaybackListener.
 */
export class Playback {
  /** Resolves when it has ended and nothing of it is left to send. */
  readonly over: Promise<void>;
  readonly #deps: PlaybackDeps;
  readonly #listener: PlaybackListener;
  readonly #clock: SessionClock;
  /** Names this playback in the outbox; the session of the same name may be replaced. */
  readonly #key: string;
  #sessionId: string;
  #subject: PlaybackSubject;
  #begun: BegunSession | undefined;
  #isEnded = false;
  #isRefused = false;
  #isLooping = false;
  #failures = 0;
  #hasBegunAgain = false;
  #sendsRequiredOnly = false;
  #wasSuperseded = false;
  #rest: Rest = noRest;
  #endRest: () => void = () => {};
  #markOver: () => void = () => {};

  constructor(deps: PlaybackDeps, subject: PlaybackSubject, listener: PlaybackListener) {
    this.#deps = deps;
    this.#subject = subject;
    this.#listener = listener;
    this.#clock = new SessionClock(deps.clock);
    this.#key = deps.chance.newId();
    this.#sessionId = this.#key;
    this.over = new Promise((resolve) => {
      this.#markOver = resolve;
    });
    this.#loop();
  }

  /** The version that a later playback of the same player starts from. */
  get basedOn(): string | null {
    return this.#subject.basedOn;
  }

  /** This session's clock no longer follows the world's: begin another playback. */
  get hasDrifted(): boolean {
    return this.#clock.hasDrifted();
  }

  /** Records nothing any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The server will have none of it: only a viewer who presses play again is a reason to ask again. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  record(report: PlayerReport): void {
    if (this.#isEnded) return;
    this.#deps.outbox.add(this.#key, { ...this.#clock.stamp(), ...report });
    if (!isPlain(report.event) && !this.#rest.isBackoff) this.#endRest();
    this.#loop();
  }

  /** Nothing more will be recorded; what waits is still sent. */
  end(): void {
    this.#isEnded = true;
    if (!this.#isLooping) this.#markOver();
  }

  /** The connection may be back: do not wait any longer. */
  flush(): void {
    this.#endRest();
    this.#loop();
  }

  /** Sends what waits without an answer, for a page that ends now. */
  sendAtPageEnd(): void {
    const heartbeats = this.#deps.outbox.newest(this.#key);
    if (this.#begun === undefined || heartbeats.length === 0) return;
    const input = { session: this.#begun.session, heartbeats: this.#fitting(heartbeats) };
    const { transport } = this.#deps;
    if (transport.sendAtPageEnd(recordHeartbeatsMutation, { input })) return;
    // Too long for a page that ends: the newest alone says where the viewer stopped.
    const newest = { ...input, heartbeats: input.heartbeats.slice(-1) };
    transport.sendAtPageEnd(recordHeartbeatsMutation, { input: newest });
  }

  get #hasWork(): boolean {
    const isToBegin = this.#begun === undefined && !this.#isEnded;
    return isToBegin || this.#deps.outbox.lengthOf(this.#key) > 0;
  }

  #loop(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) {
        const rest = await (this.#begun === undefined ? this.#begin() : this.#send(this.#begun));
        if (rest.waitMs > 0) await this.#restFor(rest);
      }
    } finally {
      // In the same step as the last look at the outbox: a record after it starts the loop again.
      this.#isLooping = false;
      if (this.#isEnded) this.#markOver();
    }
  }

  #restFor(rest: Rest): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(rest.waitMs, () => this.#endRest());
      this.#rest = rest;
      this.#endRest = () => {
        cancel();
        this.#rest = noRest;
        this.#endRest = () => {};
        resolve();
      };
    });
  }

  async #begin(): Promise<Rest> {
    const session = { sessionId: this.#sessionId, subject: this.#subject, clock: this.#clock };
    const outcome = await beginSession(this.#deps, session);
    if (outcome.kind === 'fault') {
      return this.#backOff(outcome) ?? this.#giveUp(outcome, () => this.#abandon());
    }
    if (outcome.kind === 'refused') {
      for (const problem of outcome.problems) this.#listener.problem(problem);
      this.#abandon();
      return noRest;
    }
    const { begun } = outcome;
    this.#begun = begun;
    this.#failures = 0;
    this.#listener.interval('START', begun.nextHeartbeatInMs);
    if (begun.playhead !== null) this.#listener.held(begun.playhead);
    if (begun.stale) this.#noteSuperseded(begun.playhead);
    return noRest;
  }

  async #send(begun: BegunSession): Promise<Rest> {
    const { outbox, transport } = this.#deps;
    const batch = outbox.take(this.#key);
    const input = { session: begun.session, heartbeats: this.#fitting(batch) };
    const answer = await transport.request<RecordHeartbeatsResult>(recordHeartbeatsMutation, {
      input,
    });
    const recorded = answer.kind === 'answered' ? answer.data.recordHeartbeats : null;
    if (recorded !== null) return this.#afterAnswer(batch, recorded);

    const fault = answer.kind === 'fault' ? answer : emptyAnswer;
    outbox.release(this.#key);
    if (fault.code === 'BAD_USER_INPUT' && !this.#sendsRequiredOnly) {
      this.#sendsRequiredOnly = true;
      return noRest;
    }
    const drop = () => outbox.remove(this.#key, new Set(batch.map(({ sequence }) => sequence)));
    return this.#backOff(fault) ?? this.#giveUp(fault, drop);
  }

  #afterAnswer(batch: readonly Heartbeat[], recorded: RecordedHeartbeats): Rest {
    const { outbox } = this.#deps;
    const verdict = judge(batch, recorded);
    this.#failures = 0;
    outbox.remove(this.#key, verdict.settled);
    for (const problem of recorded.problems) this.#listener.problem(problem);
    const newest = batch.at(-1);
    if (newest !== undefined) this.#listener.interval(newest.event, recorded.nextHeartbeatInMs);
    if (recorded.playhead !== null) this.#notePlayhead(recorded.outcome, recorded.playhead);
    if (verdict.isSessionInvalid) this.#beginAgain();
    else this.#hasBegunAgain = false;
    outbox.release(this.#key);
    return { waitMs: verdict.waitMs, isBackoff: false };
  }

  #notePlayhead(outcome: RecordedHeartbeats['outcome'], playhead: Playhead): void {
    this.#listener.held(playhead);
    if (outcome === 'SUPERSEDED') {
      this.#noteSuperseded(playhead);
      return;
    }
    this.#wasSuperseded = false;
    // What is in force is this playback's own: a session begun after this one started from there.
    this.#subject = { ...this.#subject, basedOn: playhead.version };
  }

  /** Told once, and again only after this playback was in force in between. */
  #noteSuperseded(playhead: Playhead | null): void {
    if (this.#wasSuperseded || playhead === null) return;
    this.#wasSuperseded = true;
    this.#listener.superseded(playhead);
  }

  /** A new session for the same playback; a second refusal in a row is final. */
  #beginAgain(): void {
    if (this.#hasBegunAgain) {
      this.#abandon();
      return;
    }
    this.#hasBegunAgain = true;
    this.#begun = undefined;
    this.#sessionId = this.#deps.chance.newId();
    this.#clock.restartAt(this.#deps.outbox.renumber(this.#key));
  }

  #abandon(): void {
    this.#isEnded = true;
    this.#isRefused = true;
    this.#deps.outbox.forget(this.#key);
  }

  /** Undefined: the same request will never succeed. */
  #backOff(fault: Fault): Rest | undefined {
    const isSignedOut = fault.code === 'UNAUTHENTICATED';
    if (!fault.retryable && !isSignedOut) return undefined;
    this.#failures += 1;
    if (isSignedOut && this.#failures === 1) this.#listener.problem({ ...fault, path: null });
    const at = { failures: this.#failures, atLeastMs: fault.retryAfterMs };
    // At least a moment: jitter may say zero, and a loop must not spin.
    return { waitMs: Math.max(1, backoffMs(at, this.#deps.chance.random)), isBackoff: true };
  }

  #giveUp(fault: Fault, drop: () => void): Rest {
    this.#listener.problem({ ...fault, path: null });
    drop();
    return noRest;
  }

  /** What the server of this playback understands. */
  #fitting(heartbeats: readonly Heartbeat[]): readonly Heartbeat[] {
    if (!this.#sendsRequiredOnly) return heartbeats;
    return heartbeats.map(({ sequence, event, elapsedMs, positionMs }) => ({
      sequence,
      event,
      elapsedMs,
      positionMs,
    }));
  }
}

/** The one field asked for came back null without an error: nothing is known to be stored. */
const emptyAnswer: Fault = {
  kind: 'fault',
  code: 'INTERNAL_SERVER_ERROR',
  message: 'The answer was empty.',
  retryable: true,
  retryAfterMs: 0,
};
