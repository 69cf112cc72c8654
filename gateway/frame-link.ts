import { randomBytes } from 'node:crypto';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import {
  type FrameKeys,
  frameProtocol,
  nonceBytes,
  proof,
  readChallenge,
  readWelcome,
  setNoDelay,
  strangersBytesMax,
  type Welcome,
} from '../runtime/frame-hello.ts';
import {
  type ConnectionError,
  connectionErrors,
  type RequestError,
  requestErrors,
  writeRequest,
} from '../runtime/frame-messages.ts';
import {
  FrameDecoder,
  type FrameFault,
  type FrameKind,
  FrameWriter,
  frameBytesMax,
  frameKinds,
} from '../runtime/frames.ts';
import { type LaneAnswer, type LaneRequest, writeVariables } from './lane-upstream.ts';

/** Where a subgraph speaks frames. */
export interface FrameTarget {
  /** Of its GraphQL endpoint, http: or https:. */
  url: string;
  /** Instead: the file on which it listens, on this machine. */
  socketPath?: string | undefined;
}

/** What a link tells whoever opened it. */
export interface LinkEvents {
  /** It can be asked. */
  onOpen(link: FrameLink): void;
  /** The subgraph wants to end it. */
  onLeaving(link: FrameLink): void;
  /** Once, at the end; also of one that was never open. */
  onGone(link: FrameLink, why: string): void;
}

export interface LinkOptions {
  target: FrameTarget;
  keys: FrameKeys;
  /** Counted in `tick()`s, which come from whoever opened it. */
  ticks: LinkTicks;
  events: LinkEvents;
}

/** Times, in ticks. */
export interface LinkTicks {
  /** For an answer. */
  timeout: number;
  /** To be open. */
  open: number;
  /** Silence after which it asks whether anybody is there. */
  ping: number;
  /** Silence after which it is not trusted with more. */
  suspect: number;
  /** Silence after which it is cut. */
  cut: number;
}

interface Waiting {
  resolve(answer: LaneAnswer): void;
  sinceTick: number;
  document: SentDocument;
}

interface SentDocument {
  id: number;
  /** The subgraph does not have it as valid. */
  isRefused: boolean;
}

/** What the subgraph has not taken yet: so much that it is not keeping up. */
const backlogBytesMax = 1024 * 1024;
/** Whatever a subgraph allows, no more than this many wait on one link. */
const requestsMax = 1_000;
const documentsMax = 1_000;
/** A write holds a few tens of requests; more are spread over links. */
const togetherMax = 32;

const unsent: LaneAnswer = { kind: 'unsent' };
const lost: LaneAnswer = { kind: 'unanswered', why: 'lost' };
const timedOut: LaneAnswer = { kind: 'unanswered', why: 'timeout' };
const notSent = Promise.resolve(unsent);

type State = 'opening' | 'open' | 'leaving' | 'finishing' | 'gone';

