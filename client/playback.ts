import { backoffMs } from './backoff.ts';
import {
  type Playhead,
  type RecordedHeartbeats,
  type RecordHeartbeatsResult,
  recordHeartbeatsMutation,
  type ServerProblem,
  type TakeOver,
} from './operations.ts';
import { type Heartbeat, isPlain, type Outbox, type PlaybackEvent } from './outbox.ts';
import type { KeptPlayback } from './outbox-store.ts';
import { beginSession, type PlaybackSubject, SessionClock, type SessionDeps } from './session.ts';
import { type Fault, unanswered } from './transport.ts';
import { judge } from './verdict.ts';

/** What a player tells about itself at one moment. Positions and durations in ms. */
export interface PlayerReport {
  event: PlaybackEvent;
  positionMs: number;
  durationMs?: number | undefined;
  /** For SEEK: where it began. */
  fromPositionMs?: number | undefined;
}

/** What a playback tells the rest of the SDK. */
export interface PlaybackListener {
  /** A playhead of the server, newest or not. */
  held(playhead: Playhead): void;
  /** Refused for good, or only an app can help (UNAUTHENTICATED). */
  problem(problem: ServerProblem): void;
  /** A newer activity is in force than this playback's. */
  superseded(playhead: Playhead): void;
  /** Another session goes on with what this one played. */
  takenOver(by: TakeOver): void;
  /** The interval the server asks for after this event. */
  interval(event: PlaybackEvent, intervalMs: number): void;
}

/** What playbacks of one device share. */
export interface PlaybackDeps extends SessionDeps {
  outbox: Outbox;
  /** The viewer asked to spare data. */
  isMetered(): boolean;
  /** Keeps what waits beyond the life of this page; null: nothing waits any more. */
  keep(key: string, kept: Omit<KeptPlayback, 'page'> | null): void;
}

/** How long the sending loop rests. A back-off protects the server: what viewers do does not end it. */
interface Rest {
  waitMs: number;
  isBackoff: boolean;
}

const noRest: Rest = { waitMs: 0, isBackoff: false };

/** What ends a rest, the weakest first. */
const wokenBy = { nothing: 0, act: 1, flush: 2 };

/**
 * One continuous playback: its session, its share of the outbox, and the loop that sends it.
 *
 * Shape: one request in flight; what is recorded before the session is there waits in the outbox.
 * Errors: none thrown; see PlaybackListener.
 */
export class Playback {
  /** Resolves when it has ended and nothing of it is left to send. */
  readonly over: Promise<void>;
  /** Resolves to the session's token, once it has begun. */
  readonly begun: Promise<string>;
  readonly #deps: PlaybackDeps;
  readonly #listener: PlaybackListener;
  readonly #clock: SessionClock;
  /** Names this playback in the outbox; the session of the same name may be replaced. */
  readonly #key: string;
  #sessionId: string;
  #subject: PlaybackSubject;
  /** What `beginSession` answered; null: not begun. */
  #session: string | null = null;
  #isEnded = false;
  #isRefused = false;
  #isLooping = false;
  #failures = 0;
  #hasBegunAgain = false;
  #sendsRequiredOnly = false;
  #wasSuperseded = false;
  #rest: Rest = noRest;
  /** What came since the last request was made: one under way must not rest on after it. */
  #wakeUp = wokenBy.nothing;
  #endRest: () => void = () => {};
  #markOver: () => void = () => {};
  #markBegun: (session: string) => void = () => {};

