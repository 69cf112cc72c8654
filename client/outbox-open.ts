import type { DeviceClock } from './clock.ts';
import type { ServerProblem } from './operations.ts';
import { openIndexedDbOutbox } from './outbox-indexed-db.ts';
import { OutboxKeeper, unavailableProblem, unreadableProblem } from './outbox-keeper.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { Page } from './page.ts';
import type { PageLock } from './page-lock.ts';

/** What keeps the outbox of one profile, and the page that it writes for. */
export interface OpenKeeper {
  keeper: OutboxKeeper;
  close(): Promise<void>;
}

/**
 * Opens the outbox that outlives its pages: `store`, or IndexedDB.
 *
 * Errors: none thrown; undefined when nothing can be kept, after `problem` was told.
 */
export async function openKeeper(deps: {
  /** Of the profile and the installation that its heartbeats are of. */
  name: string;
  store: OutboxStore | undefined;
  clock: DeviceClock;
  /** Of this page. */
  lock: PageLock;
  page: Page;
  problem(problem: ServerProblem): void;
  /** Another page is gone, and has left something. */
  hasLeft(): void;
}): Promise<OpenKeeper | undefined> {
  const { problem, lock } = deps;
  try {
    const store = deps.store ?? (await openIndexedDb(deps.name, problem));
    // What is written before that looks like a dead page's.
    await lock.hold();
    const keeper = new OutboxKeeper({ ...deps, store });
    const stopListening = deps.page.listen({
      hidden() {},
      visible: () => void lock.hold(),
      ended() {
        lock.release();
        keeper.rest();
      },
      online() {},
    });
    const close = async () => {
      stopListening();
      await keeper.close();
      lock.release();
    };
    return { keeper, close };
  } catch (error) {
    problem(unavailableProblem(error));
    return undefined;
  }
}

async function openIndexedDb(name: string, problem: (problem: ServerProblem) => void) {
  const { store, isReset } = await openIndexedDbOutbox(globalThis.indexedDB, name);
  if (isReset) problem(unreadableProblem(1));
  return store;
}
