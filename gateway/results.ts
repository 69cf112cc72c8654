import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { type GraphQLError, type GraphQLSchema, isAbstractType } from 'graphql';
import { isBadVariable } from './errors.ts';

/** Mends what the query planner gets wrong in results, those of subscriptions included. */
export function repairResults(): GatewayPlugin {
  let abstractTypeNames: ReadonlySet<string> = new Set();
  return {
    onSchemaChange({ schema }) {
      abstractTypeNames = namesOfAbstractTypes(schema);
    },
    onExecute: () => ({
      onExecuteDone({ result, setResult }) {
        if (!(Symbol.asyncIterator in result)) setResult(repair(result, abstractTypeNames));
      },
    }),
    onSubscribe: () => ({
      onSubscribeResult: () => ({
        onNext({ result, setResult }) {
          setResult(repair(result, abstractTypeNames));
        },
      }),
    }),
  };
}

interface Result {
  data?: unknown;
  errors?: readonly GraphQLError[];
}

/**
 * A failed only fetch leaves no `data` at all, which reads as "the request was refused" and becomes
 * HTTP 500; it was executed, and its fields are null.
 */
function repair<Executed extends Result>(
  result: Executed,
  abstractTypeNames: ReadonlySet<string>,
): Executed {
  if (result.data !== undefined && result.data !== null) {
    return { ...result, data: withoutAbstractObjects(result.data, abstractTypeNames) };
  }
  // Without an error all of it was left out, by `@skip` or `@include`.
  if (result.errors === undefined) return { ...result, data: {} };
  return result.errors.every(isBadVariable) ? result : { ...result, data: null };
}

/**
 * An entity that its own subgraph could not resolve comes back with the interface's name for its
 * `__typename`. No client can file that (urql's cache throws): it is null, which every edge to another
 * subgraph may be.
 *
 * Cost: one walk over the result, in place: it was made for this answer alone.
 */
function withoutAbstractObjects(value: unknown, names: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value) && names.has((value as { __typename?: string }).__typename ?? '')) {
    return null;
  }
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    holder[key] = withoutAbstractObjects(holder[key], names);
  }
  return value;
}

function namesOfAbstractTypes(schema: GraphQLSchema): ReadonlySet<string> {
  const types = Object.values(schema.getTypeMap()).filter(isAbstractType);
  return new Set(types.map((type) => type.name));
}
