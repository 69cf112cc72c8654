import { PlatformError } from '../../domain/errors.ts';
import type { Transition } from '../../domain/transition.ts';
import { sessionsIn, type WatchedSession, type WatchedTitle } from '../../domain/watch-log.ts';
import type { PageArguments } from './lists.ts';
import { deviceView, isoTime } from './playhead-view.ts';

/** Sessions on a page: some weeks of evenings. */
const pageLengthMax = 50;

/**
 * A page of what was watched, session by session, the one that began last first.
 *
 * Shape: a cursor names a place in that order, so pages neither repeat nor skip what does not move.
 * Errors: PlatformError BAD_USER_INPUT naming the argument.
 */
export function sessionPageOf(log: readonly Transition[], page: PageArguments) {
  const after = checkPage(page);
  const sessions = sessionsIn(log).map((session) => ({ session, place: placeOf(session) }));
  const from = after === null ? sessions : sessions.filter(({ place }) => place < after);
  const edges = from.slice(0, page.first).map(({ session, place }) => ({
    cursor: Buffer.from(place).toString('base64url'),
    node: sessionView(session),
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: from.length > page.first,
      hasPreviousPage: from.length < sessions.length,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Compares as the order of the list does. */
function placeOf({ startedAtMs, sessionId }: WatchedSession): string {
  return `${String(startedAtMs).padStart(13, '0')}/${sessionId}`;
}

function checkPage({ first, after }: PageArguments): string | null {
  if (first < 1 || first > pageLengthMax) {
    throw new PlatformError(`first is 1 to ${pageLengthMax}, not ${first}.`, {
      code: 'BAD_USER_INPUT',
    });
  }
  if (after === null) return null;
  const place = Buffer.from(after, 'base64url').toString();
  if (/^[0-9]{13}\/[A-Za-z0-9_-]{1,64}$/.test(place)) return place;
  throw new PlatformError('after is the cursor of an edge of this list.', {
    code: 'BAD_USER_INPUT',
  });
}

function sessionView(session: WatchedSession) {
  return {
    id: session.sessionId,
    device: deviceView(session.device),
    titles: session.titles.map(titleView),
    startedAt: isoTime(session.startedAtMs),
    endedAt: isoTime(session.endedAtMs),
    undoneAt: isoTimeOrNull(session.undoneAtMs),
  };
}

function titleView(watched: WatchedTitle) {
  const { title, fromPositionMs, toPositionMs, durationMs, isFinished } = watched;
  return {
    ...{ playableId: title, playable: { id: title } },
    ...{ fromPositionMs, toPositionMs, durationMs, finished: isFinished },
    startedAt: isoTime(watched.startedAtMs),
    endedAt: isoTime(watched.endedAtMs),
    undoneAt: isoTimeOrNull(watched.undoneAtMs),
  };
}

function isoTimeOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : isoTime(timeMs);
}
