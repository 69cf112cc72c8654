import { readFile } from 'node:fs/promises';
import {
  createGatewayRuntime,
  type GatewayConfigSupergraph,
  type GatewayPlugin,
  type GatewayRuntime,
  type UnifiedGraphHandler,
} from '@graphql-hive/gateway-runtime';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { Clock } from '../runtime/clock.ts';
import type { TokenVerifier } from '../runtime/identity.ts';
import type { Logger } from '../runtime/log.ts';
import { noTracer, type Tracer } from '../runtime/tracing.ts';
import { markAsked } from './asked-subgraphs.ts';
import { limitCost } from './cost-limit.ts';
import { limitDocuments } from './document-limits.ts';
import { codeValidationErrors, createErrorMask } from './errors.ts';
import { endAtTokenExpiry } from './expiry.ts';
import { authentication } from './identity.ts';
import { upstreamTimeoutDefaultMs } from './lane-upstream.ts';
import { GatewayMetrics } from './metrics.ts';
import type { OpenedLane } from './open-lane.ts';
import { admitDocuments, type DocumentAdmission } from './persisted-documents.ts';
import { plainDocuments } from './plain-documents.ts';
import { type GatewayRates, limitRates } from './rate-limits.ts';
import { repairResults } from './results.ts';
import { refuseDeafSubscribers, refuseQueriesAsEvents } from './subscription-guard.ts';
import type { FollowParts, SupergraphFile } from './supergraph-file.ts';
import { traceOperations } from './trace-operations.ts';

/** How subgraphs are reached, and what they are told of the viewer: `embeddedTransports` or `remoteTransports`. */
export type Connections = Pick<
  GatewayConfigSupergraph,
  'transports' | 'transportEntries' | 'propagateHeaders'
>;

export interface GatewayOptions {
  connections: Connections;
  verifier: TokenVerifier;
  clock: Clock;
  log: Logger;
  isProduction: boolean;
  /** @default schema/supergraph.graphql */
  supergraphFile?: string | URL | undefined;
  /** Instead of it: one that may change while it is served. */
  supergraph?: SupergraphFile | undefined;
  /** @default nobody asks for them. */
  metrics?: GatewayMetrics;
  /** @default nothing is traced. */
  tracer?: Tracer | undefined;
  /** @default 1_000: what one operation may cost, see cost-limit.ts. */
  costMax?: number;
  /** @default none: all documents run, and none has an id. */
  documents?: DocumentAdmission;
  /** @default none: nothing is counted. */
  rates?: GatewayRates;
  /** What the fast lane learns from: `OpenedLane.plugin`. */
  lanePlugin?: GatewayPlugin | undefined;
  /** @default 4_000: a subgraph that takes longer leaves its part null; no page waits for one row. */
  upstreamTimeoutMs?: number;
  /** @default 'native': half the work for each request, and more of a page is left when a subgraph is down. */
  planner?: 'native' | 'portable';
}

/** What is under way when the supergraph changes ends on the one before: two fetches in a row, and more. */
const reloadDrainMs = 10_000;
export const supergraphFile = new URL('../schema/supergraph.graphql', import.meta.url);

/**
 * Opens the federation runtime over the supergraph. It answers requests (it is a request listener)
 * but listens to nothing: `serveGateway` does. Closed by its `[Symbol.asyncDispose]()`.
 *
 * Errors: throws when the supergraph is missing or not valid.
 */
