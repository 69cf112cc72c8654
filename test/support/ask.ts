import type { GraphQLFormattedError } from 'graphql';
import type { Subgraph, SubgraphContext } from '../../runtime/subgraph.ts';

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
  data: any;
  errors: readonly GraphQLFormattedError[];
}

/** One operation on a subgraph, as its gateway sends it: the whole path from header to answer. */
export async function ask<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  query: string,
  options: { variables?: Record<string, unknown>; authorization?: string } = {},
): Promise<Answer> {
  const contextValue = await subgraph.contextFor({ authorization: options.authorization });
  const { body } = await subgraph.server.executeOperation(
    { query, variables: options.variables ?? {} },
    { contextValue },
  );
  if (body.kind !== 'single') throw new Error('Incremental delivery was not asked for.');
  const { data = null, errors = [] } = body.singleResult;
  return { data: JSON.parse(JSON.stringify(data)), errors };
}
