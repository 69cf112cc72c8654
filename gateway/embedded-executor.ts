import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { toGraphQLError } from '../runtime/graphql-errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { RequestHeaders, Subgraph, SubgraphContext } from '../runtime/subgraph.ts';
import { subscribeToSubgraph } from '../runtime/subscribe.ts';
import { createTransport, type ExecutionRequest, type Executor, printed } from './executor.ts';
import { forwardToken } from './identity.ts';
import type { Connections } from './supergraph.ts';

/** Connects the gateway to subgraphs of its own process: one executor for each name in the supergraph. */
export function embeddedTransports(executors: Readonly<Record<string, Executor>>): Connections {
  const transport = createTransport(({ subgraphName }) => {
    const executor = executors[subgraphName];
    if (executor === undefined) throw new Error(`No subgraph ${subgraphName} in this process.`);
    return executor;
  });
  const names = Object.keys(executors);
  return {
    propagateHeaders: forwardToken,
    transports: { embedded: transport },
    transportEntries: Object.fromEntries(names.map((name) => [name, { kind: 'embedded' }])),
  };
}

/**
 * Runs the gateway's operations on a subgraph without a network: through its Apollo Server, so that
 * plugins and error mapping are those of a separate process.
 *
 * Errors: never throws; a subgraph that gives no answer at all is an error without a code, as it is for
 * one that cannot be reached.
 */
export function embeddedExecutor<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  log: Logger,
): Executor {
  return async (request) => {
    const headers = headersOf(request);
    if (request.operationType === 'subscription') {
      const { document, variables, operationName } = request;
      return subscribeToSubgraph(subgraph, { document, variables, operationName, headers }, log);
    }
    let contextValue: Context;
    try {
      contextValue = await subgraph.contextFor(headers);
    } catch (error) {
      return { errors: [toGraphQLError(error, log)] };
    }
    try {
      return await executeOnce(subgraph, request, contextValue);
    } catch (error) {
      log.error({ err: error, subgraph: subgraph.name }, 'subgraph gave no answer');
      return { errors: [new GraphQLError(`${subgraph.name} gave no answer.`)] };
    }
  };
}

async function executeOnce<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  request: ExecutionRequest,
  contextValue: Context,
) {
  const { body } = await subgraph.server.executeOperation(
    {
      query: printed(request.document),
      variables: request.variables ?? {},
      ...(request.operationName === undefined ? {} : { operationName: request.operationName }),
    },
    { contextValue },
  );
  if (body.kind === 'incremental') throw new Error('Incremental delivery is not supported.');
  const { data, errors } = body.singleResult;
  return {
    // Objects of a result have no prototype and may be shared with the subgraph: the gateway gets its own.
    data: data === undefined ? undefined : JSON.parse(JSON.stringify(data)),
    ...(errors === undefined ? {} : { errors: errors.map(revive) }),
  };
}

/** The runtime takes a plain object for an unknown fault and hides its code. */
function revive(error: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(error.message, {
    path: error.path ?? null,
    extensions: error.extensions ?? null,
  });
}

function headersOf(request: ExecutionRequest): RequestHeaders {
  return { authorization: request.extensions?.headers?.authorization };
}
