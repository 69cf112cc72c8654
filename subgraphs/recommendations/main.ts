import { join } from 'node:path';
import { openSessionSigner, openTokenVerifier } from '../../runtime/identity.ts';
import { pseudonymKeyOf } from '../../runtime/pseudonym.ts';
import { type ProcessParts, runSubgraph } from '../../runtime/run-process.ts';
import { openStatementSigner } from '../../runtime/signed-identity.ts';
import { openSubgraph, type Subgraph, type SubgraphContext } from '../../runtime/subgraph.ts';
import { noTracer, storeSystems, tracedStore } from '../../runtime/tracing.ts';
import { readSubgraph } from '../../schema/subgraph-source.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import { openEventStream, openViewingStore } from '../../stores/open.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { createCatalogCache } from './catalog-cache.ts';
import { type CatalogClient, createHttpCatalog, createLocalCatalog } from './catalog-client.ts';
import { createConsumer } from './consume.ts';
import { type Context, createContext, type RecommendationsDeps } from './context.ts';
import { createEndedPlays } from './ended-plays.ts';
import { createInteractionLog, type InteractionLog, noInteractionLog } from './interaction-log.ts';
import { loadModels } from './load-models.ts';
import { createRecommendationsMetrics } from './metrics.ts';
import { createRanker } from './ranker.ts';
import { createRankingMemory } from './rankings.ts';
import { resolvers } from './resolvers.ts';
import { createRows } from './row.ts';
import { defaultRowPolicy, playingForMs } from './row-policy.ts';
import { createShownRows } from './shown-rows.ts';
import { createRowWatches } from './watch.ts';

export interface RecommendationsOptions<CatalogContext extends SubgraphContext>
  extends ProcessParts {
  /** The stream of this process, which stays its opener's. Default: one of its own over DATA_DIR. */
  events?: EventStream;
  /** A client, or the catalog of this process. Default: the one at CATALOG_URL. */
  catalog?: CatalogClient | Subgraph<CatalogContext>;
  /** Closed with the subgraph. Default: the file in DATA_DIR. */
  viewings?: ViewingStore;
  /** What scoring is timed by, ms. Default: the machine's. */
  stopwatch?: () => number;
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
  const verifier = options.verifier ?? (await openTokenVerifier(config, clock));
  const viewings = tracedStore(options.viewings ?? (await openViewingStore(config, clock)), {
    tracer: options.tracer ?? noTracer,
    system: storeSystems(config).hot,
    methods: ['recent', 'plays', 'learning'],
  });
  const events = options.events ?? (await openEventStream(config, clock));
  const consumer = createConsumer({ events, viewings, clock, log });
  const client = clientOf(options.catalog ?? (await openRemoteCatalog(options)));
  const catalog = createCatalogCache(client, { clock, log });
  const interactions = await openInteractions(options);
  const ranker = createRanker({
    models: await loadModels(config, log),
    explorationShare: config.RECOMMENDATIONS_LOG === 'on' ? config.RECOMMENDATIONS_EXPLORATION : 0,
    stopwatch: options.stopwatch ?? (() => performance.now()),
    log,
  });
  const measured = createRecommendationsMetrics({ events, consumer, interactions, clock, ranker });
  const rows = measured.metered(
    createRows({
      ...{ viewings, catalog, ranker, clock, changes: consumer },
      isBehind: () => consumer.isBehind(),
      policy: { ...defaultRowPolicy, playingForMs: playingForMs(config.PLAYBACK_HEARTBEAT_MS) },
    }),
  );
  const watches = createRowWatches({ rows, changes: consumer, clock, log });
  const shown = createShownRows(interactions);
  const ended = createEndedPlays({ viewings, catalog, ranker, shown, interactions, clock, log });
  const rankings = createRankingMemory(clock);
  const deps: RecommendationsDeps = { rows, rankings, watches, shown };
  await consumer.start();
  ended.start();
  const { typeDefs } = await readSubgraph('recommendations');
  return openSubgraph<Context>({
    name: 'recommendations',
    typeDefs,
    resolvers,
    contextFor: async ({ authorization }, moment) =>
      createContext(deps, await verifier.verify(authorization, moment)),
    log,
    metrics: measured.metrics,
    async close() {
      await watches.close();
      await consumer.close();
      await ended.close();
      await interactions.close();
      await viewings.close();
      if (options.events === undefined) await events.close();
    },
  });
}

async function openInteractions({ config, clock, log }: ProcessParts): Promise<InteractionLog> {
  if (config.RECOMMENDATIONS_LOG === 'off') return noInteractionLog;
  const signer = await openSessionSigner(config);
  return createInteractionLog({
    folder: join(config.DATA_DIR, 'interactions'),
    retentionDays: config.RECOMMENDATIONS_LOG_RETENTION_DAYS,
    pseudonymKey: pseudonymKeyOf(signer),
    ...{ clock, log },
  });
}

/** The one at CATALOG_URL. */
async function openRemoteCatalog({ config, clock }: ProcessParts): Promise<CatalogClient> {
  return createHttpCatalog(config.CATALOG_URL, await openStatementSigner(config, clock));
}

function clientOf<CatalogContext extends SubgraphContext>(
  catalog: CatalogClient | Subgraph<CatalogContext>,
): CatalogClient {
  return 'server' in catalog ? createLocalCatalog(catalog) : catalog;
}

if (import.meta.main) {
  await runSubgraph({
    name: 'recommendations',
    open: openRecommendations,
    port: (config) => config.RECOMMENDATIONS_PORT,
  });
}
