import { History, playMinMs, visitGapMs } from '../../subgraphs/recommendations/history.ts';
import { visitStarts, visitsAWeek } from './calendar.ts';
import type { ViewerCatalog, ViewerShow, ViewerTitle } from './catalog.ts';
import { choose, type Taste, tasteOf } from './choice.ts';
import { type DeviceMix, Devices } from './devices.ts';
import { Draw, seedOf } from './draw.ts';
import { type DeviceClass, kindOf, quantilesOf, viewerParams } from './params.ts';
import { isOut, optionOf, type ShowOfViewer, ShowsOfViewer, titleAt } from './shows-of-viewer.ts';
import { type Stretch, watch } from './watching.ts';

const minuteMs = 60_000;

/** One play, as it happened on the device. */
export interface ViewerPlay extends Stretch {
  show: ViewerShow;
  title: ViewerTitle;
  /** Whether an episode that is out follows it. */
  hasNext: boolean;
  deviceClass: DeviceClass;
  startedAtMs: number;
  /** LOST: the device crashed, or lost its connection, and never said that it stopped. */
  ending: 'STOP' | 'FINISH' | 'LOST';
}

/** Plays with less than half an hour between them. */
export interface ViewerVisit {
  startedAtMs: number;
  plays: readonly ViewerPlay[];
}

export interface ViewerOptions {
  catalog: ViewerCatalog;
  fromMs: number;
  days: number;
  mix: DeviceMix;
}

const { session, resume, player_events: playerEvents } = viewerParams;
const betweenPlaysSeconds = quantilesOf(session.gap_between_plays_s, { least: 2, most: 1_700 });
/** Shorter visits leave no play of two minutes, longer ones are television left running. */
const visitMs = { least: 4 * minuteMs, most: 600 * minuteMs };
/** Some visits end before their time is up, because a show does. */
const visitLift = 1.25;
/** What is nearer to its end than this is watched to it, come what may. */
const toTheEndMs = 2 * minuteMs;
/** With less left than this share of the next title a visit ends where a title ends. */
const nextTitleShareMin = 0.08;
/** Plays that are broken off and taken up again in the same visit. */
const brokenOffShare = 0.13;
const changeDeviceBetweenTitles = 0.008;
/** A visit that could begin with something in progress does so with this probability (log odds). */
const continueLogOdds = -0.3;
/** An episode or a film that was left in its middle calls its viewer back (log odds). */
const continueMiddle = 2;
const continueSpread = 1.5;
/** The more is going on, the likelier: for each show played in the last three days, at most three. */
const continueWhileActive = 1;
const lately = 3 * 24 * 60 * minuteMs;
const playAgainShare = 0.01;
const playAgainWhenNothingElse = 0.3;
/** Whoever continues a series begins the episode again, or the one before, with this probability. */
const episodeAgainShare = 0.25;
/** The next play is of the same show, if there is something to play; some shows have come to their end. */
const sameShowShare = 0.9;
/** After the last title of a show, or of a film, many have seen enough for today. */
const endsWithShow = 0.55;
/** A film is watched in one go by so many, however late it gets. */
const filmInOneGo = 0.15;
/** Whoever sits at another device than last time is less likely to go on with something (log odds). */
const continueOnSwitch = -1.75;

/** One profile and the person behind it, visit by visit. */
export class Viewer {
  readonly #draw: Draw;
  readonly #options: ViewerOptions;
  readonly #devices: Devices;
  readonly #taste: Taste;
  readonly #shows: ShowsOfViewer;
  readonly #history = new History();
  readonly #continues: number;
  readonly #visitsAWeek: number;

  constructor(seed: number, options: ViewerOptions) {
    this.#options = options;
    this.#draw = new Draw(seed);
    this.#visitsAWeek = visitsAWeek(this.#draw);
    this.#devices = new Devices(this.#draw, options.mix);
    this.#taste = tasteOf(this.#draw);
    this.#shows = new ShowsOfViewer(options.catalog, this.#draw);
    this.#continues = continueLogOdds + continueSpread * this.#draw.normal();
  }

