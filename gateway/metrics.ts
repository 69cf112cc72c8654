import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { type DocumentNode, getOperationAST } from 'graphql';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { codeOf } from '../runtime/graphql-errors.ts';
import type { LaneRefusal } from './lane-decision.ts';

/** From an answer out of memory to a subgraph's whole patience, s. */
const secondsBuckets = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Why the fast lane left an operation to the normal lane; a closed list. */
export type LaneMiss =
  | LaneRefusal
  /** The request itself: how it is sent, and what it says beside an operation. */
  | 'request'
  | 'body'
  | 'parameters'
  | 'extensions'
  /** The normal lane has not answered this document yet, or is to refuse it. */
  | 'unknown-document'
  | 'no-graph'
  | 'token'
  | 'signed-out'
  | 'rate-limited'
  /** The subgraph cannot be asked just now, was not reached, or has run nothing of it. */
  | 'not-ready'
  | 'unsent'
  | 'not-run';

/** Of one gateway. No label ever holds a word of a request: kinds, codes and transports are closed lists. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'operation' | 'code'>;
  readonly #subscriptions: Gauge<'transport'>;
  readonly #reloads: Counter<'outcome'>;
  readonly #forwarded: Counter<'subgraph' | 'transport'>;
  readonly #refused: Counter<'reason'>;
  readonly #stopwatch: () => number;

  constructor({ stopwatch = () => performance.now() }: { stopwatch?: () => number } = {}) {
    this.#stopwatch = stopwatch;
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: 'playhead_gateway_request_duration_seconds',
      help: 'Operations by HTTP and socket, until the answer or the first event is due; code: of the first error, or OK.',
      labelNames: ['operation', 'code'],
      buckets: secondsBuckets,
      registers,
    });
    this.#subscriptions = new Gauge({
      name: 'playhead_gateway_subscriptions',
      help: 'Subscriptions of clients that are open here.',
      labelNames: ['transport'],
      registers,
    });
    for (const transport of ['socket', 'stream']) this.#subscriptions.set({ transport }, 0);
    this.#reloads = new Counter({
      name: 'playhead_supergraph_reloads_total',
      help: 'Times that SUPERGRAPH_FILE had changed; refused: it was not usable, and the graph before is served on.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['loaded', 'refused']) this.#reloads.inc({ outcome }, 0);
    this.#forwarded = new Counter({
      name: 'playhead_lane_forwarded_total',
      help: 'Operations that the fast lane answered; transport: what the client sent them by.',
      labelNames: ['subgraph', 'transport'],
      registers,
    });
    this.#refused = new Counter({
      name: 'playhead_lane_refused_total',
      help: 'Operations that the fast lane left to the normal lane, and why.',
      labelNames: ['reason'],
      registers,
    });
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  countForwarded(by: { subgraph: string; transport: 'http' | 'socket' }): void {
    this.#forwarded.inc(by);
  }

  countRefused(reason: LaneMiss): void {
    this.#refused.inc({ reason });
  }

  /** By the clock of durations, ms. */
  nowMs(): number {
    return this.#stopwatch();
  }

  /** An operation that no plugin sees. */
  countOperation(done: { operation: string; code: string; startMs: number }): void {
    const { operation, code, startMs } = done;
    this.#requests.observe({ operation, code }, (this.#stopwatch() - startMs) / 1_000);
  }

  countReload(outcome: 'loaded' | 'refused'): void {
    this.#reloads.inc({ outcome });
  }

  /** Told of what is connected, each time somebody asks. */
  watchConnections(open: { sockets: () => number; streams: () => number }): void {
    const gauge = (name: string, help: string, count: () => number) =>
      new Gauge({
        ...{ name, help, registers: [this.#registry] },
        collect() {
          this.set(count());
        },
      });
    gauge('playhead_gateway_client_sockets', 'WebSockets of clients that are open.', open.sockets);
    gauge(
      'playhead_gateway_event_streams',
      'Event streams of clients that are open.',
      open.streams,
    );
  }

  /** The first in the list, so that what the others refuse is seen. */
  plugin(): GatewayPlugin {
    /** By the context of an operation. */
    const startsMs = new WeakMap<object, number>();
    /** By its parameters. */
    const kinds = new WeakMap<object, string>();
    return {
      onParams: ({ context }) => void startsMs.set(context, this.#stopwatch()),
      onParse:
        ({ context }) =>
        ({ result }) => {
          const { params } = context as { params?: OperationParams };
          if (params !== undefined) kinds.set(params, kindOf(result, params));
        },
      onSubscribe: ({ args }) => ({
        onSubscribeResult: ({ result }) => {
          if (!(Symbol.asyncIterator in result)) return undefined;
          const { socket } = args.contextValue as { socket?: unknown };
          return { onEnd: this.#opened(socket === undefined ? 'stream' : 'socket') };
        },
      }),
      onExecutionResult: ({ result, context }) => {
        const { params } = context as { params?: OperationParams };
        const tookMs = this.#stopwatch() - (startsMs.get(context) ?? this.#stopwatch());
        const operation = (params && kinds.get(params)) ?? 'unknown';
        this.#requests.observe({ operation, code: outcomeOf(result) }, tookMs / 1_000);
      },
    };
  }

  /** Counts one more until the answer is called for the first time. */
  #opened(transport: 'socket' | 'stream'): () => void {
    this.#subscriptions.inc({ transport });
    let isOpen = true;
    return () => {
      if (isOpen) this.#subscriptions.dec({ transport });
      isOpen = false;
    };
  }
}

interface OperationParams {
  operationName?: string | null;
}

/** `unknown`: no document, or not one operation to run. */
function kindOf(parsed: unknown, { operationName }: OperationParams): string {
  const isDocument = (parsed as { kind?: unknown } | null)?.kind === 'Document';
  if (!isDocument) return 'unknown';
  return getOperationAST(parsed as DocumentNode, operationName)?.operation ?? 'unknown';
}

/** A code that is not of the closed list is told as a fault of ours: it could be anything. */
function outcomeOf(result: unknown): string {
  const { errors } = (result ?? {}) as { errors?: readonly { extensions?: { code?: unknown } }[] };
  const [first] = errors ?? [];
  if (first === undefined) return 'OK';
  return codeOf(first.extensions?.code) ?? 'INTERNAL_SERVER_ERROR';
}
