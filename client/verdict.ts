import type { RecordedHeartbeats, ServerProblem } from './operations.ts';
import { type Heartbeat, isPlain } from './outbox.ts';

/** What an answer means for the heartbeats it is about. */
export interface Verdict {
  /** Sequences that need no further sending: stored, overtaken, or refused for good. */
  settled: ReadonlySet<number>;
  /** The session is not good any more: begin again, then send the rest. */
  isSessionInvalid: boolean;
  /** Before the rest is sent again, ms. */
  waitMs: number;
  problems: readonly ServerProblem[];
}

/**
 * Reads the answer to one batch.
 *
 * Shape: pure. Problems are final but for SESSION_INVALID; REFUSED without a problem means that the
 * newest is wanted again later, and what the viewer did with it.
 */
export function judge(batch: readonly Heartbeat[], recorded: RecordedHeartbeats): Verdict {
  const { problems, outcome, nextHeartbeatInMs } = recorded;
  const isBusy = outcome === 'REFUSED' && problems.length === 0;
  const newest = batch.at(-1);
  const invalid = problems.filter(({ code }) => code === 'SESSION_INVALID');
  const isKept = (heartbeat: Heartbeat, index: number) =>
    isBusy
      ? heartbeat === newest || !isPlain(heartbeat.event)
      : invalid.some((problem) => concerns(problem, index));
  return {
    settled: new Set(
      batch.filter((each, index) => !isKept(each, index)).map(({ sequence }) => sequence),
    ),
    isSessionInvalid: invalid.length > 0,
    waitMs: isBusy ? nextHeartbeatInMs : 0,
    problems: problems.filter(({ code }) => code !== 'SESSION_INVALID'),
  };
}

/** A path such as `heartbeats`, `3`, `elapsedMs` is about one; any other is about all. */
function concerns({ path }: ServerProblem, index: number): boolean {
  return path?.[0] !== 'heartbeats' || path[1] === undefined || Number(path[1]) === index;
}
