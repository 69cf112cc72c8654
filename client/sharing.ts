import type { Chance } from './chance.ts';
import type { DeviceClock } from './clock.ts';
import { type HandedOver, yieldAmong } from './hand-off.ts';
import type { StreamOptions, Subscribe } from './live.ts';
import type { LiveNews, LiveState, Topic } from './live-state.ts';
import type { DeviceKind, Operation } from './operations.ts';
import type { Page } from './page.ts';
import type { PageLock } from './page-lock.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Tabs, TabsPort } from './tabs.ts';
import { type Answer, type HttpTransport, isRelayed } from './transport.ts';

/** What brings the live state to a page. */
export interface SharingDeps {
  url: string;
  fetch: typeof fetch;
  transport: HttpTransport;
  clock: DeviceClock;
  chance: Chance;
  page: Page;
  kind: DeviceKind;
  state: LiveState;
  /** Those of this page: what a session of theirs is told concerns them. */
  players: ReadonlyMap<unknown, HandedOver>;
  /** Undefined: server-sent events. */
  streams?: (options: StreamOptions) => Subscribe;
  /** Pages of one name share; undefined: this page serves itself. */
  tabs: { port: TabsPort; name: string } | undefined;
  /** Of this page. */
  lock: () => PageLock;
  /** Sends what dead pages left. */
  drain(): void;
}

/**
 * Decides which page has the streams and sends the heartbeats, and loads what that takes, when it does:
 * a page that only reports needs neither.
 *
 * Errors: none thrown; what cannot be loaded leaves the page to serve itself.
 */
export class Sharing {
  readonly #deps: SharingDeps;
  #loading: Promise<void> | undefined;
  #subscriptions: Subscriptions | undefined;
  #brought: ReadonlySet<Topic> = new Set();
  /** Undefined until it is known. */
  #tabs: Tabs | null | undefined;
  #isClosed = false;

  constructor(deps: SharingDeps) {
    this.#deps = deps;
    if (deps.tabs === undefined) this.#serveItself();
    else void this.#join(deps.tabs);
  }

  get isDrainer(): boolean {
    return this.#tabs === null || this.#tabs?.isLeader === true;
  }

  wantedChanged(): void {
    this.#tabs?.wantedChanged();
    if (this.#tabs === null) this.#bring(this.#deps.state.wanted);
  }

  learnt(news: LiveNews): void {
    this.#tabs?.tell(news);
  }

  relay(operation: Operation, variables: object): Promise<Answer<unknown>> | undefined {
    return isRelayed(operation) ? this.#tabs?.relay(operation, variables) : undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#bring(new Set());
    this.#tabs?.close();
  }

  #serveItself(): void {
    this.#tabs = null;
    this.wantedChanged();
    this.#deps.drain();
  }

  async #join({ port, name }: NonNullable<SharingDeps['tabs']>): Promise<void> {
    const { lock, state, transport } = this.#deps;
    try {
      const loaded = await import('./tabs.ts');
      if (this.#isClosed) return;
      this.#tabs = new loaded.Tabs({
        ...this.#deps,
        port,
        name,
        lock: lock(),
        wanted: state.wanted,
        known: () => ({
          playheads: [...state.held.store.getSnapshot().values()],
          row: state.row.getSnapshot(),
          // Unknown here is no news to a page that knows.
          sessions: state.sessions.getSnapshot() ?? undefined,
        }),
        merge: (news) => {
          state.merge(news);
          this.#yieldAs(news);
        },
        bring: (topics) => this.#bring(topics),
        request: (operation, variables) => transport.send(operation, variables),
      });
    } catch {
      // No module, no locks, no channel: as in a browser that never had them.
      this.#serveItself();
    }
  }

  #yieldAs({ sessions }: LiveNews): void {
    yieldAmong(this.#deps.players.values(), sessions ?? []);
  }

  #bring(topics: ReadonlySet<Topic>): void {
    this.#brought = new Set(topics);
    this.#subscriptions?.bring(this.#brought);
    if (this.#subscriptions === undefined && topics.size > 0) this.#loading ??= this.#load();
  }

  async #load(): Promise<void> {
    const { transport, state, kind } = this.#deps;
    try {
      const { Subscriptions } = await import('./subscriptions.ts');
      const open = this.#deps.streams ?? (await import('./sse.ts')).sseSubscribe;
      const authorization = () => transport.authorization();
      const deps = { ...this.#deps, subscribe: open({ ...this.#deps, authorization }) };
      this.#subscriptions = new Subscriptions(deps, kind, (news) => {
        state.learn(news);
        this.#yieldAs(news);
      });
      this.#subscriptions.bring(this.#brought);
    } catch {
      // Without the modules there is no live state; the next one who watches tries again.
      this.#loading = undefined;
    }
  }
}

/** Pages of a browser that can elect one of them; undefined elsewhere. */
export function browserTabs(): TabsPort | undefined {
  // Node has both, and no pages.
  if (typeof document === 'undefined' || !globalThis.BroadcastChannel) return undefined;
  const { locks } = navigator;
  return locks && { locks, openChannel: (name) => new BroadcastChannel(name) };
}
