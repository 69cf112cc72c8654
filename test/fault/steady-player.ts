import { setTimeout as delay } from 'node:timers/promises';
import { type Acknowledgement, RemoteDevice } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

/** Between reports: a hurried player, so that whatever happens meets many of them. */
const reportEveryMs = 250;
/** Every so many reports its viewer pauses: that must be durable. */
const pauseEvery = 4;

/** Plays one title on and on over one process, whatever becomes of that, and keeps what was acknowledged. */
export class SteadyPlayer {
  /** The position that was acknowledged last; positions only grow. */
  acknowledgedMs = 0;
  /** Answers that were acknowledgements. */
  acknowledged = 0;
  readonly #device: RemoteDevice;
  #isEnded = false;
  #playing: Promise<void> = Promise.resolve();

  constructor(url: string, token: string) {
    this.#device = new RemoteDevice({ url: new URL(url).origin }, token);
  }

  async start(playableId: string): Promise<this> {
    await this.#device.begin({ playableId, deviceId: 'tv', deviceKind: 'TV' });
    this.#playing = this.#play();
    return this;
  }

  /** Waits for that many more acknowledgements. */
  async isHeard(count: number): Promise<void> {
    const enough = this.acknowledged + count;
    await until(() => this.acknowledged >= enough, {
      what: `${count} more reports are acknowledged`,
      deadlineMs: 90_000,
    });
  }

  async stop(): Promise<void> {
    this.#isEnded = true;
    await this.#playing;
  }

  async #play(): Promise<void> {
    for (let index = 0; !this.#isEnded; index += 1) {
      const event = index % pauseEvery === 0 ? 'PAUSE' : 'HEARTBEAT';
      const positionMs = (index + 1) * 1_000;
      const answer = await this.#device.report({ event, positionMs }).catch(() => null);
      if (answer !== null && isAcknowledged(answer)) {
        this.acknowledgedMs = positionMs;
        this.acknowledged += 1;
      }
      await delay(reportEveryMs);
    }
  }
}

function isAcknowledged({ outcome, durability }: Acknowledgement): boolean {
  return outcome === 'ACCEPTED' && durability !== 'NONE';
}
