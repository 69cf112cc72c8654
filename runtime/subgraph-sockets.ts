import type { Server } from 'node:http';
import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { toGraphQLError } from './graphql-errors.ts';
import type { Logger } from './log.ts';
import { openSocketEndpoint } from './socket-endpoint.ts';
import type { RequestHeaders, Subgraph, SubgraphContext } from './subgraph.ts';
import { subscribeToSubgraph } from './subscribe.ts';

/**
 * Accepts graphql-ws on /graphql/ws of this server. Subscriptions only: the rest goes by HTTP.
 *
 * One socket carries many viewers' operations, so identity is per operation: the gateway puts the
 * viewer's token into `extensions.headers.authorization` of each.
 */
export function acceptSubscriptions<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  server: Server,
  log: Logger,
): { close(): Promise<void> } {
  return openSocketEndpoint(server, '/graphql/ws', {
    onSubscribe: (_socket, _id, payload) => prepare(subgraph.schema, payload, log),
    subscribe: (args) =>
      subscribeToSubgraph(
        subgraph,
        {
          document: args.document,
          variables: args.variableValues ?? undefined,
          operationName: args.operationName ?? undefined,
          headers: args.contextValue as RequestHeaders,
        },
        log,
      ),
  });
}

/** What to run, or why not; a throw here would end the socket for every viewer on it. */
function prepare(
  schema: GraphQLSchema,
  payload: SubscribePayload,
  log: Logger,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    const document = parse(payload.query);
    const invalid = validate(schema, document);
    if (invalid.length > 0) {
      return invalid.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED', log));
    }
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
      contextValue: { authorization: authorizationOf(payload) } satisfies RequestHeaders,
    };
  } catch (error) {
    return [coded(error as Error, 'GRAPHQL_PARSE_FAILED', log)];
  }
}

function coded(error: Error, code: string, log: Logger): GraphQLError {
  return toGraphQLError(new GraphQLError(error.message, { extensions: { code } }), log);
}

function authorizationOf(payload: SubscribePayload): string | undefined {
  const headers = payload.extensions?.headers;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const { authorization } = headers as Record<string, unknown>;
  return typeof authorization === 'string' ? authorization : undefined;
}