/** One connection to a subgraph, from its opening to its end. It is never opened again. */
export class FrameLink {
  /** Hexadecimal; another one for each release of the subgraph. Empty until it is open. */
  release = '';
  /** Since it was open. */
  openTicks = 0;
  readonly #options: LinkOptions;
  readonly #nonce = randomBytes(nonceBytes);
  readonly #key: string;
  readonly #decoder = new FrameDecoder(
    (kind, id, payload) => this.#take(kind, id, payload),
    strangersBytesMax,
  );
  readonly #writer = new FrameWriter((bytes, written) => this.#write(bytes, written));
  readonly #waiting = new Map<number, Waiting>();
  readonly #documents = new Map<string, SentDocument>();
  readonly #request: ReturnType<typeof requestPlain>;
  #socket: Socket | undefined;
  #theirNonce: Buffer | undefined;
  #limits = { requestsMax, documentsMax };
  #state: State = 'opening';
  /** Ids do not come round: a link lives for minutes. */
  #nextId = 1;
  /** Requests from this one on have not been written. */
  #firstUnwritten = 1;
  #tick = 0;
  #silentTicks = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#key = options.keys[0] ?? '';
    this.#request = upgrade(options.target);
    this.#request
      .on('upgrade', (_response, socket, head) => this.#meet(socket as Socket, head))
      .on('response', ({ statusCode }) => this.destroy(`HTTP ${statusCode}`))
      .on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
      .end();
  }

  /** Requests that wait for their answers. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Requests wait for the end of this turn, to leave in one write, and more may join them. */
  get isGathering(): boolean {
    const unwritten = this.#nextId - this.#firstUnwritten;
    return unwritten > 0 && unwritten < togetherMax && !this.#isFull && !this.isLeaving;
  }

  /** Whether the subgraph has said that it will end it. */
  get isLeaving(): boolean {
    return this.#state === 'leaving';
  }

  /** The other end is silent for longer than it should be. */
  get isSuspect(): boolean {
    return this.#silentTicks >= this.#options.ticks.suspect;
  }

  get isUsable(): boolean {
    return (this.#state === 'open' || this.#state === 'leaving') && !this.isSuspect;
  }

  /** Errors: never rejects. */
  ask(request: LaneRequest, authorization: string): Promise<LaneAnswer> {
    const socket = this.#socket;
    if (!this.isUsable || socket === undefined) return notSent;
    if (this.#isFull) return notSent;
    if (socket.writableLength > backlogBytesMax) return notSent;
    const document = this.#documentOf(request.text);
    if (document === undefined || document.isRefused) return notSent;
    const { traceparent = '' } = request;
    const variables = writeVariables(request.variables);
    if (variables === undefined) return notSent;
    const id = this.#nextId;
    const asked = { document: document.id, authorization, traceparent, variables };
    if (!writeRequest(this.#writer, id, asked)) return notSent;
    this.#nextId += 1;
    return new Promise((resolve) => {
      this.#waiting.set(id, { resolve, sinceTick: this.#tick, document });
    });
  }

  /** Asks nothing more, and ends once everything is answered or given up. */
  finish(): void {
    if (this.#state === 'gone') return;
    if (this.#state === 'opening') this.destroy('closed');
    else this.#state = 'finishing';
    this.#endWhenIdle();
  }

  destroy(why: string): void {
    this.#request.destroy();
    this.#socket?.destroy();
    this.#end(why);
  }

  /** Time goes on. */
  tick(): void {
    const { ticks } = this.#options;
    this.#tick += 1;
    if (this.#state === 'opening') {
      if (this.#tick > ticks.open) this.destroy('late');
      return;
    }
    this.openTicks += 1;
    this.#silentTicks += 1;
    if (this.#silentTicks === ticks.ping) this.#writer.begin(frameKinds.ping, 0).end();
    // All have the same time-out: who waits longest stands first.
    for (const [id, { sinceTick, resolve }] of this.#waiting) {
      if (this.#tick - sinceTick <= ticks.timeout) break;
      this.#waiting.delete(id);
      resolve(id < this.#firstUnwritten ? timedOut : unsent);
    }
    if (this.#silentTicks > ticks.cut) this.destroy('silent');
    else this.#endWhenIdle();
  }

  get #isFull(): boolean {
    return this.#waiting.size >= this.#limits.requestsMax;
  }

  #meet(socket: Socket, head: Buffer): void {
    this.#socket = socket;
    setNoDelay(socket);
    socket.setTimeout(0);
    socket
      .on('data', (chunk: Buffer) => this.#receive(chunk))
      .on('end', () => this.destroy(this.#decoder.end() ?? 'ended'))
      .on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
      .on('close', () => this.#end('closed'));
    if (this.#state === 'gone') socket.destroy();
    else if (head.length > 0) this.#receive(head);
  }

  #receive(chunk: Buffer): void {
    this.#silentTicks = 0;
    const fault = this.#decoder.push(chunk);
    if (fault !== undefined) this.destroy(fault);
  }

  #take(kind: FrameKind, id: number, payload: Buffer): FrameFault | undefined {
    if (kind === frameKinds.answer) this.#settle(id, { kind: 'answered', body: payload });
    else if (kind === frameKinds.error) this.#refused(id, payload.toString('latin1'));
    else if (kind === frameKinds.hello) return this.#greet(payload);
    else if (kind === frameKinds.goAway) this.#leave();
    else if (kind !== frameKinds.pong) return 'malformed';
    return undefined;
  }

  #greet(payload: Buffer): FrameFault | undefined {
    if (this.#state !== 'opening') return 'malformed';
    if (this.#theirNonce === undefined) {
      const nonce = readChallenge(payload);
      if (typeof nonce === 'string') this.destroy(nonce);
      else {
        this.#theirNonce = nonce;
        this.#writer
          .begin(frameKinds.hello, 0)
          .bytes(proof(this.#nonces(nonce), this.#key))
          .end();
      }
      return undefined;
    }
    const said = readWelcome(payload, this.#nonces(this.#theirNonce), this.#key);
    if (typeof said === 'string') this.destroy(said);
    else this.#open(said);
    return undefined;
  }

  #nonces(subgraph: Buffer) {
    return { gateway: this.#nonce, subgraph };
  }

  #open(said: Welcome): void {
    this.release = said.release.toString('hex');
    this.#limits = {
      requestsMax: Math.min(requestsMax, said.requestsMax),
      documentsMax: Math.min(documentsMax, said.documentsMax),
    };
    this.#decoder.bytesMax = frameBytesMax;
    this.#state = 'open';
    this.#options.events.onOpen(this);
  }

  #leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#options.events.onLeaving(this);
  }

  #refused(id: number, reason: string): void {
    if (id === 0) this.destroy(isConnectionError(reason) ? reason : 'malformed');
    const document = this.#waiting.get(id)?.document;
    if (document !== undefined && reason === 'unknown-document') document.isRefused = true;
    const hasRun = reason === 'failed' || !requestErrors.includes(reason as RequestError);
    this.#settle(id, hasRun ? lost : unsent);
  }

  /** An id that nobody waits for was given up. */
  #settle(id: number, answer: LaneAnswer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.resolve(answer);
    if (this.#state === 'finishing') this.#endWhenIdle();
  }

  /** The id by which the subgraph knows it, told if need be; undefined: more than a frame holds. */
  #documentOf(text: string): SentDocument | undefined {
    const known = this.#documents.get(text);
    if (known !== undefined) return known;
    const isFull = this.#documents.size >= this.#limits.documentsMax;
    const [oldest] = isFull ? this.#documents : [];
    const id = oldest?.[1].id ?? this.#documents.size;
    if (!this.#writer.begin(frameKinds.document, id).utf8(text).end()) return undefined;
    if (oldest !== undefined) this.#documents.delete(oldest[0]);
    const document = { id, isRefused: false };
    this.#documents.set(text, document);
    return document;
  }

  #write(bytes: Buffer, written: () => void): void {
    if (this.#state === 'gone' || this.#socket === undefined) return;
    this.#firstUnwritten = this.#nextId;
    this.#socket.write(bytes, written);
  }

  #endWhenIdle(): void {
    if (this.#state !== 'finishing' || this.#waiting.size > 0) return;
    this.#writer.flush();
    this.#socket?.destroySoon();
  }

  #end(why: string): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    for (const [id, { resolve }] of this.#waiting) {
      resolve(id < this.#firstUnwritten ? lost : unsent);
    }
    this.#waiting.clear();
    this.#options.events.onGone(this, why);
  }
}

function isConnectionError(reason: string): reason is ConnectionError {
  return connectionErrors.includes(reason as ConnectionError);
}

/** Certificates are verified as for any https: address, NODE_EXTRA_CA_CERTS among the authorities. */
function upgrade({ url, socketPath }: FrameTarget): ReturnType<typeof requestPlain> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const request = protocol === 'https:' && socketPath === undefined ? requestTls : requestPlain;
  const place =
    socketPath === undefined ? { hostname: unbracketed(hostname), port } : { socketPath };
  return request({
    ...place,
    path: `${pathname.replace(/\/$/, '')}/frames`,
    headers: { connection: 'Upgrade', upgrade: frameProtocol },
    agent: false,
  });
}

/** Sockets know IPv6 addresses without the brackets of a URL. */
function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
