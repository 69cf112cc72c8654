import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PlatformError } from '../../domain/errors.ts';
import { StoreUnreachable } from '../faults.ts';

/** Another process on this machine may hold the file's write lock: longest wait for it. */
const busyTimeoutMs = 2_000;

/**
 * Opens an SQLite file in WAL mode and brings its tables up to date.
 *
 * Shape: `migrations[n]` takes the file from version n to n + 1, once, in one transaction.
 * Errors: PlatformError STATE_UNAVAILABLE naming the file, when it is damaged, locked or newer than
 * this release.
 */
export function openDatabase(options: {
  path: string;
  /** FULL: a commit is on disk before it returns. NORMAL: it survives the process, not the machine. */
  synchronous: 'FULL' | 'NORMAL';
  migrations: readonly string[];
  /**
   * Pages (4 KiB) that stay in memory, and as many that a checkpoint copies at a time: for a file that is
   * written all over by large transactions. Default: SQLite's own, 500 and 1,000.
   */
  pages?: number;
}): DatabaseSync {
  try {
    if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true });
    const database = new DatabaseSync(options.path, { timeout: busyTimeoutMs });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous}`);
    if (options.pages !== undefined) {
      const pages = options.pages;
      database.exec(`PRAGMA cache_size = ${pages}; PRAGMA wal_autocheckpoint = ${pages}`);
    }
    migrate(database, options.migrations);
    return database;
  } catch (cause) {
    throw new PlatformError(`Cannot open ${options.path}.`, { code: 'STATE_UNAVAILABLE', cause });
  }
}

/** Runs `work` in one write transaction; rolls back what it did when it throws. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Translates whatever the driver throws: its errors never cross a port.
 *
 * Errors: PlatformError INTERNAL_SERVER_ERROR when the values are to blame, so that repeating it will
 * never help; StoreUnreachable otherwise.
 */
export function translated<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    const message = `${what} failed in the embedded store.`;
    if (!blamesValue(cause)) throw new StoreUnreachable(message, { cause });
    throw new PlatformError(message, { code: 'INTERNAL_SERVER_ERROR', cause });
  }
}

/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE: primary result codes. */
const valueCodes: ReadonlySet<number> = new Set([18, 19, 20, 25]);

/** Values that cannot be packed or bound throw a TypeError or RangeError before SQLite sees them. */
function blamesValue(error: unknown): boolean {
  const { name, errcode } = error as { name?: string; errcode?: number };
  if (name === 'TypeError' || name === 'RangeError') return true;
  // Extended result codes carry the primary one in their low byte.
  return errcode !== undefined && valueCodes.has(errcode & 0xff);
}

function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  inTransaction(database, () => {
    const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (row.user_version > migrations.length) {
      throw new Error(
        `The file is of version ${row.user_version}, this release knows ${migrations.length}.`,
      );
    }
    for (const statements of migrations.slice(row.user_version)) database.exec(statements);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
