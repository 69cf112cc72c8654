/**
 * Total order of the writes to a register, as 24 characters that compare as a string everywhere
 * (TypeScript, Lua, SQLite, Cassandra, clients):
 *
 *   13 decimal digits   activity time, ms since the Unix epoch
 *    3 decimal digits   hash of the writer, so that the first 16 are a time in microseconds
 *    8 hex digits       second hash of the writer
 *
 * Never a number: 16 digits and a hash do not fit one.
 */
export type Version = string;

export const versionLength = 24;
const timeDigits = 13;

/** Older than every write: the version of what never happened. */
export const versionZero: Version = '0'.repeat(versionLength);

/** The version of one heartbeat: a pure function of the request, so that a retry keeps it. */
export function sessionVersion(write: {
  activityAtMs: number;
  deviceId: string;
  sessionId: string;
}): Version {
  return versionBy(sessionWriter(write), write.activityAtMs);
}

/** The same for who has the writer: of one session it is always the same, and not for nothing. */
export function versionBy(writer: string, activityAtMs: number): Version {
  return timePart(activityAtMs) + writer;
}

/**
 * The version of a change by hand: now, but always after what is in force.
 * `nonce` is fresh randomness of this change: two changes in one millisecond differ.
 */
export function handVersion(write: { nowMs: number; inForce: Version; nonce: string }): Version {
  const activityAtMs = Math.max(write.nowMs, activityTimeMs(write.inForce) + 1);
  return timePart(activityAtMs) + writerPart(`by hand/${write.nonce}`);
}

/** The smallest version of this millisecond: what came before it sorts below. */
export function versionFloor(activityAtMs: number): Version {
  return timePart(activityAtMs).padEnd(versionLength, '0');
}

/** Activity time inside a version, ms since the Unix epoch. */
export function activityTimeMs(version: Version): number {
  return Number(version.slice(0, timeDigits));
}

/** Which (device, session) wrote a version; equal for all writes of one session. */
export function writerOf(version: Version): string {
  return version.slice(timeDigits);
}

/** The later of two acts; null: there was none. */
export function laterAct(left: Version | null, right: Version | null): Version | null {
  if (left === null || right === null) return left ?? right;
  return left > right ? left : right;
}

/** What `writerOf` answers for the writes of this session. */
export function sessionWriter(session: { deviceId: string; sessionId: string }): string {
  return writerPart(`${session.deviceId}/${session.sessionId}`);
}

export function isVersion(text: string): boolean {
  return /^[0-9]{16}[0-9a-f]{8}$/.test(text);
}

/** Short name of a device inside packed values: 1 to 7 base-36 digits. */
export function deviceHash(deviceId: string): string {
  return hash32(deviceId, 3).toString(36);
}

/** 7 base-36 digits that stand for a text wherever another of the same digits does no harm. */
export function fingerprint(text: string): string {
  return hash32(text, 5).toString(36).padStart(7, '0');
}

/** The partition of the hot store and the event stream that a profile lives in. */
export function partitionOf(profileId: string, partitions: number): number {
  return hash32(profileId, 4) % partitions;
}

function timePart(activityAtMs: number): string {
  return String(Math.max(0, Math.floor(activityAtMs))).padStart(timeDigits, '0');
}

function writerPart(writer: string): string {
  const decimals = String(hash32(writer, 1) % 1000).padStart(3, '0');
  return decimals + hash32(writer, 2).toString(16).padStart(8, '0');
}

/**
 * 32-bit hash of a short ASCII text.
 * Source: FNV-1a (Fowler, Noll, Vo) with the finaliser of MurmurHash3 (Appleby), which spreads the
 * last characters, all that differ between many session ids, over every bit.
 */
function hash32(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
