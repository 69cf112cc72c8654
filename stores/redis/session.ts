import type { Device } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import {
  aliveUntilMs,
  intervalIn,
  type PlayerState,
  type Presence,
  type PresenceReport,
  stateAfter,
} from '../../domain/presence.ts';
import { fingerprint, sessionWriter } from '../../domain/version.ts';
import { packDevice, unpackDevice } from './device.ts';

/** Base-36 digits of a sequence (a GraphQL Int) and of a time: fixed, so that they compare as text. */
const sequenceLength = 6;
const timeLength = 9;
/** Decimal digits of a time that a script counts with. */
const decimalTimeLength = 13;
const hashLength = 5;
const notPaused = '0'.repeat(decimalTimeLength);

/** Sessions outlast the longest night's sleep of a paused player, and no more. */
const sessionsTtlMs = 24 * 3_600_000;
/** Sessions remembered of one profile: far more than a household has screens. */
const sessionsMax = 20;

const letters: Readonly<Record<PlayerState, string>> = {
  PLAYING: 'P',
  PAUSED: 'A',
  BUFFERING: 'B',
  STOPPED: 'S',
};
const states: Readonly<Record<string, PlayerState>> = {
  P: 'PLAYING',
  A: 'PAUSED',
  B: 'BUFFERING',
  S: 'STOPPED',
};

/** The numbers of session.lua. */
export function sessionConstants(policy: Policy): Record<string, number> {
  return {
    sessions_max: sessionsMax,
    sessions_ttl_ms: sessionsTtlMs,
    silence_playing_ms: silenceMs('PLAYING', policy),
    silence_paused_ms: silenceMs('PAUSED', policy),
    longest_pause_ms: policy.sessionOverPausedMs,
  };
}

/** A report as session.lua takes it. */
export interface PackedReport extends PackedPlayer {
  /** Of the reporting session's writes. */
  writer: string;
}

/** What a report says of its player. */
export interface PackedPlayer {
  session: string;
  title: string;
  /** Letter; '': as before. */
  state: string;
  /** Of what does not change from report to report. */
  hash: string;
  sequence: string;
  receivedAtMs: string;
  /** What no rule in the script looks at. */
  rest: string;
  /** Version of the newest act that the report proves; '': none. */
  acted: string;
  started: string;
  kindAndId: string;
  name: string;
}

export function packReport(report: PresenceReport): PackedReport {
  const { sessionId, device } = report;
  const writer = sessionWriter({ deviceId: device.id, sessionId });
  return { ...packPlayer(report), writer };
}

export function packPlayer(report: PresenceReport, played = playedOf(report)): PackedPlayer {
  const { sessionId, title, receivedAtMs } = report;
  const state = stateAfter(report.event);
  const { started, hash, kindAndId, name } = played;
  return {
    session: sessionId,
    title,
    state: state === null ? '' : letters[state],
    hash,
    sequence: packSequence(report.sequence),
    receivedAtMs: decimalTime(receivedAtMs),
    rest: packTime(receivedAtMs) + report.positionMs.toString(36),
    acted: report.actedAt ?? '',
    started,
    kindAndId,
    name,
  };
}

/** What the fields of a session hold, as take-in-any.lua takes them; '' for what there is not. */
export interface PackedSession {
  id: string;
  state: string;
  /** Start and title. */
  played: string;
  kindAndId: string;
  name: string;
  acted: string;
  by: string;
  at: string;
  byKindAndId: string;
  byName: string;
}

export function packSession(presence: Presence, policy: Policy): PackedSession {
  const { sessionId, title, playerState, pausedSinceMs, lastHeartbeatAtMs, takenOver } = presence;
  const played = packTime(presence.startedAtMs) + title;
  const { kindAndId, name } = packDevice(presence.device);
  const by = takenOver === null ? null : packDevice(takenOver.device);
  return {
    id: sessionId,
    state: [
      letters[playerState],
      playerHash({ played, kindAndId, name }),
      packSequence(presence.sequence),
      decimalTime(aliveUntilMs(presence, policy)),
      decimalTime(pausedSinceMs ?? 0),
      packTime(lastHeartbeatAtMs) + presence.positionMs.toString(36),
    ].join(''),
    ...{ played, kindAndId, name },
    acted: presence.actedAt ?? '',
    by: takenOver?.sessionId ?? '',
    at: takenOver?.at ?? '',
    byKindAndId: by?.kindAndId ?? '',
    byName: by?.name ?? '',
  };
}

/** The title that a session plays. */
export function titleIn({ played }: PackedSession): string {
  return played.slice(timeLength);
}

const packedState = /^([PABS])([0-9a-z]{5})([0-9a-z]{6})\d{13}(\d{13})([0-9a-z]{9})([0-9a-z]+)$/;

