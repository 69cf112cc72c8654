import {
  type AdmittedHeartbeat,
  admitHeartbeats,
  type Heartbeat,
  isIntent,
  type PlaybackEvent,
} from '../../domain/heartbeat.ts';
import { aboveFloor } from '../../domain/merge.ts';
import type { TitleState } from '../../domain/playhead.ts';
import { changesPlayer, intervalAfter } from '../../domain/presence.ts';
import type { Problem } from '../../domain/problem.ts';
import { reporterOf } from '../../domain/reporter.ts';
import { openSessionToken, type SessionToken } from '../../domain/session-token.ts';
import { type Version, writerOf } from '../../domain/version.ts';
import type { MergeRequest, TitleWrite } from '../../stores/hot-store.ts';
import type { PlaybackDeps } from './deps.ts';
import { inForce } from './playhead-view.ts';
import { claimOf } from './stale-base.ts';
import { offersOf } from './transitions.ts';
import type { Written } from './write-path.ts';

export interface RecordHeartbeats {
  session: string;
  heartbeats: readonly Heartbeat[];
}

/** The answer, but for the playhead in force: that is read only if it was asked for. */
export interface RecordOutcome {
  outcome: 'ACCEPTED' | 'SUPERSEDED' | 'DUPLICATE' | 'REFUSED';
  durability: 'HOT' | 'DURABLE' | 'NONE';
  nextHeartbeatInMs: number;
  problems: Problem[];
  /** Where the playhead in force is found; null when everything was refused. */
  recorded: { title: string; sessionId: string } | null;
  /** The session was overtaken: somebody may have taken it over. */
  isHeld: boolean;
}

/**
 * The hot path: token → checks → versions → one atomic merge → answer.
 *
 * Shape: idempotent by (session, sequence). A plain heartbeat is acknowledged when it is hot; a batch
 * with an intent when the durable store has it, whatever the merge said. Without the hot store some
 * plain heartbeats are REFUSED without a problem: the player keeps the newest until one is stored.
 * Errors: PlatformError STATE_UNAVAILABLE when neither store answers, RATE_LIMITED when the device sends
 * too many requests (of however many heartbeats); safe to retry.
 * Cost: one hot round trip, and one durable commit for an intent; one more read for a stale session,
 * and for a title that the hot store did not know.
 */
export async function recordHeartbeats(
  deps: PlaybackDeps,
  profileId: string,
  input: RecordHeartbeats,
): Promise<RecordOutcome> {
  const receivedAtMs = deps.clock.nowMs();
  const { policy } = deps;
  const opened = openSessionToken(input.session, {
    isValid: deps.signer.isValid,
    known: deps.signer.known,
    profileId,
    nowMs: receivedAtMs,
    policy,
    fence: deps.fences?.of(profileId) ?? null,
  });
  if (opened.kind === 'invalid') {
    return refused(deps, [{ code: 'SESSION_INVALID', message: opened.reason, path: ['session'] }]);
  }
  const { token } = opened;
  await deps.rates.admit('device', `${token.profileId}|${token.deviceId}`);
  const { admitted, problems } = admitHeartbeats(input.heartbeats, { token, receivedAtMs, policy });
  const newest = admitted.at(-1);
  if (newest === undefined) return refused(deps, problems);

  const { kept, actedAt } = await claimOf(deps, { token, admitted });
  const write = writeOf(token, kept);
  // A seek says nothing about the player: paused before it, paused after it.
  const told = admitted.findLast(({ heartbeat }) => changesPlayer(heartbeat.event)) ?? newest;
  const { event } = told.heartbeat;
  const request = requestOf({ token, kept, newest, event, write, actedAt, receivedAtMs }, deps);
  const hasIntent = kept.some(({ heartbeat }) => isIntent(heartbeat.event));
  const written = await deps.writePath.write(request, { isIntent: hasIntent });
  if (written.kind === 'held') return refused(deps, problems);
  const isHeld = written.kind === 'merged' && written.isHeld;
  const offered = isHeld ? { ...write, playhead: null } : write;
  const versions = await versionsOf(deps, { token, write: offered, written });
  return {
    outcome: outcomeOf(versions, { admitted, kept }),
    durability: durabilityOf(write, written),
    nextHeartbeatInMs: intervalAfter(event, policy),
    problems,
    recorded: { title: token.title, sessionId: token.sessionId },
    isHeld,
  };
}

