import { defaultPolicy } from '../../domain/policy.ts';
import { activityTimeMs, versionZero } from '../../domain/version.ts';
import type { Finals, Served, SubmittedBeat } from './history.ts';
import { type ChangeExchange, type HistoryIndex, keyOf } from './history-index.ts';

/** A change that nobody answered may still be applied: by then every deadline of the product is over. */
const lateChangeMsMax = 20_000;
/** A change comes after what is in force, which may be ahead by as much as an anchor is ever lifted. */
const aheadMsMax = defaultPolicy.anchorLiftMaxMs + 100;

/** The history's clock never steps; the processes' may be corrected meanwhile. */
const clockMsMax = 50;

interface Seen {
  where: string;
  /** Null in the end, when all regions are equal. */
  region: string | null;
  profileId: string;
  title: string;
  served: Served;
  fromMs: number;
  toMs: number;
}

/** Rule `invented`: playheads that were served, and that nobody submitted like that. */
export function inventedPlayheads(index: HistoryIndex, finals: Finals): string[] {
  const values = new Map<string, string>();
  return everythingServed(index, finals).flatMap((seen) => {
    const { where, profileId, title, served } = seen;
    const slot = [profileId, title, served.version].join('|');
    const value = positionOf(served);
    const first = isWhole(index, seen) ? (values.get(slot) ?? value) : value;
    if (isWhole(index, seen)) values.set(slot, first);
    const what = `${where} served ${title} of ${profileId} as ${JSON.stringify(served)}`;
    if (first !== value) return [`invented: ${what}, which was ${first} elsewhere`];
    return isSubmitted(index, seen) ? [] : [`invented: ${what}, which nobody submitted`];
  });
}

/** Whether a version says all: of one that a change of visibility made, the position may differ. */
function isWhole(index: HistoryIndex, seen: Seen): boolean {
  // With a flag, or apart, it may be seen without the position that it met.
  const of = seen.region === null ? {} : { region: seen.region };
  if (seen.served.isDegraded || index.isTrouble('apart', seen, of)) return false;
  // Another region, or this one a moment later, may show what somebody reached there meanwhile.
  return index.regions.size === 1 || !isOfVisibility(index, seen);
}

function everythingServed(index: HistoryIndex, finals: Finals): Seen[] {
  const pushed = index.pushes.flatMap(({ client, region, profileId, playheads, atMs }) =>
    Object.entries(playheads).map(([title, served]) => {
      const at = { fromMs: atMs, toMs: atMs };
      return { where: client, region, profileId, title, served, ...at };
    }),
  );
  const afterwards = { region: null, fromMs: Infinity, toMs: Infinity };
  const final = Object.entries(finals.resume).flatMap(([where, profiles]) =>
    Object.entries(profiles).flatMap(([profileId, titles]) =>
      Object.entries(titles).flatMap(([title, served]) =>
        served === null ? [] : [{ where, profileId, title, served, ...afterwards }],
      ),
    ),
  );
  return [...index.sights.map((sight) => ({ where: sight.client, ...sight })), ...pushed, ...final];
}

function isOfVisibility(index: HistoryIndex, { profileId, title, served }: Seen): boolean {
  const key = keyOf({ profileId, title });
  return (index.changes.get(key) ?? []).some(
    (exchange) => exchange.sent.request.change.endsWith('HIDE') && mayBe(served, exchange, index),
  );
}

/** Without `hidden`: a hide that arrives late changes it and not the version. */
function positionOf({ positionMs, durationMs, status, deviceId }: Served): string {
  return JSON.stringify([positionMs, durationMs, status, deviceId]);
}

function isSubmitted(index: HistoryIndex, { profileId, title, served }: Seen): boolean {
  if (served.version === versionZero) return isNeverStarted(served);
  const key = keyOf({ profileId, title });
  const beat = index.beats.get(key)?.get(served.version);
  if (beat !== undefined) return isBeat(served, beat);
  return (index.changes.get(key) ?? []).some((exchange) => mayBe(served, exchange, index));
}

function isNeverStarted(served: Served): boolean {
  return served.status === 'NOT_STARTED' && served.positionMs === 0 && !served.hidden;
}

function isBeat(served: Served, beat: SubmittedBeat): boolean {
  const isLifting = beat.event === 'START' || beat.event === 'PLAY';
  return positionOf(served) === positionOf({ ...served, ...beat }) && !(isLifting && served.hidden);
}

/** Whether a change that this request asked for could have come to this playhead. */
function mayBe(served: Served, exchange: ChangeExchange, index: HistoryIndex): boolean {
  const { sent, answered } = exchange;
  const { answer } = answered;
  const isAnswered = answer.failure === null && answer.errors.length === 0;
  const lastMs = isAnswered ? answered.atMs + aheadMsMax : sent.atMs + lateChangeMsMax;
  const madeMs = activityTimeMs(served.version);
  if (madeMs < sent.atMs - clockMsMax || madeMs > lastMs) return false;
  const { positionMs, status, hidden, deviceId } = served;
  switch (sent.request.change) {
    case 'HIDE':
    case 'UNHIDE':
      return (
        hidden === (sent.request.change === 'HIDE') && isKnownPosition(served, exchange, index)
      );
    case 'FINISH':
      return status === 'FINISHED' && deviceId === null;
    case 'RESTART':
      return status === 'IN_PROGRESS' && positionMs === 0 && deviceId === null;
    case 'FORGET':
      return status === 'NOT_STARTED' && positionMs === 0 && deviceId === null;
  }
}

/** A change of visibility leaves the position as somebody had written it. */
function isKnownPosition(served: Served, { sent }: ChangeExchange, index: HistoryIndex): boolean {
  const { profileId, request } = sent;
  const beats = index.beats.get(keyOf({ profileId, title: request.title }))?.values() ?? [];
  return (
    served.deviceId === null ||
    [...beats].some((beat) => positionOf(served) === positionOf({ ...served, ...beat }))
  );
}
