import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { compilableSchema } from './compilable-schema.ts';
import { formatErrorWith } from './graphql-errors.ts';
import type { Moment, Viewer } from './identity.ts';
import { KnownOperations } from './known-operations.ts';
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
 * `contextFor` is the same for all three, made anew for every operation, and for every event of a
 * subscription (`goOn`).
 */
export interface Subgraph<Context extends SubgraphContext = SubgraphContext> {
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Answers everything. */
  readonly server: ApolloServer<Context>;
  /** Answers what `server` has answered before, at a third of the cost. */
  readonly known: KnownOperations<Context>;
  contextFor(headers: RequestHeaders, moment?: Moment): Promise<Context>;
  /** What its GET /metrics answers: Prometheus' text format. */
  metrics?: (() => Promise<string>) | undefined;
  /** @default always: whether it could answer anybody. */
  isReady?: (() => Promise<boolean>) | undefined;
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
  contextFor: (headers: RequestHeaders, moment?: Moment) => Promise<Context>;
  log: Logger;
  metrics?: () => Promise<string>;
  isReady?: () => Promise<boolean>;
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
  const parts = { typeDefs: options.typeDefs, resolvers: options.resolvers as ResolverMap };
  const schema = buildSubgraphSchema([parts]);
  const { log } = options;
  const compilable = compilableSchema(buildSubgraphSchema([parts]));
  const known = new KnownOperations<Context>({ schema, compilable, log });
  const server = new ApolloServer<Context>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: formatErrorWith(log),
    stopOnTerminationSignals: false,
    plugins: [
      known.plugin,
      // Both would look at every field of every answer; nothing is traced or cached by them here.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
  await server.start();
  let closing: Promise<void> | undefined;
  return {
    name: options.name,
    schema,
    server,
    known,
    contextFor: options.contextFor,
    metrics: options.metrics,
    isReady: options.isReady,
    close() {
      closing ??= server.stop().then(options.close);
      return closing;
    },
  };
}
