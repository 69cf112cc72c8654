import type { Regions } from '../support/regions.ts';
import { firstSeed } from '../support/seeds.ts';
import { until } from '../support/until.ts';
import { checkHistory } from './check-history.ts';
import { backlogOf, durableRegisters, hotRegisters, resumeOf } from './final-states.ts';
import { type Finals, History, type LoadRequest, type Registers, type Span } from './history.ts';
import type { Target } from './players.ts';
import { RegionsLoad } from './regions-load.ts';
import { illOf } from './run.ts';
import { probesOf, StallWatch } from './stalls.ts';
import { toldByProcesses } from './told-by-processes.ts';

/** A data centre that starts again, hints, breakers, a write-behind interval or two, a busy machine. */
const settleMsMax = 120_000;
/** Live streams get so long to become level; what they are still behind then, the checker says. */
const levelMsMax = 5_000;
/** Of the violations a failed run has, the first ones tell what went wrong. */
const shownMax = 12;

/** Every process of a rig, named for its region. */
export function targetsOf(regions: Regions): Target[] {
  return regions.all.flatMap(({ name, playbackUrls }) =>
    playbackUrls.map((url, index) => ({ name: `${name}-${index}`, region: name, url })),
  );
}

/** A load of profiles of its own in both regions of a rig, and the verdict on it. */
export class RegionsRun {
  readonly seed: number;
  readonly history: History;
  readonly load: RegionsLoad;
  readonly tokens: ReadonlyMap<string, string>;
  readonly targets: readonly Target[];
  readonly #regions: Regions;
  readonly #stalls: StallWatch;

  private constructor(
    regions: Regions,
    of: {
      name: string;
      seed: number;
      tokens: ReadonlyMap<string, string>;
      alsoRead: string | undefined;
    },
  ) {
    const { tokens, seed, alsoRead } = of;
    this.#regions = regions;
    this.seed = seed;
    this.tokens = tokens;
    this.targets = targetsOf(regions);
    this.history = new History(of.name);
    const { history, targets } = this;
    this.load = new RegionsLoad({ history, seed, tokens, targets, alsoRead });
    const probes = regions.all.flatMap(({ name: region, redisClient, cassandraClient }) =>
      probesOf({
        ...{ region, redis: redisClient, cassandra: cassandraClient },
        targets: this.targetsIn(region),
      }),
    );
    this.#stalls = new StallWatch(history, probes);
  }

  /** Begins a load; returns when all is calm and everybody has something acknowledged. */
  static async begin(
    regions: Regions,
    of: { name: string; seed?: number; viewers?: readonly string[]; alsoRead?: string },
  ): Promise<RegionsRun> {
    const { name, seed = firstSeed, viewers = ['ann'], alsoRead } = of;
    const tokens = new Map<string, string>();
    for (const viewer of viewers) {
      tokens.set(`${name}-${viewer}`, await regions.token(`${name}-${viewer}`));
    }
    const run = new RegionsRun(regions, { name, seed, tokens, alsoRead });
    await regions.turns.next(() => run.end());
    run.load.start();
    await run.hasBegun();
    await run.isWell();
    return run;
  }

  /** Waits for that many more answers of this kind in each of these regions, whatever they say. */
  async answers(
    kind: LoadRequest['kind'],
    count: number,
    regions: readonly string[] = this.#regions.all.map(({ name }) => name),
  ): Promise<void> {
    const before = new Map(regions.map((region) => [region, this.history.answers(kind, region)]));
    const areEnough = () =>
      regions.every((region) => this.history.answers(kind, region) >= before.get(region)! + count);
    const what = `${count} more answers to ${kind} in ${regions.join(' and ')}`;
    await until(areEnough, { what, deadlineMs: settleMsMax });
  }

