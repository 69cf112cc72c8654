import { errors, types } from 'cassandra-driver';
import { PlatformError } from '../../domain/errors.ts';

/** How soon a caller may try again: by then the driver has tried its nodes again too. */
export const retryAfterMs = 1_000;

/** The keyspace is missing, not migrated as far as this release needs, or of a later release. */
export class SchemaMismatch extends PlatformError {
  override name = 'SchemaMismatch';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, code: 'STATE_UNAVAILABLE', retryAfterMs });
  }
}

/**
 * Translates whatever the driver throws: its errors never cross a port.
 *
 * Errors: PlatformError INTERNAL_SERVER_ERROR when the values are to blame, so that repeating it will
 * never help; STATE_UNAVAILABLE otherwise.
 */
export async function translated<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    const isRefused = blamesValue(cause);
    throw new PlatformError(`${what} failed in Cassandra.`, {
      cause,
      ...(isRefused
        ? { code: 'INTERNAL_SERVER_ERROR' }
        : { code: 'STATE_UNAVAILABLE', retryAfterMs }),
    });
  }
}

/** The server understood the request and will never take it. */
export function isInvalid(error: unknown): error is Error {
  return error instanceof errors.ResponseError && error.code === types.responseErrorCodes.invalid;
}

/** A table that somebody dropped is refused with the same code as a value that is too long. */
const missingSchema = /^(unconfigured table|Undefined column|Keyspace )/i;

/** Values that cannot be packed or bound throw a TypeError or RangeError before the server sees them. */
function blamesValue(error: unknown): boolean {
  if (isInvalid(error)) return !missingSchema.test(error.message);
  const { name } = error as { name?: string };
  return name === 'TypeError' || name === 'RangeError';
}
