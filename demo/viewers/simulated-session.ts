import { deviceChance } from '../../client/chance.ts';
import {
  type BeginSessionResult,
  beginSessionMutation,
  type DeviceKind,
  type Operation,
  type RecordedHeartbeats,
  type RecordHeartbeatsResult,
  recordHeartbeatsMutation,
} from '../../client/operations.ts';
import { type Heartbeat, isPlain, Outbox } from '../../client/outbox.ts';
import { beginAnswerMsMax, beginTriesMax } from '../../client/session.ts';
import type { Transport } from '../../client/transport.ts';
import { judge } from '../../client/verdict.ts';
import type { ViewerTitle } from '../../model/viewers/catalog.ts';
import type { Ledger } from './ledger.ts';
import type { TimedReport } from './reports.ts';
import type { SimulatedTime } from './simulated-time.ts';
import type { Tally } from './tally.ts';

/** What the sessions of one profile share. */
export interface SessionDeps {
  transport: Transport;
  time: SimulatedTime;
  ledger: Ledger;
  tally: Tally;
  /** Waits, in real time. */
  wait(realMs: number): Promise<void>;
}

/** Tries of one request; a server that was started again is back by then. */
const triesMax = 6;
const retryAfterMsMin = 250;
/** Only kinds the schema has. */
const heartbeatEveryMsDefault = 5_000;

interface Known {
  report: TimedReport;
  sequence: number;
}

/**
 * One playback on a simulated device: begins, keeps what is reported in the SDK's own outbox, sends it,
 * and compares every answer with what it must be.
 */
export class SimulatedSession {
  everyMs = heartbeatEveryMsDefault;
  readonly title: ViewerTitle;
  readonly #deps: SessionDeps;
  readonly #sessionId = deviceChance.newId();
  readonly #outbox = new Outbox();
  #reports: Known[] = [];
  #session: string | null = null;
  #sequence = 0;
  #lastElapsedMs = -1;
  readonly #startedAtMs: number;

  constructor(deps: SessionDeps, of: { title: ViewerTitle; startedAtMs: number }) {
    this.#deps = deps;
    this.title = of.title;
    this.#startedAtMs = of.startedAtMs;
  }

