import type { KeptPlayback, OutboxStore } from './outbox-store.ts';

const storeName = 'playbacks';

/** What came of opening: `isReset` when what was there could not be opened, and was given up. */
export interface OpenedOutbox {
  store: OutboxStore;
  isReset: boolean;
}

/**
 * One outbox in IndexedDB, one record for each playback.
 *
 * Errors: rejects where there is no IndexedDB, or where it is refused (private windows of some browsers). A
 * database that is damaged, or not of this form, is deleted and made again.
 */
export async function openIndexedDbOutbox(
  factory: IDBFactory,
  name: string,
): Promise<OpenedOutbox> {
  const database = `playhead/outbox/${name}`;
  try {
    return { store: new IndexedDbOutbox(await open(factory, database)), isReset: false };
  } catch (cause) {
    // Written by a newer release, or not allowed at all: neither is ours to delete.
    if (cause instanceof DOMException && mustStay.has(cause.name)) throw cause;
    await answerOf(factory.deleteDatabase(database));
    return { store: new IndexedDbOutbox(await open(factory, database)), isReset: true };
  }
}

const mustStay: ReadonlySet<string> = new Set(['VersionError', 'SecurityError']);

async function open(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  const database = await answerOf(request);
  if (database.objectStoreNames.contains(storeName)) return database;
  database.close();
  throw new Error(`The database ${name} is not an outbox.`);
}

class IndexedDbOutbox implements OutboxStore {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // Another page deletes or upgrades it: an open connection would make that one wait for ever.
    database.onversionchange = () => database.close();
  }

  async keys(): Promise<string[]> {
    const keys = await answerOf(this.#store('readonly').getAllKeys());
    return keys.map(String);
  }

  read(key: string): Promise<unknown> {
    // One transaction each: a record that cannot be read fails alone.
    return answerOf(this.#store('readonly').get(key));
  }

  write(changes: ReadonlyMap<string, KeptPlayback | null>): Promise<void> {
    return new Promise((resolve, reject) => {
      const store = this.#store('readwrite');
      const { transaction } = store;
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('Aborted.'));
      for (const [key, kept] of changes) {
        if (kept === null) store.delete(key);
        else store.put(kept, key);
      }
    });
  }

  close(): void {
    this.#database.close();
  }

  #store(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(storeName, mode).objectStore(storeName);
  }
}

function answerOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('Refused.'));
  });
}
