import { unpackPlayhead, unpackVisibility } from '../../domain/codec.ts';
import { PlatformError } from '../../domain/errors.ts';
import {
  type Device,
  floorTitle,
  type PlayheadStatus,
  type TitleState,
} from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { isVersion, versionLength } from '../../domain/version.ts';
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

/** A position with what title.lua folds into it: a sign, and when a session showed the title. */
const foldedPosition = /^(\w{13}(\w{11})\w+\.\w*\.\w*)[~+-](\d{12})$/;

/** Errors: UnreadableValue. */
export function unpackState({ profileId, title, playhead, visibility }: PackedState): TitleState {
  const { position, shown } = unfolded(playhead);
  const value = visibility ?? shown;
  return {
    playhead: unpacked(
      position,
      { profileId, field: `t:${title}`, value: playhead },
      unpackPlayhead,
    ),
    visibility: unpacked(value, { profileId, field: `v:${title}`, value }, unpackVisibility),
  };
}

/** The twin of `split` in title.lua. */
function unfolded(field: string | null): { position: string | null; shown: string | null } {
  const parts = foldedPosition.exec(field ?? '');
  if (parts === null) return { position: field, shown: null };
  const [, position = '', writer = '', shown = ''] = parts;
  return { position, shown: Number(shown) === 0 ? null : `1${shown}${writer}v` };
}

/** `at`: the field that it comes from, and all that the field holds. */
function unpacked<Register>(
  packed: string | null,
  at: { profileId: string; field: string; value: string | null },
  unpack: (packed: string) => Register,
): Register | null {
  if (packed === null) return null;
  try {
    return unpack(packed);
  } catch (cause) {
    throw new UnreadableValue({ ...at, value: at.value ?? packed }, { cause });
  }
}

/** The letter that stands for a status in packed values: all of it that a script looks at. */
export function statusLetter(status: PlayheadStatus): string {
  return { NOT_STARTED: 'n', IN_PROGRESS: 'i', FINISHED: 'f' }[status];
}

/** Errors: UnreadableValue. */
export function unpackProfile(profileId: string, reply: ProfileReply, policy: Policy): HotProfile {
  const [epoch, generation, incarnation, mark, lengthMs, fields, sessions] = reply;
  const values = new Map(pairs(fields));
  const titles = unpackTitles(profileId, values);
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
    devices: unpackDevices(values),
    sessions: unpackSessions(new Map(pairs(sessions)), policy),
  };
}

function unpackTitles(
  profileId: string,
  values: ReadonlyMap<string, string>,
): Map<string, TitleState> {
  const titles = new Map<string, TitleState>();
  for (const field of values.keys()) {
    const title = /^[tv]:(.+)$/.exec(field)?.[1];
    if (title === undefined || titles.has(title)) continue;
    const playhead = values.get(`t:${title}`) ?? null;
    const visibility = values.get(`v:${title}`) ?? null;
    titles.set(title, unpackState({ profileId, title, playhead, visibility }));
  }
  return titles;
}

function unpackDevices(values: ReadonlyMap<string, string>): Map<string, Device> {
  const devices = new Map<string, Device>();
  for (const [field, kindAndId] of values) {
    if (!field.startsWith('d:')) continue;
    const hash = field.slice(2);
    devices.set(hash, unpackDevice({ kindAndId, name: values.get(`n:${hash}`) ?? null }));
  }
  return devices;
}

/** What Redis answers as [name, value, name, value, …]. */
export function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] ?? '',
    flat[2 * index + 1] ?? '',
  ]);
}
