import type { Playhead } from '../client/index.ts';
import { clockText, element } from './dom.ts';
import { pictureOf } from './library.ts';
import { Tablet } from './tablet.ts';
import { Trial } from './trial.ts';
import type { Exchange, Wire } from './wire.ts';

/** Nearer than this to the playhead in force, the server sees no conflict: it is the same place. */
const staleDistanceMs = 30_000;
/** Earlier, there is nothing to remember. */
const dreamMsMin = 1_000;

interface Recorded {
  recordHeartbeats: { outcome: string; playhead: Playhead | null } | null;
}
interface Begun {
  beginSession: { stale: boolean; playhead: Playhead | null } | null;
}

const words = {
  testId: 'trial-tablet',
  title: 'Old tablet wakes up',
  hint: 'Play something: the tablet remembers where that was.',
  control: 'Wake it',
};

/** Wakes a tablet that has an old position: what it says is heard, and moves nothing. */
export class TabletTrial {
  readonly trial: Trial;
  readonly #tablet: Tablet;
  readonly #picture: HTMLImageElement;
  /** Its last words were heard: it may sleep again once the server has answered them. */
  #isClosing = false;
  #hasWoken = false;

  constructor(tablet: Tablet, wire: Wire) {
    this.#tablet = tablet;
    this.#picture = element('img', { class: 'tablet__picture', alt: '' });
    const screen = element(
      'div',
      { class: 'tablet', 'aria-hidden': 'true' },
      this.#picture,
      tablet.video,
    );
    this.trial = new Trial(words, () => void this.#press(), screen);
    this.trial.allow(false);
    wire.listen({
      answered: (exchange, { text }) => {
        if (exchange.who === Tablet.deviceName) this.#explain(exchange, text);
        else if (exchange.name === 'RecordHeartbeats') void this.#watch(playheadIn(text));
      },
    });
  }

  async #press(): Promise<void> {
    const { trial } = this;
    if (this.#tablet.isAwake) {
      this.#isClosing = true;
      this.#tablet.close();
      this.trial.root.classList.remove('is-awake');
      trial.name('Wake it');
      return;
    }
    this.#hasWoken = true;
    trial.name('Close it');
    trial.root.classList.add('is-awake');
    trial.say(`Plays from ${this.#remembered}, all that it remembers…`, 'warn');
    await this.#tablet.wake();
  }

  /** It falls asleep on the first title that is under way, and hears of nothing after that. */
  async #watch(playhead: Playhead | null): Promise<void> {
    if (playhead === null || playhead.positionMs < dreamMsMin || this.#hasWoken) return;
    if (this.#tablet.dream === null) await this.#sleepOn(playhead.playableId);
    const { dream } = this.#tablet;
    if (dream === null) return;
    const isFar = Math.abs(playhead.positionMs - dream.positionMs) > staleDistanceMs;
    const isReady = playhead.playableId === dream.playableId && isFar;
    const what = isReady ? 'Wake it, and see who wins.' : 'Skip ahead on the TV, then wake it.';
    this.trial.say(`Asleep since ${this.#remembered}. ${what}`);
  }

  async #sleepOn(playableId: string): Promise<void> {
    if (!(await this.#tablet.sleepOn(playableId))) return;
    this.#picture.src = pictureOf(playableId, 'backdrop');
    this.trial.allow(true);
  }

  /** The server's own words, and what they mean. */
  #explain({ name }: Exchange, text: string): void {
    if (name === 'BeginSession') this.#explainBegin(text);
    else if (name === 'RecordHeartbeats') void this.#explainRecorded(text);
  }

  #explainBegin(text: string): void {
    const begun = dataOf<Begun>(text)?.beginSession;
    if (begun?.stale !== true) return;
    this.trial.say(
      `stale: ${this.#remembered} is old news. ${placeOf(begun.playhead)} stays.`,
      'good',
    );
  }

  async #explainRecorded(text: string): Promise<void> {
    const recorded = dataOf<Recorded>(text)?.recordHeartbeats;
    if (!recorded) return;
    const { outcome, playhead } = recorded;
    const did = this.#isClosing ? 'Closed' : 'Played';
    if (outcome === 'SUPERSEDED') {
      this.trial.say(`${did}, and SUPERSEDED: ${placeOf(playhead)} stays.`, 'good');
    } else this.trial.say(`${did}, and ${outcome}: it was at the same place.`);
    if (!this.#isClosing || playhead === null) return;
    this.#isClosing = false;
    await this.#sleepOn(playhead.playableId);
  }

  get #remembered(): string {
    return clockText(this.#tablet.dream?.positionMs ?? 0);
  }
}

function placeOf(playhead: Playhead | null): string {
  if (playhead === null) return 'What is in force';
  return `${playhead.device?.name ?? 'Another device'}’s ${clockText(playhead.positionMs)}`;
}

function playheadIn(text: string): Playhead | null {
  return dataOf<Recorded>(text)?.recordHeartbeats?.playhead ?? null;
}

function dataOf<Data>(text: string): Data | null {
  return (JSON.parse(text) as { data?: Data | null }).data ?? null;
}
