import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { HeaderMap } from '@apollo/server';
import { PlatformError } from '../domain/errors.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Drain } from './drain.ts';
import { type FrameEndpoint, type FrameOptions, openFrameEndpoint } from './frame-endpoint.ts';
import { codedError } from './graphql-errors.ts';
import { createHealth, type Health } from './health.ts';
import {
  hasJsonBody,
  pathOf,
  readBody,
  refuseLargeBody,
  sendJson,
  sendMetrics,
  sendRefusal,
} from './http-messages.ts';
import { type Address, type Listening, listen } from './listen.ts';
import type { Logger } from './log.ts';
import { mergeMetrics } from './metrics-text.ts';
import { answerSdlRequest } from './sdl-request.ts';
import type { Subgraph, SubgraphContext } from './subgraph.ts';
import { acceptSubscriptions } from './subgraph-sockets.ts';
import { noTracer, type Tracer } from './tracing.ts';
import { listenOnFile } from './unix-socket.ts';

/** Gateways and tools say what they accept in a handful of ways. */
const acceptsMax = 32;

export interface ServeOptions extends Address {
  /** @default nothing is traced. */
  tracer?: Tracer;
  log: Logger;
  /** Whether anybody may ask for the SDL, and for it alone: tools that compose sign nothing. */
  isSdlOpen?: boolean;
  /** @default all live connections at once when it closes. */
  drain?: Drain;
  /** @default no frames are spoken: the keys that gateways prove to have, and a file to listen on as well. */
  frames?: Pick<FrameOptions, 'keys' | 'limits'> & { socketPath?: string | undefined };
  /** Of the process, beside those of the subgraph. */
  processMetrics?: () => Promise<string>;
}

interface Served<Context extends SubgraphContext> {
  subgraph: Subgraph<Context>;
  health: Health;
  tracer: Tracer;
  /** What Apollo Server answers in, by what a request accepts. */
  contentTypes: BoundedMap<string>;
  metrics(): Promise<string>;
  isSdlOpen: boolean;
}

/**
 * Serves a subgraph to gateways: POST /graphql, graphql-ws on /graphql/ws, frames on
 * /graphql/frames; to operators: GET
 * /health/live, /health/ready, GET /metrics.
 * `port: 0` takes a free one; `url` in the answer has the real one, with /graphql at its end.
 *
 * `close()` ends sockets over the time of `drain`, then the rest, and is idempotent; the subgraph itself
 * stays open.
 * Errors: rejects when the port is taken.
 */
export async function serveSubgraph<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  options: ServeOptions,
): Promise<Listening> {
  const server = createServer();
  const sockets = acceptSubscriptions(subgraph, server, options);
  const frames = await acceptFrames(subgraph, server, options);
  const served = {
    subgraph,
    tracer: options.tracer ?? noTracer,
    health: createHealth(subgraph.isReady),
    contentTypes: new BoundedMap<string>(acceptsMax),
    async metrics() {
      const parts = [subgraph.metrics?.(), options.processMetrics?.()];
      const texts = await Promise.all(parts.map(async (text) => (await text) ?? ''));
      return mergeMetrics([...texts, sockets.metrics(), frames?.metrics() ?? '']);
    },
    isSdlOpen: options.isSdlOpen ?? false,
  };
  server.on('request', (request, response) => {
    route(served, request, response).catch((error: unknown) => {
      options.log.error({ err: error }, 'request handler failed');
      response.destroy();
    });
  });
  const listening = await listen(server, options).catch(async (error: unknown) => {
    await frames?.close();
    throw error;
  });
  return {
    url: `${listening.url}/graphql`,
    retire() {
      served.health.retire();
      frames?.retire();
      listening.retire();
    },
    async close() {
      served.health.retire();
      await Promise.all([sockets.drain(options.drain), frames?.drain()]);
      await Promise.all([sockets.close(), frames?.close()]);
      await listening.close();
    },
  };
}

/** On the subgraph's own server, and on a file of this machine for a gateway beside it. */
async function acceptFrames<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  server: Server,
  { frames, ...options }: ServeOptions,
): Promise<FrameEndpoint | undefined> {
  if (frames === undefined) return undefined;
  const { socketPath } = frames;
  const beside = socketPath === undefined ? [] : [createServer(refuseRequest)];
  const { tracer, drain } = options;
  const endpoint = openFrameEndpoint(subgraph, [server, ...beside], { ...frames, tracer, drain });
  for (const each of beside) await listenOnFile(each, socketPath ?? '');
  return {
    ...endpoint,
    async close() {
      for (const each of beside) each.close().closeAllConnections();
      await endpoint.close();
    },
  };
}

