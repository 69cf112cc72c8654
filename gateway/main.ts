import { parseArgs } from 'node:util';
import type { Config } from '../runtime/config.ts';
import { openTokenVerifier } from '../runtime/identity.ts';
import { rateLimitOf } from '../runtime/limit-settings.ts';
import { RateLimits } from '../runtime/rate-limits.ts';
import { type ProcessParts, runProcess } from '../runtime/run-process.ts';
import type { Closable } from '../runtime/shutdown.ts';
import { openRateLimiter } from '../stores/open.ts';
import { developmentRoutes } from './development.ts';
import { embeddedExecutor, embeddedTransports } from './embedded-executor.ts';
import { ownManifest, readKnownDocuments } from './known-documents.ts';
import { remoteTransports } from './remote-transports.ts';
import { serveGateway } from './server.ts';
import { type Connections, openGateway } from './supergraph.ts';

interface Backing {
  connections: Connections;
  /** Of the subgraphs in this process. */
  metrics?: (() => Promise<string>) | undefined;
  /** In the order in which they close. */
  closables: readonly Closable[];
}

interface Measured {
  metrics?: (() => Promise<string>) | undefined;
}

/**
 * `npm start`: everything in this process. `--only gateway`: subgraphs are processes of their own.
 * `--demo-redis`, in development: the demo starts a Redis of its own as the hot store.
 */
async function start(process: ProcessParts): Promise<readonly Closable[]> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, 'demo-redis': { type: 'boolean', default: false } },
  });
  if (values.only !== undefined && values.only !== 'gateway') {
    throw new Error('--only takes one value: gateway.');
  }
  const isProduction = process.config.NODE_ENV === 'production';
  const demo = isProduction ? undefined : await openDemo(process.config, values['demo-redis']);
  const parts = { ...process, config: demo?.config ?? process.config };
  const { config, clock, log } = parts;
  const backing = values.only === 'gateway' ? openRemote(parts) : await openEmbedded(parts);
  const verifier = await openTokenVerifier(config, clock);
  const costMax = config.OPERATION_COST_MAX;
  const { rates, limiter } = await openRates(parts);
  const documents = await openDocuments(config);
  const opening = { ...backing, verifier, clock, log, isProduction, costMax, rates, documents };
  const gateway = await openGateway(opening);
  const address = { host: config.HOST, port: config.PORT };
  const metrics = () => metricsOf([backing, { metrics: async () => rates.limits.metrics() }]);
  const developed = { config, clock, metrics };
  const routes = demo === undefined ? [] : [...developmentRoutes(developed), ...demo.routes];
  const server = await serveGateway({ gateway, verifier, clock, log, routes, ...address });
  announce(server.url, { isProduction, dataDir: config.DATA_DIR });
  const closing = { close: async () => gateway[Symbol.asyncDispose]() };
  return [server, closing, limiter, ...backing.closables, ...(demo === undefined ? [] : [demo])];
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

function openRemote({ config }: ProcessParts): Backing {
  return { connections: remoteTransports(config), closables: [] };
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
  const { log } = parts;
  const connections = embeddedTransports({
    catalog: embeddedExecutor(catalog, log),
    playback: embeddedExecutor(playback, log),
    recommendations: embeddedExecutor(recommendations, log),
  });
  const closables = [recommendations, playback, catalog];
  return { connections, metrics: () => metricsOf([playback, recommendations]), closables };
}

/** Of several parts, one after another: no two have a name in common. */
async function metricsOf(parts: readonly Measured[]): Promise<string> {
  const texts = await Promise.all(parts.map(async ({ metrics }) => (await metrics?.()) ?? ''));
  return texts.join('');
}

async function openDemo(config: Config, wantsRedis: boolean) {
  return (await import('../demo/open-demo.ts')).openDemo({ config, wantsRedis });
}

/** For people, on standard output; logs go to standard error. */
function announce(url: string, shown: { isProduction: boolean; dataDir: string }): void {
  const lines = [`GraphQL  ${url}/graphql`];
  if (!shown.isProduction) lines.push(`Demo     ${url}/demo/`);
  lines.push(`Data     ${shown.dataDir}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

await runProcess('gateway', start);
