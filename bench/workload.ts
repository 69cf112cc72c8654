import { packPlayhead } from '../domain/codec.ts';
import type { Device, PlayheadRegister, TitleState } from '../domain/playhead.ts';
import { deviceHash, sessionVersion, type Version } from '../domain/version.ts';

/** Of the hot store, as by default. */
export const partitions = 16;
/** Titles of each profile: a long row, all of them loaded before the first heartbeat. */
export const titlesPerProfile = 20;
/** Activity time between two heartbeats of a session, as players are told. */
export const beatMs = 5_000;
/** Sessions read zero this long before the run: room for that many beats of each. */
export const anchorAgeMs = 6 * 3_600_000;
/** Every title is a film of this length; positions stay far from its end. */
const filmMs = 2 * 3_600_000;
const positionMsMax = 90 * 60_000;
/** What was loaded was watched long before any session began. */
const preloadAgeMs = 30 * 3_600_000;
/** One profile in so many plays one title on both of its devices. */
const contestedEvery = 10;

export interface WatchSession {
  profileId: string;
  title: string;
  device: Device;
  sessionId: string;
  anchorMs: number;
  durationMs: number;
  /** Neighbours are at different places of whatever all sessions do in turn. */
  phase: number;
}

/** One heartbeat that a player of the benchmark sends. */
export interface Beat {
  session: WatchSession;
  sequence: number;
  elapsedMs: number;
  positionMs: number;
}

export interface BenchProfile {
  profileId: string;
  sessions: WatchSession[];
  /** What both stores hold of it before the first heartbeat. */
  preloaded: Map<string, TitleState>;
  devices: Device[];
}

/** Which profiles: `count` of them from number `first` on, whose sessions read zero at `anchorMs`. */
export interface ProfileRange {
  first: number;
  count: number;
  anchorMs: number;
  /** @default titlesPerProfile */
  titles?: number;
}

/** The same profiles, titles, devices and sessions in every process that asks with the same numbers. */
export function benchProfiles({ first, count, ...rest }: ProfileRange): BenchProfile[] {
  return Array.from({ length: count }, (_, index) => benchProfile(first + index, rest));
}

function benchProfile(
  index: number,
  { anchorMs, titles: titleCount = titlesPerProfile }: Omit<ProfileRange, 'first' | 'count'>,
): BenchProfile {
  const profileId = `prf_${digits(index)}`;
  const devices: Device[] = [
    { id: `tv-${digits(index)}-7c9e6679-7425`, kind: 'TV', name: 'Living room' },
    { id: `phone-${digits(index)}-550e8400-e29b`, kind: 'PHONE', name: null },
  ];
  const titles = Array.from({ length: titleCount }, (_, title) => `mov_${digits(title)}`);
  const isContested = index % contestedEvery === 0;
  const sessions = devices.map((device, which) => ({
    profileId,
    title: titles[isContested ? 0 : which % titles.length] as string,
    device,
    sessionId: `s-${digits(index)}-${which}-f47ac10b-58cc-4372`,
    anchorMs,
    durationMs: filmMs,
    phase: index * devices.length + which,
  }));
  const preloaded = titles.map((title, place) => {
    const watched = { deviceId: (devices[0] as Device).id, sessionId: `before-${place}` };
    const version = sessionVersion({
      ...watched,
      activityAtMs: anchorMs - preloadAgeMs + place * 60_000,
    });
    const playhead = register({ version, deviceId: watched.deviceId, positionMs: place * 60_000 });
    return [title, { playhead, visibility: null }] as const;
  });
  return { profileId, sessions, preloaded: new Map(preloaded), devices };
}

/** The `sequence`th beat of a session: 1 is the first. */
export function beatOf(session: WatchSession, sequence: number): Beat {
  const elapsedMs = sequence * beatMs;
  if (elapsedMs >= anchorAgeMs) throw new RangeError(`Session ${session.sessionId} has no room.`);
  return { session, sequence, elapsedMs, positionMs: elapsedMs % positionMsMax };
}

export function versionOf({ session, elapsedMs }: Beat): Version {
  const { device, sessionId, anchorMs } = session;
  return sessionVersion({ activityAtMs: anchorMs + elapsedMs, deviceId: device.id, sessionId });
}

/** What the register is, in the end, if this beat is the newest. */
export function packedOf(beat: Beat): string {
  const { device } = beat.session;
  const { positionMs } = beat;
  return packPlayhead(register({ version: versionOf(beat), deviceId: device.id, positionMs }));
}

function register(of: {
  version: Version;
  deviceId: string;
  positionMs: number;
}): PlayheadRegister {
  return {
    version: of.version,
    status: 'IN_PROGRESS',
    positionMs: of.positionMs,
    durationMs: filmMs,
    deviceHash: deviceHash(of.deviceId),
    laterFields: '',
  };
}

function digits(value: number): string {
  return String(value).padStart(6, '0');
}
