import DataLoader from 'dataloader';
import { PlatformError } from '../../domain/errors.ts';
import type { LaneSubgraph } from '../../gateway/embedded-upstream.ts';
import { type TokenVerifier, type Viewer, viewerId } from '../../runtime/identity.ts';
import type { Logger } from '../../runtime/log.ts';
import { openSubgraph, type Subgraph, type SubgraphContext } from '../../runtime/subgraph.ts';
import { readSubgraph } from '../../schema/subgraph-source.ts';
import { ToyEvents } from './toy-events.ts';

export type ToyName = 'catalog' | 'playback' | 'recommendations';

export interface ToyContext extends SubgraphContext {
  playheads: DataLoader<string, ToyPlayhead>;
}

interface ToyPlayhead {
  id: string;
  playableId: string;
  positionMs: number;
  device: { id: string; kind: string };
}

/** Cards in a toy row; every second one is an episode. */
export const rowLength = 20;
const firstPositionMs = 1_000;

/**
 * Subgraphs on the product's own SDL with next to nothing behind them. They count what reaches them, and
 * fail, hang and push on demand.
 */
export class Toys {
  /** Operations received since the last `forget()`. */
  readonly fetches: Record<ToyName, number> = { catalog: 0, playback: 0, recommendations: 0 };
  /** Playable ids of each batched read of playheads. */
  readonly batches: (readonly string[])[] = [];
  /** Mutations that were executed. */
  mutations = 0;
  /** Ids the catalog does not know, though it has everything else. */
  readonly unknownIds = new Set<string>();
  /** Subgraphs that break off every operation without an answer. */
  readonly down = new Set<ToyName>();
  /** Subgraphs that hold every operation until the promise settles. */
  readonly held = new Map<ToyName, Promise<void>>();
  /** What `viewer.playhead` and `beginSession` fail with. */
  fault: Error | undefined;
  readonly events = new ToyEvents<{ profileId: string; playableIds: readonly string[] }>();
  readonly #positionsMs = new Map<string, number>();

  get fetchCount(): number {
    return Object.values(this.fetches).reduce((sum, count) => sum + count, 0);
  }

  forget(): void {
    for (const name of Object.keys(this.fetches) as ToyName[]) this.fetches[name] = 0;
    this.batches.length = 0;
    this.mutations = 0;
  }

  /** Moves a playhead and tells whoever watches it. */
  move(profileId: string, playableId: string, positionMs: number): void {
    this.#positionsMs.set(`${profileId}/${playableId}`, positionMs);
    this.events.push({ profileId, playableIds: [playableId] });
  }

  playhead(viewer: Viewer, playableId: string): ToyPlayhead {
    const { profileId } = viewer;
    return {
      id: `ph_${profileId}_${playableId}`,
      playableId,
      positionMs: this.#positionsMs.get(`${profileId}/${playableId}`) ?? firstPositionMs,
      device: { id: `device-of-${profileId}`, kind: 'TV' },
    };
  }

  /** Before anything else an operation does. */
  async admit(name: ToyName): Promise<void> {
    this.fetches[name] += 1;
    await this.held.get(name);
    if (this.down.has(name)) throw new Error(`${name} is down`);
  }
}

export type ToySubgraphs = Record<ToyName, Subgraph<ToyContext>>;

export async function openToySubgraphs(
  toys: Toys,
  { verifier, log }: { verifier: TokenVerifier; log: Logger },
): Promise<ToySubgraphs> {
  const open = async (name: ToyName, resolvers: object) => {
    const subgraph = await openSubgraph<ToyContext>({
      name,
      typeDefs: (await readSubgraph(name)).typeDefs,
      resolvers,
      log,
      contextFor: async ({ authorization }, moment) =>
        createContext(toys, await verifier.verify(authorization, moment)),
      close: async () => {},
    });
    return watched(subgraph, { admit: () => toys.admit(name), isDown: () => toys.down.has(name) });
  };
  return {
    catalog: await open('catalog', catalogResolvers(toys)),
    playback: await open('playback', playbackResolvers(toys)),
    recommendations: await open('recommendations', recommendationsResolvers()),
  };
}

