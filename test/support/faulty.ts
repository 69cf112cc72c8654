import { StoreUnreachable } from '../../stores/faults.ts';

/** One call of a store's method, on its way there. */
export interface Call {
  method: string;
  args: readonly unknown[];
}

/** What becomes of calls between a caller and a store. */
export interface Weather {
  /** Before the store sees the call: a rejection keeps it from the store. */
  before?(call: Call): Promise<void> | void;
  /** After the store did it: a rejection loses the answer, not the deed. */
  after?(call: Call): Promise<void> | void;
}

/** Methods that answer at once, or end things. */
const unharmed: ReadonlySet<PropertyKey> = new Set([
  'appendNow',
  'close',
  'failureDomain',
  'onAppended',
]);

/** The store itself, under this weather. */
export function faulty<Store extends object>(store: Store, weather: Weather): Store {
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      if (unharmed.has(property)) return member.bind(target);
      return async (...args: unknown[]) => {
        const call = { method: String(property), args };
        await weather.before?.(call);
        const answer: unknown = await Reflect.apply(member, target, args);
        await weather.after?.(call);
        return answer;
      };
    },
  });
}

/** What every store rejects with while it cannot be reached. */
export function unreachable(): StoreUnreachable {
  return new StoreUnreachable('The store does not answer.', { retryAfterMs: 1_000 });
}

type Matches = (call: Call) => boolean;

/** Weather that a test makes, call by call; fine until told otherwise. */
export class Faults implements Weather {
  /** Every call that set out, in order. */
  readonly calls: Call[] = [];
  #fails: { matches: Matches; error: () => unknown; isAnswerLost: boolean }[] = [];
  #hangs: { matches: Matches; release: Promise<void>; open: () => void }[] = [];

  callsOf(method: string): Call[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Calls fail before the store sees them. */
  fail(matches: Matches = () => true, error: () => unknown = unreachable): void {
    this.#fails.push({ matches, error, isAnswerLost: false });
  }

  /** The store does what it is told, and the answer is lost. */
  loseAnswers(matches: Matches = () => true): void {
    this.#fails.push({ matches, error: unreachable, isAnswerLost: true });
  }

  /** Calls wait, without reaching the store, until `release` or `heal`. */
  hang(matches: Matches = () => true): { release: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const hang = { matches, release: promise, open: resolve };
    this.#hangs.push(hang);
    return {
      release: () => {
        this.#hangs = this.#hangs.filter((other) => other !== hang);
        resolve();
      },
    };
  }

  heal(): void {
    this.#fails = [];
    for (const { open } of this.#hangs) open();
    this.#hangs = [];
  }

  async before(call: Call): Promise<void> {
    this.calls.push(call);
    await this.#hangs.find(({ matches }) => matches(call))?.release;
    this.#throwFor(call, false);
  }

  async after(call: Call): Promise<void> {
    this.#throwFor(call, true);
  }

  #throwFor(call: Call, isAnswerLost: boolean): void {
    const fault = this.#fails.find((it) => it.isAnswerLost === isAnswerLost && it.matches(call));
    if (fault !== undefined) throw fault.error();
  }
}

/** Counts the calls that are under way; some take longer than others. */
export class InFlight implements Weather {
  most = 0;
  #now = 0;
  #calls = 0;

  before(): void {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
  }

  async after(): Promise<void> {
    this.#calls += 1;
    for (let steps = 100 + (this.#calls % 7); steps > 0; steps -= 1) await null;
    this.#now -= 1;
  }
}

/** The first answer is what the store held when it was asked, and arrives when it is told to. */
export class FirstAnswerLate implements Weather {
  readonly #arrival = Promise.withResolvers<void>();
  #isFirst = true;

  arrive(): void {
    this.#arrival.resolve();
  }

  async after(): Promise<void> {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst) await this.#arrival.promise;
  }
}
