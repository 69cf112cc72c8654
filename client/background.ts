import { Keeping } from './keeping.ts';
import type { LiveNews } from './live-state.ts';
import { showInMediaSession } from './media-session.ts';
import type { Operation, ServerProblem } from './operations.ts';
import type { KeptPlayback, OutboxStore } from './outbox-store.ts';
import { PageLock } from './page-lock.ts';
import type { MediaPlayer } from './player-events.ts';
import { browserTabs, Sharing, type SharingDeps } from './sharing.ts';
import type { TabsPort } from './tabs.ts';
import type { Answer } from './transport.ts';

/** What goes on behind a player, and for whom. */
export interface BackgroundDeps extends Omit<SharingDeps, 'tabs' | 'drain' | 'lock'> {
  /** Of the profile and this installation; undefined: nothing is kept or shared. */
  name: string | undefined;
  outbox?: OutboxStore | false;
  tabs?: TabsPort | false;
  /** Sends what an earlier page left. */
  sendKept(kept: KeptPlayback): Promise<void>;
  problem(problem: ServerProblem): void;
}

/** All that a player does not wait for: the outbox that outlives the page, other pages, and streams. */
export class Background {
  readonly #keeping: Keeping | undefined;
  readonly #sharing: Sharing;

  constructor(deps: BackgroundDeps) {
    const tabs = tabsOf(deps);
    const locks = tabs?.port.locks ?? browserLocks();
    let made: PageLock | undefined;
    // One for both: a page that other pages hear has died must have left its outbox too.
    const lock = () => {
      made ??= new PageLock(locks, deps.chance.newId());
      return made;
    };
    this.#keeping = keepingOf(deps, { lock, hasLeft: () => this.flush() });
    const drain = () => void this.#keeping?.drain();
    this.#sharing = new Sharing({ ...deps, tabs, lock, drain });
  }

  keep(key: string, kept: Omit<KeptPlayback, 'page'> | null): void {
    this.#keeping?.keep(key, kept);
  }

  /** Sends by way of another page; undefined: none does. */
  relay(operation: Operation, variables: object): Promise<Answer<unknown>> | undefined {
    return this.#sharing.relay(operation, variables);
  }

  wantedChanged(): void {
    this.#sharing.wantedChanged();
  }

  learnt(news: LiveNews): void {
    this.#sharing.learnt(news);
  }

  /** The server may be in reach again. */
  flush(): void {
    if (this.#sharing.isDrainer) void this.#keeping?.drain();
  }

  /** Only where there is a system to show it to; metadata that the browser refuses is not shown. */
  show(player: MediaPlayer, metadata: MediaMetadataInit): () => void {
    const session = globalThis.navigator?.mediaSession;
    try {
      if (session === undefined) return () => {};
      return showInMediaSession(player as HTMLMediaElement, session, new MediaMetadata(metadata));
    } catch {
      return () => {};
    }
  }

  async close(): Promise<void> {
    this.#sharing.close();
    await this.#keeping?.close();
  }
}

function keepingOf(
  deps: BackgroundDeps,
  pages: { lock: () => PageLock; hasLeft(): void },
): Keeping | undefined {
  const { name, outbox, problem } = deps;
  const isThere = outbox !== undefined || globalThis.indexedDB !== undefined;
  if (name === undefined || outbox === false || !isThere) return undefined;
  const lock = pages.lock();
  const open = async () => {
    try {
      const { openKeeper } = await import('./outbox-open.ts');
      return await openKeeper({ ...deps, ...pages, lock, name, store: outbox });
    } catch (error) {
      problem({ code: 'OUTBOX_UNAVAILABLE', message: String(error), path: null });
      return undefined;
    }
  };
  return new Keeping(lock.page, open, (kept) => deps.sendKept(kept));
}

/** Pages of one installation and profile: two devices shown on one page are two. */
function tabsOf({ name, url, tabs: port = browserTabs() }: BackgroundDeps): SharingDeps['tabs'] {
  return name === undefined || !port ? undefined : { port, name: `${name}/${url}` };
}

function browserLocks(): LockManager | undefined {
  // Node has locks too, and no pages that could die.
  return typeof document === 'undefined' ? undefined : navigator.locks;
}