export async function openGateway(options: GatewayOptions): Promise<GatewayRuntime> {
  const { connections, verifier, clock, log, isProduction } = options;
  const upstreamTimeoutMs = options.upstreamTimeoutMs ?? upstreamTimeoutDefaultMs;
  const metrics = options.metrics ?? new GatewayMetrics();
  const planner = options.planner === 'portable' ? undefined : await nativePlanner(log);
  const gateway = createGatewayRuntime({
    ...(await supergraphOf(options)),
    ...connections,
    ...(planner === undefined ? {} : { unifiedGraphHandler: planner }),
    // Its logger would print requests, tokens included; what matters is logged by our own error mask.
    logging: false,
    landingPage: false,
    // It would answer every origin with leave to ask: the server knows which may.
    cors: false,
    graphiql: isProduction ? false : { title: 'Playhead' },
    renderGraphiQL,
    ...(isProduction ? { disableIntrospection: {} } : {}),
    genericAuth: authentication(verifier),
    // As a plain number it would end subscriptions too, and with the second one the whole process.
    upstreamTimeout: ({ executionRequest }) =>
      executionRequest?.operationType === 'subscription' ? undefined : upstreamTimeoutMs,
    maskedErrors: { maskError: createErrorMask({ log, isProduction }) },
    plugins: () => [
      metrics.plugin(),
      traceOperations(options.tracer ?? noTracer),
      markAsked(() => metrics.nowMs()),
      ...(options.documents === undefined ? [] : [admitDocuments(options.documents)]),
      limitDocuments(),
      codeValidationErrors({ isProduction }),
      limitCost(options.costMax),
      ...(options.rates === undefined ? [] : [limitRates(options.rates, log)]),
      refuseDeafSubscribers(),
      refuseQueriesAsEvents(),
      endAtTokenExpiry({ verifier, clock }),
      repairResults(),
      // After all that refuses, and while the document is as the client wrote it.
      ...(options.lanePlugin === undefined ? [] : [options.lanePlugin]),
      plainDocuments(),
    ],
  });
  // Built lazily, the schema would be missing for a subscription that comes first.
  await gateway.getSchema();
  return gateway;
}

async function supergraphOf({ supergraph, supergraphFile: file }: GatewayOptions) {
  if (supergraph === undefined) {
    return { supergraph: await readFile(file ?? supergraphFile, 'utf8') };
  }
  const drain = { gracefulSchemaReload: { drainTimeout: reloadDrainMs } };
  return { supergraph: () => supergraph.text, ...drain };
}

/**
 * Whether this could be served: by making a gateway of it that serves nobody.
 *
 * Errors: throws what is wrong with it.
 */
async function checkSupergraph(text: string, log: Logger): Promise<void> {
  if (!text.includes('@join__graph')) throw new Error('It names no subgraph.');
  const planner = await nativePlanner(log);
  const trial = createGatewayRuntime({
    supergraph: text,
    ...(planner === undefined ? {} : { unifiedGraphHandler: planner }),
    logging: false,
  });
  try {
    await trial.getSchema();
  } finally {
    await trial[Symbol.asyncDispose]();
  }
}

/** What following a supergraph's file means for a gateway that serves it. */
export function reloadOf(
  to: {
    gateway: GatewayRuntime;
    server: { sendSubscribersAway(): Promise<void> };
    measured: GatewayMetrics;
    lane?: Pick<OpenedLane, 'during'> | undefined;
  },
  log: Logger,
): Pick<FollowParts, 'check' | 'serve' | 'count'> {
  return {
    check: (text) => checkSupergraph(text, log),
    count: (outcome) => to.measured.countReload(outcome),
    async serve() {
      // First: with the graph its subscriptions end, as if nothing more would ever come, and no client
      // asks again after that.
      await to.server.sendSubscribersAway();
      const { gateway, lane } = to;
      const change = async () => Promise.resolve(gateway.invalidateUnifiedGraph());
      await (lane === undefined ? change() : lane.during(gateway, change));
    },
  };
}

/** Its binaries exist for glibc Linux and macOS only; elsewhere the runtime's own planner serves. */
async function nativePlanner(log: Logger): Promise<UnifiedGraphHandler | undefined> {
  try {
    return (await import('@graphql-hive/router-runtime')).unifiedGraphHandler;
  } catch (error) {
    log.warn({ err: error }, 'no native query planner for this platform: using the portable one');
    return undefined;
  }
}
