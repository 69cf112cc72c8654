import type { IncomingMessage } from 'node:http';
import { parse } from 'graphql';
import { type AtOnce, after } from '../runtime/at-once.ts';
import type { TokenVerifier, Viewer } from '../runtime/identity.ts';
import type { Logger } from '../runtime/log.ts';
import { noTracer, type Tracer } from '../runtime/tracing.ts';
import { createErrorMask, type ErrorMask } from './errors.ts';
import { countFields, firstPathOf } from './field-count.ts';
import { finish, finishUnanswered, type HttpHint } from './finish.ts';
import type { LaneDecision } from './lane-decision.ts';
import type { LaneAnswer, LaneRequest, LaneUpstream } from './lane-upstream.ts';
import type { GatewayMetrics, LaneMiss } from './metrics.ts';
import { type DocumentAdmission, type Named, textOf } from './persisted-documents.ts';
import {
  admitAddress,
  admitFields,
  type Counts,
  type GatewayRates,
  handOver,
} from './rate-limits.ts';

/** What is known of the documents that the normal lane has answered. */
export interface LaneDocuments {
  /** False: nothing can be known, and nothing is decided, until there is one. */
  readonly hasGraph: boolean;
  /** Undefined: nothing yet. By the graph that is served now, or not at all. */
  find(text: string, operationName: string | null): LaneDecision | undefined;
}

export interface FastLaneOptions {
  documents: LaneDocuments;
  /** By the name of a subgraph. */
  upstreamOf: (subgraph: string) => LaneUpstream | undefined;
  /** The release of a subgraph that decisions of now were made for; undefined: none. */
  generationOf: (subgraph: string) => number | undefined;
  verifier: TokenVerifier;
  metrics: GatewayMetrics;
  log: Logger;
  isProduction: boolean;
  /** @default nothing is traced. */
  tracer?: Tracer | undefined;
  /** @default none: all documents run, and none has an id. */
  admission?: DocumentAdmission | undefined;
  /** @default none: nothing is counted. */
  rates?: GatewayRates | undefined;
}

/** What a client sent beside variables; whoever asks has seen that there is nothing else. */
export interface LaneAsked extends Named {
  operationName?: unknown;
}

/** An operation that one subgraph answers as the gateway would. */
export interface LaneDocument {
  readonly subgraph: string;
  readonly upstream: LaneUpstream;
  /** What the subgraph is asked. */
  readonly text: string;
  readonly operation: 'query' | 'mutation';
  readonly needsViewer: boolean;
  /** What it counts as, see rate-limits.ts. */
  readonly fields: number;
  /** Where an error is that has no place of its own. */
  readonly path: readonly string[];
}

export interface LaneOperation {
  document: LaneDocument;
  variables: Readonly<Record<string, unknown>> | undefined;
  /** The header, or what a socket's `connectionParams` say in its place. */
  authorization: string | undefined;
  /** What it came by: of a socket, the upgrade. */
  request: IncomingMessage;
  /**
   * Stands for this operation alone. Whoever hands it to the normal lane has it there as `countedAs` in the
   * context, or it would be counted twice.
   * @default request
   */
  countedAs?: object;
  /** The client's. */
  traceparent: string | undefined;
  transport: 'http' | 'socket';
}

/** `normal`: nothing of it has run, and the normal lane is to answer. */
export type LaneResult =
  | { kind: 'answered'; body: Buffer | string; hints: readonly HttpHint[] }
  | { kind: 'normal' };

type Answered = Exclude<LaneAnswer, { kind: 'unsent' }>;

const normal: LaneResult = { kind: 'normal' };

/** Who asks, or why the normal lane is to say no. */
type Admitted = Viewer | null | LaneMiss;

/**
 * Operations that one subgraph can answer alone go there past the federation runtime, at a twentieth of
 * its cost.
 *
 * Shape: knows the good case only. Whatever is unusual, and whatever is to be refused, is left to the
 * normal lane before anything of it has run: there is one place for every refusal, and no way around one.
 */
export class FastLane {
  readonly #options: FastLaneOptions;
  readonly #mask: ErrorMask;
  readonly #tracer: Tracer;
  readonly #known = new WeakMap<LaneDecision, LaneDocument>();

  constructor(options: FastLaneOptions) {
    this.#options = options;
    this.#mask = createErrorMask(options);
    this.#tracer = options.tracer ?? noTracer;
  }

  /** Counts that an operation is left to the normal lane. */
  refuse(reason: LaneMiss): undefined {
    this.#options.metrics.countRefused(reason);
  }

