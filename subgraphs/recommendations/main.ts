import { readFile } from 'node:fs/promises';
import { parse } from 'graphql';
import { openTokenVerifier } from '../../runtime/identity.ts';
import { type ProcessParts, runSubgraph } from '../../runtime/run-process.ts';
import { openSubgraph, type Subgraph, type SubgraphContext } from '../../runtime/subgraph.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import { openEventStream, openViewingStore } from '../../stores/open.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { createCatalogCache } from './catalog-cache.ts';
import { type CatalogClient, createHttpCatalog, createLocalCatalog } from './catalog-client.ts';
import { createConsumer } from './consume.ts';
import { type Context, createContext, type RecommendationsDeps } from './context.ts';
import { createRankingMemory } from './rankings.ts';
import { resolvers } from './resolvers.ts';
import { createRows } from './row.ts';
import { defaultRowPolicy, type RowPolicy } from './row-policy.ts';
import { createRowWatches } from './watch.ts';

export interface RecommendationsOptions<CatalogContext extends SubgraphContext>
  extends ProcessParts {
  /** Stays open: it belongs to whoever opened it. */
  events: EventStream;
  /** A client, or the catalog of this process. */
  catalog: CatalogClient | Subgraph<CatalogContext>;
  /** Default: the file in DATA_DIR. Closed with the subgraph. */
  viewings?: ViewingStore;
  policy?: RowPolicy;
}

/**
 * Opens the recommendations subgraph: follows the event stream from where its view stopped, and
 * answers rows from that view alone.
 *
 * Errors: rejects when the view cannot be opened; a stream or a catalog that is down only degrades.
 */
export async function openRecommendations<CatalogContext extends SubgraphContext>(
  options: RecommendationsOptions<CatalogContext>,
): Promise<Subgraph<Context>> {
  const { config, clock, log } = options;
  const verifier = await openTokenVerifier(config, clock);
  const viewings = options.viewings ?? (await openViewingStore(config));
  const consumer = createConsumer({ events: options.events, viewings, clock, log });
  const rows = createRows({
    viewings,
    catalog: createCatalogCache(clientOf(options.catalog), { clock, log }),
    isBehind: () => consumer.isBehind(),
    clock,
    policy: options.policy ?? defaultRowPolicy,
  });
  const watches = createRowWatches({ rows, changes: consumer, clock, log });
  const deps: RecommendationsDeps = { rows, rankings: createRankingMemory(clock), watches };
  await consumer.start();
  const sdlFile = new URL('../../schema/recommendations.graphql', import.meta.url);
  return openSubgraph<Context>({
    name: 'recommendations',
    typeDefs: parse(await readFile(sdlFile, 'utf8')),
    resolvers,
    contextFor: async ({ authorization }) =>
      createContext(deps, await verifier.verify(authorization)),
    log,
    async close() {
      watches.close();
      await consumer.close();
      await viewings.close();
    },
  });
}

function clientOf<CatalogContext extends SubgraphContext>(
  catalog: CatalogClient | Subgraph<CatalogContext>,
): CatalogClient {
  return 'server' in catalog ? createLocalCatalog(catalog) : catalog;
}

/** As a process of its own, the stream is its own too. */
async function openAlone(parts: ProcessParts): Promise<Subgraph<Context>> {
  const events = await openEventStream(parts.config, parts.clock);
  const catalog = createHttpCatalog(parts.config.CATALOG_URL);
  const subgraph = await openRecommendations({ ...parts, events, catalog });
  return {
    ...subgraph,
    async close() {
      await subgraph.close();
      await events.close();
    },
  };
}

if (import.meta.main) {
  await runSubgraph({
    name: 'recommendations',
    open: openAlone,
    port: (config) => config.RECOMMENDATIONS_PORT,
  });
}
