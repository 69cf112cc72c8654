import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { Chance } from '../support/chance.ts';
import { firstSeed } from '../support/seeds.ts';
import { until } from '../support/until.ts';
import { checkHistory } from './check-history.ts';
import { askedTwice } from './check-lane.ts';
import { Crew } from './crew.ts';
import { backlogOf, hotRegisters, resumeOf } from './final-states.ts';
import { History, type Line, type LoadRequest } from './history.ts';
import type { LaneWorld } from './lane-world.ts';
import { toldOfLeftOver } from './left-over.ts';
import { operations } from './load-client.ts';
import { type ClientOptions, Hand, Player, Positions, Reader } from './players.ts';
import { type Probe, StallWatch } from './stalls.ts';

const titles = ['shared', 'before', 'during', 'by-hand'] as const;
/** Repaired, measured, and a busy machine. */
const settleMsMax = 60_000;
/** More than what is left of a fault may bring in by itself: clients that still waited for it. */
const forwardedAgain = 3;
/**
 * The two seconds that a repair may take to be felt, in steps, and one for each answer that is awaited. A step
 * ends with words of gateway and playback, so that a machine without time for them has none for steps either:
 * there are as many on any machine.
 */
const stepMs = 100;
const backStepsMax = 2_000 / stepMs + forwardedAgain;
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

  private constructor(
    world: LaneWorld,
    of: { name: string; tokens: ReadonlyMap<string, string>; isStallExcused: boolean },
  ) {
    this.#world = world;
    this.#name = of.name;
    this.tokens = of.tokens;
    this.history = new History(`lane-${of.name}`);
    this.#stalls = new StallWatch(this.history, of.isStallExcused ? this.#probes() : []);
  }

  /**
   * Begins a load; returns once the lane answers it, on both ways. A machine that stalls is no excuse for what is
   * planted to be found.
   */
  static async begin(
    world: LaneWorld,
    name: string,
    { isStallExcused = true } = {},
  ): Promise<LaneRun> {
    const profileId = `${name}-ann`;
    const tokens = new Map([[profileId, await world.token(profileId)]]);
    const run = new LaneRun(world, { name, tokens, isStallExcused });
    await world.turns.next(() => run.#end());
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

  /** Waits until what is repaired is felt. */
  async isRepaired(): Promise<void> {
    await this.isBack();
    this.history.end('unreached');
    this.#isBroken = false;
  }

  /**
   * Asks by HTTP and by WebSocket until the lane answers both, by frames unless it has none, and answers how long
   * that took. The load asks too, but may still wait for what a fault has swallowed.
   */
  async isOnTheLane(): Promise<{ tookMs: number; steps: number }> {
    const sinceMs = performance.now();
    const asked: Promise<unknown>[] = [];
    let steps = 0;
    const byFrames = this.#world.lane === 'on' ? (['framed'] as const) : [];
    const ways = [...(['http', 'socket'] as const), ...byFrames];
    const before = await this.#world.forwarded();
    const isBack = async () => {
      asked.push(...this.#askBothWays());
      await delay(stepMs);
      steps += 1;
      const now = await this.#world.forwarded();
      return ways.every((way) => now[way] - before[way] >= forwardedAgain);
    };
    const what = { what: 'the lane answers both ways', deadlineMs: settleMsMax };
    await until(isBack, what).catch((cause: unknown) => {
      throw new Error(`history: ${this.history.write()}`, { cause });
    });
    const tookMs = performance.now() - sinceMs;
    await Promise.all(asked);
    return { tookMs, steps };
  }

  #askBothWays(): Promise<unknown>[] {
    const [token = ''] = this.tokens.values();
    const read = { query: operations.read, variables: { titles } };
    const asked = [this.#world.ask(token, read), this.#world.askBySocket(token, read)];
    // What is not answered does not count; the verdict is about the load.
    return asked.map((answer) => answer.catch(() => undefined));
  }

  /** The same, from a repair on: prints the promise as it was measured, and asserts it by its steps. */
  async isBack(): Promise<void> {
    const { tookMs, steps } = await this.isOnTheLane();
    const took = `${tookMs.toFixed(0)} ms (goal 2000 ms), ${steps} steps of ${backStepsMax}`;
    process.stdout.write(`promise: ${this.#name}, back on the lane after ${took}\n`);
    expect(steps).toBeLessThanOrEqual(backStepsMax);
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

  /** What is wrong with its history, which is kept then, in a file that is named. */
  async verdict(): Promise<string[]> {
    const violations = await this.violations();
    if (violations.length === 0) return [];
    const [kept, count] = [this.history.write(), violations.length];
    const where = `SEED=${firstSeed}; history kept in ${kept}; ${count} violations`;
    const { redisClient: redis, started } = this.#world;
    const told = await toldOfLeftOver(violations, { redis, processes: started });
    return [where, ...violations.slice(0, shownMax), ...told];
  }

  /** Ends the load, waits until both tiers are at rest, and answers what is wrong with its history. */
  async violations(): Promise<string[]> {
    const { redisClient, targets } = this.#world;
    await this.#crew.stop();
    await this.#atRest();
    const resume = await resumeOf(targets, { tokens: this.tokens, titles });
    await this.#end();
    // Reading may have found something in the hot store that the durable one lacks.
    await this.#atRest();
    this.history.finals({
      resume,
      hot: { home: await hotRegisters(redisClient, this.tokens.keys()) },
      durable: { home: this.#world.durable(this.tokens.keys()) },
      ...(await backlogOf(redisClient)),
      followers: [],
    });
    return [...checkHistory(this.history.lines), ...askedTwice(this.history.lines)];
  }

  /** What cannot come to rest is for the checker to say. */
  async #atRest(): Promise<void> {
    const isAtRest = async () => (await backlogOf(this.#world.redisClient)).dirty === 0;
    const what = { what: 'nothing is dirty', deadlineMs: settleMsMax };
    await until(isAtRest, what).catch(() => {});
  }

  /** Idempotent. */
  async #end(): Promise<void> {
    await this.#crew.close();
    await this.#stalls.end();
  }

  #probes(): Probe[] {
    const troubles = ['hot', 'apart', 'durable'] as const;
    const probe = (name: string, ask: () => Promise<unknown>): Probe => ({
      ...{ name, troubles, region: null, ask },
    });
    return [
      probe('Redis', () => this.#world.redisClient.ping()),
      probe('playback', async () => {
        await this.#world.isPlaybackAlive();
        // Slow on purpose: that is no excuse for anything but what `unreached` is.
        if (this.#isBroken) throw new Error('It is broken.');
      }),
      probe('gateway', () => this.#world.isGatewayAlive()),
    ];
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
