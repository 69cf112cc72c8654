import { rm } from 'node:fs/promises';

/** A process that was killed may have a child that still writes there for a moment. */
const patience = { maxRetries: 50, retryDelay: 100 };

/** Removes a folder in which servers wrote, with all that is in it. Idempotent. */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, ...patience });
}
