import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { HeaderMap } from '@apollo/server';
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
import type { Subgraph, SubgraphContext } from './subgraph.ts';
import { acceptSubscriptions } from './subgraph-sockets.ts';

/**
 * Serves a subgraph to gateways: POST /graphql, graphql-ws on /graphql/ws; to operators: GET
 * /healthcheck, GET /metrics where there are any.
 * `port: 0` takes a free one; `url` in the answer has the real one, with /graphql at its end.
 *
 * `close()` ends connections promptly and is idempotent; the subgraph itself stays open.
 * Errors: rejects when the port is taken.
 */
export async function serveSubgraph<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  options: Address & { log: Logger },
): Promise<Listening> {
  const server = createServer((request, response) => {
    route(subgraph, request, response).catch((error: unknown) => {
      options.log.error({ err: error }, 'request handler failed');
      response.destroy();
    });
  });
  const sockets = acceptSubscriptions(subgraph, server, options.log);
  const listening = await listen(server, options);
  return {
    url: `${listening.url}/graphql`,
    async close() {
      await sockets.close();
      await listening.close();
    },
  };
}

async function route<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request);
  if (path === '/healthcheck') return sendJson(response, 200, { status: 'up' });
  if (path === '/metrics' && subgraph.metrics !== undefined) {
    return sendMetrics(response, await subgraph.metrics());
  }
  if (path !== '/graphql') {
    const message = 'There is nothing here: the endpoint is /graphql.';
    return sendRefusal(response, { status: 404, code: 'BAD_USER_INPUT', message });
  }
  if (request.method !== 'POST' || !hasJsonBody(request)) {
    const message = 'Send operations by POST as application/json.';
    const status = request.method === 'POST' ? 415 : 405;
    return sendRefusal(response, { status, code: 'BAD_USER_INPUT', message });
  }
  return answer(subgraph, request, response);
}

async function answer<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
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
  const result = await subgraph.server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: headersOf(request), search: '', body: json },
    context: () => subgraph.contextFor({ authorization: request.headers.authorization }),
  });
  response.writeHead(result.status ?? 200, Object.fromEntries(result.headers));
  if (result.body.kind === 'complete') {
    response.end(result.body.string);
    return;
  }
  for await (const chunk of result.body.asyncIterator) response.write(chunk);
  response.end();
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