  /** Asks for the session, and whether the server knows where the viewer is. */
  async begin(device: { id: string; kind: DeviceKind }): Promise<void> {
    const { ledger, tally, time } = this.#deps;
    const { id, durationMs, creditsStartMs } = this.title;
    const begun = await this.#askUntilSoon(() => ({
      input: {
        playableId: id,
        sessionId: this.#sessionId,
        deviceId: device.id,
        deviceKind: device.kind,
        elapsedMs: time.sinceMs(this.#startedAtMs),
        durationMs,
        ...(creditsStartMs === null ? {} : { creditsStartMs }),
      },
    }));
    if (begun?.beginSession == null) return;
    const { session, playhead, problems, stale, nextHeartbeatInMs } = begun.beginSession;
    for (const { code, message } of problems)
      tally.complain(`${id}: begins with ${code} ${message}`);
    if (stale) tally.complain(`${id}: a session that was based on nothing is stale`);
    tally.complain(ledger.complaint(id, playhead));
    tally.summary.resumesChecked += 1;
    this.#session = session;
    this.everyMs = nextHeartbeatInMs;
  }

  /**
   * An answer that took long says little about when the session began: ask again, as devices do. When
   * it never comes soon, nobody can say which of two activities will count as the newer one.
   */
  async #askUntilSoon(variables: () => object): Promise<BeginSessionResult | null> {
    const { time, ledger } = this.#deps;
    let answer: BeginSessionResult | null = null;
    for (let tries = 1; tries <= beginTriesMax; tries += 1) {
      const sentRealMs = time.realMs;
      answer = await this.#ask<BeginSessionResult>(beginSessionMutation, variables);
      if (answer === null || time.realMs - sentRealMs <= beginAnswerMsMax) return answer;
    }
    ledger.lose(this.title.id);
    return answer;
  }

  record(report: TimedReport): void {
    const elapsedMs = Math.max(this.#lastElapsedMs + 1, report.atMs - this.#startedAtMs);
    this.#lastElapsedMs = elapsedMs;
    const { event, positionMs, fromPositionMs } = report;
    const heartbeat: Heartbeat = {
      ...{ sequence: this.#sequence, event, elapsedMs, positionMs },
      ...(fromPositionMs === null ? {} : { fromPositionMs }),
    };
    this.#reports.push({ report, sequence: this.#sequence });
    this.#sequence += 1;
    this.#outbox.add(this.#sessionId, heartbeat);
  }

  /** Sends what waits, all of it. */
  async send(): Promise<void> {
    while (this.#outbox.length > 0) {
      const batch = this.#outbox.take(this.#sessionId);
      if (!(await this.#sendBatch(batch))) {
        this.#outbox.forget(this.#sessionId);
        this.#deps.ledger.lose(this.title.id);
      }
    }
  }

  /** False: it is given up, or refused. */
  async #sendBatch(batch: Heartbeat[]): Promise<boolean> {
    const { tally, ledger } = this.#deps;
    if (this.#session === null) return false;
    const newest = this.#newestOf(batch);
    const expected = ledger.outcomeOf(this.title.id, { sessionId: this.#sessionId, newest });
    const input = { session: this.#session, heartbeats: batch };
    const recorded = await this.#record(input);
    if (recorded === null) return false;
    const { outcome, problems } = recorded.answer;
    tally.summary.outcomes[outcome] += 1;
    for (const { code, message } of problems)
      tally.complain(`${this.title.id}: ${code} ${message}`);
    const verdict = judge(batch, recorded.answer);
    this.#outbox.remove(this.#sessionId, verdict.settled);
    if (outcome === 'REFUSED') {
      await this.#deps.wait(verdict.waitMs);
      return problems.length === 0;
    }
    tally.summary.heartbeats += batch.length;
    this.everyMs = isPlain(newest.event) ? recorded.answer.nextHeartbeatInMs : this.everyMs;
    // Whoever asks twice may be told that the first time was enough.
    const isAgain = recorded.tries > 1 && outcome === 'DUPLICATE';
    if (expected !== null && outcome !== expected && !isAgain) {
      tally.complain(`${this.title.id}: ${outcome}, expected ${expected}`);
    }
    ledger.acknowledge(this.title, { sessionId: this.#sessionId, newest });
    return true;
  }

  async #record(input: object): Promise<{ answer: RecordedHeartbeats; tries: number } | null> {
    let tries = 0;
    const answer = await this.#ask<RecordHeartbeatsResult>(recordHeartbeatsMutation, () => {
      tries += 1;
      return { input };
    });
    return answer?.recordHeartbeats == null ? null : { answer: answer.recordHeartbeats, tries };
  }

  /** The newest report of a batch that can move a playhead, else its newest. */
  #newestOf(batch: readonly Heartbeat[]): TimedReport {
    const sequences = new Set(batch.map(({ sequence }) => sequence));
    const sent = this.#reports.filter(({ sequence }) => sequences.has(sequence));
    const last = batch.at(-1)?.sequence ?? 0;
    this.#reports = this.#reports.filter(({ sequence }) => sequence > last);
    const newest = sent.findLast(({ report }) => report.event !== 'PING') ?? sent.at(-1);
    if (newest === undefined) throw new Error('A batch holds at least one heartbeat.');
    return newest.report;
  }

  /** Null: it failed as often as a request may. */
  async #ask<Data>(operation: Operation, variables: () => object): Promise<Data | null> {
    const { transport, tally, wait } = this.#deps;
    for (let tries = 1; tries <= triesMax; tries += 1) {
      tally.summary.requests += 1;
      const answer = await transport.request<Data>(operation, variables());
      if (answer.kind === 'answered') return answer.data;
      tally.fault(answer.code);
      if (!answer.retryable) return null;
      await wait(Math.max(answer.retryAfterMs, retryAfterMsMin * 2 ** tries));
    }
    return null;
  }
}
