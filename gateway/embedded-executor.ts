import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  print,
} from 'graphql';
import { toGraphQLError } from '../runtime/graphql-errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { RequestHeaders, Subgraph, SubgraphContext } from '../runtime/subgraph.ts';
import { subscribeToSubgraph } from '../runtime/subscribe.ts';
import type { Connections } from './supergraph.ts';

/** What the gateway asks of a subgraph, as far as it matters here. */
interface ExecutionRequest {
  document: DocumentNode;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
  operationType?: string | undefined;
  extensions?: { headers?: Partial<RequestHeaders> } | undefined;
}

/** Runs one operation on one subgraph; a subscription is answered by its events. */
export type Executor = (
  request: ExecutionRequest,
) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;

type TransportFactory = Extract<Connections['transports'], (kind: string) => unknown>;
type Transport = Extract<Awaited<ReturnType<TransportFactory>>, { getSubgraphExecutor: unknown }>;
type RuntimeExecutor = Awaited<ReturnType<Transport['getSubgraphExecutor']>>;

/** Connects the gateway to subgraphs of its own process: one executor for each name in the supergraph. */
export function embeddedTransports(executors: Readonly<Record<string, Executor>>): Connections {
  return {
    transports: () => ({
      getSubgraphExecutor({ subgraphName }) {
        const executor = executors[subgraphName];
        if (executor === undefined) throw new Error(`No subgraph ${subgraphName} in this process.`);
        // Generic in what it answers, which only the runtime's plan knows.
        return executor as RuntimeExecutor;
      },
    }),
  };
}

/**
 * Runs the gateway's operations on a subgraph without a network: through its Apollo Server, so that
 * plugins and error mapping are those of a separate process.
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
    try {
      return await executeOnce(subgraph, request, await subgraph.contextFor(headers));
    } catch (error) {
      return { errors: [toGraphQLError(error, log)] };
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

const printedDocuments = new WeakMap<DocumentNode, string>();

/** Plans are cached, so the same document comes again and again. */
function printed(document: DocumentNode): string {
  let text = printedDocuments.get(document);
  if (text === undefined) {
    text = print(document);
    printedDocuments.set(document, text);
  }
  return text;
}

/** Where `propagateHeaders` puts them, for every kind of transport. */
function headersOf(request: ExecutionRequest): RequestHeaders {
  return { authorization: request.extensions?.headers?.authorization };
}
