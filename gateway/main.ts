import { parseArgs } from 'node:util';
import type { Config } from '../runtime/config.ts';
import { openTokenVerifier } from '../runtime/identity.ts';
import { type ProcessParts, runProcess } from '../runtime/run-process.ts';
import type { Closable } from '../runtime/shutdown.ts';
import { openStatementSigner } from '../runtime/signed-identity.ts';
import { developmentRoutes } from './development.ts';
import { embeddedExecutor, embeddedTransports } from './embedded-executor.ts';
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
  const verifier = await openTokenVerifier(config, clock, log);
  const isAlone = values.only === 'gateway';
  const backing = await (isAlone ? openRemote(parts) : openEmbedded({ ...parts, verifier }));
  const gateway = await openGateway({ ...backing, verifier, clock, log, isProduction });
  const address = { host: config.HOST, port: config.PORT };
  const developed = { config, clock, metrics: backing.metrics };
  const routes = demo === undefined ? [] : [...developmentRoutes(developed), ...demo.routes];
  const server = await serveGateway({ gateway, verifier, clock, log, routes, ...address });
  announce(server.url, { isProduction, dataDir: config.DATA_DIR });
  const closing = { close: async () => gateway[Symbol.asyncDispose]() };
  return [server, closing, ...backing.closables, ...(demo === undefined ? [] : [demo])];
}

async function openRemote({ config, clock }: ProcessParts): Promise<Backing> {
  const signer = await openStatementSigner(config, clock);
  return { connections: remoteTransports(config, signer), closables: [] };
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
