import type { DatabaseSync } from 'node:sqlite';
import type { Transition } from '../../domain/transition.ts';
import type { CopiedEvents, EventCopies } from '../event-copies.ts';
import { type EventStream, type Offset, type StreamEntry, unreadMax } from '../event-stream.ts';
import { inTransaction, openDatabase, translated } from './sqlite.ts';

/** Another process's entries are looked for this often: well inside the second an event may take. */
const pollIntervalMs = 100;

const migrations = [
  `CREATE TABLE entry (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     partition INTEGER NOT NULL,
     appended_at_ms INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX entry_by_partition ON entry (partition, id);
   CREATE INDEX entry_by_age ON entry (appended_at_ms);`,
  `CREATE TABLE copied (
     partition INTEGER NOT NULL,
     region TEXT NOT NULL,
     up_to TEXT NOT NULL,
     PRIMARY KEY (partition, region)
   ) STRICT, WITHOUT ROWID;`,
];

/** What the embedded hot store needs on top: appending inside its own atomic step. */
export interface EmbeddedEventStream extends EventStream {
  appendNow(entry: { partition: number; transitions: readonly Transition[] }): void;
}

export interface EmbeddedStreamOptions {
  /** File, or `:memory:`; processes of one machine may share a file. */
  path: string;
  partitions: number;
  clock: { nowMs(): number; after(delayMs: number, task: () => void): () => void };
}

/**
 * The event stream as one SQLite file: survives the process, and is read by the other processes of
 * the machine. Cost: one row an entry, no disk flush (design.md §4: what must survive the machine is
 * in the durable store).
 */
export function openEmbeddedEventStream(
  options: EmbeddedStreamOptions,
): EmbeddedEventStream & EventCopies {
  const { partitions, clock } = options;
  const database = openDatabase({ path: options.path, synchronous: 'NORMAL', migrations });
  const insert = database.prepare(
    'INSERT INTO entry (partition, appended_at_ms, body) VALUES (?, ?, ?) RETURNING id',
  );
  const selectAfter = database.prepare(
    'SELECT id, body FROM entry WHERE partition = ? AND id > ? ORDER BY id LIMIT ?',
  );
  const selectUnread = database.prepare(
    `SELECT count(*) AS entries, min(appended_at_ms) AS oldest_at_ms
     FROM (SELECT appended_at_ms FROM entry WHERE partition = ? AND id > ? ORDER BY id LIMIT ?)`,
  );
  const selectNewest = database.prepare('SELECT max(id) AS id FROM entry WHERE partition = ?');
  const deleteBefore = database.prepare('DELETE FROM entry WHERE appended_at_ms < ?');
  const selectMoved = database.prepare(
    'SELECT partition, max(id) AS id FROM entry WHERE id > ? GROUP BY partition',
  );
  const wakeUps = createWakeUps(clock, (id) => selectMoved.all(id) as unknown as Moved[]);

  function appendNow(entry: { partition: number; transitions: readonly Transition[] }): void {
    if (entry.transitions.length === 0) return;
    translated('Appending to the event stream', () => {
      for (const transition of entry.transitions) {
        insert.run(entry.partition, clock.nowMs(), JSON.stringify(transition));
      }
    });
    wakeUps.wake(entry.partition);
  }

  return {
    partitions,
    appendNow,
    async append(entry) {
      translated('Appending to the event stream', () =>
        inTransaction(database, () => appendNow(entry)),
      );
    },
    ...createCopies(database, appendNow),
    async read({ partition, after, limit }) {
      return translated('Reading the event stream', () =>
        selectAfter.all(partition, Number(after ?? 0), limit).map((row) => entryOf(row)),
      );
    },
    async newest(partition) {
      const row = translated('Reading the event stream', () => selectNewest.get(partition));
      return typeof row?.id === 'number' ? offsetOf(row.id) : null;
    },
    async unread({ partition, after }) {
      const row = translated('Reading the event stream', () =>
        selectUnread.get(partition, Number(after ?? 0), unreadMax),
      );
      return {
        entries: Number(row?.entries ?? 0),
        oldestAppendedAtMs: (row?.oldest_at_ms as number | null | undefined) ?? null,
      };
    },
    async trim({ beforeMs }) {
      return translated('Trimming the event stream', () =>
        Number(deleteBefore.run(beforeMs).changes),
      );
    },
    onAppended: wakeUps.listen,
    async close() {
      wakeUps.close();
      if (database.isOpen) database.close();
    },
  };
}

function createCopies(
  database: DatabaseSync,
  appendNow: EmbeddedEventStream['appendNow'],
): EventCopies {
  const select = database.prepare('SELECT up_to FROM copied WHERE partition = ? AND region = ?');
  const put = database.prepare(
    `INSERT INTO copied (partition, region, up_to) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET up_to = excluded.up_to`,
  );
  const standsAt = (of: { partition: number; region: string }) =>
    (select.get(of.partition, of.region)?.up_to as string | undefined) ?? null;
  function copyNow(copied: CopiedEvents): Offset | null {
    const { partition, region, after, transitions, upTo } = copied;
    const stood = standsAt(copied);
    if (stood !== after) return stood;
    appendNow({ partition, transitions });
    put.run(partition, region, upTo);
    return upTo;
  }
  return {
    async copy(copied) {
      return translated('Copying into the event stream', () =>
        inTransaction(database, () => copyNow(copied)),
      );
    },
    async copiedUpTo(of) {
      return translated('Reading the event stream', () => standsAt(of));
    },
  };
}

/** 16 digits: ids compare as strings. */
function offsetOf(id: number): Offset {
  return String(id).padStart(16, '0');
}

function entryOf(row: Record<string, unknown>): StreamEntry {
  return {
    offset: offsetOf(row.id as number),
    transition: JSON.parse(row.body as string) as Transition,
  };
}

interface Moved {
  partition: number;
  id: number;
}

/** Tells listeners of this process at once, and looks for other processes' entries while there are any. */
function createWakeUps(clock: EmbeddedStreamOptions['clock'], movedAfter: (id: number) => Moved[]) {
  const listeners = new Set<(partition: number) => void>();
  const pending = new Set<number>();
  let seenId = Math.max(0, ...movedAfter(0).map((moved) => moved.id));
  let cancelPoll: (() => void) | undefined;

  function wake(partition: number): void {
    if (pending.size === 0) queueMicrotask(deliver);
    pending.add(partition);
  }
  function deliver(): void {
    const partitions = [...pending];
    pending.clear();
    for (const partition of partitions) for (const listener of listeners) listener(partition);
  }
  function poll(): void {
    cancelPoll = clock.after(pollIntervalMs, poll);
    for (const moved of movedNow()) {
      seenId = Math.max(seenId, moved.id);
      wake(moved.partition);
    }
  }
  function movedNow(): Moved[] {
    try {
      return movedAfter(seenId);
    } catch {
      // Thrown from a timer it would end the process. Whoever reads meets the same fault and reports
      // it; what was missed is found by the next look.
      return [];
    }
  }
  function close(): void {
    listeners.clear();
    cancelPoll?.();
    cancelPoll = undefined;
  }
  return {
    wake,
    close,
    listen(listener: (partition: number) => void): () => void {
      listeners.add(listener);
      if (cancelPoll === undefined) cancelPoll = clock.after(pollIntervalMs, poll);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) close();
      };
    },
  };
}
