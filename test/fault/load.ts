import { Chance } from '../support/chance.ts';
import { Crew } from './crew.ts';
import { Follower } from './follower.ts';
import type { History } from './history.ts';
import { type ClientOptions, Hand, Player, Positions, Reader, type Target } from './players.ts';

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
export class Load extends Crew {
  /** The first is played by two devices; the last belongs to the hand. */
  static readonly titles = ['shared', 'before', 'during', 'late', 'by-hand'] as const;

  readonly #options: LoadOptions;

  constructor(options: LoadOptions) {
    super();
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
      this.follow(...this.#options.targets.map((to) => new Follower(options(), to)));
    }
    return this;
  }

  #startProfile(options: () => ClientOptions): void {
    const [shared, ...others] = Load.titles.slice(0, -1) as [string, ...string[]];
    const hand = Load.titles.at(-1) as string;
    const positions = new Positions();
    for (const deviceId of ['tv', 'phone']) {
      this.run(shared, new Player(options(), { title: shared, deviceId, positions }), 'player');
    }
    for (const title of others) {
      const plays = { title, deviceId: `tv-${title}`, positions: new Positions() };
      this.run(title, new Player(options(), plays), 'player');
    }
    this.run(hand, new Hand(options(), { title: hand, deviceId: 'remote-control' }), 'hand');
    this.run('reader', new Reader(options(), Load.titles), 'reader');
  }
}