/** A session that another region packed; null where it could have been none. Of its texts only those of time and place are looked at. */
export function unpackSession(packed: PackedSession, policy: Policy): Presence | null {
  const { id, state, played, kindAndId, name, acted, by, at, byKindAndId, byName } = packed;
  const [, , hash, , , , position = ''] = packedState.exec(state) ?? [];
  const isOurs =
    hash === playerHash({ played, kindAndId, name }) &&
    /^[0-9a-z]{9}/.test(played) &&
    Number.parseInt(position, 36).toString(36) === position &&
    Number.isSafeInteger(Number.parseInt(position, 36));
  if (!isOurs) return null;
  const fields = { [id]: state, [`${id}.t`]: played, [`${id}.d`]: kindAndId, [`${id}.n`]: name };
  const acts = acted === '' ? {} : { [`${id}.a`]: acted };
  const taken = { [`${id}.o`]: by, [`${id}.v`]: at, [`${id}.k`]: byKindAndId, [`${id}.m`]: byName };
  const all = { ...fields, ...acts, ...(by === '' ? {} : taken) };
  return unpackSessions(new Map(Object.entries(all)), policy)[0] ?? null;
}

/** The session that the report of a player that plays leaves. */
export function playingSession(packed: PackedPlayer, policy: Policy): string {
  const { state, hash, sequence, rest } = packed;
  const aliveUntil = decimalTime(Number(packed.receivedAtMs) + silenceMs('PLAYING', policy));
  return state + hash + sequence + aliveUntil + notPaused + rest;
}

/** Unpacks a profile's sessions (layout: session.lua), without those that cannot be read. */
export function unpackSessions(fields: ReadonlyMap<string, string>, policy: Policy): Presence[] {
  const sessions: Presence[] = [];
  for (const [sessionId, value] of fields) {
    const parts = /^([PABS]).{5}(.{6})\d{13}(\d{13})(.{9})(.+)$/.exec(value);
    const played = fields.get(`${sessionId}.t`);
    const kindAndId = fields.get(`${sessionId}.d`);
    if (parts === null || played === undefined || kindAndId === undefined) continue;
    const [, letter = '', sequence = '', pausedSince, last = '', position = ''] = parts;
    const playerState = states[letter] ?? 'STOPPED';
    sessions.push({
      sessionId,
      title: played.slice(timeLength),
      device: unpackDevice({ kindAndId, name: fields.get(`${sessionId}.n`) ?? null }),
      playerState,
      positionMs: Number.parseInt(position, 36),
      startedAtMs: Number.parseInt(played.slice(0, timeLength), 36),
      lastHeartbeatAtMs: Number.parseInt(last, 36),
      intervalMs: intervalIn(playerState, policy),
      pausedSinceMs: Number(pausedSince) || null,
      sequence: Number.parseInt(sequence, 36),
      actedAt: fields.get(`${sessionId}.a`) ?? null,
      takenOver: takenOverIn(sessionId, fields),
    });
  }
  return sessions;
}

function takenOverIn(
  sessionId: string,
  fields: ReadonlyMap<string, string>,
): Presence['takenOver'] {
  const [by, at, kindAndId] = ['o', 'v', 'k'].map((part) => fields.get(`${sessionId}.${part}`));
  if (by === undefined || at === undefined || kindAndId === undefined) return null;
  const name = fields.get(`${sessionId}.m`) ?? null;
  return { sessionId: by, at, device: unpackDevice({ kindAndId, name }) };
}

/** Of a report, what is the same in all of its session. */
export interface Played {
  title: string;
  startedAtMs: number;
  started: string;
  /** Of the player. */
  hash: string;
  deviceHash: string;
  kindAndId: string;
  name: string;
}

/** By the device, of which a session has one object: see `Reporter`. */
const lastPlayed = new WeakMap<Device, Played>();

export function playedOf({ title, startedAtMs, device }: PresenceReport): Played {
  const known = lastPlayed.get(device);
  if (known?.title === title && known.startedAtMs === startedAtMs) return known;
  const { hash: deviceHash, kindAndId, name } = packDevice(device);
  const started = packTime(startedAtMs);
  const hash = playerHash({ played: started + title, kindAndId, name });
  const played = { title, startedAtMs, started, hash, deviceHash, kindAndId, name };
  lastPlayed.set(device, played);
  return played;
}

function playerHash(of: { played: string; kindAndId: string; name: string }): string {
  return fingerprint(`${of.played}|${of.kindAndId}|${of.name}`).slice(-hashLength);
}

function packSequence(sequence: number): string {
  return sequence.toString(36).padStart(sequenceLength, '0');
}

function packTime(timeMs: number): string {
  return wholeMs(timeMs).toString(36).padStart(timeLength, '0');
}

function decimalTime(timeMs: number): string {
  return String(wholeMs(timeMs)).padStart(decimalTimeLength, '0');
}

function wholeMs(timeMs: number): number {
  return Math.max(0, Math.floor(timeMs));
}

/** How long a session in this state stays alive without a word, ms; the domain's rule at time zero. */
function silenceMs(playerState: PlayerState, policy: Policy): number {
  const silent = { playerState, lastHeartbeatAtMs: 0, pausedSinceMs: null };
  return aliveUntilMs({ ...silent, intervalMs: intervalIn(playerState, policy) }, policy);
}
