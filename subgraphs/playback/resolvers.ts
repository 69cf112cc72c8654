import { PlatformError } from '../../domain/errors.ts';
import type { Heartbeat } from '../../domain/heartbeat.ts';
import { viewerId } from '../../runtime/identity.ts';
import { beginSession } from './begin-session.ts';
import { type Change, changePlayhead, forgetAllPlayheads } from './change-playhead.ts';
import { type Context, idsMax, requireId, requireViewer } from './context.ts';
import { pageOf } from './lists.ts';
import { isoTime, openPlayheadId, sessionViews } from './playhead-view.ts';
import { reassignSession } from './reassign-session.ts';
import { recordHeartbeats } from './record-heartbeats.ts';
import type { HeartbeatInput, PlayheadInput, Resolvers } from './schema.generated.ts';
import { sessionPageOf } from './session-list.ts';
import { takeOver, takeOverSeenBy } from './take-over.ts';
import { undoSession } from './undo-session.ts';
import { watchPlayheads } from './watch.ts';
import { watchSessions } from './watch-sessions.ts';

/** The schema's fields, one line each: what they do is in the file named after them. */
export const resolvers: Resolvers = {
  Query: {
    viewer: (_root, _arguments, context) => context.viewer,
  },
  Viewer: {
    __resolveReference: ({ id }, context) => ownViewer(id, context),
    id: ({ profileId }) => viewerId(profileId),
    playhead: (_viewer, { playableId }, context) =>
      context.playhead(requireId(playableId, 'playableId')),
    playheads: (_viewer, { playableIds }, context) => loadMany(playableIds, context),
    inProgress: async (_viewer, { first, after }, context) =>
      pageOf(
        await context.profile(),
        {
          page: { first, after: after ?? null },
          filter: { status: 'IN_PROGRESS', hidden: false },
        },
        context.viewPoint(),
      ),
    history: async (_viewer, { first, after, filter }, context) =>
      pageOf(
        await context.profile(),
        {
          page: { first, after: after ?? null },
          filter: { status: filter?.status ?? null, hidden: filter?.hidden ?? null },
        },
        context.viewPoint(),
      ),
    activeSessions: async (_viewer, _arguments, context) =>
      sessionViews(await context.profile(), context.viewPoint()),
    watchSessions: async ({ profileId }, { first, after }, context) =>
      sessionPageOf(await context.playback.watchLog.read({ profileId }), {
        first,
        after: after ?? null,
      }),
  },
  Playable: {
    __resolveReference: ({ id }) => ({ id }),
    playhead: ({ id }, _arguments, context) =>
      context.viewer === null ? null : context.playhead(requireId(id, 'id')),
  },
  Playhead: {
    __resolveReference: ({ id }, context) => ownPlayhead(id, context),
  },
  Problem: { __resolveType: () => 'InputProblem' },
  RecordHeartbeatsPayload: {
    playhead: ({ recorded }, _arguments, context) =>
      recorded === null ? null : context.playhead(recorded.title, recorded.sessionId),
    takenOverBy: ({ recorded, isHeld }, _arguments, context) =>
      recorded === null || !isHeld ? null : takeOverSeenBy(context, recorded),
  },
  TakeOverPayload: {
    playhead: ({ taken }, _arguments, context) =>
      taken === null ? null : context.playhead(taken.title, taken.sessionId),
  },
  ActiveSessionsUpdate: {
    viewer: (_update, _arguments, context) => context.viewer,
  },
  PlayheadPayload: {
    playhead: ({ changed }, _arguments, context) =>
      changed === null ? null : context.playhead(changed.title),
  },
  UndoSessionPayload: {
    playheads: ({ undone }, _arguments, context) =>
      Promise.all(undone.titles.map((title) => context.playhead(title))),
  },
  ReassignSessionPayload: {
    playheads: ({ undone }, _arguments, context) =>
      Promise.all(undone.titles.map((title) => context.playhead(title))),
  },
  Mutation: {
    beginSession: (_root, { input }, context) =>
      beginSession(context.playback, requireViewer(context).profileId, input),
    recordHeartbeats: (_root, { input }, context) =>
      recordHeartbeats(context.playback, requireViewer(context).profileId, {
        session: input.session,
        heartbeats: input.heartbeats.map(heartbeatOf),
      }),
    takeOver: (_root, { input }, context) =>
      takeOver(context.playback, requireViewer(context).profileId, input),
    finishPlayhead: (_root, { input }, context) => change('FINISH', input, context),
    restartPlayhead: (_root, { input }, context) => change('RESTART', input, context),
    hidePlayhead: (_root, { input }, context) => change('HIDE', input, context),
    unhidePlayhead: (_root, { input }, context) => change('UNHIDE', input, context),
    forgetPlayhead: (_root, { input }, context) => change('FORGET', input, context),
    forgetAllPlayheads: async (_root, _arguments, context) => {
      const { profileId } = requireViewer(context);
      const { forgottenAtMs } = await forgetAllPlayheads(context.playback, profileId);
      return { forgottenAt: isoTime(forgottenAtMs), problems: [] };
    },
    undoSession: (_root, { input: { sessionId, playableId = null } }, context) =>
      undoSession(context.playback, requireViewer(context).profileId, { sessionId, playableId }),
    reassignSession: (_root, { input: { playableId = null, ...input } }, context) =>
      reassignSession(context.playback, requireViewer(context), { playableId, ...input }),
  },
  Subscription: {
    playheadUpdates: {
      subscribe: (_root, { playableId }, context) => {
        const { profileId } = requireViewer(context);
        const title = playableId == null ? null : requireId(playableId, 'playableId');
        return watchPlayheads(context.playback, { profileId, title });
      },
      resolve: (update: unknown) => update as never,
    },
    activeSessionUpdates: {
      subscribe: (_root, _arguments, context) =>
        watchSessions(context.playback, requireViewer(context).profileId),
      resolve: (update: unknown) => update as never,
    },
  },
};

/** The input as the domain has it: an absent field and an explicit null mean the same. */
function heartbeatOf(input: HeartbeatInput): Heartbeat {
  const { sequence, event, elapsedMs, positionMs } = input;
  return {
    ...{ sequence, event, elapsedMs, positionMs },
    durationMs: input.durationMs ?? null,
    fromPositionMs: input.fromPositionMs ?? null,
  };
}

function change(kind: Change, input: PlayheadInput, context: Context) {
  const { profileId } = requireViewer(context);
  const { playableId, basedOn = null } = input;
  return changePlayhead(context.playback, profileId, { playableId, basedOn, change: kind });
}

function ownViewer(id: string | null | undefined, context: Context) {
  const { viewer } = context;
  return viewer !== null && viewerId(viewer.profileId) === id ? viewer : null;
}

function ownPlayhead(id: string, context: Context) {
  const opened = openPlayheadId(id);
  if (opened === null || opened.profileId !== context.viewer?.profileId) return null;
  return context.playhead(opened.title);
}

function loadMany(playableIds: readonly string[], context: Context) {
  if (playableIds.length < 1 || playableIds.length > idsMax) {
    throw new PlatformError(`playableIds holds 1 to ${idsMax} ids, not ${playableIds.length}.`, {
      code: 'BAD_USER_INPUT',
    });
  }
  // All are checked before the first is read: a read under way would have nobody to tell of its fault.
  const titles = playableIds.map((id) => requireId(id, 'playableIds'));
  return Promise.all(titles.map((title) => context.playhead(title)));
}