/** Admits each operation before anything else, in process or by HTTP, known or not. */
function watched(
  subgraph: Subgraph<ToyContext>,
  { admit, isDown }: { admit: () => Promise<void>; isDown: () => boolean },
) {
  const { server, known } = subgraph;
  const byKnown = known.execute.bind(known);
  known.execute = async (body, contextOf) => {
    if (isDown()) return null;
    return byKnown(body, isAboutSdl(body) ? contextOf : () => admit().then(contextOf));
  };
  const inProcess = server.executeOperation.bind(server) as (...args: unknown[]) => unknown;
  const byHttp = server.executeHTTPGraphQLRequest.bind(server);
  Object.assign(server, {
    executeOperation: async (...args: unknown[]) => {
      await admit();
      return inProcess(...args);
    },
    executeHTTPGraphQLRequest: async (request: Parameters<typeof byHttp>[0]) => {
      if (!isAboutSdl(request.httpGraphQLRequest.body)) await admit();
      return byHttp(request);
    },
  });
  return subgraph;
}

/** What the fast lane asks for itself, whenever it likes: no test counts that. */
function isAboutSdl(body: unknown): boolean {
  return (body as { query?: unknown } | null)?.query === '{_service{sdl}}';
}

/** The same for the fast lane, which passes both by. */
export function admitted(subgraph: Subgraph<ToyContext>, toys: Toys): LaneSubgraph<ToyContext> {
  const { name, known } = subgraph;
  return {
    name,
    contextFor: subgraph.contextFor,
    known: {
      prepare: known.prepare.bind(known),
      run: async (operation, ...rest) => {
        const query = operation.document.loc?.source.body;
        if (!isAboutSdl({ query })) await toys.admit(name as ToyName);
        return known.run(operation, ...rest);
      },
    },
  };
}

function createContext(toys: Toys, viewer: Viewer | null): ToyContext {
  return {
    viewer,
    // It caches, as DataLoaders do: a context that outlives an event would answer the first for ever.
    playheads: new DataLoader(async (playableIds) => {
      toys.batches.push([...playableIds]);
      return playableIds.map((id) => toys.playhead(signedIn({ viewer }), id));
    }),
  };
}

function signedIn({ viewer }: SubgraphContext): Viewer {
  if (viewer !== null) return viewer;
  throw new PlatformError('Nobody is signed in.', { code: 'UNAUTHENTICATED' });
}

const viewerType = {
  __resolveReference: ({ id }: { id: string }, { viewer }: ToyContext) =>
    viewer !== null && viewerId(viewer.profileId) === id ? { id } : null,
};

const ownViewer = (_root: unknown, _arguments: unknown, { viewer }: ToyContext) =>
  viewer === null ? null : { id: viewerId(viewer.profileId) };

const onePage = { hasNextPage: false, hasPreviousPage: false };

function catalogResolvers(toys: Toys) {
  const find = (id: string) => {
    if (toys.unknownIds.has(id)) return null;
    if (id.startsWith('mov_')) return { __typename: 'Movie', id, title: `Title of ${id}` };
    const series = { id: 'ser_1', title: 'A series' };
    const places = { series, seasonNumber: 1, episodeNumber: 1 };
    return { __typename: 'Episode', id, title: `Title of ${id}`, ...places };
  };
  const reference = ({ id }: { id: string }) => find(id);
  const typeOf = { __resolveType: ({ __typename }: { __typename: string }) => __typename };
  return {
    Query: {
      playable: (_root: unknown, { id }: { id: string }) => find(id),
      playables: (_root: unknown, { ids }: { ids: string[] }) => ids.map(find),
    },
    Node: typeOf,
    Playable: { ...typeOf, __resolveReference: reference },
    Movie: { __resolveReference: reference },
    Episode: { __resolveReference: reference },
    Series: { __resolveReference: ({ id }: { id: string }) => ({ id, title: 'A series' }) },
  };
}

