import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import { stateAbove } from '../../domain/erasure.ts';
import { PlatformError } from '../../domain/errors.ts';
import { deviceHash, type Version } from '../../domain/version.ts';
import type { DurableProfile, DurableStore, ProfileBatch } from '../durable-store.ts';
import { type StoredRegister, UnreadableRows, unpackTitles } from '../unreadable-rows.ts';
import { createErase, selectNextProfile } from './erase-durable.ts';
import { inTransaction, openDatabase, translated } from './sqlite.ts';

/** Batches in one commit: some 10 ms of work, so that reads are not kept waiting. */
const groupLengthMax = 500;

const migrations = [
  `CREATE TABLE register (
     profile_id TEXT NOT NULL,
     title TEXT NOT NULL,
     kind TEXT NOT NULL CHECK (kind IN ('playhead', 'visibility')),
     packed TEXT NOT NULL,
     PRIMARY KEY (profile_id, title, kind)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE device (
     profile_id TEXT NOT NULL,
     hash TEXT NOT NULL,
     id TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT,
     PRIMARY KEY (profile_id, hash)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE fence (
     profile_id TEXT PRIMARY KEY,
     version TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
];

interface Waiting {
  batch: ProfileBatch;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * The durable store as one SQLite file: WAL, a commit is on disk before a write is acknowledged, and
 * the writes of one turn of the event loop share a commit.
 */
export function openEmbeddedDurableStore(options: {
  path: string;
  /** Default: nobody is told. */
  unreadable?: UnreadableRows;
}): DurableStore {
  const database = openDatabase({ path: options.path, synchronous: 'FULL', migrations });
  const put = createPut(database);
  const read = createRead(database, options.unreadable ?? new UnreadableRows());
  const erase = createErase(database);
  const nextProfile = database.prepare(selectNextProfile);
  const waiting: Waiting[] = [];

  function putTogether(group: readonly Waiting[]): void {
    translated('Writing', () =>
      inTransaction(database, () => {
        for (const { batch } of group) put(batch);
      }),
    );
  }
  function commitWaiting(): void {
    const group = waiting.splice(0, groupLengthMax);
    if (waiting.length > 0) setImmediate(commitWaiting);
    commit(group, putTogether);
  }

  return {
    write(batch) {
      return new Promise<void>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commitWaiting);
        waiting.push({ batch, resolve, reject });
      });
    },
    async read(profileId) {
      return translated('Reading a profile', () => read(profileId));
    },
    async erase(erasing) {
      while (waiting.length > 0) commitWaiting();
      translated('Erasing a profile', () => inTransaction(database, () => erase(erasing)));
    },
    async eachProfile(visit) {
      const next = (after: string) =>
        translated('Reading profiles', () => nextProfile.get(after)?.id as string | null);
      for (let id = next(''); id != null; id = next(id)) await visit(id);
    },
    async close() {
      while (waiting.length > 0) commitWaiting();
      if (database.isOpen) database.close();
    },
  };
}

/**
 * Commits a group, and tells those who wait. When one batch cannot be taken, each is committed for
 * itself, so that it takes no neighbour along; a store that is locked or full is asked once, not once
 * a batch: each answer may take the whole busy timeout.
 */
function commit(group: readonly Waiting[], putTogether: (group: readonly Waiting[]) => void): void {
  try {
    putTogether(group);
  } catch (error) {
    if (group.length > 1 && isRefusal(error)) for (const one of group) commit([one], putTogether);
    else for (const { reject } of group) reject(error);
    return;
  }
  for (const { resolve } of group) resolve();
}

function isRefusal(error: unknown): boolean {
  return error instanceof PlatformError && error.code === 'INTERNAL_SERVER_ERROR';
}

function createPut(database: DatabaseSync): (batch: ProfileBatch) => void {
  // Packed values begin with their version: comparing them is comparing versions.
  const putRegister = database.prepare(
    `INSERT INTO register (profile_id, title, kind, packed) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET packed = excluded.packed WHERE excluded.packed > register.packed`,
  );
  const putDevice = database.prepare(
    `INSERT INTO device (profile_id, hash, id, kind, name) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET kind = excluded.kind, name = excluded.name`,
  );
  const selectFence = database.prepare('SELECT version FROM fence WHERE profile_id = ?');
  return (given) => {
    const fence = selectFence.get(given.profileId)?.version as Version | undefined;
    const batch = fence === undefined ? given : newerThan(fence, given);
    for (const { title, playhead, visibility } of batch.titles) {
      if (playhead !== null) {
        putRegister.run(batch.profileId, title, 'playhead', packPlayhead(playhead));
      }
      if (visibility !== null) {
        putRegister.run(batch.profileId, title, 'visibility', packVisibility(visibility));
      }
    }
    for (const { id, kind, name } of batch.devices) {
      putDevice.run(batch.profileId, deviceHash(id), id, kind, name);
    }
  };
}

/** Devices of which nothing newer is told are of before as well. */
function newerThan(fence: Version, { profileId, titles, devices }: ProfileBatch): ProfileBatch {
  const left = titles
    .map((write) => ({ title: write.title, ...stateAbove(write, fence) }))
    .filter(({ playhead, visibility }) => (playhead ?? visibility) !== null);
  return { profileId, titles: left, devices: left.length === 0 ? [] : devices };
}

function createRead(
  database: DatabaseSync,
  unreadable: UnreadableRows,
): (profileId: string) => DurableProfile {
  const registers = database.prepare(
    'SELECT title, kind, packed FROM register WHERE profile_id = ?',
  );
  const devices = database.prepare('SELECT id, kind, name FROM device WHERE profile_id = ?');
  return (profileId) => {
    const stored = rows<StoredRegister>(registers, profileId);
    const known = rows<{ id: string; kind: string; name: string | null }>(devices, profileId);
    return {
      ...unpackTitles({ profileId, registers: stored, unreadable }),
      devices: known.map(({ id, kind, name }) => ({ id, kind, name })),
      isRemote: false,
    };
  };
}

function rows<Row>(statement: StatementSync, profileId: string): Row[] {
  return statement.all(profileId) as Row[];
}
