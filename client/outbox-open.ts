import type { DeviceClock } from './clock.ts';
import type { ServerProblem } from './operations.ts';
import { openIndexedDbOutbox } from './outbox-indexed-db.ts';
import { OutboxKeeper, unavailableProblem, unreadableProblem } from './outbox-keeper.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { Page } from './page.ts';
import { PageLock } from './page-lock.ts';

/** What keeps the outbox of one profile, and the page that it writes for. */
export interface OpenKeeper {
  keeper: OutboxKeeper;
  page: string;
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
  /** What this page is called among the living. */
  pageId: () => string;
  page: Page;
  problem(problem: ServerProblem): void;
}): Promise<OpenKeeper | undefined> {
  const { clock, problem } = deps;
  const id = deps.pageId();
  // Node has locks too, and no pages that could die.
  const locks = typeof document === 'undefined' ? undefined : navigator.locks;
  const lock = new PageLock(locks, id);
  try {
    const store = deps.store ?? (await openIndexedDb(deps.name, problem));
    lock.hold();
    const stopListening = deps.page.listen({
      hidden() {},
      visible: () => lock.hold(),
      ended: () => lock.release(),
      online() {},
    });
    const page = { id, isAlive: (other: string) => lock.isAlive(other) };
    const keeper = new OutboxKeeper({ store, clock, page, problem });
    const close = async () => {
      stopListening();
      await keeper.close();
      lock.release();
    };
    return { keeper, page: id, close };
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
