import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { codedError } from '../runtime/graphql-errors.ts';
import { type CostEstimator, type CostedOperation, createCostEstimator } from './cost.ts';

/**
 * Four times the dearest operation of the SDK (what `playheadUpdates` may bring: 251), more than a page that
 * asks for a row and a hundred titles with their playheads (803), and less than 50 heartbeats by alias (1,400).
 */
export const costMaxDefault = 1_000;

/**
 * Refuses operations that may cost more than `limit`, before anything of them runs; of subscriptions the
 * cost of one event counts.
 *
 * Errors: GRAPHQL_VALIDATION_FAILED with `cost: { estimated, limit }` in its extensions; BAD_USER_INPUT for
 * a null in the place of a default.
 */
export function limitCost(limit = costMaxDefault): GatewayPlugin {
  // One for each supergraph that is served: a new one brings weights of its own.
  const estimators = new WeakMap<GraphQLSchema, CostEstimator>();
  const estimatorOf = (schema: GraphQLSchema) => {
    const estimator = estimators.get(schema) ?? createCostEstimator(schema);
    estimators.set(schema, estimator);
    return estimator;
  };
  const refuse = (args: CostedOperation & { schema: GraphQLSchema }): GraphQLError | undefined => {
    try {
      return refusalOf(estimatorOf(args.schema)(args), limit);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const extensions = { http: { status: 400, spec: true } };
      return codedError('BAD_USER_INPUT', error.message, {
        nodes: error.nodes ?? null,
        extensions,
      });
    }
  };
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const refusal = refuse(args);
      if (refusal !== undefined) setResultAndStopExecution({ errors: [refusal] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = refuse(args);
      if (refusal !== undefined) setResultAndStopExecution({ errors: [refusal] });
    },
  };
}

function refusalOf(estimated: number | undefined, limit: number): GraphQLError | undefined {
  if (estimated === undefined || estimated <= limit) return undefined;
  const message = `This operation may cost ${estimated}; ${limit} are allowed. Ask for less, or in several requests.`;
  const extensions = { cost: { estimated, limit }, http: { status: 400, spec: true } };
  return codedError('GRAPHQL_VALIDATION_FAILED', message, { extensions });
}
