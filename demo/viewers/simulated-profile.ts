import { type Playhead, playheadQuery } from '../../client/operations.ts';
import { Draw, seedOf } from '../../model/viewers/draw.ts';
import { type DeviceClass, kindOf } from '../../model/viewers/params.ts';
import type { ViewerPlay, ViewerVisit } from '../../model/viewers/viewer.ts';
import { simulatedRowQuery } from '../documents.ts';
import { reportsOf } from './reports.ts';
import { type SessionDeps, SimulatedSession } from './simulated-session.ts';

/** Of all plays, so many go on for a while without a connection. */
const offlineShare = 0.05;
/** Nobody waits longer than that for the next visit in a drive: viewers sleep, a drive does not. */
const idleMsMax = 45 * 60_000;
const firstWaitMsMax = 10 * 60_000;

/** A report that is made a real second later than it should be is late. */
const lateRealMs = 1_000;

interface RowResult {
  viewer: {
    continueWatching: { edges: { node: { playableId: string } }[] } | null;
  } | null;
}

/** What a device reported while it had no connection, and when it gets one again. */
interface Held {
  session: SimulatedSession;
  untilMs: number;
}

/** One simulated profile at the real API, until the drive ends. */
export class SimulatedProfile {
  readonly #profile: string;
  readonly #deps: SessionDeps;
  readonly #draw: Draw;
  /** One request at a time: then what the server must answer is certain. */
  #held: Held[] = [];
  #deviceClass: DeviceClass | null = null;
  isPlaying = false;

  constructor(profile: string, deps: SessionDeps, seed: number) {
    this.#profile = profile;
    this.#deps = deps;
    this.#draw = new Draw(seedOf(seed, profile, 'drive'));
  }

  async live(visits: Iterable<ViewerVisit>): Promise<void> {
    const { time, tally } = this.#deps;
    let beginMs = time.fromMs + this.#draw.below(Math.min(firstWaitMsMax, this.#spanMs / 4));
    for (const visit of visits) {
      await this.#until(beginMs);
      if (time.nowMs >= time.untilMs) break;
      tally.summary.visits += 1;
      const shiftMs = Math.ceil(beginMs) - visit.startedAtMs;
      await this.#visit(visit.plays.map((play) => shifted(play, shiftMs)));
      const endMs = (visit.plays.at(-1)?.endedAtMs ?? visit.startedAtMs) + shiftMs;
      beginMs = endMs + this.#draw.between(0.2, 1) * Math.min(idleMsMax, this.#spanMs / 8);
    }
    for (const { session } of this.#held.splice(0)) await session.send();
    await this.#checkAll();
  }

  get #spanMs(): number {
    return this.#deps.time.untilMs - this.#deps.time.fromMs;
  }