  /** Everything this profile watches, in order; drawn as it is asked for. */
  *visits(): Generator<ViewerVisit> {
    const { fromMs, days } = this.#options;
    // Of its own, so that what is watched does not move when the next visit begins.
    const calendar = new Draw(seedOf(this.#draw.below(2 ** 30), 'calendar'));
    const starts = visitStarts({ fromMs, days, visitsAWeek: this.#visitsAWeek }, calendar);
    let freeFromMs = 0;
    for (const startedAtMs of starts) {
      if (startedAtMs < freeFromMs) continue;
      const plays = this.#visit(startedAtMs);
      freeFromMs = (plays.at(-1)?.endedAtMs ?? startedAtMs) + visitGapMs + 1;
      yield { startedAtMs, plays };
    }
  }

  #visit(startedAtMs: number): ViewerPlay[] {
    const drawn = this.#draw.logNormal(session.watch_min) * minuteMs * visitLift;
    let leftMs = Math.min(visitMs.most, Math.max(visitMs.least, drawn));
    const plays: ViewerPlay[] = [];
    let nowMs = startedAtMs;
    const isSwitch = this.#devices.current !== this.#devices.next();
    let state: ShowOfViewer | null = this.#opening(nowMs, isSwitch);
    while (state !== null) {
      const play = this.#play(state, { startedAtMs: nowMs, leftMs });
      plays.push(play);
      leftMs -= play.playedMs;
      nowMs = play.endedAtMs + this.#gapMs();
      state = leftMs < playMinMs ? null : this.#next(state, { nowMs, leftMs, play });
    }
    return plays;
  }

  /** What the visit begins with. */
  #opening(nowMs: number, isSwitch: boolean): ShowOfViewer {
    const open = this.#shows.open(nowMs);
    if (!this.#isContinuing(open, { nowMs, isSwitch })) return this.#shows.discover(nowMs);
    if (this.#draw.of(open.length === 0 ? playAgainWhenNothingElse : playAgainShare)) {
      const over = this.#shows.overLately(nowMs);
      if (over.length > 0) return this.#shows.begin(this.#choose(over, nowMs).show);
    }
    if (open.length === 0) return this.#shows.discover(nowMs);
    const chosen = this.#choose(open, nowMs);
    if (!chosen.show.isFilm && this.#draw.of(episodeAgainShare)) this.#shows.stepBack(chosen);
    return chosen;
  }

  #isContinuing(
    open: readonly ShowOfViewer[],
    { nowMs, isSwitch }: { nowMs: number; isSwitch: boolean },
  ): boolean {
    const recent = open.filter(({ lastEndMs }) => nowMs - lastEndMs < lately);
    const odds =
      this.#continues +
      (recent.some(({ positionMs }) => positionMs > 0) ? continueMiddle : 0) +
      continueWhileActive * Math.min(2, recent.length) +
      (isSwitch ? continueOnSwitch : 0);
    return this.#draw.of(1 / (1 + Math.exp(-odds)));
  }

  #choose(open: readonly ShowOfViewer[], nowMs: number): ShowOfViewer {
    const shows = open.map((state) => optionOf(state, this.#history));
    const deviceKind = kindOf(this.#devices.current);
    const question = { history: this.#history, shows, nowMs, deviceKind };
    return open[choose(question, this.#taste, this.#draw)] as ShowOfViewer;
  }

  #play(state: ShowOfViewer, at: { startedAtMs: number; leftMs: number }): ViewerPlay {
    const draw = this.#draw;
    const { show } = state;
    const title = titleAt(state);
    const endMs = endOf(title, state, draw);
    const leftOfTitleMs = endMs - state.positionMs;
    const isInOneGo = show.isFilm && draw.of(filmInOneGo);
    const wantedMs =
      isInOneGo || leftOfTitleMs - at.leftMs < toTheEndMs ? leftOfTitleMs : at.leftMs;
    const playMs = draw.of(brokenOffShare) ? draw.between(0.1, 0.9) * wantedMs : wantedMs;
    const stretch = watch(
      {
        startedAtMs: at.startedAtMs,
        fromPositionMs: state.positionMs,
        toPositionMs: endMs,
        playMs: Math.floor(playMs),
      },
      draw,
    );
    const hasNext = !show.isFilm && isOut({ ...state, place: state.place + 1 }, stretch.endedAtMs);
    const isFinished = stretch.positionMs >= (title.creditsStartMs ?? title.durationMs);
    const isLost = draw.of(playerEvents.p_trace_without_stopped);
    const ending = isFinished ? 'FINISH' : 'STOP';
    const play: ViewerPlay = {
      ...{ ...stretch, show, title, hasNext, deviceClass: this.#devices.current },
      ...{ startedAtMs: at.startedAtMs, ending: isLost ? 'LOST' : ending },
    };
    this.#history.add(countedPlay(play));
    this.#shows.settle(state, play);
    return play;
  }

  /** What follows in the same visit; null: nothing does. */
  #next(
    state: ShowOfViewer,
    at: { nowMs: number; leftMs: number; play: ViewerPlay },
  ): ShowOfViewer | null {
    const draw = this.#draw;
    const isSameTitle = !state.isOver && titleAt(state) === at.play.title;
    const change = isSameTitle
      ? resume.p_other_device_class_within_30min
      : changeDeviceBetweenTitles;
    if (draw.of(change)) this.#devices.change();
    if (isSameTitle) return state;
    const isSame = !state.isOver && isOut(state, at.nowMs);
    if (isSame && draw.of(sameShowShare)) {
      const { durationMs } = titleAt(state);
      return at.leftMs < nextTitleShareMin * durationMs ? null : state;
    }
    if (draw.of(endsWithShow)) return null;
    const open = this.#shows.open(at.nowMs).filter((each) => each !== state);
    const isContinuing = open.length > 0 && draw.of(0.5);
    return isContinuing ? this.#choose(open, at.nowMs) : this.#shows.discover(at.nowMs);
  }

  #gapMs(): number {
    return Math.round(this.#draw.quantile(betweenPlaysSeconds) * 1_000);
  }
}

/** Where this play of a title ends at the latest: where it is left for good, or in the credits. */
function endOf(title: ViewerTitle, { leavesAt, positionMs }: ShowOfViewer, draw: Draw): number {
  const creditsMs = title.creditsStartMs ?? title.durationMs * 0.95;
  const share = leavesAt ?? draw.between(creditsMs / title.durationMs, 1);
  return Math.max(positionMs + 1_000, Math.floor(share * title.durationMs));
}

function countedPlay(play: ViewerPlay) {
  return {
    showId: play.show.id,
    title: play.title.id,
    startedAtMs: play.startedAtMs,
    endedAtMs: play.endedAtMs,
    watchedMs: watchedMsOf(play),
    deviceKind: kindOf(play.deviceClass),
    progress: play.positionMs / play.title.durationMs,
  };
}

/** As a play's transitions would tell it: no longer than it played, nor than its positions span. */
export function watchedMsOf(play: ViewerPlay): number {
  const positions = [play.fromPositionMs, play.positionMs];
  for (const { positionMs } of play.acts) positions.push(positionMs);
  return Math.min(
    play.endedAtMs - play.startedAtMs,
    Math.max(...positions) - Math.min(...positions),
  );
}
