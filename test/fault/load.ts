import { Chance } from '../support/chance.ts';
import { Crew } from './crew.ts';
import { Follower } from './follower.ts';
import type { History } from './history.ts';
import { type ClientOptions, Hand, Player, Positions, Reader, type Target } from './players.ts';

/** After this a load ends by itself, whatever became of its test. */
const loadMsMax = 400_000;

export interface LoadOptions {
  targets: readonly Target[];
  history: History;
  seed: number;
  /** Access tokens by profile: each is watched by its own devices. */
  tokens: ReadonlyMap<string, string>;
}

/**
 * Players of every profile, title and device, a reader, a viewer's hand and a live stream for each
 * profile, until it is stopped. What each does is decided by the seed, when is not.
 */
export class Load {
  /** The first is played by two devices; the last belongs to the hand. */
  static readonly titles = ['shared', 'before', 'during', 'late', 'by-hand'] as const;

  readonly #options: LoadOptions;
  readonly #crew = new Crew(loadMsMax);
  readonly #followers: Follower[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): this {
    let seeds = this.#options.seed;
    for (const [profileId, token] of this.#options.tokens) {
      const options = (): ClientOptions => {
        seeds += 1;
        return { ...this.#options, profileId, token, chance: new Chance(seeds) };
      };
      this.#startProfile(options);
      this.#followers.push(...this.#options.targets.map((to) => new Follower(options(), to)));
    }
    return this;
  }

  /**
   * The players of this title fall silent: what they had acknowledged must survive without their help.
   * Returns when their last request is answered.
   */
  retire(title: (typeof Load.titles)[number]): Promise<void> {
    return this.#crew.retire(title);
  }

  /** Everybody falls silent but those who follow live. */
  stop(): Promise<void> {
    return this.#crew.stop();
  }

  /** Names of those who follow live. */
  get followers(): string[] {
    return this.#followers.map(({ name }) => name);
  }

  /** Ends the live streams too. */
  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#followers.map((follower) => follower.close()));
  }

  #startProfile(options: () => ClientOptions): void {
    const [shared, ...others] = Load.titles.slice(0, -1) as [string, ...string[]];
    const hand = Load.titles.at(-1) as string;
    const positions = new Positions();
    for (const deviceId of ['tv', 'phone']) {
      this.#crew.run(
        shared,
        new Player(options(), { title: shared, deviceId, positions }),
        'player',
      );
    }
    for (const title of others) {
      const plays = { title, deviceId: `tv-${title}`, positions: new Positions() };
      this.#crew.run(title, new Player(options(), plays), 'player');
    }
    this.#crew.run(hand, new Hand(options(), { title: hand, deviceId: 'remote-control' }), 'hand');
    this.#crew.run('reader', new Reader(options(), Load.titles), 'reader');
  }
}
