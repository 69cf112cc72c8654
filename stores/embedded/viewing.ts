import type { DatabaseSync } from 'node:sqlite';
import { floorTitle } from '../../domain/playhead.ts';
import type { Transition } from '../../domain/transition.ts';
import { type Version, versionZero } from '../../domain/version.ts';
import { foldTransition, newestVersion, type Viewing, viewingAbove } from '../../domain/viewing.ts';
import type { ViewingStore } from '../viewing-store.ts';
import { inTransaction, openDatabase, translated } from './sqlite.ts';

/** `newest_version` orders a profile's viewings; it is zero once all they tell was forgotten. */
const migrations = [
  `CREATE TABLE viewing (
     profile_id TEXT NOT NULL,
     title TEXT NOT NULL,
     newest_version TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (profile_id, title)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX viewing_by_recency ON viewing (profile_id, newest_version);
   CREATE TABLE floor (
     profile_id TEXT PRIMARY KEY,
     version TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE consumed (
     partition INTEGER PRIMARY KEY,
     stream_offset TEXT NOT NULL
   ) STRICT;`,
];

/**
 * The view as one SQLite file beside the stream's. A commit survives the process; after a crash of
 * the machine the offset is as old as the viewings beside it, and the stream is read again from there.
 */
export function openEmbeddedViewingStore(options: { path: string }): ViewingStore {
  const database = openDatabase({ path: options.path, synchronous: 'NORMAL', migrations });
  const selectOffset = database.prepare('SELECT stream_offset FROM consumed WHERE partition = ?');
  const putOffset = database.prepare(
    `INSERT INTO consumed (partition, stream_offset) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET stream_offset = excluded.stream_offset`,
  );
  const selectRecent = database.prepare(
    `SELECT body FROM viewing WHERE profile_id = ? AND newest_version > ?
     ORDER BY newest_version DESC, title LIMIT ?`,
  );
  const readFloor = createReadFloor(database);
  const fold = createFold(database, readFloor);

  return {
    async offset(partition) {
      const row = translated('Reading the offset', () => selectOffset.get(partition));
      return (row?.stream_offset as string | undefined) ?? null;
    },
    async fold({ partition, transitions, offset }) {
      return translated('Folding transitions', () =>
        inTransaction(database, () => {
          const changed = new Set<string>();
          for (const transition of transitions) {
            if (fold(transition)) changed.add(transition.profileId);
          }
          putOffset.run(partition, offset);
          return [...changed];
        }),
      );
    },
    async recent({ profileId, limit }) {
      return translated('Reading viewings', () =>
        selectRecent.all(profileId, versionZero, limit).map(viewingOf),
      );
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

type ReadFloor = (profileId: string) => Version;
type Put = (profileId: string, viewing: Viewing) => void;

function createReadFloor(database: DatabaseSync): ReadFloor {
  const select = database.prepare('SELECT version FROM floor WHERE profile_id = ?');
  return (profileId) => (select.get(profileId)?.version as Version | undefined) ?? versionZero;
}

/** Folds one transition; answers whether it changed anything. */
function createFold(
  database: DatabaseSync,
  readFloor: ReadFloor,
): (transition: Transition) => boolean {
  const select = database.prepare('SELECT body FROM viewing WHERE profile_id = ? AND title = ?');
  const upsert = database.prepare(
    `INSERT INTO viewing (profile_id, title, newest_version, body) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET newest_version = excluded.newest_version, body = excluded.body`,
  );
  const put: Put = (profileId, viewing) => {
    upsert.run(profileId, viewing.title, newestVersion(viewing), JSON.stringify(viewing));
  };
  const raiseFloor = createRaiseFloor(database, put);
  return (transition) => {
    const { profileId, title, version } = transition;
    if (version <= readFloor(profileId)) return false;
    if (title === floorTitle) {
      raiseFloor(profileId, version);
      return true;
    }
    const row = select.get(profileId, title);
    const viewing = foldTransition(row === undefined ? null : viewingOf(row), transition);
    if (JSON.stringify(viewing) === row?.body) return false;
    put(profileId, viewing);
    return true;
  };
}

/** What was forgotten leaves the disk too, not only the answers. Cost: the profile's viewings. */
function createRaiseFloor(
  database: DatabaseSync,
  put: Put,
): (profileId: string, floor: Version) => void {
  const upsert = database.prepare(
    `INSERT INTO floor (profile_id, version) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version`,
  );
  const selectAll = database.prepare('SELECT body FROM viewing WHERE profile_id = ?');
  const remove = database.prepare('DELETE FROM viewing WHERE profile_id = ? AND title = ?');
  return (profileId, floor) => {
    upsert.run(profileId, floor);
    for (const viewing of selectAll.all(profileId).map(viewingOf)) {
      const left = viewingAbove(viewing, floor);
      if (left === null) remove.run(profileId, viewing.title);
      else put(profileId, left);
    }
  };
}

function viewingOf(row: Record<string, unknown>): Viewing {
  return JSON.parse(row.body as string) as Viewing;
}
