import { type DocumentNode, type ExecutionResult, print } from 'graphql';
import type { RequestHeaders } from '../runtime/subgraph.ts';
import type { Authenticated } from './identity.ts';
import type { Connections } from './supergraph.ts';

/** What the federation runtime asks of a subgraph, as far as it matters here. */
export interface ExecutionRequest {
  document: DocumentNode;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
  operationType?: string | undefined;
  /** `headers` is where `propagateHeaders` puts them, for every kind of transport. */
  extensions?: { headers?: Partial<RequestHeaders> & { traceparent?: string } } | undefined;
  /** Of the client's operation that this is a part of. */
  context?: Authenticated | undefined;
}

/** Runs one operation on one subgraph; a subscription is answered by its events. */
export type Executor = (
  request: ExecutionRequest,
) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;

type TransportFactory = Extract<Connections['transports'], (kind: string) => unknown>;
export type Transport = Extract<
  Awaited<ReturnType<TransportFactory>>,
  { getSubgraphExecutor: unknown }
>;
export type TransportRequest = Parameters<Transport['getSubgraphExecutor']>[0];
type RuntimeExecutor = Awaited<ReturnType<Transport['getSubgraphExecutor']>>;

/** The runtime's form of "this is how subgraphs are reached"; `open` runs once for each subgraph. */
export function createTransport(open: (request: TransportRequest) => Executor): Transport {
  return {
    // The runtime's type is generic in what is answered, which only its plan knows.
    getSubgraphExecutor: (request) => open(request) as RuntimeExecutor,
  };
}

const printedDocuments = new WeakMap<DocumentNode, string>();

/** The document as text. Cost: printed once; plans are cached, so the same ones come again and again. */
export function printed(document: DocumentNode): string {
  let text = printedDocuments.get(document);
  if (text === undefined) {
    text = print(document);
    printedDocuments.set(document, text);
  }
  return text;
}
