import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { getOperationAST, OperationTypeNode } from 'graphql';
import type { FrameCounts } from './frame-counts.ts';
import {
  challenge,
  type FrameKeys,
  nonceBytes,
  readProof,
  strangersBytesMax,
  welcome,
} from './frame-hello.ts';
import {
  type ConnectionError,
  type FrameRequest,
  type RequestError,
  readRequest,
} from './frame-messages.ts';
import { FrameDecoder, type FrameKind, FrameWriter, frameBytesMax, frameKinds } from './frames.ts';
import type { KnownOperation, Variables } from './known-operations.ts';
import type { Subgraph, SubgraphContext } from './subgraph.ts';
import type { Tracer } from './tracing.ts';

/** What one connection may come to. */
export interface FrameLimits {
  /** Requests under way; what is asked beyond is refused, and nothing of it runs. */
  requestsMax: number;
  /** Documents known by an id; more take the place of others. */
  documentsMax: number;
  /** A gateway says something twice a second: one that does not is gone without a word. */
  silentMs: number;
}

export interface FrameParts<Context extends SubgraphContext> {
  subgraph: Subgraph<Context>;
  keys: FrameKeys;
  release: Buffer;
  limits: FrameLimits;
  tracer: Tracer;
  counts: FrameCounts;
  /** The other end has proved that it has the key. */
  onOpen(): void;
}

interface Prepared {
  operation: KnownOperation;
  isMutation: boolean;
}

type Outcome = { text: string } | { error: RequestError };

/** One gateway's connection, at the subgraph's end. */
export class FrameConnection<Context extends SubgraphContext> {
  /** When it is gone. */
  readonly closed: Promise<void>;
  isOpen = false;
  readonly #parts: FrameParts<Context>;
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #decoder: FrameDecoder;
  readonly #nonce = randomBytes(nonceBytes);
  /** By id; null: not valid here. */
  readonly #documents = new Map<number, Prepared | null>();
  #underWay = 0;
  #isEnding = false;

  constructor(socket: Socket, parts: FrameParts<Context>) {
    this.#parts = parts;
    this.#socket = socket;
    this.#writer = new FrameWriter((bytes, written) => this.#write(bytes, written));
    this.#decoder = new FrameDecoder(
      (kind, id, payload) => this.#take(kind, id, payload),
      strangersBytesMax,
    );
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    // Whatever is wrong with a socket, it is closed next.
    socket.on('error', () => {});
    socket.setNoDelay(true).setTimeout(parts.limits.silentMs, () => socket.destroy());
    socket.on('end', () => this.#end());
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    this.#writer.begin(frameKinds.hello, 0).bytes(challenge(this.#nonce)).end();
  }

