import type { DatabaseSync } from 'node:sqlite';
import { erasureTransition } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Transition } from '../../domain/transition.ts';
import { versionFloor } from '../../domain/version.ts';
import {
  isForgetting,
  placeOf,
  type WatchLog,
  type WatchLogBatch,
  watchLogKeptMs,
  watchLogRowsMax,
} from '../watch-log.ts';
import { inTransaction, openDatabase, translated } from './sqlite.ts';

/** `forgotten` keeps what is late from coming back; `*` stands for the whole profile. */
const migrations = [
  `CREATE TABLE transition (
     profile_id TEXT NOT NULL,
     title TEXT NOT NULL,
     session_id TEXT NOT NULL,
     slot TEXT NOT NULL,
     version TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (profile_id, title, session_id, slot)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX transition_by_recency ON transition (profile_id, version);
   CREATE INDEX transition_by_age ON transition (version);
   CREATE TABLE forgotten (
     profile_id TEXT NOT NULL,
     title TEXT NOT NULL,
     version TEXT NOT NULL,
     PRIMARY KEY (profile_id, title)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE consumed (
     partition INTEGER PRIMARY KEY,
     stream_offset TEXT NOT NULL
   ) STRICT;`,
];

/**
 * The watch log as one SQLite file: transitions and offset are one commit. It survives the process; after
 * a crash of the machine the offset is as old as the rows beside it, and the stream is read again.
 */
export function openEmbeddedWatchLog(options: { path: string }): WatchLog {
  const database = openDatabase({ ...options, synchronous: 'NORMAL', migrations });
  const selectOffset = database.prepare('SELECT stream_offset FROM consumed WHERE partition = ?');
  const putOffset = database.prepare(
    `INSERT INTO consumed (partition, stream_offset) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET stream_offset = excluded.stream_offset`,
  );
  const selectProfile = database.prepare(
    'SELECT body FROM transition WHERE profile_id = ? AND version >= ?',
  );
  const nextProfile = database.prepare(
    'SELECT MIN(profile_id) AS id FROM transition WHERE profile_id > ?',
  );
  const put = createPut(database);
  const bound = createBound(database);

  function keep({ partition, transitions, offset, nowMs }: WatchLogBatch): void {
    for (const transition of transitions) put(transition);
    bound(new Set(transitions.map(({ profileId }) => profileId)), nowMs);
    putOffset.run(partition, offset);
  }

  return {
    async offset(partition) {
      const row = translated('Reading the offset', () => selectOffset.get(partition));
      return (row?.stream_offset as string | undefined) ?? null;
    },
    async keep(batch) {
      translated('Keeping transitions', () => inTransaction(database, () => keep(batch)));
    },
    async read({ profileId, nowMs }) {
      return translated('Reading the watch log', () =>
        selectProfile
          .all(profileId, versionFloor(nowMs - watchLogKeptMs))
          .map(({ body }) => JSON.parse(body as string) as Transition),
      );
    },
    async erase(erasing) {
      translated('Erasing a profile', () =>
        inTransaction(database, () => put(erasureTransition(erasing))),
      );
    },
    async eachProfile(visit) {
      const next = (after: string) =>
        translated('Reading profiles', () => nextProfile.get(after)?.id as string | null);
      for (let id = next(''); id != null; id = next(id)) await visit(id);
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

function createPut(database: DatabaseSync): (transition: Transition) => void {
  const insert = database.prepare(
    `INSERT INTO transition (profile_id, title, session_id, slot, version, body)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (
       SELECT 1 FROM forgotten
       WHERE profile_id = ?1 AND title IN (?2, '${floorTitle}') AND version >= ?5)
     ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body
     WHERE excluded.version > transition.version`,
  );
  const forget = database.prepare(
    `INSERT INTO forgotten (profile_id, title, version) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version
     WHERE excluded.version > forgotten.version`,
  );
  const erase = database.prepare(
    `DELETE FROM transition
     WHERE profile_id = ?1 AND (?2 = '${floorTitle}' OR title = ?2) AND version <= ?3`,
  );
  return (transition) => {
    const { profileId, title, version } = transition;
    if (isForgetting(transition)) {
      forget.run(profileId, title, version);
      erase.run(profileId, title, version);
      return;
    }
    const { sessionId, slot } = placeOf(transition);
    insert.run(profileId, title, sessionId, slot, version, JSON.stringify(transition));
  };
}

/** Lets go of what ran out, and of the oldest rows of a profile that has too many. */
function createBound(database: DatabaseSync): (profiles: Set<string>, nowMs: number) => void {
  const expire = database.prepare('DELETE FROM transition WHERE version < ?');
  const expireForgotten = database.prepare('DELETE FROM forgotten WHERE version < ?');
  const selectOldestKept = database.prepare(
    `SELECT version FROM transition WHERE profile_id = ?
     ORDER BY version DESC LIMIT 1 OFFSET ${watchLogRowsMax - 1}`,
  );
  const dropOlder = database.prepare('DELETE FROM transition WHERE profile_id = ? AND version < ?');
  return (profiles, nowMs) => {
    const before = versionFloor(nowMs - watchLogKeptMs);
    expire.run(before);
    expireForgotten.run(before);
    for (const profileId of profiles) {
      const oldest = selectOldestKept.get(profileId)?.version as string | undefined;
      if (oldest !== undefined) dropOlder.run(profileId, oldest);
    }
  };
}
