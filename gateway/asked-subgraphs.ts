import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { isRecord } from '../runtime/parsed-json.ts';

/** What a subgraph was asked, as far as a log may know: a document, and its name, are its client's words. */
export interface Asked {
  operation: string;
  /** Until there was an answer, or none would come, ms. */
  durationMs: number;
}

/** No answer can hold it, and none shows it. */
const asked = Symbol('asked');

/** Extensions of an error, with what was asked when it came about. */
export function withAsked(extensions: object, what: Asked): Record<string, unknown> {
  return Object.assign(extensions as Record<string, unknown>, { [asked]: what });
}

/** The same object for all errors of one answer; undefined: of no subgraph. */
export function askedOf(extensions: object): Asked | undefined {
  return (extensions as { [asked]?: Asked })[asked];
}

/**
 * Marks errors of subgraphs with what was asked, and with the subgraph: of one that takes too long the runtime
 * names none.
 */
export function markAsked(nowMs: () => number): GatewayPlugin {
  return {
    onSubgraphExecute({ subgraphName, executor, setExecutor }) {
      setExecutor(async (request) => {
        const startMs = nowMs();
        const operation = request.operationType ?? 'query';
        const what = () => ({ operation, durationMs: nowMs() - startMs });
        try {
          const result = await executor(request);
          if ('errors' in result) markAll(result.errors, what());
          return result;
        } catch (error) {
          if (hasExtensions(error)) {
            Object.assign(withAsked(error.extensions, what()), { serviceName: subgraphName });
          }
          throw error;
        }
      });
    },
  };
}

/** Some transports hand on what the subgraph has written, which may be anything. */
function markAll(errors: unknown, what: Asked): void {
  if (!Array.isArray(errors)) return;
  for (const error of errors.filter(isRecord)) {
    error.extensions ??= {};
    if (hasExtensions(error)) withAsked(error.extensions, what);
  }
}

function hasExtensions(error: unknown): error is { extensions: object } {
  const { extensions } = (error ?? {}) as { extensions?: unknown };
  return typeof extensions === 'object' && extensions !== null;
}
