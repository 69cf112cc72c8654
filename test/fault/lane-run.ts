import { Chance } from '../support/chance.ts';
import { firstSeed } from '../support/seeds.ts';
import { until } from '../support/until.ts';
import { checkHistory } from './check-history.ts';
import { Crew } from './crew.ts';
import { backlogOf, hotRegisters, resumeOf } from './final-states.ts';
import { History, type Line, type LoadRequest } from './history.ts';
import type { LaneWorld } from './lane-world.ts';
import { type ClientOptions, Hand, Player, Positions, Reader } from './players.ts';
import { StallWatch } from './stalls.ts';

const titles = ['shared', 'before', 'during', 'by-hand'] as const;
/** Repaired, measured, and a busy machine. */
const settleMsMax = 60_000;
/** More than what is left of a fault may bring in by itself: clients that still waited for it. */
const forwardedAgain = 3;
const shownMax = 12;

/** A load through a gateway, by HTTP and by WebSocket, and the verdict about what it was answered. */
export class LaneRun {
  readonly history: History;
  readonly tokens: ReadonlyMap<string, string>;
  readonly #world: LaneWorld;
  readonly #name: string;
  readonly #crew = new Crew();
  readonly #stalls: StallWatch;
  #isBroken = false;

  private constructor(world: LaneWorld, of: { name: string; tokens: ReadonlyMap<string, string> }) {
    this.#world = world;
    this.#name = of.name;
    this.tokens = of.tokens;
    this.history = new History(`lane-${of.name}`);
    const lives = (url: () => string) => async () =>
      (await fetch(new URL('/health/live', url()))).text();
    const isAlive = lives(() => world.playback.graphqlUrl);
    const troubles = ['hot', 'apart', 'durable'] as const;
    const probe = (name: string, ask: () => Promise<unknown>) => ({
      ...{ name, troubles, region: null, ask },
    });
    this.#stalls = new StallWatch(this.history, [
      probe('Redis', () => world.redisClient.ping()),
      probe('playback', async () => {
        await isAlive();
        // Slow on purpose: that is no excuse for anything but what `unreached` is.
        if (this.#isBroken) throw new Error('It is broken.');
      }),
      probe(
        'gateway',
        lives(() => world.gateway.graphqlUrl),
      ),
    ]);
    world.onClose(() => this.#end());
  }

  /** Begins a load; returns once the lane answers it, on both ways. */
  static async begin(world: LaneWorld, name: string): Promise<LaneRun> {
    const profileId = `${name}-ann`;
    const tokens = new Map([[profileId, await world.token(profileId)]]);
    const run = new LaneRun(world, { name, tokens });
    run.#start();
    await run.answers('beats', 20);
    await run.isOnTheLane();
    return run;
  }

  /** Waits for that many more answers of this kind, whatever they say. */
  async answers(kind: LoadRequest['kind'], count: number): Promise<void> {
    await this.history.moreAnswers({ kind, count, deadlineMs: settleMsMax });
  }

  /** Answers so far that hold an error of this code. */
  errors(code: string): number {
    const isOne = (line: Line) =>
      line.line === 'answered' && line.answer.errors.some((error) => error.code === code);
    return this.history.lines.filter(isOne).length;
  }

  /** Those of a title fall silent: nobody reports again what they had acknowledged. */
  retire(title: (typeof titles)[number]): Promise<void> {
    return this.#crew.retire(title);
  }

  /** From here on gateways may not reach playback. */
  breaks(): void {
    this.#isBroken = true;
    this.history.begin('unreached');
  }

  /** Waits until what is repaired is felt; tells how long that took. */
  async isRepaired(): Promise<void> {
    await this.isBack();
    this.history.end('unreached');
    this.#isBroken = false;
  }

  /** Waits until the lane answers again, by HTTP and by WebSocket, and answers how long that took. */
  async isOnTheLane(): Promise<number> {
    const sinceMs = performance.now();
    const before = await this.#world.forwarded();
    const isBack = async () => {
      const { http, socket } = await this.#world.forwarded();
      const least = Math.min(http - before.http, socket - before.socket);
      return least >= forwardedAgain;
    };
    const what = { what: 'the lane answers both ways', deadlineMs: settleMsMax };
    await until(isBack, what).catch((cause: unknown) => {
      throw new Error(`history: ${this.history.write()}`, { cause });
    });
    return performance.now() - sinceMs;
  }

