import { type DeviceClock, withinMs } from './clock.ts';
import type { LiveNews, Topic } from './live-state.ts';
import type { Operation } from './operations.ts';
import type { Page } from './page.ts';
import type { PageLock } from './page-lock.ts';
import type { Answer } from './transport.ts';

/** A living leader says that it takes a request within this: else the page helps itself. */
const takenWithinMs = 1_000;
/** A little more than a request may take the leader. */
const answeredWithinMs = 11_000;

/** What pages of one profile say to each other. */
type Message =
  /** "Who leads?", with what this page watches. */
  | { kind: 'who'; tab: string; topics: Topic[] }
  | { kind: 'lead' | 'leave'; tab: string }
  | { kind: 'news'; news: LiveNews }
  | { kind: 'ask'; id: string; tab: string; operation: Operation; variables: object }
  | { kind: 'taken'; id: string }
  | { kind: 'answer'; id: string; answer: Answer<unknown> };

/** What pages meet over; in browsers, those of one origin. */
export interface TabsPort {
  locks: LockManager;
  openChannel(name: string): Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>;
}

/** What a page brings along. */
export interface TabsDeps {
  port: TabsPort;
  /** Pages of one name share. */
  name: string;
  /** Of this page. */
  lock: PageLock;
  clock: DeviceClock;
  page: Page;
  /** What this page watches. */
  wanted: ReadonlySet<Topic>;
  /** All that this page knows, for a newcomer. */
  known(): LiveNews;
  merge(news: LiveNews): void;
  /** Opens exactly these streams. */
  bring(topics: ReadonlySet<Topic>): void;
  /** Sends over this page's own connection. */
  request(operation: Operation, variables: object): Promise<Answer<unknown>>;
  /** Sends what dead pages left. */
  drain(): void;
}

interface Asked {
  taken(): void;
  answered(answer: Answer<unknown>): void;
}

/**
 * The pages of one profile in one browser: the one that holds the lock has the streams, sends the
 * heartbeats of all, and what dead pages left.
 *
 * Shape: pages out of sight do not lead. The browser gives the lock of a page that died to the next one.
 * Errors: none thrown; a leader that does not answer is passed by, because all that is sent is idempotent.
 */
export class Tabs {
  readonly #deps: TabsDeps;
  readonly #channel: ReturnType<TabsPort['openChannel']>;
  readonly #tab: string;
  readonly #stopListening: () => void;
  /** What others watch; known while this page leads. */
  readonly #others = new Map<string, { topics: Topic[]; stopWaiting(): void }>();
  readonly #asked = new Map<string, Asked>();
  #leader: string | undefined;
  #isCandidate = false;
  #abortElection: () => void = () => {};
  #asks = 0;