  /** Undefined: the normal lane is to answer; it is counted. Cost: two look-ups. */
  find(asked: LaneAsked): LaneDocument | undefined {
    const { operationName = null } = asked;
    if (operationName !== null && typeof operationName !== 'string') {
      return this.refuse('parameters');
    }
    const text = this.#textOf(asked);
    if (text === undefined) return this.refuse('unknown-document');
    const { documents } = this.#options;
    const decision = documents.find(text, operationName);
    if (decision === undefined) {
      return this.refuse(documents.hasGraph ? 'unknown-document' : 'no-graph');
    }
    if (decision.kind === 'refuse') return this.refuse(decision.reason);
    const document = this.#known.get(decision) ?? this.#know(decision);
    if (document === undefined || !this.#isCurrent(document)) return this.refuse('no-graph');
    return document.upstream.isReady ? document : this.refuse('not-ready');
  }

  /** Errors: never rejects. */
  async answer(operation: LaneOperation): Promise<LaneResult> {
    const { metrics } = this.#options;
    const startMs = metrics.nowMs();
    const { document, transport, request, countedAs = request } = operation;
    const counts: Counts = {};
    const leave = (reason: LaneMiss): LaneResult => {
      this.refuse(reason);
      handOver(countedAs, counts);
      return normal;
    };
    const admitted = this.#admit(operation, counts);
    const viewer = admitted instanceof Promise ? await admitted : admitted;
    if (typeof viewer === 'string') return leave(viewer);
    // Whoever said who asks may have taken a while.
    if (!this.#isCurrent(document)) return leave('no-graph');
    const answer = await this.#ask(operation, viewer);
    if (answer.kind === 'unsent') return leave('unsent');
    const finished = this.#finish(document, answer, startMs);
    if (finished === null) return leave('not-run');
    const { body, code, hints } = finished;
    metrics.countOperation({ operation: document.operation, code, startMs });
    metrics.countForwarded({ subgraph: document.subgraph, transport });
    return { kind: 'answered', body, hints };
  }

  /** Whether the subgraph is the one that it was decided for. */
  #isCurrent({ subgraph, upstream }: LaneDocument): boolean {
    return upstream.generation === this.#options.generationOf(subgraph);
  }

  #textOf(asked: LaneAsked): string | undefined {
    const { admission } = this.#options;
    if (admission === undefined) return typeof asked.query === 'string' ? asked.query : undefined;
    const text = textOf(asked, admission);
    return typeof text === 'string' ? text : undefined;
  }

  #know(decision: Extract<LaneDecision, { kind: 'forward' }>): LaneDocument | undefined {
    const { subgraph, text, operation, needsViewer } = decision;
    const upstream = this.#options.upstreamOf(subgraph);
    if (upstream === undefined) return undefined;
    const parsed = parse(text);
    const fields = countFields(parsed);
    const path = firstPathOf(parsed);
    const document = { subgraph, upstream, text, operation, needsViewer, fields, path };
    this.#known.set(decision, document);
    return document;
  }

  /** Who asks, or why the normal lane is to say no. */
  #admit(operation: LaneOperation, counts: Counts): AtOnce<Admitted> {
    const { rates } = this.#options;
    const { authorization, request } = operation;
    const address = rates === undefined ? null : admitAddress(rates, { counts, request });
    return after(address, (tooMuch) => {
      if (tooMuch !== null) return 'rate-limited';
      return after(this.#viewerOf(authorization), (found) =>
        this.#admitViewer(operation, counts, found),
      );
    });
  }

  #viewerOf(authorization: string | undefined): AtOnce<Admitted> {
    const { verifier } = this.#options;
    const known = authorization === undefined ? undefined : verifier.known?.(authorization);
    return known ?? verifier.verify(authorization).catch((): LaneMiss => 'token');
  }

  #admitViewer(operation: LaneOperation, counts: Counts, found: Admitted): AtOnce<Admitted> {
    if (typeof found === 'string') return found;
    const { rates } = this.#options;
    const { document, request } = operation;
    if (found === null && document.needsViewer) return 'signed-out';
    if (rates === undefined) return found;
    const { fields } = document;
    const verdict = admitFields(rates, { counts, request, viewer: found, fields });
    return after(verdict, (refusal) => (refusal === null ? found : 'rate-limited'));
  }

  #ask(operation: LaneOperation, viewer: Viewer | null): Promise<LaneAnswer> {
    const { document, variables, authorization, traceparent: parent } = operation;
    const { text, upstream, subgraph } = document;
    const traceparent = undefined;
    const request: LaneRequest = { text, variables, viewer, authorization, traceparent };
    const tracer = this.#tracer;
    if (tracer === noTracer) return upstream.ask(request);
    const attributes = { 'playhead.subgraph': subgraph };
    return tracer.span('graphql', { kind: 'server', parent }, () =>
      tracer.span(`ask ${subgraph}`, { kind: 'client', attributes }, () =>
        upstream.ask({ ...request, traceparent: tracer.traceparent() }),
      ),
    );
  }

  #finish(document: LaneDocument, answer: Answered, startMs: number) {
    const { subgraph, path, operation } = document;
    const { metrics } = this.#options;
    const asked = () => ({ operation, durationMs: metrics.nowMs() - startMs });
    const from = { subgraph, path, mask: this.#mask, asked };
    return answer.kind === 'answered'
      ? finish(answer.body, from)
      : finishUnanswered(answer.why, from);
  }
}