  async #visit(plays: readonly ViewerPlay[]): Promise<void> {
    const { time, tally } = this.#deps;
    const [first] = plays;
    if (first !== undefined) await this.#openRow(first);
    for (const play of plays) {
      await this.#until(play.startedAtMs);
      if (time.nowMs >= time.untilMs) return;
      const before = this.#deviceClass ?? play.deviceClass;
      if (play.deviceClass !== before) tally.summary.devicesChanged += 1;
      this.#deviceClass = play.deviceClass;
      await this.#play(play);
    }
  }

  async #play(play: ViewerPlay): Promise<void> {
    const { time, tally } = this.#deps;
    const session = new SimulatedSession(this.#deps, play);
    const kind = kindOf(play.deviceClass);
    await session.begin({ id: `${this.#profile}-${play.deviceClass}`, kind });
    tally.summary.plays += 1;
    if (play.ending === 'LOST') tally.summary.lostWithoutStop += 1;
    const away = this.#awayDuring(play);
    this.isPlaying = true;
    for (const report of reportsOf(play, () => session.everyMs)) {
      await this.#until(report.atMs);
      if (report.atMs > time.untilMs) break;
      session.record(report);
      this.#noteLate(report.atMs, session.everyMs);
      const isAway = report.atMs >= away.fromMs && report.atMs < away.untilMs;
      // Late already: what is due by now goes along in one request, as from any outbox.
      if (!isAway && report.atMs + session.everyMs >= time.nowMs) await session.send();
    }
    this.isPlaying = false;
    if (away.untilMs <= play.endedAtMs) await session.send();
    else this.#held.push({ session, untilMs: away.untilMs });
  }

  #noteLate(atMs: number, everyMs: number): void {
    const { time, tally } = this.#deps;
    tally.summary.reports += 1;
    if (time.nowMs - atMs > everyMs + lateRealMs * time.speed) tally.summary.lateReports += 1;
  }

  /** A stretch of a play without a connection; some get it back only after the play. */
  #awayDuring({ startedAtMs, endedAtMs }: ViewerPlay): { fromMs: number; untilMs: number } {
    const [share, fromShare, length] = [this.#draw.unit(), this.#draw.unit(), this.#draw.unit()];
    const lengthMs = endedAtMs - startedAtMs;
    if (share >= offlineShare) return { fromMs: endedAtMs + 1, untilMs: 0 };
    this.#deps.tally.summary.offlineBursts += 1;
    const fromMs = startedAtMs + fromShare * lengthMs;
    return { fromMs, untilMs: fromMs + 2 * length * lengthMs };
  }

  /** Waits, and sends what was held back on the way, each when its device is back. */
  async #until(atMs: number): Promise<void> {
    const { time } = this.#deps;
    const due = this.#held.filter(({ untilMs }) => untilMs <= atMs);
    this.#held = this.#held.filter(({ untilMs }) => untilMs > atMs);
    for (const { session, untilMs } of due.sort((one, other) => one.untilMs - other.untilMs)) {
      await time.until(untilMs);
      await session.send();
    }
    await time.until(atMs);
  }

  /** The row of whoever sits down, before they choose. */
  async #openRow(first: ViewerPlay): Promise<void> {
    const { transport, tally } = this.#deps;
    const { summary } = tally;
    const deviceKind = kindOf(first.deviceClass);
    const answer = await transport.request<RowResult>(simulatedRowQuery, { deviceKind });
    summary.requests += 1;
    if (answer.kind === 'fault') {
      tally.fault(answer.code);
      return;
    }
    const row = answer.data.viewer?.continueWatching ?? null;
    if (row === null) {
      tally.fault('ROW_IS_DOWN');
      return;
    }
    summary.rows += 1;
    const cards = row.edges.map(({ node }) => node.playableId);
    if (cards.length > 0) summary.rowsWithCards += 1;
    const place = cards.indexOf(first.title.id);
    if (place >= 0) summary.openedFromRow += 1;
    if (place === 0) summary.openedFirstCard += 1;
  }

  /** At the end, every title once more. */
  async #checkAll(): Promise<void> {
    const { ledger, transport, tally } = this.#deps;
    for (const playableId of ledger.titles) {
      if (!ledger.isSure(playableId)) {
        tally.summary.unsureTitles += 1;
        continue;
      }
      tally.summary.requests += 1;
      const answer = await transport.request<{ viewer: { playhead: Playhead | null } | null }>(
        playheadQuery,
        { playableId },
      );
      if (answer.kind === 'fault') {
        tally.fault(answer.code);
        continue;
      }
      tally.summary.resumesChecked += 1;
      tally.complain(ledger.complaint(playableId, answer.data.viewer?.playhead ?? null));
    }
  }
}

function shifted(play: ViewerPlay, byMs: number): ViewerPlay {
  return {
    ...play,
    startedAtMs: play.startedAtMs + byMs,
    endedAtMs: play.endedAtMs + byMs,
    acts: play.acts.map((act) => ({ ...act, atMs: act.atMs + byMs })),
  };
}
