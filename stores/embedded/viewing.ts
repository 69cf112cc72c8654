import type { DatabaseSync } from 'node:sqlite';
import { erasureTransition } from '../../domain/erasure.ts';
import type { Transition } from '../../domain/transition.ts';
import { type Version, versionZero } from '../../domain/version.ts';
import { newestVersion, type Viewing } from '../../domain/viewing.ts';
import {
  byProfile,
  foldInto,
  hasNewPlays,
  inOrder,
  type KeptPlay,
  keptPlay,
  type Needs,
  needsOf,
  openPlayKey,
  type Packed,
  type ProfileView,
  packPlay,
  playKey,
  unpackPlay,
} from '../viewing-fold.ts';
import type { ViewingBatch, ViewingStore } from '../viewing-store.ts';
import { inTransaction, openDatabase, translated } from './sqlite.ts';

/**
 * `newest_version` orders a profile's viewings; it is zero once all they tell was forgotten.
 *
 * The second one adds plays, and forgets how far the stream was read: it is read again from its oldest
 * entry, which changes no viewing and makes the plays of what it still holds.
 */
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
  `ALTER TABLE floor ADD COLUMN plays_version TEXT NOT NULL DEFAULT '${versionZero}';
   CREATE TABLE play (
     profile_id TEXT NOT NULL,
     play_key TEXT NOT NULL,
     body TEXT NOT NULL,
     unclaimed_since_ms INTEGER,
     PRIMARY KEY (profile_id, play_key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX play_unclaimed ON play (unclaimed_since_ms) WHERE unclaimed_since_ms IS NOT NULL;
   CREATE TABLE learning (
     profile_id TEXT PRIMARY KEY,
     is_opted_out INTEGER NOT NULL DEFAULT 0,
     correction BLOB
   ) STRICT, WITHOUT ROWID;
   DELETE FROM consumed;`,
];

const minuteMs = 60_000;
/**
 * 10 ms of folding, 25 where each entry is another profile's: a row that is asked for meanwhile does not
 * wait longer. Less than half as many would cost twice as much for each.
 */
const batchLengthMax = 500;
/** 32 MiB: the view of some ten thousand profiles, each of which may be the next one to play. */
const pagesKept = 8_192;

/**
 * The view as one SQLite file beside the stream's. A commit survives the process; after a crash of
 * the machine the offset is as old as the viewings beside it, and the stream is read again from there.
 */