  /** Bytes from the other end; some may have come before this stood. */
  receive(chunk: Buffer): void {
    if (this.#isEnding) return;
    const fault = this.#decoder.push(chunk);
    if (fault !== undefined) this.refuse(fault);
  }

  /** What was asked, and is not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Says why, and ends it. */
  refuse(reason: ConnectionError): void {
    if (this.#isEnding) return;
    this.#parts.counts.refused(reason);
    this.#writer.begin(frameKinds.error, 0).latin1(reason).end();
    this.#writer.flush();
    this.#isEnding = true;
    this.#socket.destroySoon();
  }

  /** The other end asks elsewhere from now on, and ends it once it has its answers. */
  goAway(): void {
    if (this.isOpen) this.#writer.begin(frameKinds.goAway, 0).end();
    else this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(kind: FrameKind, id: number, payload: Buffer): ConnectionFault {
    if (this.#isEnding) return undefined;
    if (!this.isOpen) return this.#admit(kind, payload);
    if (kind === frameKinds.request) return this.#request(id, payload);
    if (kind === frameKinds.document) return this.#document(id, payload);
    if (kind !== frameKinds.ping) return 'malformed';
    this.#writer.begin(frameKinds.pong, id).end();
    return undefined;
  }

  #admit(kind: FrameKind, payload: Buffer): ConnectionFault {
    if (kind !== frameKinds.hello) return 'malformed';
    const { keys, release, limits, onOpen } = this.#parts;
    const proved = readProof(payload, { nonce: this.#nonce, keys });
    if (typeof proved === 'string') {
      this.refuse(proved);
      return undefined;
    }
    const nonces = { gateway: proved.nonce, subgraph: this.#nonce };
    const said = { release, requestsMax: limits.requestsMax, documentsMax: limits.documentsMax };
    this.#writer
      .begin(frameKinds.hello, 0)
      .bytes(welcome(nonces, proved.key, said))
      .end();
    this.#decoder.bytesMax = frameBytesMax;
    this.isOpen = true;
    onOpen();
    return undefined;
  }

  #document(id: number, payload: Buffer): ConnectionFault {
    if (id >= this.#parts.limits.documentsMax) return 'malformed';
    const operation = this.#parts.subgraph.known.prepare(payload.toString('utf8'));
    const prepared = operation && { operation, isMutation: isMutation(operation) };
    this.#documents.set(id, prepared ?? null);
    return undefined;
  }

  #request(id: number, payload: Buffer): ConnectionFault {
    const request = readRequest(payload);
    if (request === undefined) return 'malformed';
    const prepared = this.#documents.get(request.document);
    if (this.#underWay >= this.#parts.limits.requestsMax) this.#error(id, 'overloaded');
    else if (prepared == null) this.#error(id, 'unknown-document');
    else void this.#answer(id, prepared, request);
    return undefined;
  }

  /** Errors: never rejects. */
  async #answer(id: number, prepared: Prepared, request: FrameRequest): Promise<void> {
    const { tracer, subgraph } = this.#parts;
    this.#underWay += 1;
    const span = { kind: 'server', parent: request.traceparent || undefined } as const;
    const outcome = await tracer
      .span(subgraph.name, span, () => this.#run(prepared, request))
      .catch((): Outcome => ({ error: 'failed' }));
    this.#underWay -= 1;
    if ('error' in outcome) this.#error(id, outcome.error);
    else if (this.#writer.begin(frameKinds.answer, id).utf8(outcome.text).end()) {
      this.#parts.counts.request('answered');
    } else this.#error(id, prepared.isMutation ? 'failed' : 'too-large');
  }

  async #run({ operation }: Prepared, request: FrameRequest): Promise<Outcome> {
    const { subgraph } = this.#parts;
    const variables = variablesOf(request.variables);
    if (variables === null) return { error: 'not-run' };
    const { authorization } = request;
    const context = await subgraph.contextFor({ authorization }).catch(() => undefined);
    if (context === undefined) return { error: 'unauthenticated' };
    const result = await subgraph.known.run(operation, variables, context);
    return result === null ? { error: 'not-run' } : { text: JSON.stringify(result) };
  }

  #error(id: number, error: RequestError): void {
    this.#parts.counts.request(error);
    this.#writer.begin(frameKinds.error, id).latin1(error).end();
  }

  #write(bytes: Buffer, written: () => void): void {
    if (this.#isEnding || !this.#socket.writable) return;
    if (this.#socket.write(bytes, written) || this.#socket.isPaused()) return;
    // Who does not read its answers is not asked for more of them.
    this.#socket.pause();
    this.#socket.once('drain', () => this.#socket.resume());
  }

  /** The other end has all it wanted. */
  #end(): void {
    const fault = this.#decoder.end();
    if (fault !== undefined) this.refuse(fault);
    this.#isEnding = true;
    this.#socket.destroySoon();
  }
}

type ConnectionFault = ReturnType<FrameDecoder['push']>;

function isMutation({ document }: KnownOperation): boolean {
  return getOperationAST(document)?.operation === OperationTypeNode.MUTATION;
}

/** Null: these are none. */
function variablesOf(json: string): Variables | undefined | null {
  if (json === '') return undefined;
  try {
    const variables: unknown = JSON.parse(json);
    const isRecord = typeof variables === 'object' && !Array.isArray(variables);
    return isRecord ? (variables as Variables | null) : null;
  } catch {
    return null;
  }
}
