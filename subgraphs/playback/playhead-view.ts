import { aboveFloor, isHidden, publicVersion } from '../../domain/merge.ts';
import { takeOverOf } from '../../domain/overtaken.ts';
import {
  type Device,
  floorTitle,
  type PlayheadRegister,
  type TitleState,
} from '../../domain/playhead.ts';
import {
  isFarApart,
  type Policy,
  progressOf,
  type ResumeReason,
  resumePoint,
} from '../../domain/policy.ts';
import { isAlive, type Presence } from '../../domain/presence.ts';
import { idProblem } from '../../domain/problem.ts';
import { activityTimeMs, deviceHash, versionZero } from '../../domain/version.ts';
import type { ProfileState } from './hydrate.ts';
import { stateUnavailable } from './hydrate.ts';
import type {
  DeviceKind,
  FreshnessSource,
  PlayerState,
  PlayheadStatus,
} from './schema.generated.ts';

/** A session as the schema shows it. */
export interface SessionView {
  id: string;
  device: DeviceView;
  playableId: string;
  playable: { id: string };
  playerState: PlayerState;
  positionMs: number;
  startedAt: string;
  lastHeartbeatAt: string;
  takenOverBy: TakeOverView | null;
}

export interface TakeOverView {
  sessionId: string;
  device: DeviceView;
  at: string;
}

export interface ResumeCandidateView {
  sessionId: string;
  device: DeviceView;
  positionMs: number;
  resumePositionMs: number;
  updatedAt: string;
  ageMs: number;
}

export interface DeviceView {
  id: string;
  name: string | null;
  kind: DeviceKind;
}

/** A playhead as the schema shows it, whole: what every answer and every push carries. */
export interface PlayheadView {
  id: string;
  playableId: string;
  playable: { id: string };
  positionMs: number;
  resumePositionMs: number;
  resumeReason: ResumeReason;
  durationMs: number | null;
  progress: number | null;
  status: PlayheadStatus;
  hidden: boolean;
  version: string;
  updatedAt: string | null;
  device: DeviceView | null;
  activeSession: SessionView | null;
  alternative: ResumeCandidateView | null;
  freshness: { source: FreshnessSource; asOf: string; degraded: boolean };
}

/** For whom and when a view is made. */
export interface ViewPoint {
  profileId: string;
  nowMs: number;
  policy: Policy;
  /** The asking session: its own playing is not "elsewhere". */
  sessionId?: string | undefined;
}

/** What a title is before anything happened to it. */
const neverStarted: PlayheadRegister = {
  version: versionZero,
  status: 'NOT_STARTED',
  positionMs: 0,
  durationMs: null,
  deviceHash: null,
  laterFields: '',
};

/** The registers in force for a title; null when nobody can say just now. */
export function inForce(state: ProfileState, title: string): TitleState | null {
  const known = state.titles.get(title);
  if (known === undefined && !state.isComplete) return null;
  // Where the floor cannot be read, anything may have been forgotten.
  if (state.unreadable.some((one) => one === title || one === floorTitle)) return null;
  return aboveFloor(known ?? { playhead: null, visibility: null }, state.floor);
}

/** Errors: PlatformError STATE_UNAVAILABLE when the title is unknown: never a guessed zero. */
export function viewOf(state: ProfileState, title: string, at: ViewPoint): PlayheadView {
  const registers = inForce(state, title);
  if (registers === null) throw stateUnavailable();
  const playhead = registers.playhead ?? neverStarted;
  const playing = playingSession(state, title, at);
  const activityMs = activityTimeMs(playhead.version);
  return {
    id: playheadId({ profileId: at.profileId, title }),
    playableId: title,
    playable: { id: title },
    positionMs: playhead.positionMs,
    ...resumePoint(
      playhead,
      {
        pausedForMs: at.nowMs - activityMs,
        isPlayingElsewhere: playing !== undefined && playing.sessionId !== at.sessionId,
      },
      at.policy,
    ),
    durationMs: playhead.durationMs,
    progress: progressOf(playhead),
    status: playhead.status,
    hidden: isHidden(registers),
    version: publicVersion(registers),
    updatedAt: playhead.version === versionZero ? null : isoTime(activityMs),
    device: deviceView(state.devices.get(playhead.deviceHash ?? '')),
    activeSession: playing === undefined ? null : sessionView(playing),
    alternative: alternativeTo(playhead, { sessions: state.sessions, title }, at),
    freshness: { source: state.source, asOf: isoTime(at.nowMs), degraded: state.isDegraded },
  };
}

