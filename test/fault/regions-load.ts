import { Chance } from '../support/chance.ts';
import { Crew } from './crew.ts';
import { Follower } from './follower.ts';
import type { History } from './history.ts';
import { type ClientOptions, Hand, Player, Positions, Reader, type Target } from './players.ts';

export interface RegionsLoadOptions {
  /** Processes, each with its region. */
  targets: readonly Target[];
  history: History;
  seed: number;
  /** Access tokens by profile: each is watched in every region at once. */
  tokens: ReadonlyMap<string, string>;
  /** A title that somebody else plays. */
  alsoRead?: string | undefined;
}

/** Played, and changed by hand, in all regions at the same time. */
const everywhere = { played: 'shared', byHand: 'by-hand' };

/** Players, readers, hands and live streams of every profile, in every region at once. */
export class RegionsLoad extends Crew {
  readonly #options: RegionsLoadOptions;
  /** Where those who are at home in a region ask just now. */
  readonly #asked = new Map<string, Target[]>();

  constructor(options: RegionsLoadOptions) {
    super();
    this.#options = options;
    for (const [region, targets] of Map.groupBy(options.targets, ({ region }) => region)) {
      this.#asked.set(region, [...targets]);
    }
  }

  /** Those of all regions, and for each region two that only its own devices play. */
  get played(): string[] {
    const own = [...this.#asked.keys()].flatMap((region) => [`in-${region}`, lastOf(region)]);
    return [...Object.values(everywhere), ...own];
  }

  /** All that is read of a profile. */
  get titles(): string[] {
    const { alsoRead } = this.#options;
    return alsoRead === undefined ? this.played : [...this.played, alsoRead];
  }

  start(): this {
    const { seed, tokens, targets } = this.#options;
    let seeds = seed;
    for (const [profileId, token] of tokens) {
      const positions = new Positions();
      const options = (asked: readonly Target[]): ClientOptions => {
        seeds += 1;
        return { ...this.#options, targets: asked, profileId, token, chance: new Chance(seeds) };
      };
      for (const [region, asked] of this.#asked) {
        this.#startIn(region, { options: () => options(asked), positions });
      }
      this.follow(...targets.map((to) => new Follower(options(targets), to)));
    }
    return this;
  }

  /** Whoever is at home in one region asks the other one from now on, in the same sessions. */
  move(home: string, to: string): void {
    const moved = this.#options.targets.filter(({ region }) => region === to);
    const asked = this.#asked.get(home);
    asked?.splice(0, asked.length, ...moved);
  }

  /** Devices of a region stop playing its last title: nobody reports again what they had acknowledged. */
  silence(region: string): Promise<void> {
    return this.retire(lastOf(region));
  }

  /** The same, and then somebody in that region forgets the title: nothing newer hides that from the other. */
  async forget(region: string): Promise<void> {
    const title = lastOf(region);
    await this.silence(region);
    const targets = this.#asked.get(region) as Target[];
    for (const [profileId, token] of this.#options.tokens) {
      const { history, seed } = this.#options;
      const options = { history, profileId, token, targets, chance: new Chance(seed) };
      await new Hand(options, { title, deviceId: `forgetting-${region}` }).change('FORGET');
    }
  }

  #startIn(region: string, by: { options: () => ClientOptions; positions: Positions }): void {
    const { options, positions } = by;
    const play = (title: string, of: Positions) => {
      const plays = { title, deviceId: `tv-${region}`, positions: of };
      this.run(title, new Player(options(), plays), 'player');
    };
    play(everywhere.played, positions);
    for (const title of [`in-${region}`, lastOf(region)]) play(title, new Positions());
    const byHand = { title: everywhere.byHand, deviceId: `remote-${region}` };
    this.run(everywhere.byHand, new Hand(options(), byHand), 'hand');
    this.run('reader', new Reader(options(), this.titles, `reader-${region}`), 'reader');
  }
}

function lastOf(region: string): string {
  return `last-${region}`;
}
