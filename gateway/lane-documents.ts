import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import type { GraphQLSchema } from 'graphql';
import { BoundedMap } from '../runtime/bounded-map.ts';
import type { Logger } from '../runtime/log.ts';
import { decide } from './forwardable.ts';
import type { AnsweredDocument, LaneDecision, LaneGraph } from './lane-decision.ts';

/** The documents of a few clients are some dozens. */
const documentsMax = 500;
/** Of one document; one that holds more of them is a collection, and asked for by hand. */
const operationsMax = 4;
/** Longer ones are no client's, and 500 of them with their answers must not be much: 20 MB. */
const documentLengthMax = 8 * 1024;
/** What is answered while another decision is made; more are asked for again. */
const waitingMax = 32;

interface Noted extends AnsweredDocument {
  readonly text: string;
}

export interface LaneDocumentsOptions {
  /** @default decide */
  decide?: (graph: LaneGraph, answered: AnsweredDocument) => LaneDecision;
  /** @default setImmediate: when the answer under way has been written. */
  later?: (work: () => void) => void;
  /** @default nobody hears of a decision that failed; it counts as a refusal anyway. */
  log?: Logger | undefined;
}

/**
 * Which documents the lane may forward: those that the normal lane has answered once, past all of its
 * checks, and of which `decide` has said so since.
 *
 * Shape: found by their whole text, so that no two can be taken for one another. Decided one at a time,
 * behind the request that brought them, and once: refusals are kept as well. Without a graph nothing is
 * known, and nothing is noted.
 */
export class LaneDocuments {
  readonly #decide: (graph: LaneGraph, answered: AnsweredDocument) => LaneDecision;
  readonly #later: (work: () => void) => void;
  readonly #log: Logger | undefined;
  #known = new BoundedMap<BoundedMap<LaneDecision>>(documentsMax);
  #waiting: Noted[] = [];
  #graph: LaneGraph | null = null;
  /** The one that the runtime serves: an operation of the one before may still be under way. */
  #served: GraphQLSchema | undefined;

  constructor(options: LaneDocumentsOptions = {}) {
    this.#decide = options.decide ?? decide;
    this.#later = options.later ?? setImmediate;
    this.#log = options.log;
  }

  /**
   * Of another supergraph, or another release of a subgraph: everything is decided anew. Null, before a
   * supergraph changes: nothing is known until there is a graph again.
   */
  reset(graph: LaneGraph | null): void {
    this.#graph = graph;
    this.#forget();
  }

  get hasGraph(): boolean {
    return this.#graph !== null;
  }

  /** Undefined: nothing yet; the normal lane is to answer. Cost: two look-ups, the first of which hashes the text. */
  find(text: string, operationName: string | null): LaneDecision | undefined {
    // No operation is called so: null alone stands for the only one.
    if (operationName === '') return undefined;
    return this.#known.get(text)?.get(operationName ?? '');
  }

  /** The last in the list: what any other refuses is not noted. */
  plugin(): GatewayPlugin {
    return {
      onSchemaChange: ({ schema }) => {
        this.#served = schema;
        this.#forget();
      },
      onExecute: ({ args: { document, operationName, schema } }) => {
        if (schema === this.#served) this.#note({ document, operationName: operationName ?? null });
      },
    };
  }

  #forget(): void {
    this.#known = new BoundedMap(documentsMax);
    this.#waiting = [];
  }

  #note({ document, operationName }: AnsweredDocument): void {
    const text = document.loc?.source.body;
    if (this.#graph === null || text === undefined || text.length > documentLengthMax) return;
    if (operationName === '' || this.find(text, operationName) !== undefined) return;
    const isWaiting = this.#waiting.some(
      (each) => each.text === text && each.operationName === operationName,
    );
    if (isWaiting || this.#waiting.length >= waitingMax) return;
    this.#waiting.push({ document, text, operationName });
    if (this.#waiting.length === 1) this.#later(() => this.#decideOne());
  }

  #decideOne(): void {
    const noted = this.#waiting.shift();
    if (noted === undefined || this.#graph === null) return;
    if (this.#waiting.length > 0) this.#later(() => this.#decideOne());
    const decision = this.#decided(this.#graph, noted);
    const known = this.#known.get(noted.text) ?? new BoundedMap(operationsMax);
    known.set(noted.operationName ?? '', decision);
    this.#known.set(noted.text, known);
  }

  /** Here nobody waits who could catch what is thrown: it would end the process, for one document. */
  #decided(graph: LaneGraph, noted: Noted): LaneDecision {
    try {
      return this.#decide(graph, noted);
    } catch (error) {
      this.#log?.error({ err: error }, 'a document could not be decided for the fast lane');
      return { kind: 'refuse', reason: 'unplannable' };
    }
  }
}
