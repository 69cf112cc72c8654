import type { Server } from 'node:http';
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import type { Context as SocketContext, SubscribePayload } from 'graphql-ws';
import { BoundedMap } from './bounded-map.ts';
import type { Drain } from './drain.ts';
import { toGraphQLError } from './graphql-errors.ts';
import type { Logger } from './log.ts';
import { openSocketEndpoint } from './socket-endpoint.ts';
import type { RequestHeaders, Subgraph, SubgraphContext } from './subgraph.ts';
import { subscribeToSubgraph } from './subscribe.ts';
import { noTracer, type Tracer } from './tracing.ts';

/** Subscriptions of this process, and the sockets that bring them. */
export interface SubscriptionEndpoint {
  /** Prometheus' text format. */
  metrics(): string;
  drain(drain: Drain | undefined): Promise<void>;
  close(): Promise<void>;
}

/** A gateway plans a few subscriptions, again and again. */
const documentsMax = 100;
/** In place of the document of somebody who is nobody's gateway: nothing of theirs is read. */
const unread = parse('subscription { __typename }');

/**
 * Accepts graphql-ws on /graphql/ws of this server. Subscriptions only: the rest goes by HTTP.
 *
 * One socket carries many viewers' operations, so identity is per operation: the gateway puts what it
 * signed of the viewer into `extensions.headers.authorization` of each.
 */
export function acceptSubscriptions<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  server: Server,
  { log, tracer = noTracer }: { log: Logger; tracer?: Tracer },
): SubscriptionEndpoint {
  const { schema } = subgraph;
  const documents = new BoundedMap<DocumentNode>(documentsMax);
  const connected = new Set<SocketContext>();
  /** `traceparent` of those that are about to be opened. */
  const parents = new WeakMap<object, string | undefined>();
  const endpoint = openSocketEndpoint(server, '/graphql/ws', {
    onConnect: (socket) => void connected.add(socket),
    onClose: (socket) => void connected.delete(socket),
    async onSubscribe(_socket, _id, payload) {
      const contextValue: RequestHeaders = { authorization: headerOf(payload, 'authorization') };
      const isStranger = await subgraph.contextFor(contextValue).then(
        () => false,
        () => true,
      );
      // Refused when it is subscribed to, as one whose token has ended: the gateway tells that apart from
      // a document that is not valid here.
      if (isStranger) return { schema, document: unread, contextValue };
      const prepared = prepare({ schema, documents }, { ...payload, contextValue }, log);
      parents.set(prepared, headerOf(payload, 'traceparent'));
      return prepared;
    },
    subscribe(args) {
      const request = {
        document: args.document,
        variables: args.variableValues ?? undefined,
        operationName: args.operationName ?? undefined,
        headers: args.contextValue as RequestHeaders,
      };
      const span = { kind: 'server', parent: parents.get(args) } as const;
      return tracer.span(`${subgraph.name} subscribe`, span, () =>
        subscribeToSubgraph(subgraph, request, log),
      );
    },
  });
  return {
    metrics() {
      const counts = [...connected].map(({ subscriptions }) => Object.keys(subscriptions).length);
      const operations = counts.reduce((sum, count) => sum + count, 0);
      return liveMetrics({ sockets: endpoint.socketCount, operations });
    },
    drain: endpoint.drain,
    close: endpoint.close,
  };
}

function liveMetrics(count: { sockets: number; operations: number }): string {
  return [
    '# HELP playhead_gateway_sockets Sockets on which gateways subscribe here: one each.',
    '# TYPE playhead_gateway_sockets gauge',
    `playhead_gateway_sockets ${count.sockets}`,
    '# HELP playhead_live_subscriptions Subscriptions that are open here.',
    '# TYPE playhead_live_subscriptions gauge',
    `playhead_live_subscriptions ${count.operations}`,
    '',
  ].join('\n');
}

/** What to run, or why not; a throw here would end the socket for every viewer on it. */
function prepare(
  { schema, documents }: { schema: GraphQLSchema; documents: BoundedMap<DocumentNode> },
  payload: SubscribePayload & { contextValue: RequestHeaders },
  log: Logger,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    const known = documents.get(payload.query);
    const document = known ?? parse(payload.query);
    // When a gateway has started, all viewers come at once with the same one.
    const invalid = known === undefined ? validate(schema, document) : [];
    if (invalid.length > 0) {
      return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED', log));
    }
    documents.set(payload.query, document);
    const operation = getOperationAST(document, payload.operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
      const error = new Error('Only subscriptions are served on this socket.');
      return [coded(error, 'BAD_USER_INPUT', log)];
    }
    return {
      schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue: payload.contextValue,
    };
  } catch (error) {
    return [coded(error as Error, 'GRAPHQL_PARSE_FAILED', log)];
  }
}

function coded(error: Error, code: string, log: Logger): GraphQLError {
  return toGraphQLError(new GraphQLError(error.message, { extensions: { code } }), log);
}

/** As a header of a request by HTTP. */
function headerOf(payload: SubscribePayload, name: string): string | undefined {
  const headers = payload.extensions?.headers;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const value = (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}