  /** Waits until something of every title is acknowledged. */
  async hasBegun(): Promise<void> {
    const areAcknowledged = () => {
      const begun = new Set(
        this.history.lines.flatMap((line) =>
          line.line === 'answered' && line.answer.outcome === 'ACCEPTED'
            ? Object.keys(line.answer.playheads)
            : [],
        ),
      );
      return this.load.played.every((title) => begun.has(title));
    };
    const what = { what: 'every title is begun', deadlineMs: settleMsMax };
    await until(areAcknowledged, what).catch((cause: unknown) => this.#failed('no begin', cause));
  }

  /** Waits until every process answers everything from its hot store, without a flag. */
  async isWell(targets: readonly Target[] = this.targets): Promise<void> {
    let ill: string[] = [];
    const areWell = async () => {
      ill = illOf(await this.#resume(targets));
      return ill.length === 0;
    };
    const what = { what: 'every process answers from the hot store', deadlineMs: settleMsMax };
    await until(areWell, what).catch((cause: unknown) => this.#failed(ill.join(', '), cause));
  }

  /** What this may be noticed by in a region, from now until the answer is called. */
  trouble(region: string, ...troubles: readonly Span['what'][]): () => void {
    for (const what of troubles) this.history.begin(what, { region });
    return () => {
      for (const what of troubles) this.history.end(what, { region });
    };
  }

  /** Processes that are not there, from now until the answer is called. */
  away(targets: readonly Target[]): () => void {
    const processes = targets.map(({ name }) => name);
    for (const process of processes) this.history.begin('down', { process });
    return () => {
      for (const process of processes) this.history.end('down', { process });
    };
  }

  /** Those of one region. */
  targetsIn(region: string): Target[] {
    return this.targets.filter((target) => target.region === region);
  }

  /** Registers as they lie in each Redis; `durable`: in each data centre, as its own node has them. */
  async registers(tier: 'hot' | 'durable'): Promise<Finals['hot']> {
    const profileIds = [...this.tokens.keys()];
    const held: Finals['hot'] = {};
    for (const { name, redisClient, cassandraClient, keyspace } of this.#regions.all) {
      const at = { client: cassandraClient, keyspace };
      held[name] = await (tier === 'hot'
        ? hotRegisters(redisClient, profileIds)
        : durableRegisters(at, profileIds));
    }
    return held;
  }

  /** Waits until the regions hold the same; answers how long it took, ms. `asked`: everything is read meanwhile. */
  async areEqual(
    tier: 'hot' | 'durable',
    { asked = false, deadlineMs = settleMsMax } = {},
  ): Promise<number> {
    const sinceMs = performance.now();
    let different: string[] = [];
    const areEqual = async () => {
      if (asked) await this.#resume();
      different = differing(await this.registers(tier));
      return different.length === 0;
    };
    const what = { what: `the regions' ${tier} stores are equal`, deadlineMs };
    await until(areEqual, what).catch((cause: unknown) =>
      this.#failed(different.join(', '), cause),
    );
    return performance.now() - sinceMs;
  }

  /** Ends the load and its live streams, whatever is still to be written; `verdict` is for later. */
  async quiet(): Promise<void> {
    await this.load.stop();
    await this.#subscribersAreLevel(await this.#resume());
    await this.end();
  }

  /** Ends the load, waits until all is at rest, and answers what is wrong with the history. */
  async verdict(): Promise<string[]> {
    await this.load.stop();
    // What cannot come to rest is for the checker to say.
    await this.#atRest();
    await this.quiet();
    // Reading may have found something in a hot store that its durable one lacks.
    await this.#atRest();
    await this.areEqual('durable');
    const { history, load } = this;
    history.finals({
      resume: await this.#resume(),
      hot: await this.registers('hot'),
      durable: await this.registers('durable'),
      ...(await this.#backlog()),
      followers: load.followers,
    });
    const violations = checkHistory(history.lines);
    if (violations.length === 0) return [];
    const [kept, count] = [history.write(), violations.length];
    const where = `SEED=${this.seed}; history kept in ${kept}; ${count} violations`;
    return [where, ...violations.slice(0, shownMax), ...this.#told()];
  }

  /** Idempotent. */
  async end(): Promise<void> {
    await this.load.close();
    await this.#stalls.end();
  }

  /** What each process answers, every title. */
  #resume(targets = this.targets): Promise<Finals['resume']> {
    return resumeOf(targets, { tokens: this.tokens, titles: this.load.titles });
  }

  /** By region, for whoever wonders what its processes saw. */
  #told(): string[] {
    return this.#regions.all.flatMap((region) =>
      toldByProcesses(region.output()).map((told) => `${region.name} said ${told}`),
    );
  }

  async #backlog(): Promise<{ dirty: number; quarantined: number }> {
    const sum = { dirty: 0, quarantined: 0 };
    for (const { redisClient } of this.#regions.all) {
      const { dirty, quarantined } = await backlogOf(redisClient);
      sum.dirty += dirty;
      sum.quarantined += quarantined;
    }
    return sum;
  }

  async #atRest(): Promise<void> {
    const isAtRest = async () =>
      (await this.#backlog()).dirty === 0 && differing(await this.registers('hot')).length === 0;
    const what = { what: 'nothing is dirty, and both Redis are equal', deadlineMs: settleMsMax };
    await until(() => isAtRest().catch(() => false), what).catch(() => {});
  }

  async #subscribersAreLevel(resume: Finals['resume']): Promise<void> {
    const areLevel = () =>
      this.load.followers.every((client) => {
        const pushes = this.history.lines.flatMap((line) =>
          line.line === 'pushed' && line.client === client ? [line] : [],
        );
        const { process = '', profileId = '' } = pushes[0] ?? {};
        const seen = Object.assign({}, ...pushes.map(({ playheads }) => playheads));
        return Object.entries(resume[process]?.[profileId] ?? {}).every(
          ([title, view]) => view?.version === seen[title]?.version,
        );
      });
    const what = { what: 'live streams are level', deadlineMs: levelMsMax };
    await until(areLevel, what).catch(() => {});
  }

  #failed(what: string, cause: unknown): never {
    const kept = this.history.write();
    throw new Error(`${what}; SEED=${this.seed}; history kept in ${kept}`, { cause });
  }
}

/** Titles that the places hold differently, and how. */
export function differing(held: Record<string, Record<string, Registers>>): string[] {
  const places = Object.entries(held);
  const keys = new Set(places.flatMap(([, titles]) => Object.keys(titles)));
  return [...keys].flatMap((key) => {
    const states = places.map(([place, titles]) => `${place} ${JSON.stringify(titles[key])}`);
    const values = places.map(([, titles]) => JSON.stringify(titles[key]));
    return new Set(values).size === 1 ? [] : [`${key}: ${states.join(', ')}`];
  });
}
