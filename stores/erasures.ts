import type { Erasure } from '../domain/erasure.ts';
import type { Version } from '../domain/version.ts';

/**
 * The list of erasures, kept apart from what was erased: a backup that is put back lacks what was erased
 * since, and this list says what that is.
 *
 * Shape: one record a receipt, written whole; the one that was put last stays.
 * Errors: StoreUnreachable; everything is safe to retry.
 * Cost: a write reaches every data centre before it is acknowledged, the only one that does; a read is the
 * records of some months.
 */
export interface Erasures {
  put(erasure: Erasure): Promise<void>;
  /** Those begun at this time or later (Unix epoch, ms), in no particular order. */
  since(beginMs: number): Promise<Erasure[]>;
  close(): Promise<void>;
}

/** Which profile, and up to which version it goes. */
export interface Erasing {
  profileId: string;
  fence: Version;
}
