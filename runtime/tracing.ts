import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';

export interface SpanOptions {
  kind: 'internal' | 'server' | 'client';
  /** Words of this repository: names of operations, stores and parts, never of a request. */
  attributes?: Readonly<Record<string, string>>;
  /** `traceparent` of whoever asks; without it, a part of what is under way here, or a beginning. */
  parent?: string | null | undefined;
  /** Only as a part of what is under way: the work of background loops is no request's. */
  isPart?: boolean;
}

/** Tells how long each step of a request took, in one trace over all processes. */
export interface Tracer {
  /** Answers what `work` answers, and throws what it throws. */
  span<Answer>(name: string, options: SpanOptions, work: () => Promise<Answer>): Promise<Answer>;
  /** For whoever is asked next: the step under way here, as W3C writes it. */
  traceparent(): string | undefined;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Costs nothing but the call. */
export const noTracer: Tracer = {
  span: (_name, _options, work) => work(),
  traceparent: () => undefined,
  close: async () => {},
};

/** Without OTEL_EXPORTER_OTLP_ENDPOINT nothing of a tracer is even loaded. */
export async function openTracer(
  config: Config,
  parts: { part: string; clock: Clock; log: Logger },
): Promise<Tracer> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = config;
  if (endpoint === undefined) return noTracer;
  const [{ OtlpTracer }, { OtlpExporter }] = await Promise.all([
    import('./otlp-tracer.ts'),
    import('./otlp-exporter.ts'),
  ]);
  return new OtlpTracer(new OtlpExporter({ endpoint, ...parts }), share);
}

/** What stands behind the ports, in OpenTelemetry's words. */
export function storeSystems(config: Config): { hot: string; durable: string } {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: nodes, CASSANDRA_CONTACT_POINTS: points } = config;
  return {
    hot: url === undefined && nodes === undefined ? 'memory' : 'redis',
    durable: points === undefined ? 'sqlite' : 'cassandra',
  };
}

/** The same store, each of these methods a span; without a tracer it is the store itself. */
export function tracedStore<Store extends object>(
  store: Store,
  options: { tracer: Tracer; system: string; methods: readonly (keyof Store & string)[] },
): Store {
  const { tracer, system } = options;
  if (tracer === noTracer) return store;
  const methods: ReadonlySet<PropertyKey> = new Set(options.methods);
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (!methods.has(key)) return value.bind(target);
      const attributes = { 'db.system.name': system, 'db.operation.name': String(key) };
      return (...given: unknown[]) =>
        tracer.span(`${system} ${String(key)}`, { kind: 'client', attributes, isPart: true }, () =>
          value.apply(target, given),
        );
    },
  });
}
