import { firstSeed } from '../support/seeds.ts';
import { until } from '../support/until.ts';
import { checkHistory } from './check-history.ts';
import { backlogOf, durableRegisters, hotRegisters, resumeOf } from './final-states.ts';
import { type Finals, History, type LoadRequest, type Served } from './history.ts';
import { toldOfLeftOver } from './left-over.ts';
import { Load } from './load.ts';
import type { Target } from './players.ts';
import { probesOf, StallWatch } from './stalls.ts';
import { toldByProcesses } from './told-by-processes.ts';
import { type Member, World } from './world.ts';

/** Everything repaired: reconnects, breakers, a write-behind interval or two, and a busy machine. */
const settleMsMax = 30_000;
/** Live streams get so long to become level; what they are still behind then, the checker says. */
const levelMsMax = 5_000;
/** Of the violations a failed run has, the first ones tell what went wrong. */
const shownMax = 12;

/** Answers to heartbeats while something is broken: about three seconds of the load. */
const faultAnswers = 60;

export interface Fault {
  /** What may be noticed, as the checker knows it. */
  troubles: readonly ('hot' | 'durable' | 'apart' | 'restoring')[];
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
  /** Answers to heartbeats between the two; `faultAnswers` if it is not given. */
  answers?: number;
}

/** A load of profiles of its own over a world, what is done to the world meanwhile, and the verdict. */
export class Run {
  readonly seed = firstSeed;
  readonly history: History;
  readonly load: Load;
  readonly tokens: ReadonlyMap<string, string>;
  readonly #world: World;
  readonly #stalls: StallWatch;

  private constructor(world: World, of: { name: string; tokens: ReadonlyMap<string, string> }) {
    const { tokens } = of;
    this.#world = world;
    this.tokens = tokens;
    this.history = new History(of.name);
    const { history, seed } = this;
    this.load = new Load({ history, seed, tokens, targets: world.members });
    const { redisClient: redis, keyspace, members } = world;
    const parts = { region: null, redis, cassandra: keyspace.client, targets: members };
    this.#stalls = new StallWatch(history, probesOf(parts));
  }

