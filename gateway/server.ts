import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { GatewayRuntime } from '@graphql-hive/gateway-runtime';
import type { Clock } from '../runtime/clock.ts';
import { type Drain, endEach } from '../runtime/drain.ts';
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
import { acceptLiveClients } from './live-sockets.ts';
import type { GatewayMetrics } from './metrics.ts';

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
  /** @default always: of the subgraphs in this process. */
  isReady?: (() => Promise<boolean>) | undefined;
  metrics?: GatewayMetrics;
  /** @default all live connections at once when it closes. */
  drain?: Drain;
}

/** Honest clients send headers at once; Node's 60 s let a slow one hold a connection for a minute. */
const headersTimeoutMs = 10_000;
/** For a request to arrive, not to be answered: event streams live as long as they like. */
const requestTimeoutMs = 15_000;
/** How often Node looks for connections over these limits. */
const timeoutCheckMs = 5_000;

/**
 * Serves the gateway: /graphql (HTTP, event streams, graphql-ws), /health/live, /health/ready, `routes`.
 * It has a server of its own because the runtime limits neither bodies nor frames.
 *
 * `retire()` turns /health/ready to 503. `close()` ends sockets (1001) and event streams over the time
 * of `drain`, then the listener; idempotent.
 * Errors: rejects when the port is taken.
 */
export async function serveGateway(options: GatewayServerOptions): Promise<Listening> {
  const eventStreams = new Set<ServerResponse>();
  const health = createHealth(options.isReady);
  const routes: readonly Route[] = [
    health.answer,
    (request, response) => answerGraphQL(request, response, options.gateway),
    ...options.routes,
    refuse,
  ];
  const limits = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
  };
  const server = createServer(limits, (request, response) => {
    trackEventStream(request, response, eventStreams);
    firstOf(routes, request, response).catch((error: unknown) => {
      options.log.error({ err: error }, 'request handler failed');
      response.destroy();
    });
  });
  const sockets = acceptLiveClients(server, options.gateway, options);
  options.metrics?.watchConnections({
    sockets: () => sockets.socketCount,
    streams: () => eventStreams.size,
  });
  const listening = await listen(server, options);
  const retire = () => {
    health.retire();
    listening.retire();
  };
  return {
    url: listening.url,
    retire,
    async close() {
      retire();
      await Promise.all([
        sockets.drain(options.drain),
        endEach(eventStreams, endStream, options.drain),
      ]);
      await sockets.close();
      await listening.close();
    },
  };
}

async function firstOf(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const route of routes) if (await route(request, response)) return;
}

/** They never end by themselves, so closing the server has to. */
function trackEventStream(
  request: IncomingMessage,
  response: ServerResponse,
  open: Set<ServerResponse>,
): void {
  if (!request.headers.accept?.includes('text/event-stream')) return;
  open.add(response);
  response.once('close', () => open.delete(response));
}

/** One without a head is an answer that is still being made, and ends by itself. */
function endStream(stream: ServerResponse): void {
  if (stream.headersSent) stream.end();
}

async function answerGraphQL(
  request: IncomingMessage,
  response: ServerResponse,
  gateway: GatewayRuntime,
): Promise<boolean> {
  if (pathOf(request) !== '/graphql') return false;
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
