import { PlatformError } from './errors.ts';
import type { PlayheadRegister, PlayheadStatus, VisibilityRegister } from './playhead.ts';
import { isVersion, type Version, versionLength } from './version.ts';

/**
 * Longest packed value: up to 64 bytes Redis keeps a profile's hash as a listpack (92 bytes an entry
 * rather than 185).
 */
export const packedLengthMax = 64;

const statusLetters = { NOT_STARTED: 'n', IN_PROGRESS: 'i', FINISHED: 'f' } as const;
const statuses: Readonly<Record<string, PlayheadStatus>> = {
  n: 'NOT_STARTED',
  i: 'IN_PROGRESS',
  f: 'FINISHED',
};

/**
 * Packs a position register: version, status letter, then base-36 fields joined by dots; fields of
 * later releases follow behind one more dot.
 *
 * Shape: ASCII, at most 46 bytes without later fields; packed values of different versions compare as
 * their versions do.
 */
export function packPlayhead(register: PlayheadRegister): string {
  const fields = [
    register.positionMs.toString(36),
    register.durationMs?.toString(36) ?? '',
    register.deviceHash ?? '',
  ];
  return (
    register.version + statusLetters[register.status] + fields.join('.') + register.laterFields
  );
}

const packedPlayhead =
  /^([0-9]{16}[0-9a-f]{8})([nif])([0-9a-z]+)\.([0-9a-z]*)\.([0-9a-z]*)(\..*)?$/;

/** Errors: PlatformError STATE_UNAVAILABLE, naming the value, when it was not packed by any release. */
export function unpackPlayhead(packed: string): PlayheadRegister {
  const fields = packedPlayhead.exec(packed);
  if (fields === null) throw unreadable(packed);
  const [, version, status, position, duration, device, later] = fields;
  return {
    version: version as Version,
    status: statuses[status as string] as PlayheadStatus,
    positionMs: Number.parseInt(position as string, 36),
    durationMs: duration ? Number.parseInt(duration, 36) : null,
    deviceHash: device || null,
    laterFields: later ?? '',
  };
}

/** Packs a visibility register: version, `h` or `v`, then fields of later releases behind a dot. */
export function packVisibility(register: VisibilityRegister): string {
  return register.version + (register.hidden ? 'h' : 'v') + register.laterFields;
}

/** Errors: as `unpackPlayhead`. */
export function unpackVisibility(packed: string): VisibilityRegister {
  const version = packed.slice(0, versionLength);
  const fields = /^([hv])(\..*)?$/.exec(packed.slice(versionLength));
  if (!isVersion(version) || fields === null) throw unreadable(packed);
  return { version, hidden: fields[1] === 'h', laterFields: fields[2] ?? '' };
}

function unreadable(packed: string): PlatformError {
  return new PlatformError(`Not a packed register: ${JSON.stringify(packed.slice(0, 80))}.`, {
    code: 'STATE_UNAVAILABLE',
  });
}