/** The sessions alive as the schema shows them; null when the one store that knows does not answer. */
export function sessionViews(state: ProfileState, at: ViewPoint): SessionView[] | null {
  return state.source === 'HOT' ? aliveSessions(state, at).map(sessionView) : null;
}

/** The profile's sessions that are alive, the last heard of first. */
export function aliveSessions(state: ProfileState, at: ViewPoint): Presence[] {
  return state.sessions
    .filter((session) => isAlive(session, at.nowMs, at.policy))
    .sort((left, right) => right.lastHeartbeatAtMs - left.lastHeartbeatAtMs);
}

export function sessionView(presence: Presence): SessionView {
  return {
    id: presence.sessionId,
    device: deviceView(presence.device),
    playableId: presence.title,
    playable: { id: presence.title },
    playerState: presence.playerState,
    positionMs: presence.positionMs,
    startedAt: isoTime(presence.startedAtMs),
    lastHeartbeatAt: isoTime(presence.lastHeartbeatAtMs),
    takenOverBy: takeOverView(presence),
  };
}

/** Who took a session over; null once its viewer acted after that. */
export function takeOverView(presence: Presence): TakeOverView | null {
  const takenOver = takeOverOf(presence);
  if (takenOver === null) return null;
  const { sessionId, device, at } = takenOver;
  return { sessionId, device: deviceView(device), at: isoTime(activityTimeMs(at)) };
}

/** Of the other devices that are far from the position in force, the one heard of last. */
function alternativeTo(
  playhead: PlayheadRegister,
  of: { sessions: readonly Presence[]; title: string },
  at: ViewPoint,
): ResumeCandidateView | null {
  // What was set by hand stands against no device, and what was forgotten against nothing.
  if (playhead.deviceHash === null) return null;
  const isOther = ({ title, device, positionMs }: Presence) =>
    title === of.title &&
    deviceHash(device.id) !== playhead.deviceHash &&
    isFarApart({ positionMs, otherMs: playhead.positionMs }, at.policy);
  const [newest] = of.sessions
    .filter(isOther)
    .sort((left, right) => right.lastHeartbeatAtMs - left.lastHeartbeatAtMs);
  if (newest === undefined) return null;
  const { sessionId, device, positionMs, lastHeartbeatAtMs } = newest;
  const ageMs = Math.max(0, at.nowMs - lastHeartbeatAtMs);
  const candidate = { ...playhead, status: 'IN_PROGRESS' as const, positionMs };
  const paused = { pausedForMs: ageMs, isPlayingElsewhere: false };
  return {
    ...{ sessionId, device: deviceView(device), positionMs, ageMs },
    resumePositionMs: resumePoint(candidate, paused, at.policy).resumePositionMs,
    updatedAt: isoTime(lastHeartbeatAtMs),
  };
}

/** One for each (profile, title); opaque to clients, and never changes. */
export function playheadId(of: { profileId: string; title: string }): string {
  return `ph_${Buffer.from(`${of.profileId}/${of.title}`).toString('base64url')}`;
}

/** What `playheadId` was made of; null for anything that no client was given. */
export function openPlayheadId(id: string): { profileId: string; title: string } | null {
  if (!id.startsWith('ph_')) return null;
  const [profileId = '', title = ''] = Buffer.from(id.slice(3), 'base64url').toString().split('/');
  // Decoding forgives, and text has no shape: only what was given out opens.
  const isOurs = isId(profileId) && isId(title) && playheadId({ profileId, title }) === id;
  return isOurs ? { profileId, title } : null;
}

function isId(text: string): boolean {
  return idProblem(text, []).length === 0;
}

export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** One that was taken over plays on until it is told: whoever took over comes first. */
function playingSession(state: ProfileState, title: string, at: ViewPoint): Presence | undefined {
  const playing = aliveSessions(state, at).filter(
    (session) =>
      session.title === title &&
      (session.playerState === 'PLAYING' || session.playerState === 'BUFFERING'),
  );
  return playing.find((session) => takeOverOf(session) === null) ?? playing[0];
}

export function deviceView(device: Device): DeviceView;
export function deviceView(device: Device | undefined): DeviceView | null;
export function deviceView(device: Device | undefined): DeviceView | null {
  if (device === undefined) return null;
  return { id: device.id, name: device.name, kind: device.kind as DeviceKind };
}