export function openEmbeddedViewingStore(options: { path: string }): ViewingStore {
  const { path } = options;
  const database = openDatabase({ path, synchronous: 'NORMAL', migrations, pages: pagesKept });
  const selectOffset = database.prepare('SELECT stream_offset FROM consumed WHERE partition = ?');
  const selectRecent = database.prepare(
    `SELECT body FROM viewing WHERE profile_id = ? AND newest_version > ?
     ORDER BY newest_version DESC, title LIMIT ?`,
  );
  // One text for all of them: some hundred rows cost more to hand over than to read.
  const selectPlays = database.prepare(
    `SELECT '[' || group_concat('[' || json_quote(play_key) || ',' || body || ']') || ']' AS plays
     FROM play WHERE profile_id = ?`,
  );
  const fold = createFold(database);

  return {
    batchLengthMax,
    async offset(partition) {
      const row = translated('Reading the offset', () => selectOffset.get(partition));
      return (row?.stream_offset as string | undefined) ?? null;
    },
    async fold(batch) {
      return translated('Folding transitions', () => inTransaction(database, () => fold(batch)));
    },
    async recent({ profileId, limit }) {
      return translated('Reading viewings', () =>
        selectRecent.all(profileId, versionZero, limit).map(viewingOf),
      );
    },
    async plays(profileId) {
      return translated('Reading plays', () => {
        const text = (selectPlays.get(profileId)?.plays as string | null | undefined) ?? '[]';
        const plays = JSON.parse(text) as [key: string, packed: Packed][];
        return inOrder(plays.map(([key, packed]) => keptPlay(openPlayKey(key), packed).play));
      });
    },
    ...createClaims(database),
    ...createLearning(database),
    ...createErase(database),
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

function createFold(database: DatabaseSync): (batch: ViewingBatch) => string[] {
  const selectOffset = database.prepare('SELECT stream_offset FROM consumed WHERE partition = ?');
  const putOffset = database.prepare(
    `INSERT INTO consumed (partition, stream_offset) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET stream_offset = excluded.stream_offset`,
  );
  const foldProfile = createFoldProfile(database);
  return ({ partition, transitions, offset, expected }) => {
    const profiles = byProfile(transitions);
    if (expected !== undefined) {
      const stored = (selectOffset.get(partition)?.stream_offset as string | undefined) ?? null;
      if (stored !== expected && stored !== null && stored >= offset) return [...profiles.keys()];
    }
    const changed = [...profiles].filter((profile) => foldProfile(...profile));
    putOffset.run(partition, offset);
    return changed.map(([profileId]) => profileId);
  };
}

/** Texts as they are stored: what is equal afterwards is not written. */
interface Stored {
  viewings: Map<string, string>;
  plays: Map<string, string>;
}

/** Folds what a batch has of one profile; answers whether it changed anything. */
function createFoldProfile(
  database: DatabaseSync,
): (profileId: string, transitions: readonly Transition[]) => boolean {
  const load = createLoad(database);
  const writeFloors = createWriteFloors(database);
  const writeViewings = createWriteViewings(database);
  const writePlays = createWritePlays(database);
  return (profileId, transitions) => {
    const stored: Stored = { viewings: new Map(), plays: new Map() };
    const view = load(profileId, needsOf(transitions), stored);
    const { floor, playsFloor } = view;
    for (const transition of transitions) foldInto(view, transition);
    const isFloorNew = view.floor !== floor;
    if (isFloorNew || view.playsFloor !== playsFloor) writeFloors(profileId, view, isFloorNew);
    const viewings = writeViewings(profileId, view.viewings, stored.viewings);
    const plays = writePlays(profileId, view.plays, stored.plays);
    return isFloorNew || viewings + plays > 0;
  };
}

type Row = Record<string, unknown>;

function createLoad(
  database: DatabaseSync,
): (profileId: string, needs: Needs, stored: Stored) => ProfileView {
  const selectFloors = database.prepare(
    'SELECT version, plays_version FROM floor WHERE profile_id = ?',
  );
  const selectViewing = database.prepare(
    'SELECT body FROM viewing WHERE profile_id = ? AND title = ?',
  );
  const selectViewings = database.prepare('SELECT body FROM viewing WHERE profile_id = ?');
  const selectPlay = database.prepare(
    'SELECT play_key, body FROM play WHERE profile_id = ? AND play_key = ?',
  );
  const selectPlays = database.prepare('SELECT play_key, body FROM play WHERE profile_id = ?');
  return (profileId, needs, stored) => {
    const floors = selectFloors.get(profileId);
    const view: ProfileView = {
      floor: (floors?.version as Version | undefined) ?? versionZero,
      playsFloor: (floors?.plays_version as Version | undefined) ?? versionZero,
      ...{ viewings: new Map(), plays: new Map() },
    };
    const viewings = needs.allViewings
      ? selectViewings.all(profileId)
      : [...needs.titles].flatMap((title) => rowsOf(selectViewing.get(profileId, title)));
    for (const row of viewings) {
      const viewing = viewingOf(row);
      view.viewings.set(viewing.title, viewing);
      stored.viewings.set(viewing.title, row.body as string);
    }
    const keep = (rows: readonly Row[]) => {
      for (const row of rows) {
        view.plays.set(row.play_key as string, keptPlayOf(row));
        stored.plays.set(row.play_key as string, row.body as string);
      }
    };
    if (!needs.allPlays) {
      keep([...needs.plays].flatMap((key) => rowsOf(selectPlay.get(profileId, key))));
    }
    if (needs.allPlays || hasNewPlays(needs, view.plays)) keep(selectPlays.all(profileId));
    return view;
  };
}

/** What was forgotten leaves the disk too, what was learned from it included. */
function createWriteFloors(
  database: DatabaseSync,
): (profileId: string, view: ProfileView, isFloorNew: boolean) => void {
  const upsert = database.prepare(
    `INSERT INTO floor (profile_id, version, plays_version) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version, plays_version = excluded.plays_version`,
  );
  const forgetLearned = database.prepare(
    'UPDATE learning SET correction = NULL WHERE profile_id = ?',
  );
  return (profileId, { floor, playsFloor }, isFloorNew) => {
    upsert.run(profileId, floor, playsFloor);
    if (isFloorNew) forgetLearned.run(profileId);
  };
}

/** Writes what is new or left; answers how many. */
type Write<Value> = (
  profileId: string,
  now: ReadonlyMap<string, Value>,
  stored: ReadonlyMap<string, string>,
) => number;

function createWriteViewings(database: DatabaseSync): Write<Viewing> {
  const upsert = database.prepare(
    `INSERT INTO viewing (profile_id, title, newest_version, body) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET newest_version = excluded.newest_version, body = excluded.body`,
  );
  const remove = database.prepare('DELETE FROM viewing WHERE profile_id = ? AND title = ?');
  return (profileId, now, stored) => {
    let count = 0;
    for (const [title, viewing] of now) {
      const body = JSON.stringify(viewing);
      if (body === stored.get(title)) continue;
      upsert.run(profileId, title, newestVersion(viewing), body);
      count += 1;
    }
    for (const title of stored.keys()) {
      if (now.has(title)) continue;
      remove.run(profileId, title);
      count += 1;
    }
    return count;
  };
}

function createWritePlays(database: DatabaseSync): Write<KeptPlay> {
  const upsert = database.prepare(
    `INSERT INTO play (profile_id, play_key, body, unclaimed_since_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body,
       unclaimed_since_ms = excluded.unclaimed_since_ms`,
  );
  const remove = database.prepare('DELETE FROM play WHERE profile_id = ? AND play_key = ?');
  return (profileId, now, stored) => {
    let count = 0;
    for (const [key, kept] of now) {
      const body = packPlay(kept);
      if (body === stored.get(key)) continue;
      upsert.run(profileId, key, body, endOfMinuteMs(kept.play.endedAtMs));
      count += 1;
    }
    for (const key of stored.keys()) {
      if (now.has(key)) continue;
      remove.run(profileId, key);
      count += 1;
    }
    return count;
  };
}

/** To the minute, so that most of a play's changes leave the index of unclaimed ones as it is. */
function endOfMinuteMs(timeMs: number): number {
  return Math.ceil(timeMs / minuteMs) * minuteMs;
}

function createClaims(database: DatabaseSync): Pick<ViewingStore, 'endedPlays' | 'claimPlay'> {
  const selectEnded = database.prepare(
    `SELECT profile_id, play_key, body FROM play WHERE unclaimed_since_ms <= ?
     ORDER BY unclaimed_since_ms LIMIT ?`,
  );
  const claim = database.prepare(
    `UPDATE play SET unclaimed_since_ms = NULL
     WHERE profile_id = ? AND play_key = ? AND unclaimed_since_ms IS NOT NULL`,
  );
  return {
    async endedPlays({ beforeMs, limit }) {
      const rows = translated('Reading plays', () => selectEnded.all(beforeMs, limit));
      return rows.map((row) => ({
        profileId: row.profile_id as string,
        ...openPlayKey(row.play_key as string),
        play: keptPlayOf(row).play,
      }));
    },
    async claimPlay(key) {
      const { changes } = translated('Claiming a play', () =>
        claim.run(key.profileId, playKey(key)),
      );
      return Number(changes) === 1;
    },
  };
}

function createLearning(
  database: DatabaseSync,
): Pick<ViewingStore, 'learning' | 'putCorrection' | 'setOptOut'> {
  const select = database.prepare(
    'SELECT is_opted_out, correction FROM learning WHERE profile_id = ?',
  );
  const putCorrection = database.prepare(
    `INSERT INTO learning (profile_id, correction) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET correction = excluded.correction WHERE is_opted_out = 0`,
  );
  const putOptOut = database.prepare(
    `INSERT INTO learning (profile_id, is_opted_out) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET is_opted_out = excluded.is_opted_out,
       correction = CASE excluded.is_opted_out WHEN 1 THEN NULL ELSE correction END`,
  );
  return {
    async learning(profileId) {
      const row = translated('Reading what was learned', () => select.get(profileId));
      return {
        isOptedOut: row?.is_opted_out === 1,
        correction: (row?.correction as Uint8Array | null | undefined) ?? null,
      };
    },
    async putCorrection(profileId, correction) {
      translated('Storing what was learned', () => putCorrection.run(profileId, correction));
    },
    async setOptOut(profileId, isOptedOut) {
      translated('Storing an opt-out', () => putOptOut.run(profileId, isOptedOut ? 1 : 0));
    },
  };
}

function createErase(database: DatabaseSync): Pick<ViewingStore, 'erase' | 'eachProfile'> {
  const foldProfile = createFoldProfile(database);
  const forgetLearning = database.prepare('DELETE FROM learning WHERE profile_id = ?');
  const nextProfile = database.prepare(
    `SELECT MIN(id) AS id FROM (
       SELECT MIN(profile_id) AS id FROM viewing WHERE profile_id > ?1
       UNION ALL SELECT MIN(profile_id) FROM play WHERE profile_id > ?1
       UNION ALL SELECT MIN(profile_id) FROM learning WHERE profile_id > ?1)`,
  );
  return {
    async erase(erasing) {
      translated('Erasing a profile', () =>
        inTransaction(database, () => {
          foldProfile(erasing.profileId, [erasureTransition(erasing)]);
          forgetLearning.run(erasing.profileId);
        }),
      );
    },
    async eachProfile(visit) {
      const next = (after: string) =>
        translated('Reading profiles', () => nextProfile.get(after)?.id as string | null);
      for (let id = next(''); id != null; id = next(id)) await visit(id);
    },
  };
}

function rowsOf(row: Row | undefined): Row[] {
  return row === undefined ? [] : [row];
}

function viewingOf(row: Row): Viewing {
  return JSON.parse(row.body as string) as Viewing;
}

function keptPlayOf(row: Row): KeptPlay {
  return unpackPlay(openPlayKey(row.play_key as string), row.body as string);
}
