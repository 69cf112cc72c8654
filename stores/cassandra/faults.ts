import { errors, types } from 'cassandra-driver';
import { PlatformError } from '../../domain/errors.ts';
import { StoreUnreachable } from '../faults.ts';

/** How soon a caller may try again: by then the driver has tried its nodes again too. */
export const retryAfterMs = 1_000;

/**
 * The keyspace is missing, not migrated as far as this release needs, or of a later release. Cassandra
 * does answer: whoever waits for it to come back waits in vain.
 */
export class SchemaMismatch extends PlatformError {
  override name = 'SchemaMismatch';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, code: 'STATE_UNAVAILABLE', retryAfterMs });
  }
}

/**
 * The keyspace is of a later release. After a rollback that is so for every process of this one: a
 * process that refused to start would be started again for ever, and viewers would have nobody.
 */
export class LaterRelease extends SchemaMismatch {
  override name = 'LaterRelease';
}

/**
 * Translates whatever the driver throws: its errors never cross a port.
 *
 * Errors: PlatformError INTERNAL_SERVER_ERROR when the values are to blame, so that repeating it will
 * never help; SchemaMismatch when a table is gone; StoreUnreachable otherwise.
 */
export async function translated<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    if (blamesValue(cause)) {
      throw new PlatformError(`${what} failed in Cassandra.`, {
        code: 'INTERNAL_SERVER_ERROR',
        cause,
      });
    }
    if (blamesTables(cause)) throw new SchemaMismatch(`${what} met other tables.`, { cause });
    throw new StoreUnreachable(`${what} failed in Cassandra.`, { cause, retryAfterMs });
  }
}

/** The server understood the request and will never take it. */
export function isInvalid(error: unknown): error is Error {
  return error instanceof errors.ResponseError && error.code === types.responseErrorCodes.invalid;
}

/** A table that somebody dropped is refused with the same code as a value that is too long. */
const missingSchema = /^(unconfigured table|Undefined column|Keyspace )|does not exist/i;

/** Values that cannot be packed or bound throw a TypeError or RangeError before the server sees them. */
function blamesValue(error: unknown): boolean {
  if (isInvalid(error)) return !missingSchema.test(error.message);
  const { name } = error as { name?: string };
  return name === 'TypeError' || name === 'RangeError';
}

/** A node forgets statements whose table changes; that they cannot be prepared again, it says nowhere. */
function blamesTables(error: unknown): boolean {
  if (!(error instanceof errors.NoHostAvailableError)) return isInvalid(error);
  const refusals = Object.values(error.innerErrors as Record<string, unknown>);
  return (
    refusals.length > 0 &&
    refusals.every(
      (refusal) =>
        refusal instanceof errors.ResponseError &&
        refusal.code === types.responseErrorCodes.unprepared,
    )
  );
}
