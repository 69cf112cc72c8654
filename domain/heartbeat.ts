import type { PlayheadRegister, VisibilityRegister } from './playhead.ts';
import { isFinished, type Policy } from './policy.ts';
import type { Problem } from './problem.ts';
import { reporterOf } from './reporter.ts';
import type { SessionToken } from './session-token.ts';
import { type Version, versionBy } from './version.ts';

export type PlaybackEvent =
  | 'START'
  | 'HEARTBEAT'
  | 'PLAY'
  | 'PAUSE'
  | 'SEEK'
  | 'BUFFER'
  | 'STOP'
  | 'FINISH'
  | 'PING';

/** One report of a session: position and session clock. */
export interface Heartbeat {
  sequence: number;
  event: PlaybackEvent;
  elapsedMs: number;
  positionMs: number;
  durationMs: number | null;
  fromPositionMs: number | null;
}

/** A heartbeat that passed every check, with what it writes: a function of the request alone. */
export interface AdmittedHeartbeat {
  heartbeat: Heartbeat;
  version: Version;
  activityAtMs: number;
  /** Null for a PING, which never moves the playhead. */
  playhead: PlayheadRegister | null;
  /** Beginning to watch, or a deliberate PLAY, lifts what was hidden before it. */
  visibility: VisibilityRegister | null;
}

export interface Admission {
  /** In order of sequence; empty when everything was refused. */
  admitted: AdmittedHeartbeat[];
  problems: Problem[];
}

/** Events that bring a hidden title back; a plain heartbeat never does. */
const lifts: ReadonlySet<PlaybackEvent> = new Set(['START', 'PLAY']);

const intents: ReadonlySet<PlaybackEvent> = new Set(['PAUSE', 'SEEK', 'STOP', 'FINISH']);

/** Events the viewer meant: acknowledged when they are in the durable store. */
export function isIntent(event: PlaybackEvent): boolean {
  return intents.has(event);
}

/** Events by which a viewer shows that they are at this device now. */
export function isAct({ event }: Heartbeat): boolean {
  return event === 'PLAY' || event === 'SEEK';
}

/**
 * Events by which a viewer shows that they meant this session to begin, wherever it started from. A pause
 * is one: it says that somebody was there, not that nobody went elsewhere since.
 */
export function confirmsStart(heartbeat: Heartbeat): boolean {
  return isAct(heartbeat) || (heartbeat.event === 'PAUSE' && heartbeat.sequence > 0);
}

/**
 * Checks a request's heartbeats and turns each into what it writes.
 *
 * Shape: a batch whose order is broken is refused whole (nobody can say which half is right);
 * otherwise one bad heartbeat never takes its neighbours along.
 * Errors: none; problems carry the input path.
 * Cost: pure, O(heartbeats).
 */
export function admitHeartbeats(
  heartbeats: readonly Heartbeat[],
  at: { token: SessionToken; receivedAtMs: number; policy: Policy },
): Admission {
  const refusal = batchProblem(heartbeats, at.policy);
  if (refusal !== undefined) return { admitted: [], problems: [refusal] };
  const admission: Admission = { admitted: [], problems: [] };
  const { token, policy } = at;
  const { writer, deviceHash: device } = reporterOf(token);
  const by = { token, policy, writer, device };
  heartbeats.forEach((heartbeat, index) => {
    const problem = heartbeatProblem(heartbeat, { ...at, index });
    if (problem === undefined) admission.admitted.push(admitted(heartbeat, by));
    else admission.problems.push(problem);
  });
  return admission;
}

/** Server time of what was observed, ms since the Unix epoch: a function of the request alone. */
export function activityAtMs(token: SessionToken, heartbeat: Heartbeat): number {
  return token.anchorMs + Math.floor(heartbeat.elapsedMs);
}

/** The session of a batch, and what stands for it in all that it writes: see `Reporter`. */
interface ReportedBy {
  token: SessionToken;
  policy: Policy;
  writer: string;
  device: string;
}

function admitted(heartbeat: Heartbeat, by: ReportedBy): AdmittedHeartbeat {
  const atMs = activityAtMs(by.token, heartbeat);
  const version = versionBy(by.writer, atMs);
  return {
    heartbeat,
    version,
    activityAtMs: atMs,
    playhead: heartbeat.event === 'PING' ? null : registerOf(heartbeat, version, by),
    visibility: lifts.has(heartbeat.event) ? { version, hidden: false, laterFields: '' } : null,
  };
}