  /** The same, and tells it. */
  async isBack(): Promise<void> {
    const ms = await this.isOnTheLane();
    process.stdout.write(`${this.#name}: back on the lane after ${ms.toFixed(0)} ms\n`);
  }

  /** SIGKILL, and started on its port with other settings. */
  async restartGateway(env: Record<string, string>): Promise<void> {
    const { targets } = this.#world;
    for (const { name: process } of targets) this.history.begin('down', { process });
    await this.#world.gateway.kill9();
    await this.#world.startGateway(env);
    await this.isBack();
    for (const { name: process } of targets) this.history.end('down', { process });
  }

  /**
   * Ends the load, and answers what is wrong with its history. After a deploy the durable store is another
   * process's own: what is still to be written to it says nothing of the lane.
   */
  async verdict({ isDeployed = false } = {}): Promise<string[]> {
    const { redisClient, targets } = this.#world;
    await this.#crew.stop();
    const isAtRest = async () => isDeployed || (await backlogOf(redisClient)).dirty === 0;
    await until(isAtRest, { what: 'nothing is dirty', deadlineMs: settleMsMax }).catch(() => {});
    const resume = await resumeOf(targets, { tokens: this.tokens, titles });
    await this.#end();
    this.history.finals({
      resume,
      hot: { home: await hotRegisters(redisClient, this.tokens.keys()) },
      durable: {},
      ...(isDeployed ? { dirty: 0, quarantined: 0 } : await backlogOf(redisClient)),
      followers: [],
    });
    const violations = [...checkHistory(this.history.lines), ...askedTwice(this.history.lines)];
    if (violations.length === 0) return [];
    const [kept, count] = [this.history.write(), violations.length];
    const where = `SEED=${firstSeed}; history kept in ${kept}; ${count} violations`;
    return [where, ...violations.slice(0, shownMax)];
  }

  /** Idempotent. */
  async #end(): Promise<void> {
    await this.#crew.close();
    await this.#stalls.end();
  }

  #start(): void {
    let seeds = firstSeed;
    const { targets } = this.#world;
    for (const [profileId, token] of this.tokens) {
      const options = (): ClientOptions => {
        seeds += 1;
        const chance = new Chance(seeds);
        return { profileId, token, targets, history: this.history, chance };
      };
      const positions = new Positions();
      for (const deviceId of ['tv', 'phone']) {
        const plays = { title: 'shared', deviceId, positions };
        this.#crew.run('shared', new Player(options(), plays), 'player');
      }
      for (const title of ['before', 'during']) {
        const plays = { title, deviceId: `tv-${title}`, positions: new Positions() };
        this.#crew.run(title, new Player(options(), plays), 'player');
      }
      const byHand = { title: 'by-hand', deviceId: 'remote-control' };
      this.#crew.run('by-hand', new Hand(options(), byHand), 'hand');
      this.#crew.run('reader', new Reader(options(), titles), 'reader');
    }
  }
}

/** What was answered as a duplicate although the client had sent it once: somebody on the way asked again. */
function askedTwice(lines: readonly Line[]): string[] {
  const answers = new Map(
    lines.flatMap((line) => (line.line === 'answered' ? [[line.id, line.answer] as const] : [])),
  );
  const seen = new Set<string>();
  return lines.flatMap((line) => {
    if (line.line !== 'sent' || line.request.kind !== 'beats') return [];
    const beats = line.request.beats.map(({ sequence }) => `${line.client} ${sequence}`);
    const isFirst = beats.every((beat) => !seen.has(beat));
    for (const beat of beats) seen.add(beat);
    const isDuplicate = answers.get(line.id)?.outcome === 'DUPLICATE';
    return isFirst && isDuplicate ? [`asked-twice: ${beats.join(', ')} (${line.id})`] : [];
  });
}
