import type { PlayheadRegister } from './playhead.ts';
import type { Policy } from './policy.ts';
import { isAlive, type Presence, type PresenceReport, stateAfter } from './presence.ts';
import { laterAct, sessionWriter, type Version, writerOf } from './version.ts';

/** What a report meets: all of it is read in the step that would write. */
export interface MetByReport {
  /** The position in force for the report's title; null: none is known. */
  playhead: PlayheadRegister | null;
  /** Of the position that the report would put in its place; null: none, it only says that it is there. */
  offered: Version | null;
  /** The sessions that are known of the profile. */
  sessions: readonly Presence[];
  nowMs: number;
}

/**
 * Whether a report may not move the playhead. A player that plays is the most recently active one, and may;
 * **but** not while it is taken over, until its viewer acts there; not before its viewer acts, in a session
 * that started from an older playhead; and what ends playing (a pause, a stop, a finish) moves nothing where
 * nothing was playing and another session's viewer acted since: a forgotten player that is closed at last.
 *
 * Shape: judged before anything is offered to a register; what is admitted merges as ever. Beginning to
 * play is an act, as are PLAY and SEEK; what a player does by itself is none. Where the act of whoever is in
 * force is not known (presence was lost, a change by hand) its position stands for it.
 * Cost: pure, O(sessions).
 */
export function isOvertaken(report: PresenceReport, met: MetByReport, policy: Policy): boolean {
  const { playhead, offered } = met;
  // What is late moves nothing, whoever sends it.
  if (isLate(offered, playhead)) return false;
  const own = met.sessions.find(({ sessionId }) => sessionId === report.sessionId) ?? null;
  const actedAt = laterAct(own?.actedAt ?? null, report.actedAt);
  if (own?.takenOver != null && !isSince(actedAt, own.takenOver.at)) return true;
  const writer = sessionWriter({ deviceId: report.device.id, sessionId: report.sessionId });
  if (playhead === null || writerOf(playhead.version) === writer) return false;
  if (actedAt === null) return true;
  const wasPlaying = own !== null && plays(own) && isAlive(own, met.nowMs, policy);
  if (wasPlaying || !endsPlaying(report)) return false;
  const theirs = actOf(writerOf(playhead.version), met.sessions) ?? playhead.version;
  return !isSince(actedAt, theirs);
}

/** The take-over that holds a session: none once its viewer acted after it. */
export function takeOverOf(session: Presence): NonNullable<Presence['takenOver']> | null {
  const { takenOver, actedAt } = session;
  return takenOver !== null && !isSince(actedAt, takenOver.at) ? takenOver : null;
}

function isLate(offered: Version | null, playhead: PlayheadRegister | null): boolean {
  return offered !== null && playhead !== null && offered <= playhead.version;
}

/** The newest act in a session with this writer; null: not known. */
function actOf(writer: string, sessions: readonly Presence[]): Version | null {
  const found = sessions.find(({ actedAt }) => actedAt !== null && writerOf(actedAt) === writer);
  return found?.actedAt ?? null;
}

function isSince(actedAt: Version | null, version: Version): boolean {
  return actedAt !== null && actedAt > version;
}

function plays({ playerState }: Presence): boolean {
  return playerState === 'PLAYING' || playerState === 'BUFFERING';
}

function endsPlaying({ event }: PresenceReport): boolean {
  const state = stateAfter(event);
  return state === 'PAUSED' || state === 'STOPPED';
}
