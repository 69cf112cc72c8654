import {
  packPlayhead,
  packVisibility,
  unpackPlayhead,
  unpackVisibility,
} from '../../domain/codec.ts';
import { mergeTitle } from '../../domain/merge.ts';
import type { Device, PlayheadRegister, VisibilityRegister } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import type { Presence } from '../../domain/presence.ts';
import {
  activityTimeMs,
  deviceHash,
  isVersion,
  partitionOf,
  type Version,
} from '../../domain/version.ts';
import type { AcceptedChange, Refusal } from '../accepted-stream.ts';
import type { TitleWrite } from '../hot-store.ts';
import { unpackDevice } from './device.ts';
import { outFormat, unpackGreeting } from './out.ts';
import { splitPlainHeartbeat } from './plain-heartbeat.ts';
import { type PackedSession, titleIn, unpackSession } from './session.ts';

/** What an entry may be ahead of its own time: more than all clocks that made it are apart, with a fence's lead. */
const aheadMaxMs = 60_000;
/** Longest packed register: a later release's may be longer than ours. */
const registerLengthMax = 256;
/** Longest name of a device, four times what a session may begin with. */
const nameLengthMax = 256;
/** Registers in one entry: both of a thousand titles, more than an erasure ever leaves of a profile. */
const registersMax = 2_000;
/** Devices, and sessions, in one entry: half of that. With the registers they fit one call in a script. */
const namedMax = 1_000;
/** Ids become parts of keys. */
const id = /^[A-Za-z0-9_-]{1,64}$/;
const field = /^[tv]:(?:[A-Za-z0-9_-]{1,64}|\*)$/;
const kindAndId = /^[A-Za-z0-9_-]{1,64}\|[A-Za-z0-9_-]{1,64}$/;

/** Whose stream is read. */
export interface ExpectedEntries {
  region: string;
  partitions: number;
  partition: number;
  policy: Policy;
}

/**
 * What an entry of another region's `out` stream (out.lua) says, or why it is not taken.
 *
 * Errors: none, whatever it holds.
 */
export function unpackEntry(
  entry: { fields: readonly string[]; appendedAtMs: number },
  expected: ExpectedEntries,
): { change: AcceptedChange } | { refusal: Refusal } {
  const [greets, greeting = '', ...rest] = entry.fields;
  const greeted = greets === 'g' ? unpackGreeting(greeting) : null;
  if (greeted === null) return { refusal: 'garbage' };
  if (greeted.region !== expected.region) return { refusal: 'region' };
  if (greeted.format !== outFormat) return { refusal: 'format' };
  if (greeted.partitions !== expected.partitions) return { refusal: 'partitions' };
  try {
    return { change: unpackChange(rest, { ...expected, appendedAtMs: entry.appendedAtMs }) };
  } catch {
    // Nothing that is thrown here says more than that nobody wrote this.
    return { refusal: 'garbage' };
  }
}

interface Written extends ExpectedEntries {
  appendedAtMs: number;
}

/** Errors: throws for what no release appended in this format. */
function unpackChange(fields: readonly string[], written: Written): AcceptedChange {
  const [names, profileId, bodyName, body] = fields as [string, string, string, string];
  check(fields.length === 4 && names === 'p' && bodyName === 'b');
  check(id.test(profileId) && partitionOf(profileId, written.partitions) === written.partition);
  const said = body.startsWith('{') ? saidInJson(body) : saidPlainly(body);
  const change = {
    profileId,
    writes: unpackWrites(said.writes),
    devices: said.devices.map(unpackNamed),
    sessions: said.sessions.map((session) => unpackPlayed(session, written.policy)),
    fence: said.fence,
  };
  check(change.fence === null || isVersion(change.fence));
  check(latestMs(change) <= written.appendedAtMs + aheadMaxMs);
  return change;
}

/** What an entry says, nothing of it looked at. */
interface Said {
  /** Field and packed register. */
  writes: readonly (readonly [string, string])[];
  devices: readonly (readonly [kindAndId: string, name: string])[];
  sessions: readonly PackedSession[];
  fence: Version | null;
}

function saidPlainly(body: string): Said {
  const plain = splitPlainHeartbeat(body);
  check(plain !== null);
  const { session, position } = plain;
  const [hash] = /[^.]*$/.exec(position) ?? [];
  const device = [session.kindAndId, session.name] as const;
  check(hash === deviceHash(unpackDevice(session).id));
  check(plain.field === `t:${titleIn(session)}`);
  return { writes: [[plain.field, position]], devices: [device], sessions: [session], fence: null };
}

