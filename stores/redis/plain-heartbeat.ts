import { packPlayhead, unpackPlayhead } from '../../domain/codec.ts';
import { type Device, floorTitle, type PlayheadRegister } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { stateAfter } from '../../domain/presence.ts';
import type { Transition } from '../../domain/transition.ts';
import { activityTimeMs, versionLength, writerOf } from '../../domain/version.ts';
import type { MergeRequest } from '../hot-store.ts';
import { unpackDevice } from './device.ts';
import {
  type PackedSession,
  type Played,
  packPlayer,
  playedOf,
  playingSession,
} from './session.ts';

/** Characters of a version, and of a session, that a script compares as two numbers; of a version to 10 ms. */
export const comparedLength = 12;
const halfLength = comparedLength / 2;
/** Where the texts of a request begin: behind what is compared as numbers. */
const comparedEnd = 41;
/** Digits of the time in a version. */
const timeLength = 13;

/**
 * A request that is a plain heartbeat, as merge.lua takes it: one position moves on, on the device of a
 * session that plays on. Null for every other request; a plain heartbeat too may be sent as any other.
 */
export function packPlainHeartbeat(request: MergeRequest, policy: Policy): string | null {
  const { presence, device } = request;
  const playhead = positionAlone(request);
  if (playhead === null || device === null || presence === null || request.isFact) return null;
  // Of what a plain heartbeat proves the script stores nothing: it knows when the session began.
  if (presence.actedAt === null || writerOf(presence.actedAt) !== writerOf(playhead.version)) {
    return null;
  }
  const { profileId, nowMs } = request;
  const { title, sessionId } = presence;
  const played = playedOf(presence);
  const isPlain =
    stateAfter(presence.event) === 'PLAYING' &&
    title === request.writes[0]?.title &&
    isSameDevice(presence.device, device) &&
    isInProgress(playhead, played) &&
    device.name !== '' &&
    offersProgress(request, { profileId, title, playhead, device, sessionId });
  if (!isPlain) return null;

  const report = packPlayer(presence, played);
  const position = packPlayhead(playhead);
  const session = playingSession(report, policy);
  const compared = [
    session.slice(0, comparedLength),
    position.slice(0, comparedLength),
    writerOf(playhead.version),
    request.transitions[0]?.onlyIfBefore.slice(halfLength, comparedLength),
  ];
  const texts = [`t:${title}`, sessionId, position, session];
  const seldom = [
    `${report.kindAndId}|${report.name}`,
    nowMs,
    report.started,
    report.acted.slice(0, timeLength),
  ];
  return `${compared.join('')}${[...texts, ...seldom].join('\0')}\0`;
}

/** What a plain heartbeat says where it stands in the `out` stream. */
export interface SplitHeartbeat {
  field: string;
  position: string;
  session: PackedSession;
}

/** Null for a text that cannot have been a plain heartbeat. */
export function splitPlainHeartbeat(text: string): SplitHeartbeat | null {
  const [field = '', id = '', position = '', state = '', device = '', ...rest] = text
    .slice(comparedEnd)
    .split('\0');
  const [, started = '', actedTime = '', end] = rest;
  const [, kindAndId = '', name = ''] = /^([^|]*\|[^|]*)\|(.*)$/s.exec(device) ?? [];
  const writer = writerOf(position.slice(0, versionLength));
  const compared = state.slice(0, comparedLength) + position.slice(0, comparedLength) + writer;
  const isPlain =
    text.startsWith(compared) && state.startsWith('P') && end === '' && rest.length === 4;
  if (!isPlain) return null;
  const session = { id, state, played: started + field.slice(2), kindAndId, name };
  const acted = actedTime + writer;
  const nobody = { by: '', at: '', byKindAndId: '', byName: '' };
  return { field, position, session: { ...session, acted, ...nobody } };
}

/** The transition of a plain heartbeat, from the fields of its entry in the stream. */
export function unpackProgress(fields: ReadonlyMap<string, string>): Transition {
  const [profileId = '', title = '', sessionId = ''] = (fields.get('w') ?? '').split(':');
  const [, kindAndId = '', name = ''] = /^([^|]*\|[^|]*)\|(.*)$/s.exec(fields.get('d') ?? '') ?? [];
  const device = unpackDevice({ kindAndId, name });
  const playhead = unpackPlayhead(fields.get('h') ?? '');
  return progressOf({ profileId, title, playhead, device, sessionId });
}

interface Told {
  profileId: string;
  title: string;
  playhead: PlayheadRegister;
  device: Device;
  sessionId: string;
}

function progressOf({ profileId, title, playhead, device, sessionId }: Told): Transition {
  const { version, status, positionMs, durationMs } = playhead;
  const { id, kind, name } = device;
  return {
    kind: 'PROGRESS',
    profileId,
    title,
    version,
    occurredAtMs: activityTimeMs(version),
    status,
    positionMs,
    durationMs,
    device: { id, kind, name },
    sessionId,
  };
}

/** The one position that a request writes, if that is all it writes, whatever is in force. */
function positionAlone({ writes, onlyIf }: MergeRequest): PlayheadRegister | null {
  const [write, ...others] = writes;
  if (write === undefined || others.length > 0 || onlyIf !== null) return null;
  return write.visibility === null && write.title !== floorTitle ? write.playhead : null;
}

/** What the seal of a position (title.lua) says of the position by itself. */
function isInProgress(playhead: PlayheadRegister, { deviceHash, name }: Played): boolean {
  const { status, laterFields } = playhead;
  const isNamed = playhead.deviceHash === deviceHash && !name.includes('\0');
  return status === 'IN_PROGRESS' && laterFields === '' && isNamed;
}

/** Whether all that is offered follows from what is written, at a time that can be compared as numbers. */
function offersProgress({ transitions }: MergeRequest, told: Told): boolean {
  const [offer, ...others] = transitions;
  if (offer === undefined || others.length > 0) return false;
  const { transition, onlyIfBefore } = offer;
  const times = onlyIfBefore.slice(0, comparedLength);
  const isComparable =
    onlyIfBefore === times.padEnd(versionLength, '0') &&
    times.slice(0, halfLength) === told.playhead.version.slice(0, halfLength);
  return isComparable && isSameProgress(transition, progressOf(told));
}

/** In all that `progressOf` says; there may be more to it, which nobody is told. */
function isSameProgress(one: Transition, other: Transition): boolean {
  return (
    one.kind === other.kind &&
    one.profileId === other.profileId &&
    one.title === other.title &&
    one.version === other.version &&
    one.occurredAtMs === other.occurredAtMs &&
    one.status === other.status &&
    one.positionMs === other.positionMs &&
    one.durationMs === other.durationMs &&
    one.sessionId === other.sessionId &&
    one.device !== null &&
    other.device !== null &&
    isSameDevice(one.device, other.device)
  );
}

function isSameDevice(left: Device, right: Device): boolean {
  if (left === right) return true;
  return left.id === right.id && left.kind === right.kind && left.name === right.name;
}
