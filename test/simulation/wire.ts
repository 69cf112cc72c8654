import type { Chance } from '../support/chance.ts';
import { unreachable } from '../support/faulty.ts';
import type { Life } from './life.ts';
import type { Timeline } from './timeline.ts';

/** What requests and answers of one process to one server meet on their way. */
export interface Weather {
  /** Share of requests that never arrive. */
  requestLoss: number;
  /** Share of answers that never arrive: what was asked has happened. */
  answerLoss: number;
  /** Longest way of one message, ms; above the caller's patience, it arrives all the same. */
  delayMsMax: number;
  /** `silent`: nothing arrives. `refused`: and the caller is told at once. */
  cut: 'none' | 'silent' | 'refused';
}

export const fairWeather: Weather = {
  requestLoss: 0,
  answerLoss: 0,
  delayMsMax: 4,
  cut: 'none',
};

/** A caller that is refused learns it this soon. */
const refusalMs = 1;
/** Of what a dead process had sent, this share arrives. */
const lastWordsShare = 0.5;

/**
 * One process's way to one server. Every call is its own message: calls overtake each other.
 *
 * Errors: StoreUnreachable when there is no answer within `patienceMs`, and whatever the server says.
 */
export class Wire {
  /** Since when the weather has been fair, ms; null while it is not. */
  fairSinceMs: number | null;
  #weather: Weather = fairWeather;
  /** Nothing is delayed and nothing lost any more: answers come without an event of their own. */
  isShort = false;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #life: Life;
  readonly #patienceMs: number;

  constructor(parts: { timeline: Timeline; chance: Chance; life: Life; patienceMs: number }) {
    this.#timeline = parts.timeline;
    this.#chance = parts.chance;
    this.#life = parts.life;
    this.#patienceMs = parts.patienceMs;
    this.fairSinceMs = parts.timeline.nowMs();
  }

  get weather(): Weather {
    return this.#weather;
  }

  turn(weather: Weather): void {
    this.#weather = weather;
    this.fairSinceMs = weather === fairWeather ? this.#timeline.nowMs() : null;
  }

  ask<Answer>(step: () => Promise<Answer>): Promise<Answer> {
    if (this.isShort) return step();
    return new Promise((resolve, reject) => {
      if (this.#weather.cut === 'refused') {
        this.#life.after(refusalMs, () => reject(unreachable()));
        return;
      }
      const giveUp = this.#life.after(this.#patienceMs, () => reject(unreachable()));
      const back = (deliver: () => void) =>
        this.#answer(() => {
          giveUp();
          deliver();
        });
      this.#request(() => {
        step().then(
          (answer) => back(() => resolve(answer)),
          (error: unknown) => back(() => reject(error)),
        );
      });
    });
  }

  #request(arrive: () => void): void {
    const { cut, requestLoss, delayMsMax } = this.#weather;
    if (cut === 'silent' || this.#chance.of(requestLoss)) return;
    this.#timeline.after(this.#chance.below(delayMsMax), () => {
      if (this.#life.isOver && !this.#chance.of(lastWordsShare)) return;
      arrive();
    });
  }

  #answer(deliver: () => void): void {
    const { cut, answerLoss, delayMsMax } = this.#weather;
    if (cut !== 'none' || this.#chance.of(answerLoss)) return;
    this.#life.after(this.#chance.below(delayMsMax), deliver);
  }
}
