import type { Device } from '../../domain/playhead.ts';
import { deviceHash } from '../../domain/version.ts';

/** Kind and id, and name apart: two short values, where one could be too long for a listpack. */
export interface PackedDevice {
  hash: string;
  kindAndId: string;
  /** '' for none. */
  name: string;
}

export function packDevice({ id, kind, name }: Device): PackedDevice {
  // Half a surrogate pair is no text to Redis or to its JSON.
  return { hash: deviceHash(id), kindAndId: `${kind}|${id}`, name: name?.toWellFormed() ?? '' };
}

export function unpackDevice(packed: { kindAndId: string; name: string | null }): Device {
  const separator = packed.kindAndId.indexOf('|');
  return {
    id: packed.kindAndId.slice(separator + 1),
    kind: packed.kindAndId.slice(0, separator),
    name: packed.name || null,
  };
}