  constructor(deps: TabsDeps) {
    this.#deps = deps;
    this.#channel = deps.port.openChannel(`playhead/${deps.name}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    this.#tab = deps.lock.page;
    this.#stopListening = deps.page.listen({
      hidden: () => this.#stand(false),
      visible: () => this.#stand(true),
      ended: () => this.#leave(),
      online() {},
    });
    if (deps.page.isVisible()) this.#stand(true);
    else this.#greet();
  }

  get isLeader(): boolean {
    return this.#leader === this.#tab;
  }

  /** What this page watches has changed. */
  wantedChanged(): void {
    if (this.isLeader) this.#bring();
    else this.#greet();
  }

  tell(news: LiveNews): void {
    this.#say({ kind: 'news', news });
  }

  /** Sends by way of the leader; undefined: this page sends by itself. */
  relay(operation: Operation, variables: object): Promise<Answer<unknown>> | undefined {
    if (this.#leader === undefined || this.isLeader) return undefined;
    return this.#ask(operation, variables);
  }

  close(): void {
    this.#stopListening();
    this.#leave();
    this.#channel.close();
  }

  async #ask(operation: Operation, variables: object): Promise<Answer<unknown>> {
    const { clock, request } = this.#deps;
    this.#asks += 1;
    const tab = this.#tab;
    const id = `${tab}/${this.#asks}`;
    let taken = () => {};
    const isTaken = new Promise<true>((resolve) => {
      taken = () => resolve(true);
    });
    const answer = new Promise<Answer<unknown> | undefined>((resolve) => {
      this.#asked.set(id, { taken, answered: resolve });
    });
    this.#say({ kind: 'ask', id, tab, operation, variables });
    const isAlive = await withinMs(clock, takenWithinMs, isTaken);
    const answered = isAlive && (await withinMs(clock, answeredWithinMs, answer));
    this.#asked.delete(id);
    if (answered) return answered;
    // The leader died, or sleeps: the next one will say so.
    if (!this.isLeader) {
      this.#leader = undefined;
      this.#greet();
    }
    return request(operation, variables);
  }

  #hear(message: Message): void {
    if (message.kind === 'news') this.#deps.merge(message.news);
    else if (message.kind === 'ask') void this.#serve(message);
    else if (message.kind === 'taken') this.#asked.get(message.id)?.taken();
    else if (message.kind === 'answer') this.#asked.get(message.id)?.answered(message.answer);
    else this.#hearOf(message);
  }

  #hearOf(message: Message & { tab: string }): void {
    const { kind, tab } = message;
    if (kind === 'who') this.#meet(tab, message.topics);
    if (kind === 'leave' && this.#leader === tab) this.#leader = undefined;
    if (kind === 'lead' && this.#leader !== tab && !this.isLeader) {
      this.#leader = tab;
      this.#deps.bring(new Set());
      this.#greet();
    }
  }

  async #serve({ id, operation, variables }: Message & { kind: 'ask' }): Promise<void> {
    if (!this.isLeader) return;
    this.#say({ kind: 'taken', id });
    this.#say({ kind: 'answer', id, answer: await this.#deps.request(operation, variables) });
  }

  /** A page tells what it watches; the leader answers a stranger with all it knows. */
  #meet(tab: string, topics: Topic[]): void {
    if (!this.isLeader) return;
    const met = this.#others.get(tab);
    const { lock, known } = this.#deps;
    const stopWaiting = met?.stopWaiting ?? lock.whenGone(tab, () => this.#forget(tab));
    this.#others.set(tab, { topics, stopWaiting });
    this.#bring();
    this.#say({ kind: 'lead', tab: this.#tab });
    if (met === undefined) this.tell(known());
  }

  /** It died, or rests: what it left is sent, and what it watched no longer. */
  #forget(tab: string): void {
    this.#others.delete(tab);
    this.#bring();
    this.#deps.drain();
  }

  /** Asks for the lead, or gives it up. */
  #stand(isCandidate: boolean): void {
    if (!isCandidate) this.#withdraw();
    else if (!this.#isCandidate) this.#elect();
    this.#greet();
  }

  #withdraw(): void {
    this.#isCandidate = false;
    this.#abortElection();
    this.#abortElection = () => {};
  }

  #elect(): void {
    this.#isCandidate = true;
    const { locks } = this.#deps.port;
    const election = new AbortController();
    let release = () => {};
    this.#abortElection = () => {
      election.abort();
      release();
      if (this.isLeader) this.#abdicate();
    };
    const lead = () => {
      if (election.signal.aborted) return undefined;
      this.#lead();
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    const { signal } = election;
    locks.request(`playhead/lead/${this.#deps.name}`, { signal }, lead).catch(() => undefined);
  }

  #lead(): void {
    this.#leader = this.#tab;
    this.#say({ kind: 'lead', tab: this.#tab });
    this.#bring();
    this.#deps.drain();
  }

  #abdicate(): void {
    this.#leader = undefined;
    for (const { stopWaiting } of this.#others.values()) stopWaiting();
    this.#others.clear();
    this.#deps.bring(new Set());
    this.#say({ kind: 'leave', tab: this.#tab });
  }

  #bring(): void {
    const others = [...this.#others.values()].flatMap(({ topics }) => topics);
    this.#deps.bring(new Set([...this.#deps.wanted, ...others]));
  }

  #greet(): void {
    void this.#deps.lock.hold().then((isHeld) => {
      if (!isHeld || this.isLeader) return;
      const topics = this.#deps.page.isVisible() ? [...this.#deps.wanted] : [];
      this.#say({ kind: 'who', tab: this.#tab, topics });
    });
  }

  /** This page ends, or rests where browsers allow no locks. */
  #leave(): void {
    this.#withdraw();
    this.#deps.lock.release();
  }

  #say(message: Message): void {
    try {
      this.#channel.postMessage(message);
    } catch {
      // Closed with the page: nobody is left to hear it.
    }
  }
}