function refuseRequest(_request: IncomingMessage, response: ServerResponse): void {
  const message = 'There are frames here, and nothing else.';
  sendRefusal(response, { status: 426, code: 'BAD_USER_INPUT', message });
}

async function route<Context extends SubgraphContext>(
  served: Served<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request);
  if (path !== '/graphql') return answerOperators(served, { path, request, response });
  if (request.method !== 'POST' || !hasJsonBody(request)) {
    const message = 'Send operations by POST as application/json.';
    const status = request.method === 'POST' ? 415 : 405;
    return sendRefusal(response, { status, code: 'BAD_USER_INPUT', message });
  }
  const parent = request.headers.traceparent?.toString();
  return served.tracer.span(served.subgraph.name, { kind: 'server', parent }, () =>
    answer(served, request, response),
  );
}

async function answerOperators<Context extends SubgraphContext>(
  served: Served<Context>,
  asked: { path: string; request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const { path, request, response } = asked;
  if (await served.health.answer(request, response)) return;
  if (path === '/metrics') return sendMetrics(response, await served.metrics());
  const message = 'There is nothing here: the endpoint is /graphql.';
  sendRefusal(response, { status: 404, code: 'BAD_USER_INPUT', message });
}

async function answer<Context extends SubgraphContext>(
  served: Served<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body.kind === 'aborted') return;
  if (body.kind === 'too-large') return refuseLargeBody(response);
  const json = parseJson(body.bytes);
  if (json === undefined) {
    const message = 'The body is not valid JSON.';
    return sendRefusal(response, { status: 400, code: 'BAD_USER_INPUT', message });
  }
  const { subgraph, contentTypes } = served;
  const { accept = '', authorization } = request.headers;
  const sdl = await answerTool(served, authorization, json);
  if (sdl !== null) return sendJson(response, 200, sdl);
  const context = () => subgraph.contextFor({ authorization });
  const contentType = contentTypes.get(accept);
  const known = contentType === undefined ? null : await subgraph.known.execute(json, context);
  if (known !== null) {
    const head = { 'cache-control': 'no-store', 'content-type': contentType };
    return sendText(response, { status: 200, head, text: `${JSON.stringify(known)}\n` });
  }
  const { status = 200, ...result } = await subgraph.server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: headersOf(accept), search: '', body: json },
    context: () => context().catch(refuseStranger),
  });
  const answered = result.headers.get('content-type');
  if (status === 200 && answered !== undefined) contentTypes.set(accept, answered);
  const head = { 'cache-control': 'no-store', ...Object.fromEntries(result.headers) };
  if (result.body.kind === 'complete') {
    return sendText(response, { status, head, text: result.body.string });
  }
  response.writeHead(status, head);
  for await (const chunk of result.body.asyncIterator) response.write(chunk);
  response.end();
}

/** Without it Apollo Server would call a stranger a fault of ours, with status 500. */
function refuseStranger(error: unknown): never {
  if (!(error instanceof PlatformError) || error.code !== 'UNAUTHENTICATED') throw error;
  throw codedError('UNAUTHENTICATED', error.message, { extensions: { http: { status: 401 } } });
}

/** What a tool that signs nothing may know; null: it is no such tool. */
function answerTool<Context extends SubgraphContext>(
  { subgraph, isSdlOpen }: Served<Context>,
  authorization: string | undefined,
  json: unknown,
): Promise<object | null> | null {
  if (!isSdlOpen || authorization !== undefined) return null;
  return answerSdlRequest(subgraph.schema, json);
}

/** With its length, the answer leaves in one write together with its head. */
function sendText(
  response: ServerResponse,
  answer: { status: number; head: OutgoingHttpHeaders; text: string },
): void {
  const length = Buffer.byteLength(answer.text);
  response.writeHead(answer.status, { ...answer.head, 'content-length': length });
  response.end(answer.text);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** All that decides how an answer is worded: identity goes its own way, past Apollo Server. */
function headersOf(accept: string): HeaderMap {
  const headers = new HeaderMap([['content-type', 'application/json']]);
  if (accept !== '') headers.set('accept', accept);
  return headers;
}
