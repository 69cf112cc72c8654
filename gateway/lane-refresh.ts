import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { LaneGraph } from './lane-decision.ts';
import type { LaneUpstream } from './lane-upstream.ts';

/** How soon another release of a subgraph is seen. */
const lookEveryMs = 500;
/**
 * How many looks pass until one that is away is asked again: one, then two, and from then on one more by chance.
 * Over HTTP that is how soon a repair is felt, in less than 2 s where connections were refused; one that hangs holds a
 * round up for as long as a request may take.
 */
const restLooksMax = 2;
/** A subgraph may change behind an address that stays; ours say so themselves. */
const askAgainLooks = 60;
const sdlQuery = '{_service{sdl}}';

export interface LaneRefreshParts {
  upstreams(): ReadonlyMap<string, LaneUpstream>;
  /** Errors: throws for what cannot be decided by. */
  build(sdls: ReadonlyMap<string, string>): LaneGraph;
  /** From now on; undefined: nothing is decided, and nothing that was decided counts. */
  use(graph: LaneGraph | undefined): void;
  clock: Clock;
  log: Logger;
  /** From 0 to 1, 1 left out. */
  random: () => number;
}

type IsDue = (named: [string, LaneUpstream]) => boolean;

/** What one subgraph said of itself. */
interface Told {
  sdl: string;
  generation: number;
}

/** One that did not say what it is. */
interface Absence {
  /** If there is another one, it may be back. */
  generation: number;
  attempts: number;
  dueLook: number;
}

/**
 * Keeps what the lane decides by up to date: asks subgraphs what they are, again when another release of one
 * may be there, and begins anew with another supergraph. While it does, nothing is forwarded.
 */
export class LaneRefresh {
  readonly #parts: LaneRefreshParts;
  #told: ReadonlyMap<string, Told> = new Map();
  readonly #absences = new Map<string, Absence>();
  #looks = 0;
  /** Another one whenever what is being asked for is out of date. */
  #round = {};
  #isSuspended = false;
  #cancel = () => {};
  #isClosed = false;

  constructor(parts: LaneRefreshParts) {
    this.#parts = parts;
  }

  /** The release of a subgraph that decisions of now were made for. */
  generationOf(subgraph: string): number | undefined {
    return this.#told.get(subgraph)?.generation;
  }

  /** Asks all, and goes on looking. Never rejects: a subgraph that is away is asked again. */
  async open(): Promise<void> {
    await this.#renew(this.#round);
    this.#schedule();
  }

  /** The supergraph is about to be another one. */
  suspend(): void {
    this.#isSuspended = true;
    this.#forget();
  }

  /** It is. */
  async resume(): Promise<void> {
    this.#isSuspended = false;
    await this.#renew(this.#round);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#forget();
  }

  #forget(): void {
    this.#round = {};
    this.#told = new Map();
    this.#parts.use(undefined);
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#parts.clock.after(lookEveryMs, () => {
      void this.#look().then(() => this.#schedule());
    });
  }

  async #look(): Promise<void> {
    if (this.#isSuspended) return;
    this.#looks += 1;
    const isTime = this.#looks % askAgainLooks === 0;
    const isDue: IsDue = ([name, { generation }]) =>
      isTime || (this.generationOf(name) !== generation && !this.#isSpared(name, generation));
    if ([...this.#parts.upstreams()].some(isDue)) await this.#renew(this.#round, isDue);
  }

  #isSpared(name: string, generation: number): boolean {
    const absence = this.#absences.get(name);
    return absence?.generation === generation && this.#looks < absence.dueLook;
  }

  #note([name, { generation }]: [string, LaneUpstream], told: Told | undefined): void {
    const before = this.#absences.get(name);
    this.#absences.delete(name);
    if (told !== undefined) return;
    const attempts = before?.generation === generation ? before.attempts + 1 : 1;
    const byChance = attempts > restLooksMax ? Math.round(this.#parts.random()) : 0;
    const dueLook = this.#looks + Math.min(attempts, restLooksMax) + byChance;
    this.#absences.set(name, { generation, attempts, dueLook });
  }

  /** One that never says what it is costs the others nothing. */
  async #renew(round: object, isDue: IsDue = () => true): Promise<void> {
    const upstreams = [...this.#parts.upstreams()];
    const answers = await Promise.all(
      upstreams.map(async (each) => {
        if (!isDue(each)) return undefined;
        const told = await ask(each[1]);
        this.#note(each, told);
        return told;
      }),
    );
    if (round !== this.#round || this.#isClosed) return;
    // One that is away may come back as it was: its generation says that nothing goes there meanwhile.
    const told = new Map<string, Told>();
    for (const [index, [name]] of upstreams.entries()) {
      const known = answers[index] ?? this.#told.get(name);
      if (known !== undefined) told.set(name, known);
    }
    if (isSame(told, this.#told)) this.#told = told;
    else this.#begin(told);
  }

  #begin(told: ReadonlyMap<string, Told>): void {
    this.#forget();
    if (told.size === 0) return;
    // Also of what nothing can be decided by: it is not tried again until one says something else.
    this.#told = told;
    const sdls = new Map([...told].map(([name, { sdl }]) => [name, sdl]));
    try {
      this.#parts.use(this.#parts.build(sdls));
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'no fast lane: nothing can be decided by this graph');
    }
  }
}

/** Undefined: it cannot be asked now, or is no subgraph of a federation. */
async function ask(upstream: LaneUpstream): Promise<Told | undefined> {
  const { generation } = upstream;
  const answer = await upstream.ask({
    text: sdlQuery,
    variables: undefined,
    viewer: null,
    authorization: undefined,
    traceparent: undefined,
  });
  if (answer.kind !== 'answered' || upstream.generation !== generation) return undefined;
  const sdl = sdlIn(answer.body.toString());
  return typeof sdl === 'string' ? { sdl, generation } : undefined;
}

function sdlIn(body: string): unknown {
  try {
    const result: { data?: { _service?: { sdl?: unknown } } } | null = JSON.parse(body);
    return result?.data?._service?.sdl;
  } catch {
    // Whatever answers there is no subgraph; it is asked again.
    return undefined;
  }
}

function isSame(told: ReadonlyMap<string, Told>, before: ReadonlyMap<string, Told>): boolean {
  if (told.size !== before.size) return false;
  return [...told].every(([name, { sdl }]) => before.get(name)?.sdl === sdl);
}
