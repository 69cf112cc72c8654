import { Outbox } from '../../client/outbox.ts';
import { judge } from '../../client/verdict.ts';
import {
  activityAtMs,
  admitHeartbeats,
  type Heartbeat,
  type PlaybackEvent,
} from '../../domain/heartbeat.ts';
import { openSessionToken, type SessionToken } from '../../domain/session-token.ts';
import { sessionVersion, sessionWriter } from '../../domain/version.ts';
import { beginSession } from '../../subgraphs/playback/begin-session.ts';
import type { RecordOutcome } from '../../subgraphs/playback/record-heartbeats.ts';
import type { Operated, PlaybackProcess } from './playback-process.ts';
import { type Named, registersIn } from './registers.ts';
import { Whereabouts } from './whereabouts.ts';
import { policy, skewMsMax, titles, type World } from './world.ts';

const durationMs = 7_200_000;
/** An answer that took longer says too little about the session clock (client/session.ts). */
const beginAnswerMsMax = 1_000;
const beginTriesMax = 3;
/** Reports of two players that are this near may as well have been at once. */
const tieMsMax = 1_500;
/** Of the requests of one device, this share goes to the process of the last one. */
const stickyShare = 0.7;
/** Of those that do not, this share goes to another region: a traveller, or a gateway's whim. */
const roamingShare = 0.15;

/** One playback on one device. */
interface Playback {
  token: SessionToken;
  tokenText: string;
  title: string;
  /** World time at which the session clock read zero. */
  originMs: number;
  positionMs: number;
  nextSequence: number;
  lastElapsedMs: number;
  isSending: boolean;
}

/**
 * A player: begins playbacks, watches, pauses, seeks, stops; goes offline and sends later, goes to
 * another process, sends again what was not answered, dies with what it had not sent.
 *
 * Shape: an outbox and its rules are the SDK's. Everything is submitted when it is observed, and
 * promised when the answer is there.
 */
export class Device {
  readonly #world: World;
  readonly #profileId: string;
  readonly #deviceId: string;
  readonly #outbox = new Outbox();
  readonly #whereabouts: Whereabouts;
  #process: PlaybackProcess | null = null;
  #offlineUntilMs = 0;
  #sessions = 0;
  /** What this device once saw of each title: what a forgotten tab would begin from. */
  readonly #seenVersions = new Map<string, string>();

  constructor(world: World, of: { profileId: string; deviceId: string }) {
    this.#world = world;
    this.#profileId = of.profileId;
    this.#deviceId = of.deviceId;
    this.#whereabouts = new Whereabouts(world, { roamingShare });
  }

  async live(): Promise<void> {
    const { timeline, chance } = this.#world;
    const restMsMax = chance.pick([10_000, 40_000, 160_000]);
    while (!this.#world.isEnding) {
      await timeline.sleep(chance.below(restMsMax));
      if (!this.#world.isEnding) await this.#playback();
    }
  }

  async #playback(): Promise<void> {
    const { chance, timeline } = this.#world;
    // Often the title that somebody else of the household is at.
    const title = chance.of(0.5) ? (titles[0] as string) : chance.pick(titles);
    const playback = await this.#begin(title, await this.#base(title));
    if (playback === null) return;
    if (chance.of(0.3)) await this.#world.handOvers.take(playback, this.#choose());
    this.#report(playback, 'START');
    const steps = 1 + chance.below(9);
    for (let step = 0; step < steps && !this.#world.isEnding; step += 1) {
      await this.#watch(playback);
      // The player crashed: what it had not sent is gone.
      if (chance.of(0.02)) return this.#outbox.forget(playback.token.sessionId);
    }
    if (chance.of(0.8)) this.#report(playback, chance.of(0.1) ? 'FINISH' : 'STOP');
    await timeline.sleep(0);
  }

