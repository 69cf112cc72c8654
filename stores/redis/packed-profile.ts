import { unpackPlayhead, unpackVisibility } from '../../domain/codec.ts';
import { PlatformError } from '../../domain/errors.ts';
import {
  type Device,
  floorTitle,
  type PlayheadRegister,
  type PlayheadStatus,
  type TitleState,
  type VisibilityRegister,
} from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { isVersion, versionLength, writerOf } from '../../domain/version.ts';
import type { HotProfile, MarkState } from '../hot-store.ts';
import { unpackDevice } from './device.ts';
import { unpackSessions } from './session.ts';

/** What read.lua answers. */
export type ProfileReply = [
  epoch: string,
  generation: string,
  incarnation: string,
  mark: MarkState,
  lengthMs: string,
  fields: string[],
  sessions: string[],
];

/** A title's packed registers, and whose they are. */
export interface PackedState {
  profileId: string;
  title: string;
  playhead: string | null;
  visibility: string | null;
}

/** A value in a profile that this release cannot read: STATE_UNAVAILABLE, and where it is. */
export class UnreadableValue extends PlatformError {
  readonly profileId: string;
  readonly field: string;
  readonly value: string;

  constructor(
    at: { profileId: string; field: string; value: string },
    options: { cause: unknown },
  ) {
    const message = `A register of the hot store cannot be read: ${at.field}.`;
    super(message, { code: 'STATE_UNAVAILABLE', ...options });
    this.profileId = at.profileId;
    this.field = at.field;
    this.value = at.value;
  }

  /** A value that begins with a version may be a later release's: it stays where it is. */
  get isOfNoRelease(): boolean {
    return !isVersion(this.value.slice(0, versionLength));
  }
}

/** What title.lua folds behind a position: a sign, and when a session showed the title. */
const signs = new Set(['~', '+', '-', '='].map((sign) => sign.charCodeAt(0)));
const shownLength = 12;
const nothingShown = '0'.repeat(shownLength);

/** Errors: UnreadableValue. */
export function unpackState({ profileId, title, playhead, visibility }: PackedState): TitleState {
  const at = { profileId, title };
  const { register, shown } = unpackPosition(playhead, at);
  return {
    playhead: register,
    visibility: visibility === null ? shown : unpackShown(visibility, at),
  };
}

interface Position {
  register: PlayheadRegister | null;
  shown: VisibilityRegister | null;
}

/** The twin of `split` in title.lua, which folds nothing behind the fields of a later release. */
function unpackPosition(field: string | null, at: { profileId: string; title: string }): Position {
  if (field === null) return { register: null, shown: null };
  const { profileId, title } = at;
  const place = { profileId, field: `t:${title}`, value: field };
  const signAt = field.length - shownLength - 1;
  const activityTime = field.slice(signAt + 1);
  if (signs.has(field.charCodeAt(signAt)) && /^\d+$/.test(activityTime)) {
    const register = unpacked(field.slice(0, signAt), place, unpackPlayhead);
    if (register.laterFields === '')
      return { register, shown: shownBehind(register, activityTime) };
  }
  return { register: unpacked(field, place, unpackPlayhead), shown: null };
}

/** A session that shows a title is the writer of both registers. */
function shownBehind(position: PlayheadRegister, activityTime: string): VisibilityRegister | null {
  if (activityTime === nothingShown) return null;
  const version = `1${activityTime}${writerOf(position.version)}`;
  return { version, hidden: false, laterFields: '' };
}

function unpackShown(
  field: string,
  { profileId, title }: { profileId: string; title: string },
): VisibilityRegister {
  return unpacked(field, { profileId, field: `v:${title}`, value: field }, unpackVisibility);
}

/** `at`: the field that it comes from, and all that the field holds. */
function unpacked<Register>(
  packed: string,
  at: { profileId: string; field: string; value: string },
  unpack: (packed: string) => Register,
): Register {
  try {
    return unpack(packed);
  } catch (cause) {
    throw new UnreadableValue(at, { cause });
  }
}

/** The letter that stands for a status in packed values: all of it that a script looks at. */
export function statusLetter(status: PlayheadStatus): string {
  return { NOT_STARTED: 'n', IN_PROGRESS: 'i', FINISHED: 'f' }[status];
}

/** Errors: UnreadableValue. */
export function unpackProfile(profileId: string, reply: ProfileReply, policy: Policy): HotProfile {
  const [epoch, generation, incarnation, mark, lengthMs, fields, sessions] = reply;
  const held = new Fields(fields);
  const titles = unpackTitles(profileId, held);
  const floor = titles.get(floorTitle)?.playhead ?? null;
  titles.delete(floorTitle);
  return {
    mark,
    witness: {
      epoch,
      generation: Number(generation),
      incarnation,
      lengthMs: lengthMs === '' ? null : Number(lengthMs),
    },
    titles,
    floor,
    devices: unpackDevices(held),
    sessions: unpackSessions(new Map(pairs(sessions)), policy),
  };
}

function unpackTitles(profileId: string, fields: Fields): Map<string, TitleState> {
  const titles = new Map<string, TitleState>();
  for (const [title, value] of fields.positions) {
    const { register, shown } = unpackPosition(value, { profileId, title });
    titles.set(title, { playhead: register, visibility: shown });
  }
  for (const [title, value] of fields.visibilities) {
    const visibility = unpackShown(value, { profileId, title });
    titles.set(title, { playhead: titles.get(title)?.playhead ?? null, visibility });
  }
  return titles;
}

function unpackDevices({ devices, names }: Fields): Map<string, Device> {
  const unpacked = new Map<string, Device>();
  for (const [hash, kindAndId] of devices) {
    unpacked.set(hash, unpackDevice({ kindAndId, name: names.get(hash) ?? null }));
  }
  return unpacked;
}

/** What a profile's hash holds, by what it is of. */
class Fields {
  readonly positions = new Map<string, string>();
  readonly visibilities = new Map<string, string>();
  readonly devices = new Map<string, string>();
  readonly names = new Map<string, string>();

  constructor(flat: readonly string[]) {
    const kinds: Readonly<Record<string, Map<string, string>>> = {
      ...{ 't:': this.positions, 'v:': this.visibilities },
      ...{ 'd:': this.devices, 'n:': this.names },
    };
    for (let index = 0; index < flat.length; index += 2) {
      const field = flat[index] as string;
      kinds[field.slice(0, 2)]?.set(field.slice(2), flat[index + 1] as string);
    }
  }
}

/** What Redis answers as [name, value, name, value, …]. */
export function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] ?? '',
    flat[2 * index + 1] ?? '',
  ]);
}
