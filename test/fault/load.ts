import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Chance } from '../support/chance.ts';
import type { History, Pushed } from './history.ts';
import { type GivenPlayhead, operations, servedOf } from './load-client.ts';
import { type ClientOptions, Hand, Player, Positions, Reader, type Target } from './players.ts';

/** About 60 requests a second over all: a load that two shared cores do not feel. */
const stepEveryMs = { player: 250, reader: 200, hand: 500 };
/** Of each step's pause this share is chance: clients must not march in step. */
const jitterShare = 0.5;
/** After this a load ends by itself, whatever became of its test. */
const loadMsMax = 400_000;
/** How soon a stream that ended is followed again. */
const followAgainMs = 100;

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
  readonly #running = new Map<string, Promise<void>[]>();
  readonly #retired = new Set<string>();
  readonly #followers: Follower[] = [];
  #endMs = Number.POSITIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): this {
    this.#endMs = performance.now() + loadMsMax;
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
  async retire(title: (typeof Load.titles)[number]): Promise<void> {
    this.#retired.add(title);
    await Promise.all(this.#running.get(title) ?? []);
  }

  /** Everybody falls silent but those who follow live. */
  async stop(): Promise<void> {
    this.#endMs = 0;
    await Promise.all([...this.#running.values()].flat());
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
      this.#run(shared, new Player(options(), { title: shared, deviceId, positions }), 'player');
    }
    for (const title of others) {
      const plays = { title, deviceId: `tv-${title}`, positions: new Positions() };
      this.#run(title, new Player(options(), plays), 'player');
    }
    this.#run(hand, new Hand(options(), hand), 'hand');
    this.#run('reader', new Reader(options(), Load.titles), 'reader');
  }

  #run(title: string, client: Player | Reader | Hand, pace: keyof typeof stepEveryMs): void {
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
}

/** Follows a profile live through one process, and again whenever the stream ends. */
class Follower {
  readonly name: string;
  readonly #client: ReturnType<typeof createClient>;
  readonly #done: Promise<void>;
  #isClosed = false;

  constructor(options: ClientOptions, to: Target) {
    this.name = `${options.profileId}/live/${to.name}`;
    this.#client = createClient({
      url: `${to.url.replace('http', 'ws')}/ws`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    this.#done = this.#follow(options, to);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client.dispose();
    await this.#done;
  }

  async #follow({ history, profileId, token }: ClientOptions, to: Target): Promise<void> {
    // As a gateway does: one socket may carry many viewers, so each operation says whose it is.
    const extensions = { headers: { authorization: `Bearer ${token}` } };
    while (!this.#isClosed) {
      const stream = this.#client.iterate<{
        playheadUpdates: { kind: Pushed['kind']; playheads: GivenPlayhead[] };
      }>({ query: operations.follow, extensions });
      try {
        for await (const { data } of stream) {
          const update = data?.playheadUpdates;
          if (update === undefined || update === null) break;
          const playheads = update.playheads.map((it) => [it.playableId, servedOf(it)] as const);
          history.pushed({
            client: this.name,
            process: to.name,
            region: to.region,
            profileId,
            kind: update.kind,
            playheads: Object.fromEntries(playheads),
          });
        }
      } catch {
        // The process or its stores are away: a client subscribes again, and gets a snapshot.
      }
      await delay(followAgainMs);
    }
  }
}