  /** Begins a load; returns when everybody has something acknowledged and all is calm. */
  static async begin(world: World, name: string): Promise<Run> {
    const tokens = new Map<string, string>();
    for (const viewer of ['ann', 'bob']) {
      const profileId = `${name}-${viewer}`;
      tokens.set(profileId, await world.token(profileId));
    }
    const run = new Run(world, { name, tokens });
    await world.turns.next(() => run.#end());
    run.load.start();
    await run.answers('beats', 40);
    await run.isWell();
    return run;
  }

  /** Waits for that many more answers of this kind, whatever they say. */
  async answers(kind: LoadRequest['kind'], count: number): Promise<void> {
    await this.history.moreAnswers({ kind, count, deadlineMs: settleMsMax });
  }

  /** Waits until every process answers everything from the hot store, without a flag. */
  async isWell(members: readonly Member[] = this.#world.members): Promise<void> {
    const of = { tokens: this.tokens, titles: Load.titles };
    let ill: string[] = [];
    const areWell = async () => {
      ill = illOf(await resumeOf(members, of));
      return ill.length === 0;
    };
    const what = { what: 'every process answers from the hot store', deadlineMs: settleMsMax };
    await until(areWell, what).catch((cause: unknown) => {
      throw new Error(`Not well: ${ill.join(', ')}; history: ${this.history.write()}`, { cause });
    });
  }

  /** Waits until every process has acknowledged an intent as durable that was sent after this moment. */
  async isDurable(sinceMs: number): Promise<void> {
    const areDurable = () => {
      const sent = new Map(
        this.history.lines.flatMap((line) =>
          line.line === 'sent' && line.atMs > sinceMs ? [[line.id, line.process]] : [],
        ),
      );
      const durable = new Set(
        this.history.lines.flatMap((line) =>
          line.line === 'answered' && line.answer.durability === 'DURABLE'
            ? [sent.get(line.id)]
            : [],
        ),
      );
      return this.#world.members.every(({ name }) => durable.has(name));
    };
    await until(areDurable, {
      what: 'every process acknowledges an intent as durable',
      deadlineMs: settleMsMax,
    });
  }

  /** Waits until no process has anything left that the hot store may lack. */
  async owesNothing(members: readonly Member[] = this.#world.members): Promise<void> {
    for (const member of members) {
      await until(async () => (await metricOf(member, 'playhead_owed_titles')) === 0, {
        what: `${member.name} owes the hot store nothing`,
        deadlineMs: settleMsMax,
      });
    }
  }

  /**
   * Breaks something, lets the load go on meanwhile, repairs it, and waits until all is as before. The
   * players of one title fall silent before, those of another one meanwhile: nobody reports for them
   * again what was acknowledged.
   *
   * Answers when the fault began, when its repair did, and how long it took until all was well.
   */
  async fault(fault: Fault): Promise<{ fromMs: number; toMs: number; backMs: number }> {
    const { history, load } = this;
    await load.retire('before');
    for (const what of fault.troubles) history.begin(what);
    const fromMs = history.nowMs();
    await fault.begin();
    await this.answers('beats', fault.answers ?? faultAnswers);
    await load.retire('during');
    const toMs = history.nowMs();
    // Until the last process is back, the others do not see what it writes past Redis.
    history.begin('apart');
    await fault.end();
    const repairedMs = history.nowMs();
    await this.isWell();
    const backMs = history.nowMs() - repairedMs;
    await this.isDurable(repairedMs);
    await this.owesNothing();
    for (const what of [...fault.troubles, 'apart' as const]) history.end(what);
    await this.answers('beats', faultAnswers / 2);
    return { fromMs, toMs, backMs };
  }

  async kill(name: string): Promise<void> {
    this.history.begin('down', { process: name });
    await this.#world.member(name).part.kill9();
  }

  /** SIGTERM; rejects unless the process ends in time and with 0. */
  async terminate(name: string): Promise<void> {
    this.history.begin('down', { process: name });
    await this.#world.member(name).part.terminate();
  }

  async restart(name: string): Promise<void> {
    await this.#world.restartMember(name);
    this.history.end('down', { process: name });
  }

  /** Ends the load, waits until all tiers are at rest, and answers what is wrong with the history. */
  async verdict(): Promise<string[]> {
    const { members, redisClient, keyspace } = this.#world;
    await this.load.stop();
    await this.#atRest();
    const resume = await resumeOf(members, { tokens: this.tokens, titles: Load.titles });
    await this.#subscribersAreLevel(resume);
    await this.#end();
    // Reading may have found something in the hot store that the durable one lacks.
    await this.#atRest();
    const profileIds = [...this.tokens.keys()];
    const at = { client: keyspace.client, keyspace: keyspace.name };
    this.history.finals({
      resume,
      hot: { [World.region]: await hotRegisters(redisClient, profileIds) },
      durable: { [World.region]: await durableRegisters(at, profileIds) },
      ...(await backlogOf(redisClient)),
      followers: this.load.followers,
    });
    const violations = checkHistory(this.history.lines);
    if (violations.length === 0) return [];
    const [kept, count] = [this.history.write(), violations.length];
    const where = `SEED=${this.seed}; history kept in ${kept}; ${count} violations`;
    const processes = members.map(({ part }) => part);
    const leftOver = await toldOfLeftOver(violations, { redis: redisClient, processes });
    const said = members.flatMap(({ name, part }) =>
      toldByProcesses(part.output()).map((told) => `${name} said ${told}`),
    );
    return [where, ...violations.slice(0, shownMax), ...leftOver, ...said];
  }

  /** Idempotent. */
  async #end(): Promise<void> {
    await this.load.close();
    await this.#stalls.end();
  }

  /** What cannot come to rest is for the checker to say. */
  async #atRest(): Promise<void> {
    await this.owesNothing();
    const isAtRest = () =>
      backlogOf(this.#world.redisClient).then(
        ({ dirty }) => dirty === 0,
        () => false,
      );
    const what = { what: 'nothing is dirty', deadlineMs: settleMsMax };
    await until(isAtRest, what).catch(() => {});
  }

  async #subscribersAreLevel(resume: Finals['resume']): Promise<void> {
    const areLevel = () =>
      this.#world.members.every(({ name }) =>
        Object.entries(resume[name] ?? {}).every(([profileId, titles]) => {
          const seen = this.#pushedTo(`${profileId}/live/${name}`);
          return Object.entries(titles).every(([title, view]) => {
            return view?.version === seen[title]?.version;
          });
        }),
      );
    const what = { what: 'live streams are level', deadlineMs: levelMsMax };
    await until(areLevel, what).catch(() => {});
  }

  #pushedTo(client: string): Record<string, Served> {
    const pushes = this.history.lines.flatMap((line) =>
      line.line === 'pushed' && line.client === client ? [line.playheads] : [],
    );
    return Object.assign({}, ...pushes);
  }
}

/** A gauge or counter of a process; the largest where there are several. */
export async function metricOf(process: Pick<Target, 'url'>, name: string): Promise<number> {
  const response = await fetch(new URL('/metrics', process.url));
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(name));
  return Math.max(...lines.map((line) => Number(line.split(' ').at(-1))));
}

/** What is not answered from the hot store, or with a flag. */
export function illOf(resume: Finals['resume']): string[] {
  return Object.entries(resume).flatMap(([process, profiles]) =>
    Object.entries(profiles).flatMap(([profileId, titles]) => {
      const views = Object.entries(titles);
      if (views.length === 0) return [`${process} ${profileId}: no answer`];
      return views
        .filter(([, view]) => view?.source !== 'HOT' || view.isDegraded)
        .map(([title, view]) => `${process} ${profileId} ${title}: ${JSON.stringify(view)}`);
    }),
  );
}
