import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
} from 'graphql';
import { toGraphQLError } from './graphql-errors.ts';
import type { Moment } from './identity.ts';
import type { Logger } from './log.ts';
import type { RequestHeaders, Subgraph, SubgraphContext } from './subgraph.ts';

export interface SubscriptionRequest {
  document: DocumentNode;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
  headers: RequestHeaders;
}

/**
 * Subscribes to a subgraph as graphql's own `subscribe` does, but executes every event with a context
 * of its own: a context that lived as long as the subscription would serve the first event's
 * DataLoader values for ever, and would outlive the token.
 *
 * Errors: never throws; faults are in `errors`, mapped for clients. A fault of the source, or a token
 * that ended, is answered once and ends the subscription.
 */
export async function subscribeToSubgraph<Context extends SubgraphContext>(
  subgraph: Subgraph<Context>,
  request: SubscriptionRequest,
  log: Logger,
): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult, undefined, undefined>> {
  const failed = (error: unknown) => ({ errors: [toGraphQLError(error, log)] });
  const newArgs = async (moment: Moment): Promise<ExecutionArgs> => ({
    schema: subgraph.schema,
    document: request.document,
    variableValues: request.variables,
    operationName: request.operationName,
    contextValue: await subgraph.contextFor(request.headers, moment),
  });
  try {
    const source = await createSourceEventStream(await newArgs('begin'));
    if (!(Symbol.asyncIterator in source)) return mapped(source, log);
    return eachEvent(source, {
      answer: async (rootValue) =>
        mapped(await execute({ ...(await newArgs('goOn')), rootValue }), log),
      failed,
    });
  } catch (error) {
    return failed(error);
  }
}

function mapped(result: ExecutionResult, log: Logger): ExecutionResult {
  if (result.errors === undefined) return result;
  return { ...result, errors: result.errors.map((error) => toGraphQLError(error, log)) };
}

/**
 * Hand-made, because the `return()` of an `async function*` waits for the pending event: the source
 * would stay open until the next one comes.
 */
function eachEvent(
  source: AsyncIterable<unknown>,
  to: {
    answer: (event: unknown) => Promise<ExecutionResult>;
    failed: (error: unknown) => ExecutionResult;
  },
): AsyncIterableIterator<ExecutionResult, undefined, undefined> {
  const events = source[Symbol.asyncIterator]();
  let hasEnded = false;
  const end = async () => {
    hasEnded = true;
    await events.return?.();
    return { done: true as const, value: undefined };
  };
  return {
    async next() {
      if (hasEnded) return { done: true, value: undefined };
      try {
        const event = await events.next();
        if (event.done) return { done: true, value: undefined };
        return { done: false, value: await to.answer(event.value) };
      } catch (error) {
        await end();
        return { done: false, value: to.failed(error) };
      }
    },
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
