import type { Policy } from '../../domain/policy.ts';
import {
  aliveUntilMs,
  intervalIn,
  type PlayerState,
  type Presence,
  type PresenceReport,
  stateAfter,
} from '../../domain/presence.ts';

/** Digits of a sequence (a GraphQL Int) and of a time in ms: fixed, so that they compare as text. */
const sequenceLength = 10;
const timeLength = 13;

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

/** What no rule in the script looks at. */
type Body = Pick<Presence, 'title' | 'device' | 'positionMs' | 'startedAtMs' | 'lastHeartbeatAtMs'>;

/** A report as merge.lua takes it: what it decides by, then the rest as one text. */
export function reportArguments(report: PresenceReport, policy: Policy): (string | number)[] {
  const { title, device, positionMs, startedAtMs, receivedAtMs } = report;
  const body: Body = { title, device, positionMs, startedAtMs, lastHeartbeatAtMs: receivedAtMs };
  const state = stateAfter(report.event);
  return [
    report.sessionId,
    title,
    digits(report.sequence, sequenceLength),
    state === null ? '' : letters[state],
    report.hasActed ? '1' : '0',
    digits(receivedAtMs, timeLength),
    silenceMs('PLAYING', policy),
    silenceMs('PAUSED', policy),
    policy.sessionOverPausedMs,
    JSON.stringify(body),
  ];
}

/** Unpacks a session (layout: session.lua); null for one that cannot be read: presence may be lost. */
export function unpackSession(
  packed: { sessionId: string; value: string },
  policy: Policy,
): Presence | null {
  const parts = /^(\d{10})([PABS])([01])(\d{13})\d{13}(\{.*\})$/s.exec(packed.value);
  if (parts === null) return null;
  const [, sequence, letter = '', hasActed, pausedSince, body = ''] = parts;
  const playerState = states[letter] ?? 'STOPPED';
  return {
    sessionId: packed.sessionId,
    ...(JSON.parse(body) as Body),
    playerState,
    intervalMs: intervalIn(playerState, policy),
    pausedSinceMs: Number(pausedSince) || null,
    sequence: Number(sequence),
    hasActed: hasActed === '1',
  };
}

function digits(value: number, length: number): string {
  return String(Math.max(0, Math.floor(value))).padStart(length, '0');
}

/** How long a session in this state stays alive without a word, ms; the domain's rule at time zero. */
function silenceMs(playerState: PlayerState, policy: Policy): number {
  const silent = { playerState, lastHeartbeatAtMs: 0, pausedSinceMs: null };
  return aliveUntilMs({ ...silent, intervalMs: intervalIn(playerState, policy) }, policy);
}