function refused(deps: PlaybackDeps, problems: Problem[]): RecordOutcome {
  return {
    outcome: 'REFUSED',
    durability: 'NONE',
    nextHeartbeatInMs: deps.policy.heartbeatEveryMs,
    problems,
    recorded: null,
    isHeld: false,
  };
}

/** The newest of each register: what the whole batch comes to. */
function writeOf(token: SessionToken, kept: readonly AdmittedHeartbeat[]): TitleWrite {
  return {
    title: token.title,
    playhead: kept.findLast(({ playhead }) => playhead !== null)?.playhead ?? null,
    visibility: kept.findLast(({ visibility }) => visibility !== null)?.visibility ?? null,
  };
}

function requestOf(
  batch: {
    token: SessionToken;
    kept: readonly AdmittedHeartbeat[];
    newest: AdmittedHeartbeat;
    event: PlaybackEvent;
    write: TitleWrite;
    actedAt: Version | null;
    receivedAtMs: number;
  },
  deps: PlaybackDeps,
): MergeRequest {
  const { token, newest, event, receivedAtMs } = batch;
  const { device } = reporterOf(token);
  return {
    profileId: token.profileId,
    nowMs: receivedAtMs,
    writes: [batch.write],
    device,
    presence: {
      sessionId: token.sessionId,
      title: token.title,
      device,
      event,
      positionMs: newest.heartbeat.positionMs,
      startedAtMs: token.anchorMs,
      // What was watched offline yesterday is not being watched now, though it arrives now.
      receivedAtMs: Math.min(receivedAtMs, newest.activityAtMs),
      sequence: newest.heartbeat.sequence,
      actedAt: batch.actedAt,
    },
    transitions: offersOf(token, batch.kept, deps.policy),
    onlyIf: null,
  };
}

function durabilityOf(write: TitleWrite, written: Written): RecordOutcome['durability'] {
  const isStored = write.playhead !== null && 'durability' in written;
  return isStored ? written.durability : 'NONE';
}

/**
 * The outcome of the newest heartbeat that was not refused and can move a playhead; a request of
 * nothing but PINGs learns whether its session still holds the playhead.
 */
function outcomeOf(
  versions: Versions,
  batch: { admitted: readonly AdmittedHeartbeat[]; kept: readonly AdmittedHeartbeat[] },
): RecordOutcome['outcome'] {
  const newest = batch.admitted.findLast(({ playhead }) => playhead !== null);
  if (newest === undefined) {
    return isOwn(versions.inForce, batch.admitted) ? 'DUPLICATE' : 'SUPERSEDED';
  }
  if (!batch.kept.includes(newest) || versions.inForce !== newest.version) return 'SUPERSEDED';
  return versions.before === versions.inForce ? 'DUPLICATE' : 'ACCEPTED';
}

interface Versions {
  before: Version | undefined;
  inForce: Version | undefined;
}

/**
 * What was in force before a write, and what is after it. A title that was new to the hot store, or
 * was written past it, is compared with the durable one; while that does not answer, what was written
 * counts.
 */
function versionsOf(
  deps: PlaybackDeps,
  of: { token: SessionToken; write: TitleWrite; written: Written },
): Versions | Promise<Versions> {
  const { token, write, written } = of;
  const [title] = written.kind === 'merged' ? written.titles : [];
  const floor = written.kind === 'merged' ? written.floor : null;
  const before = title && aboveFloor(title.before, floor).playhead?.version;
  const after = title && aboveFloor(title.after, floor).playhead?.version;
  if (title !== undefined && title.before.playhead !== null) return { before, inForce: after };
  return readTitle(deps, { token, write }).then((state) => ({
    before,
    inForce: state?.playhead?.version ?? after ?? write.playhead?.version,
  }));
}

/** Null when it cannot be read, which is no reason to fail what was stored. */
async function readTitle(
  deps: PlaybackDeps,
  of: { token: SessionToken; write: TitleWrite },
): Promise<TitleState | null> {
  const { profileId, title } = of.token;
  try {
    const state = await deps.reader.read({ profileId, titles: [title], need: 'show' });
    return inForce(state, title);
  } catch (error) {
    if (of.write.playhead === null) throw error;
    return null;
  }
}

function isOwn(version: Version | undefined, admitted: readonly AdmittedHeartbeat[]): boolean {
  const [first] = admitted;
  return (
    version === undefined || first === undefined || writerOf(version) === writerOf(first.version)
  );
}
