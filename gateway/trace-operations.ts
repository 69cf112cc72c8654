import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { noTracer, type Tracer } from '../runtime/tracing.ts';

/**
 * A span for each operation, by HTTP and by socket, and one for each part of it that a subgraph is asked
 * for. A trace that a client began goes on, and through to the subgraphs. Nothing of a document is
 * told: it may hold ids, and a client names it as it likes.
 */
export function traceOperations(tracer: Tracer): GatewayPlugin {
  if (tracer === noTracer) return {};
  return {
    onParams({ request, paramsHandler, setParamsHandler }) {
      const parent = request.headers.get('traceparent');
      setParamsHandler((asked) =>
        tracer.span('graphql', { kind: 'server', parent }, async () => paramsHandler(asked)),
      );
    },
    onSubgraphExecute({ subgraphName, executor, setExecutor }) {
      const attributes = { 'playhead.subgraph': subgraphName };
      setExecutor((asked) =>
        tracer.span(`ask ${subgraphName}`, { kind: 'client', attributes }, async () => {
          const { headers } = (asked.extensions ?? {}) as { headers?: Record<string, string> };
          const traced = { ...headers, traceparent: tracer.traceparent() };
          return executor({ ...asked, extensions: { ...asked.extensions, headers: traced } });
        }),
      );
    },
  };
}
