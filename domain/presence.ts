import type { PlaybackEvent } from './heartbeat.ts';
import type { Device } from './playhead.ts';
import type { Policy } from './policy.ts';
import { laterAct, type Version } from './version.ts';

export type PlayerState = 'PLAYING' | 'PAUSED' | 'BUFFERING' | 'STOPPED';

/** What is known of one session that may be alive. Best effort: it may be lost, and nothing breaks. */
export interface Presence {
  sessionId: string;
  title: string;
  device: Device;
  playerState: PlayerState;
  positionMs: number;
  startedAtMs: number;
  lastHeartbeatAtMs: number;
  /** How often its player reports in this state: 2.5 of these without a word, and it is gone. */
  intervalMs: number;
  pausedSinceMs: number | null;
  /** Of the newest report; a repeated or older one that comes later changes nothing. */
  sequence: number;
  /** Version of the newest act of its viewer that is known (see `isOvertaken`); null: none. */
  actedAt: Version | null;
  /** The session that took playback over from this one, and when; see `takeOverOf`. */
  takenOver: TakenOver | null;
}

/** Who took a session over: told to its player, which pauses. */
export interface TakenOver {
  sessionId: string;
  device: Device;
  at: Version;
}

/** One report of a session, as the newest heartbeat of a request tells it. */
export interface PresenceReport {
  sessionId: string;
  title: string;
  device: Device;
  event: PlaybackEvent;
  positionMs: number;
  startedAtMs: number;
  receivedAtMs: number;
  sequence: number;
  /** The newest act of its viewer that this report proves; null: none. */
  actedAt: Version | null;
}

/** Events that change what the player does; SEEK and the like leave it as it was. */
const statesAfter: Partial<Record<PlaybackEvent, PlayerState>> = {
  START: 'PLAYING',
  PLAY: 'PLAYING',
  HEARTBEAT: 'PLAYING',
  PAUSE: 'PAUSED',
  PING: 'PAUSED',
  BUFFER: 'BUFFERING',
  STOP: 'STOPPED',
  FINISH: 'STOPPED',
};

/** What the player does after this event; null: what it did before. */
export function stateAfter(event: PlaybackEvent): PlayerState | null {
  return statesAfter[event] ?? null;
}

/** Whether an event says what the player does from then on. */
export function changesPlayer(event: PlaybackEvent): boolean {
  return stateAfter(event) !== null;
}

/** Folds a report into what is known of its session; of a late or repeated one only `actedAt`. */
export function advancePresence(
  previous: Presence | null,
  report: PresenceReport,
  policy: Policy,
): Presence {
  const actedAt = laterAct(previous?.actedAt ?? null, report.actedAt);
  if (previous !== null && report.sequence <= previous.sequence) return { ...previous, actedAt };
  const playerState = stateAfter(report.event) ?? previous?.playerState ?? 'PLAYING';
  const wasPausedSinceMs = previous?.pausedSinceMs ?? null;
  return {
    sessionId: report.sessionId,
    title: report.title,
    device: report.device,
    playerState,
    positionMs: report.positionMs,
    startedAtMs: report.startedAtMs,
    lastHeartbeatAtMs: report.receivedAtMs,
    intervalMs: intervalIn(playerState, policy),
    pausedSinceMs: playerState === 'PAUSED' ? (wasPausedSinceMs ?? report.receivedAtMs) : null,
    sequence: report.sequence,
    actedAt,
    takenOver: previous?.takenOver ?? null,
  };
}

/**
 * Folds what two regions know of one session: the later report, the newest act and the newest take-over stay.
 *
 * Shape: total, commutative, associative, idempotent. Reports of one sequence are the same report, received
 * twice: the one that was received last stays.
 */
export function mergePresence(left: Presence, right: Presence): Presence {
  const latest = isLaterReport(right, left) ? right : left;
  return {
    ...latest,
    actedAt: laterAct(left.actedAt, right.actedAt),
    takenOver: laterTakeOver(left.takenOver, right.takenOver),
  };
}

/** By sequence; then by what a repeated report may differ in, and what it was taken for. */
function isLaterReport(one: Presence, other: Presence): boolean {
  const [left, right] = [placeOf(one), placeOf(other)];
  const index = left.findIndex((part, place) => part !== right[place]);
  return index >= 0 && (left[index] as string | number) > (right[index] as string | number);
}

function placeOf(presence: Presence): (string | number)[] {
  const { sequence, lastHeartbeatAtMs, pausedSinceMs, playerState } = presence;
  return [sequence, lastHeartbeatAtMs, pausedSinceMs ?? 0, playerState];
}

function laterTakeOver(left: TakenOver | null, right: TakenOver | null): TakenOver | null {
  if (left === null || right === null) return left ?? right;
  if (left.at !== right.at) return left.at > right.at ? left : right;
  return left.sessionId >= right.sessionId ? left : right;
}

/** When the next heartbeat is wanted after this event, ms: a paused player only pings. */
export function intervalAfter(event: PlaybackEvent, policy: Policy): number {
  return intervalIn(stateAfter(event) ?? 'PLAYING', policy);
}

/** How often a player reports in this state, ms. */
export function intervalIn(playerState: PlayerState, policy: Policy): number {
  return playerState === 'PAUSED' ? policy.pingEveryMs : policy.heartbeatEveryMs;
}

/** When a session stops counting as alive unless it reports again, ms since the Unix epoch. */
export function aliveUntilMs(
  presence: Pick<Presence, 'playerState' | 'lastHeartbeatAtMs' | 'intervalMs' | 'pausedSinceMs'>,
  policy: Policy,
): number {
  if (presence.playerState === 'STOPPED') return presence.lastHeartbeatAtMs;
  const silentMs = Math.min(policy.livenessFactor * presence.intervalMs, policy.sessionOverAfterMs);
  const untilMs = presence.lastHeartbeatAtMs + silentMs;
  if (presence.pausedSinceMs === null) return untilMs;
  return Math.min(untilMs, presence.pausedSinceMs + policy.sessionOverPausedMs);
}

export function isAlive(presence: Presence, nowMs: number, policy: Policy): boolean {
  return nowMs < aliveUntilMs(presence, policy);
}
