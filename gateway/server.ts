import {
  createServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { GatewayRuntime } from '@graphql-hive/gateway-runtime';
import type { Clock } from '../runtime/clock.ts';
import type { Drain } from '../runtime/drain.ts';
import { createHealth } from '../runtime/health.ts';
import {
  declaresTooMuch,
  hasJsonBody,
  pathOf,
  readBody,
  refuseLargeBody,
  sendRefusal,
} from '../runtime/http-messages.ts';
import type { TokenVerifier } from '../runtime/identity.ts';
import { type Address, type Listening, listen } from '../runtime/listen.ts';
import type { Logger } from '../runtime/log.ts';
import { type ConnectionLimits, connectionLimits } from './connection-limits.ts';
import { EventStreams } from './event-streams.ts';
import type { FastLane } from './fast-lane.ts';
import { dropInternalHeaders } from './internal-headers.ts';
import { laneRoute } from './lane-route.ts';
import { LiveConnections } from './live-connections.ts';
import { acceptLiveClients } from './live-sockets.ts';
import type { GatewayMetrics } from './metrics.ts';
import { checkOrigin, createOriginPolicy } from './origins.ts';
import { SocketLimits } from './socket-limits.ts';

/** Answers a request that is for it; with `false` it has left the response untouched. */
export type Route = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>;

export interface GatewayServerOptions extends Address {
  gateway: GatewayRuntime;
  verifier: TokenVerifier;
  clock: Clock;
  log: Logger;
  /** Asked in turn for every path that is not the gateway's own. */
  routes: readonly Route[];
  access: Access;
  /** @default always: of the subgraphs in this process. */
  isReady?: (() => Promise<boolean>) | undefined;
  metrics?: GatewayMetrics;
  /** @default none: everything goes through the federation runtime. */
  lane?: FastLane | undefined;
  /** @default all live connections at once when it closes. */
  drain?: Drain;
}

export interface GatewayServer extends Listening {
  /** Ends every live subscription in a way after which clients come back by themselves. */
  sendSubscribersAway(): Promise<void>;
}

/** Who may connect, and how much. */
export interface Access {
  /** Origins whose pages may ask, beside those of `createOriginPolicy`. */
  allowedOrigins: readonly string[];
  isProduction: boolean;
  /** Proxies in front that are believed when they say in `x-forwarded-for` whom they saw. */
  trustedProxies: number;
  /** @default connectionLimits */
  limits?: Partial<ConnectionLimits>;
}

/**
 * Serves the gateway: /graphql (HTTP, event streams, graphql-ws), /health/live, /health/ready, `routes`.
 * It has a server of its own because the runtime limits neither bodies nor frames.
 *
 * `retire()` turns /health/ready to 503. `close()` ends sockets (1001) and event streams over the time
 * of `drain`, then the listener; idempotent.
 * Errors: rejects when the port is taken.
 */
export async function serveGateway(options: GatewayServerOptions): Promise<GatewayServer> {
  const limits = { ...connectionLimits, ...options.access.limits };
  const origins = createOriginPolicy(options.access);
  const live = new LiveConnections(limits, options.access.trustedProxies);
  const streams = new EventStreams(live, options.verifier);
  const health = createHealth(options.isReady);
  const routes: readonly Route[] = [
    health.answer,
    ...(options.lane === undefined ? [] : [laneRoute(options.lane, origins)]),
    checkOrigin(origins),
    (request, response) => answerGraphQL(request, response, { ...options, streams }),
    ...options.routes,
    refuse,
  ];
  const server = createServer(httpOptions(limits), (request, response) => {
    dropInternalHeaders(request.headers);
    firstOf(routes, request, response).catch((error: unknown) => {
      options.log.error({ err: error }, 'request handler failed');
      response.destroy();
    });
  });
  server.maxRequestsPerSocket = limits.requestsPerConnectionMax;
  const { verifier, clock, gateway, log, lane } = options;
  const socketLimits = new SocketLimits({ limits, clock, origins, live });
  const admission = { verifier, clock, log, lane, limits: socketLimits };
  const sockets = acceptLiveClients(server, gateway, admission);
  options.metrics?.watchConnections({
    sockets: () => sockets.socketCount,
    streams: () => streams.length,
  });
  const listening = await listen(server, options);
  const retire = () => {
    health.retire();
    listening.retire();
  };
  return {
    url: listening.url,
    retire,
    async sendSubscribersAway() {
      sockets.sendSubscribersAway();
      await streams.drain(undefined);
    },
    async close() {
      retire();
      await Promise.all([sockets.drain(options.drain), streams.drain(options.drain)]);
      await sockets.close();
      await listening.close();
    },
  };
}

function httpOptions(limits: ConnectionLimits): ServerOptions {
  return {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    maxHeaderSize: limits.headerBytesMax,
  };
}

async function firstOf(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const route of routes) {
    const answered = route(request, response);
    // A body that came with its head is read as it arrives only by whoever listens in the same turn.
    if (typeof answered === 'boolean' ? answered : await answered) return;
  }
}

async function answerGraphQL(
  request: IncomingMessage,
  response: ServerResponse,
  { gateway, streams }: { gateway: GatewayRuntime; streams: EventStreams },
): Promise<boolean> {
  if (pathOf(request) !== '/graphql') return false;
  if (!(await streams.admit(request, response))) return true;
  if (request.method === 'POST' && !(await admitBody(request, response))) return true;
  await gateway(request, response);
  return true;
}

/** Whether the runtime may have the request; answers it here otherwise. */
async function admitBody(
  request: IncomingMessage & { body?: Buffer },
  response: ServerResponse,
): Promise<boolean> {
  if (!hasJsonBody(request)) {
    const message = 'Send operations as application/json.';
    sendRefusal(response, { status: 415, code: 'BAD_USER_INPUT', message });
    return false;
  }
  // The fast lane has read it.
  if (request.body !== undefined) return true;
  // A declared length is one that Node enforces: the runtime may read such a body itself.
  if (request.headers['content-length'] !== undefined && !declaresTooMuch(request)) return true;
  const body = await readBody(request);
  if (body.kind === 'too-large') refuseLargeBody(response);
  if (body.kind !== 'whole') return false;
  request.body = body.bytes;
  return true;
}

function refuse(_request: IncomingMessage, response: ServerResponse): boolean {
  const message = 'There is nothing here: the endpoint is /graphql.';
  sendRefusal(response, { status: 404, code: 'BAD_USER_INPUT', message });
  return true;
}
