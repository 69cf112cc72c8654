import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import type { Transition } from '../../../domain/transition.ts';
import { partitionOf } from '../../../domain/version.ts';
import { type Config, readConfig } from '../../../runtime/config.ts';
import { mintDevelopmentToken } from '../../../runtime/identity.ts';
import { createLog } from '../../../runtime/log.ts';
import type { Subgraph } from '../../../runtime/subgraph.ts';
import { subscribeToSubgraph } from '../../../runtime/subscribe.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import { openEmbeddedViewingStore } from '../../../stores/embedded/viewing.ts';
import type { EventStream } from '../../../stores/event-stream.ts';
import type { ViewingStore } from '../../../stores/viewing-store.ts';
import { openCatalog } from '../../../subgraphs/catalog/main.ts';
import { createTitles, type TitlesSource } from '../../../subgraphs/catalog/titles.ts';
import {
  type CatalogClient,
  createLocalCatalog,
} from '../../../subgraphs/recommendations/catalog-client.ts';
import type { Context } from '../../../subgraphs/recommendations/context.ts';
import { openRecommendations } from '../../../subgraphs/recommendations/main.ts';
import { type Answer, ask } from '../../support/ask.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const silent = createLog({ level: 'silent', part: 'test' });

export interface Card {
  cursor: string;
  node: {
    id: string;
    kind: string;
    playableId: string;
    score: number | null;
    reasons: { code: string; text: string }[];
  };
}

export interface RowPage {
  edges: Card[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  rankingId: string;
  rankedAt: string;
  ranker: string;
  continuationProbability: number | null;
  degraded: boolean;
}

/** The subgraph over real stores in memory, a real catalog, and a clock that the test moves. */
export interface World {
  clock: ManualClock;
  config: Config;
  events: EventStream;
  /** The view of the subgraph that is open now. */
  viewings: ViewingStore;
  subgraph: Subgraph<Context>;
  /** Appends to the stream, as playback does, and waits until the view holds it. */
  happened(...transitions: Transition[]): Promise<void>;
  authorization(profileId?: string): Promise<string>;
  ask(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** A page of the row of profile `demo`. */
  row(page?: { first?: number; after?: string | null; deviceKind?: string }): Promise<RowPage>;
  /** `kind playableId` of each card, in order. */
  cards(deviceKind?: string): Promise<string[]>;
  subscribe(query: string): Promise<AsyncIterableIterator<unknown>>;
  /** Ends the subgraph and opens another over the same stream; view and rankings are built anew. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const rowQuery = `query Row($first: Int, $after: String, $deviceKind: DeviceKind) {
  viewer { id continueWatching(first: $first, after: $after, deviceKind: $deviceKind) {
    edges { cursor node { id kind playableId score reasons { code text } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    rankingId rankedAt ranker continuationProbability degraded
  } } }`;

export async function openWorld(
  options: {
    titles?: TitlesSource;
    /** Stands between the subgraph and the real catalog. */
    catalog?: (real: CatalogClient) => CatalogClient;
    /** Stands between the subgraph and its real view. */
    viewings?: (real: ViewingStore) => ViewingStore;
    /** What ranks; default: recency. */
    model?: unknown;
    /** Settings on top of: no model, nothing by chance. */
    env?: Record<string, string>;
    /** Default: scoring takes no time. */
    stopwatch?: () => number;
  } = {},
): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playhead-row-'));
  const modelFile = join(dataDir, 'model.json');
  if (options.model !== undefined) await writeFile(modelFile, JSON.stringify(options.model));
  const config = readConfig({
    ...{ DATA_DIR: dataDir, PLAYBACK_PARTITIONS: '4' },
    RECOMMENDATIONS_MODEL: options.model === undefined ? 'none' : modelFile,
    RECOMMENDATIONS_EXPLORATION: '0',
    ...options.env,
  });
  const clock = new ManualClock();
  const parts = { config, clock, log: silent };
  const titles = options.titles === undefined ? {} : { titles: createTitles(options.titles) };
  const catalogSubgraph = await openCatalog({ ...parts, ...titles });
  const real = createLocalCatalog(catalogSubgraph);
  const catalog = options.catalog?.(real) ?? real;
  const events = openEmbeddedEventStream({ path: ':memory:', partitions: 4, clock });
  let viewings: ViewingStore;
  const open = async () => {
    const view = openEmbeddedViewingStore({ path: ':memory:' });
    viewings = options.viewings?.(view) ?? view;
    return openRecommendations({ ...parts, events, catalog, viewings, stopwatch });
  };
  const stopwatch = options.stopwatch ?? (() => 0);
  let subgraph = await open();
  const authorization = async (profileId = 'demo') =>
    `Bearer ${await mintDevelopmentToken(config, { profileId, nowMs: clock.nowMs() })}`;
  const world: World = {
    clock,
    config,
    events,
    get viewings() {
      return viewings;
    },
    get subgraph() {
      return subgraph;
    },
    authorization,
    async happened(...transitions) {
      for (const one of transitions) {
        const partition = partitionOf(one.profileId, events.partitions);
        await events.append({ partition, transitions: [one] });
      }
      await clock.advance(0);
    },
    async ask(query, variables = {}) {
      return ask(subgraph, query, { variables, authorization: await authorization() });
    },
    async row(page = {}) {
      const { data, errors } = await world.ask(rowQuery, page);
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data.viewer.continueWatching;
    },
    async cards(deviceKind) {
      const { edges } = await world.row(deviceKind === undefined ? {} : { deviceKind });
      return edges.map(({ node }) => `${node.kind} ${node.playableId}`);
    },
    async subscribe(query) {
      const document = parse(query);
      const headers = { authorization: await authorization() };
      const result = await subscribeToSubgraph(subgraph, { document, headers }, silent);
      if (!(Symbol.asyncIterator in result)) throw new Error(JSON.stringify(result));
      return result;
    },
    async restart() {
      await subgraph.close();
      subgraph = await open();
    },
    async close() {
      await subgraph.close();
      await events.close();
      await catalogSubgraph.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return world;
}
