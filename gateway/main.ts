import { parseArgs } from 'node:util';
import type { GatewayRuntime } from '@graphql-hive/gateway-runtime';
import type { Config } from '../runtime/config.ts';
import { drainOf } from '../runtime/drain.ts';
import { openTokenVerifier } from '../runtime/identity.ts';
import { rateLimitOf } from '../runtime/limit-settings.ts';
import type { Listening } from '../runtime/listen.ts';
import { mergeMetrics } from '../runtime/metrics-text.ts';
import { createProcessMetrics } from '../runtime/process-metrics.ts';
import { RateLimits } from '../runtime/rate-limits.ts';
import { type ProcessParts, runProcess } from '../runtime/run-process.ts';
import type { Closable } from '../runtime/shutdown.ts';
import { identityKeys, openStatementSigner } from '../runtime/signed-identity.ts';
import { readSubgraphList } from '../schema/subgraph-list.ts';
import { openRateLimiter } from '../stores/open.ts';
import { developmentRoutes } from './development.ts';
import { embeddedExecutor, embeddedTransports } from './embedded-executor.ts';
import { embeddedUpstream } from './embedded-upstream.ts';
import { withFurtherSubgraphs } from './further-subgraphs.ts';
import { ownManifest, readKnownDocuments } from './known-documents.ts';
import type { LaneUpstream } from './lane-upstream.ts';
import { GatewayMetrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import { type OpenedLane, openLane } from './open-lane.ts';
import { openHttpUpstream, openOwnUpstream } from './own-upstream.ts';
import { remoteTransports } from './remote-transports.ts';
import { type Access, type GatewayServer, serveGateway } from './server.ts';
import { type Connections, openGateway, reloadOf, supergraphFile } from './supergraph.ts';
import { SupergraphFile } from './supergraph-file.ts';

interface Backing {
  connections: Connections;
  /** How the fast lane reaches our subgraphs, by name. */
  upstreams: ReadonlyMap<string, LaneUpstream>;
  /** The subgraphs in this process. */
  parts: readonly Measured[];
  /** @default always. */
  isReady?: (() => Promise<boolean>) | undefined;
  /** In the order in which they close. */
  closables: readonly Closable[];
}

interface Measured {
  metrics?: (() => Promise<string>) | undefined;
}

/**
 * `npm start`: everything in this process. `--only gateway`: subgraphs are processes of their own.
 * In development, `--demo-redis`: the demo starts a Redis of its own as the hot store; and
 * `--demo-regions eu=http://…,us=http://…`, own region first: its phone can move between their gateways.
 */
async function start(process: ProcessParts): Promise<readonly Closable[]> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      'demo-redis': { type: 'boolean', default: false },
      'demo-regions': { type: 'string' },
    },
  });
  if (values.only !== undefined && values.only !== 'gateway') {
    throw new Error('--only takes one value: gateway.');
  }
  const isProduction = process.config.NODE_ENV === 'production';
  const demo = isProduction ? undefined : await openDemo(process.config, values);
  const parts = { ...process, config: demo?.config ?? process.config };
  const { config, clock, log } = parts;
  const verifier = await openTokenVerifier(config, clock, log);
  const isAlone = values.only === 'gateway';
  const backing = await (isAlone ? openRemote(parts) : openEmbedded({ ...parts, verifier }));
  const graph = await graphOf(parts, backing.connections);
  const { rates, limiter } = await openRates(parts);
  const measured = new GatewayMetrics();
  const metrics = metricsOf([
    { metrics: () => measured.text() },
    { metrics: async () => rates.limits.metrics() },
    ...backing.parts,
  ]);
  const common = { verifier, clock, log, metrics: measured, tracer: parts.tracer };
  const costMax = config.OPERATION_COST_MAX;
  const documents = await openDocuments(config);
  const ruled = { ...common, isProduction, rates, costMax };
  const laned = { ...ruled, ...graph, own: backing.upstreams, admission: documents };
  const lane = config.FAST_LANE === 'off' ? undefined : await openLane(laned);
  const lanePlugin = lane?.plugin;
  const gateway = await openGateway({ ...graph, ...ruled, documents, lanePlugin });
  const address = { host: config.HOST, port: config.PORT };
  const developed = { config, clock, metrics };
  const routes = demo === undefined ? [] : [...developmentRoutes(developed), ...demo.routes];
  const ending = { isReady: backing.isReady, drain: drainOf(config, clock) };
  const access = accessOf(config);
  const served = { gateway, ...common, lane: lane?.lane, routes, access, ...ending };
  const server = await serveGateway({ ...served, ...address });
  const following = followed(graph.supergraph, { parts, gateway, server, measured, lane });
  void lane?.start();
  const scraped = isProduction ? [await serveMetrics(metrics, scrapeAddress(parts))] : [];
  announce(server.url, { isProduction, scraped, dataDir: config.DATA_DIR });
  const closing = { close: async () => gateway[Symbol.asyncDispose]() };
  const rest = demo === undefined ? [] : [demo];
  const lanes = lane === undefined ? [] : [lane];
  return [
    ...following,
    server,
    ...lanes,
    closing,
    limiter,
    ...backing.closables,
    ...scraped,
    ...rest,
  ];
}

/** Which documents run; a manifest that cannot be read ends the start. */
async function openDocuments(config: Config) {
  const byDefault = config.NODE_ENV === 'production' ? 'only-known' : 'all';
  return {
    known: await readKnownDocuments([ownManifest, ...(config.PERSISTED_DOCUMENTS_FILES ?? [])]),
    isOpen: (config.PERSISTED_DOCUMENTS ?? byDefault) === 'all',
  };
}