  /** What the playback begins from: what is read, what was read long ago, or nothing. */
  async #base(title: string): Promise<string | null> {
    const { chance } = this.#world;
    const old = this.#seenVersions.get(title);
    if (old !== undefined && chance.of(0.15)) return old;
    if (chance.of(0.25)) return null;
    try {
      const need = chance.of(0.5) ? 'show' : 'decide';
      const state = await this.#world.read(this.#whereabouts.anyProcess(), {
        ...{ profileId: this.#profileId, need },
      });
      const version = state?.titles.get(title)?.playhead?.version ?? null;
      if (version !== null) this.#seenVersions.set(title, version);
      return version;
    } catch {
      return null;
    }
  }

  async #begin(title: string, basedOn: string | null): Promise<Playback | null> {
    const { timeline, gateway } = this.#world;
    const sessionId = sessionIdOf(this.#deviceId, this.#sessions);
    this.#sessions += 1;
    const originMs = timeline.nowMs();
    for (let tries = 0; tries < beginTriesMax; tries += 1) {
      const sentAtMs = timeline.nowMs();
      const input = {
        ...{ playableId: title, sessionId, deviceId: this.#deviceId, basedOn, durationMs },
        ...{ deviceKind: 'TV' as const, deviceName: null, creditsStartMs: null },
        elapsedMs: sentAtMs - originMs,
      };
      try {
        const { answer } = await gateway.ask(this.#choose(), (deps) =>
          beginSession(deps, this.#profileId, input),
        );
        const isQuick = timeline.nowMs() - sentAtMs <= beginAnswerMsMax;
        if (isQuick && answer.session !== null) {
          return this.#begun({ title, basedOn, originMs, tokenText: answer.session });
        }
      } catch {
        await timeline.sleep(500);
      }
    }
    return null;
  }

  #begun(of: {
    title: string;
    basedOn: string | null;
    originMs: number;
    tokenText: string;
  }): Playback {
    const { title, originMs, tokenText } = of;
    const token = tokenOf(tokenText, this.#profileId);
    this.#world.note(`${this.#deviceId} begins ${title} ${token.sessionId} at ${token.anchorMs}`);
    this.#expectAnchor(token, of);
    const positionMs = this.#world.chance.below(durationMs / 2);
    const clock = { nextSequence: 0, lastElapsedMs: -1, isSending: false };
    return { token, tokenText, title, originMs, positionMs, ...clock };
  }

  /**
   * The anchor is the world's time but for skew, the way of one message, and the lift; and what was
   * seen happened before.
   */
  #expectAnchor(token: SessionToken, of: { basedOn: string | null; originMs: number }): void {
    const offMs = token.anchorMs - of.originMs;
    const activityAtMs = this.#world.timeline.nowMs() + offMs;
    const first = sessionVersion({ ...token, activityAtMs });
    if (of.basedOn !== null && first <= of.basedOn) {
      this.#world.ledger.violate('seen before', `${token.sessionId}: ${first} saw ${of.basedOn}`);
    }
    const lateMsMax = skewMsMax / 2 + beginAnswerMsMax + policy.anchorLiftMaxMs;
    if (offMs < -skewMsMax / 2 || offMs > lateMsMax) {
      this.#world.ledger.violate('anchored', `${token.sessionId} is ${offMs} ms off`);
    }
  }

  /** One step of watching: the player reports, and time passes. */
  async #watch(playback: Playback): Promise<void> {
    const { chance, timeline } = this.#world;
    const event = chance.weighted<PlaybackEvent>([
      [60, 'HEARTBEAT'],
      [12, 'SEEK'],
      [10, 'PAUSE'],
      [6, 'BUFFER'],
    ]);
    const watchedMs = event === 'PAUSE' ? 1_000 : policy.heartbeatEveryMs;
    await timeline.sleep(event === 'HEARTBEAT' ? watchedMs : chance.below(watchedMs));
    playback.positionMs += watchedMs;
    if (event === 'SEEK') playback.positionMs = chance.below(durationMs);
    if (chance.of(0.05)) this.#offlineUntilMs = timeline.nowMs() + chance.below(40_000);
    this.#report(playback, event);
    if (event === 'PAUSE') await this.#pause(playback);
  }

  /** A player left on pause says that it is still there, and then plays on. */
  async #pause(playback: Playback): Promise<void> {
    const { chance, timeline } = this.#world;
    const pings = chance.below(3);
    for (let ping = 0; ping < pings && !this.#world.isEnding; ping += 1) {
      await timeline.sleep(10_000);
      this.#report(playback, 'PING');
    }
    await timeline.sleep(chance.below(8_000));
    if (chance.of(0.7)) this.#report(playback, 'PLAY');
  }

  #report(playback: Playback, event: PlaybackEvent): void {
    const elapsedMs = this.#elapsedMs(playback);
    const heartbeat: Heartbeat = {
      ...{ sequence: playback.nextSequence, event, elapsedMs, durationMs: null },
      ...{ positionMs: playback.positionMs, fromPositionMs: null },
    };
    this.#world.handOvers.note(playback.token, heartbeat);
    playback.nextSequence += 1;
    playback.lastElapsedMs = elapsedMs;
    for (const named of valuesOf(playback.token, heartbeat)) this.#world.ledger.submit(named);
    const wire = {
      ...{ sequence: heartbeat.sequence, elapsedMs },
      positionMs: playback.positionMs,
    };
    // The SDK does not report buffering yet; the server takes it all the same.
    this.#outbox.add(playback.token.sessionId, { ...wire, event: event as 'HEARTBEAT' });
    void this.#deliver(playback);
  }

  /**
   * The session clock. Now and then, of two players of one title, the later one happens to report the
   * very millisecond that the other did.
   */
  #elapsedMs({ token, originMs, lastElapsedMs }: Playback): number {
    const { timeline, chance, lastActivityMs } = this.#world;
    const name = `${token.profileId}|${token.title}`;
    const nowMs = Math.max(timeline.nowMs() - originMs, lastElapsedMs + 1);
    const sameMs = (lastActivityMs.get(name) ?? 0) - token.anchorMs;
    const isNear = sameMs > lastElapsedMs && Math.abs(sameMs - nowMs) < tieMsMax;
    const elapsedMs = isNear && chance.of(0.4) ? sameMs : nowMs;
    lastActivityMs.set(name, token.anchorMs + elapsedMs);
    return elapsedMs;
  }

  /** Sends what waits, again and again until it is settled. */
  async #deliver(playback: Playback): Promise<void> {
    if (playback.isSending) return;
    playback.isSending = true;
    const { sessionId } = playback.token;
    while (this.#outbox.all(sessionId).length > 0) {
      await this.#comeOnline();
      const batch = this.#outbox.take(sessionId).map((one) => ({
        ...{ sequence: one.sequence, event: one.event, elapsedMs: one.elapsedMs },
        ...{ positionMs: one.positionMs, durationMs: null, fromPositionMs: null },
      }));
      const waitMs = await this.#send(playback, batch);
      if (waitMs > 0) await this.#world.timeline.sleep(waitMs);
    }
    playback.isSending = false;
  }

  /** Answers how long to wait before whatever is left is sent, ms. */
  async #send(playback: Playback, batch: readonly Heartbeat[]): Promise<number> {
    const { gateway, chance, handOvers, timeline } = this.#world;
    const { tokenText: session } = playback;
    const sentAtMs = timeline.nowMs();
    const { sessionId } = playback.token;
    const input = { session, heartbeats: batch };
    try {
      const operated = await gateway.ask(this.#choose(), (deps) =>
        this.#world.recordHeartbeats(deps, this.#profileId, input),
      );
      this.#promise(playback, { batch, operated });
      await handOvers.expectHeld({ token: playback.token, batch, sentAtMs, operated });
      const sent = batch.map(({ durationMs: _, fromPositionMs: __, ...one }) => one);
      const { problems, outcome, nextHeartbeatInMs } = operated.answer;
      const verdict = judge(sent as Parameters<typeof judge>[0], {
        ...(operated.answer as unknown as Parameters<typeof judge>[1]),
        ...{ problems, outcome, nextHeartbeatInMs },
      });
      this.#outbox.remove(sessionId, verdict.settled);
      if (verdict.isSessionInvalid) this.#outbox.forget(sessionId);
      return verdict.waitMs;
    } catch {
      this.#process = null;
      this.#outbox.release(sessionId);
      return 200 + chance.below(2_000);
    }
  }

  /** What the answer says about what is kept now. */
  #promise(
    playback: Playback,
    of: {
      batch: readonly Heartbeat[];
      operated: Operated<RecordOutcome> & { process: PlaybackProcess };
    },
  ): void {
    const { batch, operated } = of;
    const { outcome, durability, problems } = operated.answer;
    const [first] = batch;
    const name = `${playback.token.sessionId}#${first?.sequence}+${batch.length}`;
    this.#world.note(`${operated.process.name} answers ${name} ${outcome} ${durability}`);
    const newest = batch.findLast(({ event }) => event !== 'PING');
    if (durability === 'NONE' || newest === undefined || problems.length > 0) return;
    // Of a session that began stale only its server knows what was let in.
    const isKept = !playback.token.isStale || outcome !== 'SUPERSEDED';
    if (!isKept || (outcome === 'SUPERSEDED' && durability === 'HOT')) return;
    const named = valuesOf(playback.token, newest);
    this.#world.promise(named, { durability, operated, by: operated.process });
  }

  async #comeOnline(): Promise<void> {
    const { timeline } = this.#world;
    while (timeline.nowMs() < this.#offlineUntilMs && !this.#world.isEnding) {
      await timeline.sleep(1_000);
    }
  }

  #choose(): PlaybackProcess {
    const { chance } = this.#world;
    const isGone = this.#process === null || this.#process.life.isOver;
    if (isGone || !chance.of(stickyShare)) this.#process = this.#whereabouts.anyProcess();
    return this.#process as PlaybackProcess;
  }
}