function saidInJson(body: string): Said {
  const { w, d, s, f, ...others } = JSON.parse(body) as Record<string, unknown>;
  const parts = [w, d, s, f].filter((part) => part !== undefined);
  check(parts.length > 0 && Object.keys(others).length === 0);
  check(f === undefined || parts.length === 1);
  const writes = w === undefined ? [] : textsIn(w);
  check(writes.length % 2 === 0 && writes.length <= 2 * registersMax);
  return {
    writes: writes.flatMap((name, index) =>
      index % 2 === 0 ? [[name, writes[index + 1] as string] as const] : [],
    ),
    devices: d === undefined ? [] : namedIn(d).map(pairIn),
    sessions: s === undefined ? [] : namedIn(s).map(sessionIn),
    fence: f === undefined ? null : textIn(f),
  };
}

function sessionIn(part: unknown): PackedSession {
  const texts = listIn(part).map((text) => (text === false ? '' : textIn(text)));
  check(texts.length === 10);
  const [sessionId, state, played, device, name, acted, by, at, byDevice, byName] = texts as [
    ...[string, string, string, string, string, string, string, string, string, string],
  ];
  return {
    ...{ id: sessionId, state, played, kindAndId: device, name, acted },
    ...{ by, at, byKindAndId: byDevice, byName },
  };
}

function pairIn(part: unknown): [string, string] {
  const [one, other, ...rest] = textsIn(part);
  check(one !== undefined && other !== undefined && rest.length === 0);
  return [one, other];
}

function textsIn(part: unknown): string[] {
  return listIn(part).map(textIn);
}

function namedIn(part: unknown): unknown[] {
  const named = listIn(part);
  check(named.length <= namedMax);
  return named;
}

/** No list is sent that holds nothing. */
function listIn(part: unknown): unknown[] {
  check(Array.isArray(part) && part.length > 0);
  return part;
}

function textIn(part: unknown): string {
  check(typeof part === 'string');
  return part;
}

function unpackWrites(writes: Said['writes']): TitleWrite[] {
  const titles = new Map<string, TitleWrite>();
  for (const [name, packed] of writes) {
    check(field.test(name) && packed.length <= registerLengthMax);
    const title = name.slice(2);
    const known = titles.get(title) ?? { title, playhead: null, visibility: null };
    const register = name.startsWith('t:')
      ? { playhead: unpackPosition(packed), visibility: null }
      : { playhead: null, visibility: unpackShown(packed) };
    titles.set(title, { title, ...mergeTitle(known, register) });
  }
  return [...titles.values()];
}

/** A register as it was packed, and no other text that reads the same. */
function unpackPosition(packed: string): PlayheadRegister {
  const register = unpackPlayhead(packed);
  check(
    Number.isSafeInteger(register.positionMs) && Number.isSafeInteger(register.durationMs ?? 0),
  );
  check(packPlayhead(register) === packed);
  return register;
}

function unpackShown(packed: string): VisibilityRegister {
  const register = unpackVisibility(packed);
  check(packVisibility(register) === packed);
  return register;
}

function unpackNamed([device, name]: readonly [string, string]): Device {
  check(kindAndId.test(device) && name.length <= nameLengthMax);
  return unpackDevice({ kindAndId: device, name });
}

function unpackPlayed(session: PackedSession, policy: Policy): Presence {
  check(id.test(session.id) && id.test(titleIn(session)));
  unpackNamed([session.kindAndId, session.name]);
  check(session.acted === '' || isVersion(session.acted));
  const isTakenOver = session.by !== '';
  check(isTakenOver ? id.test(session.by) && isVersion(session.at) : session.at === '');
  if (isTakenOver) unpackNamed([session.byKindAndId, session.byName]);
  const presence = unpackSession(session, policy);
  check(presence !== null);
  return presence;
}

/** The latest time that a change names, ms: a peer whose clock is wrong would win for ever. */
function latestMs({ writes, sessions, fence }: AcceptedChange): number {
  const versions = [
    fence,
    ...writes.flatMap(({ playhead, visibility }) => [playhead?.version, visibility?.version]),
    ...sessions.flatMap(({ actedAt, takenOver }) => [actedAt, takenOver?.at]),
  ];
  const times = sessions.flatMap(({ startedAtMs, lastHeartbeatAtMs, pausedSinceMs }) => [
    ...[startedAtMs, lastHeartbeatAtMs, pausedSinceMs ?? 0],
  ]);
  return Math.max(0, ...versions.map((version) => activityTimeMs(version ?? '0')), ...times);
}

function check(isSo: boolean): asserts isSo {
  if (!isSo) throw new RangeError('Nobody wrote this.');
}
