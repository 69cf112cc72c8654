import DataLoader from 'dataloader';
import { PlatformError } from '../../domain/errors.ts';
import { idProblem } from '../../domain/problem.ts';
import type { Viewer } from '../../runtime/identity.ts';
import type { SubgraphContext } from '../../runtime/subgraph.ts';
import type { ProfileState } from './hydrate.ts';
import { type PlayheadView, type ViewPoint, viewOf } from './playhead-view.ts';
import type { ReassignDeps } from './reassign-session.ts';

/** Ids in one argument list: a screenful several times over. */
export const idsMax = 100;

/** What resolvers of one operation share. */
export interface Context extends SubgraphContext {
  viewer: Viewer | null;
  playback: ReassignDeps;
  /**
   * One title of the viewer's profile, seen from a session of its own if there is one; all that is
   * asked for in one turn is one read.
   */
  playhead(title: string, sessionId?: string): Promise<PlayheadView>;
  /** The viewer's whole profile, shared by everyone who asks in one turn. */
  profile(): Promise<ProfileState>;
  viewPoint(): ViewPoint;
}

/**
 * Loaders batch and do not cache: the context of a subscription lives as long as its socket, and a
 * cache would answer its first value for ever.
 */
export function createContext(playback: ReassignDeps, viewer: Viewer | null): Context {
  const profileId = () => requireViewer({ viewer }).profileId;
  const viewPoint = () => ({
    profileId: profileId(),
    nowMs: playback.clock.nowMs(),
    policy: playback.policy,
  });
  const profilesLoader = () =>
    new DataLoader<string, ProfileState>(
      async (ids) => {
        const state = await playback.reader.read({
          profileId: profileId(),
          titles: null,
          need: 'show',
        });
        return ids.map(() => state);
      },
      { cache: false },
    );
  const playheadsLoader = () =>
    new DataLoader<PlayheadKey, PlayheadView>(
      (keys) => loadPlayheads(playback, keys, viewPoint()),
      { cache: false },
    );
  // A heartbeat reads neither.
  let profiles: ReturnType<typeof profilesLoader> | undefined;
  let playheads: ReturnType<typeof playheadsLoader> | undefined;
  return {
    viewer,
    playback,
    viewPoint,
    profile() {
      profiles ??= profilesLoader();
      return profiles.load('own');
    },
    playhead(title, sessionId) {
      playheads ??= playheadsLoader();
      return playheads.load({ title, sessionId });
    },
  };
}

interface PlayheadKey {
  title: string;
  sessionId: string | undefined;
}

/** Errors: PlatformError UNAUTHENTICATED when signed out. */
export function requireViewer(context: { viewer: Viewer | null }): Viewer {
  if (context.viewer !== null) return context.viewer;
  throw new PlatformError('This needs an access token.', { code: 'UNAUTHENTICATED' });
}

/** Errors: PlatformError BAD_USER_INPUT naming the argument. */
export function requireId(id: string, argument: string): string {
  const [problem] = idProblem(id, [argument]);
  if (problem === undefined) return id;
  throw new PlatformError(`${argument}: ${problem.message}`, { code: 'BAD_USER_INPUT' });
}

/** One value or error per key: one bad title never fails its neighbours. */
async function loadPlayheads(
  playback: ReassignDeps,
  keys: readonly PlayheadKey[],
  at: ViewPoint,
): Promise<(PlayheadView | Error)[]> {
  const titles = [...new Set(keys.map(({ title }) => title))];
  const state = await playback.reader.read({ profileId: at.profileId, titles, need: 'show' });
  return keys.map(({ title, sessionId }) => viewOrError(state, title, { ...at, sessionId }));
}

function viewOrError(state: ProfileState, title: string, at: ViewPoint): PlayheadView | Error {
  try {
    return viewOf(state, title, at);
  } catch (error) {
    return error as Error;
  }
}
