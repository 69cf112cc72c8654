import { PlatformError } from '../domain/errors.ts';

interface FaultOptions {
  cause?: unknown;
  retryAfterMs?: number;
}

/** The store did not answer, or not in time: what was asked of it may have happened all the same. */
export class StoreUnreachable extends PlatformError {
  constructor(message: string, options: FaultOptions = {}) {
    super(message, { ...options, code: 'STATE_UNAVAILABLE' });
  }
}

/** The store answers and takes no writes (full, read-only, short of replicas): nothing was written. */
export class StoreTakesNoWrites extends PlatformError {
  constructor(message: string, options: FaultOptions = {}) {
    super(message, { ...options, code: 'STATE_UNAVAILABLE' });
  }
}