function playbackResolvers(toys: Toys) {
  const playhead = (
    _root: unknown,
    { playableId }: { playableId: string },
    context: ToyContext,
  ) => {
    if (toys.fault !== undefined) throw toys.fault;
    return context.playheads.load(playableId);
  };
  const mutation = (_root: unknown, _arguments: unknown, context: ToyContext) => {
    signedIn(context);
    toys.mutations += 1;
    if (toys.fault !== undefined) throw toys.fault;
    return {
      stale: false,
      nextHeartbeatInMs: 5_000,
      outcome: 'ACCEPTED',
      durability: 'HOT',
      problems: [],
    };
  };
  return {
    Query: { viewer: ownViewer },
    Viewer: {
      ...viewerType,
      playhead,
      playheads: (
        _root: unknown,
        { playableIds }: { playableIds: string[] },
        context: ToyContext,
      ) => context.playheads.loadMany(playableIds),
      inProgress: () => ({ edges: [], pageInfo: onePage }),
      activeSessions: () => [],
    },
    Node: { __resolveType: () => 'Playhead' },
    Problem: { __resolveType: () => 'InputProblem' },
    Playable: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      playhead: ({ id }: { id: string }, _arguments: unknown, context: ToyContext) =>
        playhead(null, { playableId: id }, context),
    },
    Playhead: {
      __resolveReference: ({ id }: { id: string }, context: ToyContext) =>
        context.playheads.load(id.split('_').slice(2).join('_')),
      playable: ({ playableId }: ToyPlayhead) => ({ id: playableId }),
      resumePositionMs: ({ positionMs }: ToyPlayhead) => positionMs,
      resumeReason: () => 'EXACT',
      durationMs: () => 100_000,
      progress: ({ positionMs }: ToyPlayhead) => positionMs / 100_000,
      status: () => 'IN_PROGRESS',
      hidden: () => false,
      version: () => '000000000000000000000000',
      freshness: () => ({ source: 'HOT', asOf: '2026-01-01T00:00:00.000Z', degraded: false }),
    },
    Mutation: Object.fromEntries(mutationNames.map((name) => [name, mutation])),
    Subscription: {
      playheadUpdates: {
        subscribe: (_root: unknown, _arguments: unknown, context: ToyContext) => {
          const { profileId } = signedIn(context);
          return toys.events.subscribe((event) => event.profileId === profileId);
        },
        resolve: async (
          { playableIds }: { playableIds: string[] },
          _arguments: unknown,
          context: ToyContext,
        ) => ({ kind: 'CHANGED', playheads: await context.playheads.loadMany(playableIds) }),
      },
    },
  };
}

const mutationNames = [
  'beginSession',
  'recordHeartbeats',
  'finishPlayhead',
  'restartPlayhead',
  'hidePlayhead',
  'unhidePlayhead',
  'forgetPlayhead',
  'forgetAllPlayheads',
  'undoSession',
  'reassignSession',
];

function recommendationsResolvers() {
  const cards = Array.from({ length: rowLength }, (_, index) => ({
    cursor: `${index}`,
    node: {
      id: `card_${index}`,
      kind: 'RESUME',
      playableId: `${index % 2 === 0 ? 'mov' : 'epi'}_${index}`,
      reasons: [{ code: 'RECENTLY_WATCHED', text: 'You watched this last night' }],
    },
  }));
  return {
    Query: { viewer: ownViewer },
    Viewer: {
      ...viewerType,
      continueWatching: (_root: unknown, { first }: { first: number }) => ({
        edges: cards.slice(0, first),
        pageInfo: onePage,
        rankingId: 'ranking_1',
        rankedAt: '2026-01-01T00:00:00.000Z',
        ranker: 'recency',
        degraded: false,
      }),
    },
    ContinueWatchingItem: {
      playable: ({ playableId }: { playableId: string }) => ({ id: playableId }),
    },
  };
}