  /** `start` is a playback that begins now, or one that an earlier page left: that one only ends. */
  constructor(
    deps: PlaybackDeps,
    start: { subject: PlaybackSubject } | KeptPlayback,
    listener: PlaybackListener,
  ) {
    this.#deps = deps;
    this.#subject = start.subject;
    this.#listener = listener;
    const kept = 'key' in start ? start : undefined;
    this.#clock = new SessionClock(deps.clock, kept?.wallOriginMs);
    this.#key = kept?.key ?? deps.chance.newId();
    this.#sessionId = kept?.sessionId ?? this.#key;
    if (kept) this.#restore(kept);
    this.over = new Promise((resolve) => {
      this.#markOver = resolve;
    });
    this.begun = new Promise((resolve) => {
      this.#markBegun = resolve;
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

  get sessionId(): string {
    return this.#sessionId;
  }

  /** Session clock now, ms. */
  elapsedMs(): number {
    return this.#clock.elapsedMs();
  }

  /** What the server is not known to have. */
  get unsent(): Heartbeat[] {
    return this.#deps.outbox.all(this.#key);
  }

  record(report: PlayerReport): void {
    if (this.#isEnded) return;
    this.#deps.outbox.add(this.#key, { ...this.#clock.stamp(), ...report });
    this.#keep();
    if (!isPlain(report.event)) this.#wake(wokenBy.act);
    this.#loop();
  }

  /** Nothing more will be recorded; what waits is still sent. */
  end(): void {
    this.#isEnded = true;
    if (!this.#isLooping) this.#markOver();
  }

  /** The connection may be back: do not wait any longer. */
  flush(): void {
    this.#wake(wokenBy.flush);
    this.#loop();
  }

  /** Sends what waits without an answer, for a page that ends now. */
  sendAtPageEnd(): void {
    const { outbox, transport } = this.#deps;
    const newest = this.#fitting(outbox.newest(this.#key));
    const session = this.#session;
    if (!session || newest.length === 0) return;
    const send = (heartbeats: readonly Heartbeat[]) =>
      transport.sendAtPageEnd(recordHeartbeatsMutation, { input: { session, heartbeats } });
    // Too long for a page that ends: the newest alone says where the viewer stopped.
    if (!send(newest)) send(newest.slice(-1));
  }

  #restore(kept: KeptPlayback): void {
    this.#session = kept.session;
    this.#isEnded = true;
    for (const heartbeat of kept.heartbeats) this.#deps.outbox.add(this.#key, heartbeat);
  }

  #keep(): void {
    const heartbeats = this.unsent;
    const kept = {
      key: this.#key,
      sessionId: this.#sessionId,
      session: this.#session,
      wallOriginMs: this.#clock.wallOriginMs,
      subject: this.#subject,
      heartbeats,
    };
    this.#deps.keep(this.#key, heartbeats.length === 0 ? null : kept);
  }

  get #hasWork(): boolean {
    const isToBegin = this.#session === null && !this.#isEnded;
    return isToBegin || this.unsent.length > 0;
  }

  #wake(by: number): void {
    this.#wakeUp = Math.max(this.#wakeUp, by);
    if (this.#isSpared(this.#rest)) this.#endRest();
  }

  #isSpared({ isBackoff }: Rest): boolean {
    return this.#wakeUp > (isBackoff ? wokenBy.act : wokenBy.nothing);
  }

  #loop(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) {
        this.#wakeUp = wokenBy.nothing;
        const rest = await (this.#session === null ? this.#begin() : this.#send(this.#session));
        this.#keep();
        if (rest.waitMs > 0 && !this.#isSpared(rest)) await this.#restFor(rest);
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
    this.#session = begun.session;
    this.#markBegun(begun.session);
    this.#failures = 0;
    this.#listener.interval('START', begun.nextHeartbeatInMs);
    if (begun.playhead) this.#listener.held(begun.playhead);
    if (begun.stale) this.#noteSuperseded(begun.playhead);
    return noRest;
  }

  async #send(session: string): Promise<Rest> {
    const { outbox, transport } = this.#deps;
    const batch = outbox.take(this.#key);
    const input = { session, heartbeats: this.#fitting(batch) };
    const answer = await transport.request<RecordHeartbeatsResult>(recordHeartbeatsMutation, {
      input,
    });
    const recorded = answer.kind === 'answered' ? answer.data.recordHeartbeats : null;
    if (recorded?.problems) return this.#afterAnswer(batch, recorded);

    // Without the one field asked for, nothing is known to be stored.
    const fault = answer.kind === 'fault' ? answer : unanswered;
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
    // A seek says nothing about the player: paused before it, paused after it.
    const told = batch.findLast(({ event }) => event !== 'SEEK') ?? batch.at(-1);
    if (told) this.#listener.interval(told.event, recorded.nextHeartbeatInMs);
    if (recorded.takenOverBy && !this.#isEnded) this.#listener.takenOver(recorded.takenOverBy);
    if (recorded.playhead) this.#notePlayhead(recorded.outcome, recorded.playhead);
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
    if (this.#wasSuperseded || !playhead) return;
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
    this.#session = null;
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
