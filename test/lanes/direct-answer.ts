import { execute, GraphQLError, parse } from 'graphql';
import { createErrorMask } from '../../gateway/errors.ts';
import { toGraphQLError } from '../../runtime/graphql-errors.ts';
import { createLog } from '../../runtime/log.ts';
import type { Subgraph } from '../../runtime/subgraph.ts';
import type { LaneAnswer } from './lane-gateways.ts';

const log = createLog({ level: 'silent', part: 'test' });
const mask = createErrorMask({ log, isProduction: false });

export interface DirectQuestion {
  /** One operation, valid in the subgraph. */
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly profileId: string | undefined;
}

/**
 * What graphql's own `execute` answers on the schema of one subgraph, its errors worded as the gateway
 * words those of a subgraph. Null: nothing has run, because the variables do not fit.
 */
export async function directAnswer(
  subgraph: Subgraph,
  { text, variables, profileId }: DirectQuestion,
): Promise<LaneAnswer | null> {
  const { data, errors } = await execute({
    schema: subgraph.schema,
    document: parse(text),
    variableValues: variables,
    contextValue: { viewer: profileId === undefined ? null : { profileId } },
  });
  if (data === undefined) return null;
  return {
    status: 200,
    contentType: 'application/json; charset=utf-8',
    data: JSON.parse(JSON.stringify(data)),
    errors: errors?.map((error) => worded(error, subgraph.name)),
  };
}

function worded(error: GraphQLError, serviceName: string): unknown {
  const { message, path, extensions } = toGraphQLError(error, log);
  const passed = { path: path ?? null, extensions: { ...extensions, serviceName } };
  return JSON.parse(JSON.stringify(mask(new GraphQLError(message, passed))));
}
