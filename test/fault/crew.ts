import { setTimeout as delay } from 'node:timers/promises';
import type { Follower } from './follower.ts';
import type { Hand, Player, Reader } from './players.ts';

/** About 60 requests a second over all: a load that two shared cores do not feel. */
const stepEveryMs = { player: 250, reader: 200, hand: 500 };
/** Of each step's pause this share is chance: clients must not march in step. */
const jitterShare = 0.5;

/** After this a load ends by itself, whatever became of its test. */
const loadMsMax = 600_000;

/**
 * Clients of a load, each of which takes one step after the other until its title is retired, and those who
 * follow live, until it is closed.
 */
export class Crew {
  readonly #running = new Map<string, Promise<void>[]>();
  readonly #retired = new Set<string>();
  readonly #followers: Follower[] = [];
  #endMs = performance.now() + loadMsMax;

  run(title: string, client: Player | Reader | Hand, pace: keyof typeof stepEveryMs): void {
    const loop = async () => {
      const { chance } = client.options;
      while (performance.now() < this.#endMs && !this.#retired.has(title)) {
        await client.step();
        const jitter = 1 + jitterShare * (chance.below(1_000) / 500 - 1);
        await delay(stepEveryMs[pace] * jitter);
      }
    };
    this.#running.set(title, [...(this.#running.get(title) ?? []), loop()]);
  }

  follow(...followers: readonly Follower[]): void {
    this.#followers.push(...followers);
  }

  /** Names of those who follow live. */
  get followers(): string[] {
    return this.#followers.map(({ name }) => name);
  }

  /** Those of this title fall silent: what they had acknowledged must survive without their help. Returns when their last request is answered. */
  async retire(title: string): Promise<void> {
    this.#retired.add(title);
    await Promise.all(this.#running.get(title) ?? []);
  }

  /** Everybody falls silent but those who follow live. */
  async stop(): Promise<void> {
    this.#endMs = 0;
    await Promise.all([...this.#running.values()].flat());
  }

  /** Ends the live streams too. */
  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#followers.map((follower) => follower.close()));
  }
}
