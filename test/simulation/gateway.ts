import type { PlaybackDeps } from '../../subgraphs/playback/deps.ts';
import type { Chance } from '../support/chance.ts';
import { unreachable } from '../support/faulty.ts';
import type { Operated, PlaybackProcess } from './playback-process.ts';
import type { Timeline } from './timeline.ts';

/** Requests of devices are given up after this, ms; a player would try again. What is answered is as old at most. */
export const patienceMs = 6_000;
/** A repeated delivery may come this late, ms. */
const repeatedMsMax = 20_000;

/** Everything that a request of a device meets. */
export interface GatewayWeather {
  requestLoss: number;
  answerLoss: number;
  /** Share of requests that arrive again, later, at any process. */
  repeated: number;
  delayMsMax: number;
}

export const fairGateway: GatewayWeather = {
  requestLoss: 0,
  answerLoss: 0,
  repeated: 0,
  delayMsMax: 40,
};

/** The way from devices to playback processes and back. */
export class Gateway {
  weather: GatewayWeather = { ...fairGateway };
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #alive: () => readonly PlaybackProcess[];

  constructor(parts: {
    timeline: Timeline;
    chance: Chance;
    alive: () => readonly PlaybackProcess[];
  }) {
    this.#timeline = parts.timeline;
    this.#chance = parts.chance;
    this.#alive = parts.alive;
  }

  /** Any process that is alive. */
  anyProcess(): PlaybackProcess {
    return this.#chance.pick(this.#alive());
  }

  /** Errors: no answer, for whatever reason; what the operation threw. */
  ask<Answer>(
    process: PlaybackProcess,
    operation: (deps: PlaybackDeps) => Promise<Answer>,
  ): Promise<Operated<Answer> & { process: PlaybackProcess }> {
    const { requestLoss, answerLoss, repeated, delayMsMax } = this.weather;
    if (this.#chance.of(repeated)) this.#repeat(operation);
    return new Promise((resolve, reject) => {
      const giveUp = this.#timeline.after(patienceMs, () => reject(unreachable()));
      const back = (deliver: () => void) => {
        if (process.life.isOver || this.#chance.of(answerLoss)) return;
        this.#timeline.after(this.#delayMs(delayMsMax), () => {
          giveUp();
          deliver();
        });
      };
      if (this.#chance.of(requestLoss)) return;
      this.#timeline.after(this.#delayMs(delayMsMax), () => {
        if (process.life.isOver) return;
        process.operate(operation).then(
          (operated) => back(() => resolve({ ...operated, process })),
          (error: unknown) => back(() => reject(error)),
        );
      });
    });
  }

  /** The same request comes again, and nobody waits for its answer. */
  #repeat(operation: (deps: PlaybackDeps) => Promise<unknown>): void {
    this.#timeline.after(this.#chance.below(repeatedMsMax), () => {
      void this.anyProcess()
        .operate(operation)
        .catch(() => {});
    });
  }

  #delayMs(limitMs: number): number {
    return this.#chance.below(limitMs);
  }
}
