import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { formatErrorWith } from './graphql-errors.ts';
import type { Viewer } from './identity.ts';
import type { Logger } from './log.ts';

/** What a request may say about itself; the rest of its headers is nobody's business here. */
export interface RequestHeaders {
  authorization: string | undefined;
}

/** Every subgraph's context holds at least the viewer; null when signed out. */
export interface SubgraphContext {
  viewer: Viewer | null;
}

/**
 * A running subgraph, however it is reached: in process, over HTTP, over WebSocket.
 * `contextFor` is the same for all three, made anew for every operation.
 */
export interface Subgraph<Context extends SubgraphContext = SubgraphContext> {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly server: ApolloServer<Context>;
  contextFor(headers: RequestHeaders): Promise<Context>;
  /** What its GET /metrics answers: Prometheus' text format. */
  metrics?: (() => Promise<string>) | undefined;
  /** Ends work under way and closes the stores; idempotent. */
  close(): Promise<void>;
}

type ResolverMap =
  NonNullable<Parameters<typeof buildSubgraphSchema>[0]> extends infer Module
    ? Module extends { resolvers?: infer Resolvers }
      ? Resolvers
      : never
    : never;

export interface SubgraphOptions<Context extends SubgraphContext> {
  name: string;
  typeDefs: DocumentNode;
  /** The generated `Resolvers` type of the subgraph. */
  resolvers: object;
  contextFor: (headers: RequestHeaders) => Promise<Context>;
  log: Logger;
  metrics?: () => Promise<string>;
  close: () => Promise<void>;
}

/**
 * Builds the executable subgraph and starts its Apollo Server (no listener: `serveSubgraph` and the
 * gateway's in-process executor do that).
 *
 * Errors: throws when resolvers and SDL disagree.
 */
export async function openSubgraph<Context extends SubgraphContext>(
  options: SubgraphOptions<Context>,
): Promise<Subgraph<Context>> {
  const schema = buildSubgraphSchema([
    { typeDefs: options.typeDefs, resolvers: options.resolvers as ResolverMap },
  ]);
  const server = new ApolloServer<Context>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: formatErrorWith(options.log),
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginInlineTraceDisabled()],
  });
  await server.start();
  let closing: Promise<void> | undefined;
  return {
    name: options.name,
    schema,
    server,
    contextFor: options.contextFor,
    metrics: options.metrics,
    close() {
      closing ??= server.stop().then(options.close);
      return closing;
    },
  };
}