/** What a heartbeat writes: a function of it and its session's token, and of nothing else. */
function valuesOf(token: SessionToken, heartbeat: Heartbeat): Named[] {
  const receivedAtMs = activityAtMs(token, heartbeat);
  const { admitted } = admitHeartbeats([heartbeat], { token, receivedAtMs, policy });
  return registersIn({
    profileId: token.profileId,
    titles: admitted.map(({ playhead, visibility }) => ({
      ...{ title: token.title, playhead, visibility },
    })),
  });
}

function tokenOf(text: string, profileId: string): SessionToken {
  const opened = openSessionToken(text, { isValid: () => true, profileId, nowMs: 0, policy });
  if (opened.kind === 'invalid') throw new Error(opened.reason);
  return opened.token;
}

/** Hash digits that the timestamps of all sessions share: writes of one millisecond then tie. */
const sharedDigits = '777';
const sessionIds = new Map<string, string>();

function sessionIdOf(deviceId: string, session: number): string {
  const name = `${deviceId}-${session}`;
  const known = sessionIds.get(name);
  if (known !== undefined) return known;
  for (let salt = 0; ; salt += 1) {
    const sessionId = `${name}-${salt}`;
    if (!sessionWriter({ deviceId, sessionId }).startsWith(sharedDigits)) continue;
    sessionIds.set(name, sessionId);
    return sessionId;
  }
}