/** What profiles and addresses may ask for; devices are counted where their tokens are read. */
async function openRates({ config, clock, log }: ProcessParts) {
  const limiter = await openRateLimiter(config, {
    clock,
    onChange: (state) => log.warn({ state }, 'shared rate limits'),
  });
  const limits = new RateLimits({
    limiter,
    limits: {
      profile: rateLimitOf(config.RATE_LIMIT_PROFILE),
      address: rateLimitOf(config.RATE_LIMIT_ADDRESS),
    },
    metricName: 'playhead_gateway_rate_limited_total',
  });
  return { rates: { limits, trustedProxies: config.TRUSTED_PROXIES }, limiter };
}

function scrapeAddress({ config, log }: ProcessParts) {
  return { host: config.METRICS_HOST, port: config.METRICS_PORT, log };
}

function accessOf(config: Config): Access {
  return {
    allowedOrigins: config.ALLOWED_ORIGINS ?? [],
    isProduction: config.NODE_ENV === 'production',
    trustedProxies: config.TRUSTED_PROXIES,
    limits: { liveConnectionsPerAddressMax: config.LIVE_CONNECTIONS_PER_ADDRESS },
  };
}

/** The supergraph, and how all its subgraphs are reached: ours, and those of other teams. */
async function graphOf({ config, clock }: ProcessParts, own: Connections) {
  const file = config.SUPERGRAPH_FILE ?? supergraphFile;
  const listed = await readSubgraphList();
  const signer = await openStatementSigner(config, clock);
  const further = { listed, urls: config.SUBGRAPH_URLS ?? {}, supergraphFile: file, signer };
  const isOurs = config.SUPERGRAPH_FILE === undefined;
  const connections = await withFurtherSubgraphs(own, further);
  if (!isOurs) return { connections, signer, supergraph: await SupergraphFile.open(file) };
  return { connections, signer, supergraph: undefined };
}

/** A file that was named is somebody else's to replace, and is followed; ours is part of this release. */
function followed(
  supergraph: SupergraphFile | undefined,
  to: {
    parts: ProcessParts;
    gateway: GatewayRuntime;
    server: GatewayServer;
    measured: GatewayMetrics;
    lane: OpenedLane | undefined;
  },
): Closable[] {
  if (supergraph === undefined) return [];
  const { clock, log } = to.parts;
  return [supergraph.follow({ clock, log, ...reloadOf(to, log) })];
}

async function openRemote({ config, clock, log }: ProcessParts): Promise<Backing> {
  const signer = await openStatementSigner(config, clock);
  const keys = await identityKeys(config);
  const openUpstream = { on: openOwnUpstream, http: openHttpUpstream, off: undefined };
  const open = openUpstream[config.FAST_LANE];
  const upstreams = new Map<string, LaneUpstream>();
  if (open !== undefined) {
    const upstreamOf = (url: string, socketPath?: string) =>
      open({ url, socketPath, keys, signer, clock, log, random: Math.random });
    upstreams.set('playback', upstreamOf(config.PLAYBACK_URL, config.PLAYBACK_FRAMES_SOCKET));
    upstreams.set('recommendations', upstreamOf(config.RECOMMENDATIONS_URL));
    upstreams.set('catalog', upstreamOf(config.CATALOG_URL));
  }
  return { connections: remoteTransports(config, signer), upstreams, parts: [], closables: [] };
}

/** Subgraphs and demo are loaded only where they run: a gateway of its own needs none of their code. */
async function openEmbedded(parts: ProcessParts): Promise<Backing> {
  const [{ openCatalog }, { openPlayback }, { openRecommendations }] = await Promise.all([
    import('../subgraphs/catalog/main.ts'),
    import('../subgraphs/playback/main.ts'),
    import('../subgraphs/recommendations/main.ts'),
  ]);
  const catalog = await openCatalog(parts);
  const playback = await openPlayback(parts);
  const recommendations = await openRecommendations({ ...parts, catalog, events: playback.events });
  const { clock, log } = parts;
  const upstreams = new Map<string, LaneUpstream>([
    ['catalog', embeddedUpstream(catalog, { clock, log })],
    ['playback', embeddedUpstream(playback, { clock, log })],
    ['recommendations', embeddedUpstream(recommendations, { clock, log })],
  ]);
  const connections = embeddedTransports({
    catalog: embeddedExecutor(catalog, log),
    playback: embeddedExecutor(playback, log),
    recommendations: embeddedExecutor(recommendations, log),
  });
  const closables = [recommendations, playback, catalog];
  const { isReady } = playback;
  return { connections, upstreams, parts: [playback, recommendations], isReady, closables };
}

/** Of the whole process. */
function metricsOf(parts: readonly Measured[]): () => Promise<string> {
  const all = [...parts, { metrics: createProcessMetrics() }];
  return async () =>
    mergeMetrics(await Promise.all(all.map(async ({ metrics }) => (await metrics?.()) ?? '')));
}

async function openDemo(
  config: Config,
  wanted: { 'demo-redis': boolean; 'demo-regions'?: string | undefined },
) {
  const { 'demo-redis': wantsRedis, 'demo-regions': regions } = wanted;
  return (await import('../demo/open-demo.ts')).openDemo({ config, wantsRedis, regions });
}

/** For people, on standard output; logs go to standard error. */
function announce(
  url: string,
  shown: { isProduction: boolean; scraped: readonly Listening[]; dataDir: string },
): void {
  const lines = [`GraphQL  ${url}/graphql`];
  if (!shown.isProduction) lines.push(`Demo     ${url}/demo/`);
  for (const metrics of shown.scraped) lines.push(`Metrics  ${metrics.url}/metrics`);
  lines.push(`Data     ${shown.dataDir}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

await runProcess('gateway', start);