function registerOf(heartbeat: Heartbeat, version: Version, by: ReportedBy): PlayheadRegister {
  const { positionMs } = heartbeat;
  const { creditsStartMs } = by.token;
  const durationMs = heartbeat.durationMs ?? by.token.durationMs;
  const watched = { positionMs, durationMs, creditsStartMs };
  const finished = heartbeat.event === 'FINISH' || isFinished(watched, by.policy);
  return {
    version,
    status: finished ? 'FINISHED' : 'IN_PROGRESS',
    positionMs,
    durationMs,
    deviceHash: by.device,
    laterFields: '',
  };
}

function batchProblem(heartbeats: readonly Heartbeat[], policy: Policy): Problem | undefined {
  if (heartbeats.length === 0) {
    return {
      code: 'INVALID_INPUT',
      message: 'Send at least one heartbeat.',
      path: ['heartbeats'],
    };
  }
  if (heartbeats.length > policy.heartbeatsMax) {
    return {
      code: 'TOO_MANY_HEARTBEATS',
      message: `${heartbeats.length} heartbeats in one request; send at most ${policy.heartbeatsMax}.`,
      path: ['heartbeats'],
    };
  }
  return orderProblem(heartbeats);
}

function orderProblem(heartbeats: readonly Heartbeat[]): Problem | undefined {
  for (let index = 1; index < heartbeats.length; index += 1) {
    const [before, heartbeat] = heartbeats.slice(index - 1, index + 1) as [Heartbeat, Heartbeat];
    const steps = heartbeat.sequence - before.sequence;
    const path = (field: string) => ['heartbeats', String(index), field];
    if (steps < 1) {
      return {
        code: 'OUT_OF_ORDER',
        message: `sequence ${heartbeat.sequence} follows ${before.sequence}; it grows within a request.`,
        path: path('sequence'),
      };
    }
    if (Math.floor(heartbeat.elapsedMs) - Math.floor(before.elapsedMs) < steps) {
      return {
        code: 'OUT_OF_ORDER',
        message: 'The session clock grows by at least 1 ms with each sequence.',
        path: path('elapsedMs'),
      };
    }
  }
  return undefined;
}

function heartbeatProblem(
  heartbeat: Heartbeat,
  at: { token: SessionToken; receivedAtMs: number; policy: Policy; index: number },
): Problem | undefined {
  const problem = (code: Problem['code'], field: string, message: string): Problem => ({
    code,
    message,
    path: ['heartbeats', String(at.index), field],
  });
  if (heartbeat.sequence < 0) {
    return problem('INVALID_INPUT', 'sequence', 'sequence is 0 or more.');
  }
  if (!Number.isFinite(heartbeat.elapsedMs) || heartbeat.elapsedMs < 0) {
    return problem('INVALID_INPUT', 'elapsedMs', 'elapsedMs is 0 or more, in milliseconds.');
  }
  const range = rangeProblem(heartbeat, at);
  if (range !== undefined) return problem(range.code, range.field, range.message);
  const aheadMs = activityAtMs(at.token, heartbeat) - at.receivedAtMs;
  if (aheadMs > at.policy.aheadMaxMs) {
    return problem(
      'SESSION_INVALID',
      'elapsedMs',
      `The session clock is ${aheadMs} ms ahead of the server's: begin a new session.`,
    );
  }
  if (-aheadMs > at.policy.heartbeatAgeMaxMs) {
    const ageMax = `${at.policy.heartbeatAgeMaxMs} ms`;
    return problem('HEARTBEAT_TOO_OLD', 'elapsedMs', `Older than ${ageMax}: drop it.`);
  }
  return undefined;
}

function rangeProblem(
  heartbeat: Heartbeat,
  at: { token: SessionToken; policy: Policy },
): { code: Problem['code']; field: string; message: string } | undefined {
  if (heartbeat.durationMs !== null && heartbeat.durationMs <= 0) {
    return {
      code: 'INVALID_INPUT',
      field: 'durationMs',
      message: 'durationMs is above 0; leave it out while it is unknown.',
    };
  }
  const durationMs = heartbeat.durationMs ?? at.token.durationMs;
  const lastMs =
    durationMs === null ? Number.POSITIVE_INFINITY : durationMs + at.policy.positionSlackMs;
  for (const field of ['positionMs', 'fromPositionMs'] as const) {
    const positionMs = heartbeat[field];
    if (positionMs === null || (positionMs >= 0 && positionMs <= lastMs)) continue;
    return {
      code: 'POSITION_OUT_OF_RANGE',
      field,
      message: `${field} ${positionMs} is outside 0 to ${durationMs ?? 'the end'} ms.`,
    };
  }
  return undefined;
}
