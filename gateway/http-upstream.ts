import { isUtf8 } from 'node:buffer';
import { type Dispatcher, Pool } from 'undici';
import { BoundedMap } from '../runtime/bounded-map.ts';
import type { Clock } from '../runtime/clock.ts';
import { isRecord } from '../runtime/parsed-json.ts';
import type { StatementSigner } from '../runtime/signed-identity.ts';
import {
  type LaneAnswer,
  type LaneRequest,
  type LaneUpstream,
  upstreamTimeoutDefaultMs,
  writeVariables,
} from './lane-upstream.ts';

export interface HttpUpstreamOptions {
  /** Of its /graphql. */
  url: string;
  signer: StatementSigner;
  clock: Clock;
  /** @default 4_000: what the normal lane waits. */
  timeoutMs?: number | undefined;
}

/** As many as a process of Node's answers at a time; one request each, so that none waits for another. */
const connectionsMax = 64;
/** Waiting ones included: four seconds of what the gateway's core can carry are in no queue of its own. */
const underWayMax = 1_000;
/** A page of a hundred cards is 100 kB. */
const answerBytesMax = 16 * 1024 * 1024;
/** Documents of the lane, printed as JSON. */
const documentsMax = 1_000;

const unsent: Promise<LaneAnswer> = Promise.resolve({ kind: 'unsent' });

/**
 * Any subgraph, over HTTP/1.1. It is told what the gateway signs of the viewer, and nothing that a client
 * said of itself; nothing is asked twice.
 */
export class HttpUpstream implements LaneUpstream {
  readonly #options: HttpUpstreamOptions;
  readonly #path: string;
  readonly #pool: Pool;
  readonly #documents = new BoundedMap<string>(documentsMax);
  readonly #timeoutMs: number;
  #generation = 1;
  #underWay = 0;
  #closing: Promise<void> | undefined;

  constructor(options: HttpUpstreamOptions) {
    this.#options = options;
    const { origin, pathname, search } = new URL(options.url);
    this.#path = `${pathname}${search}`;
    this.#timeoutMs = options.timeoutMs ?? upstreamTimeoutDefaultMs;
    this.#pool = new Pool(origin, {
      connections: connectionsMax,
      pipelining: 1,
      allowH2: false,
      // One of our own is exact, and begins when the client asks.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: this.#timeoutMs },
      maxResponseSize: answerBytesMax,
    });
    this.#pool.on('disconnect', (_origin, _targets, error) => {
      const isIdle = (error as { code?: string }).code === 'UND_ERR_INFO';
      // It has let go of all: it ends, and another release may come.
      if (!isIdle && this.#pool.stats.connected === 0) this.#generation += 1;
    });
  }

  get generation(): number {
    return this.#generation;
  }

  get isReady(): boolean {
    return this.#closing === undefined && this.#underWay < underWayMax;
  }

  ask(request: LaneRequest): Promise<LaneAnswer> {
    const body = this.isReady ? this.#bodyOf(request) : undefined;
    if (body === undefined) return unsent;
    const headers = this.#headersOf(request);
    this.#underWay += 1;
    return new Promise((resolve) => {
      const exchange = new Exchange((answer) => {
        this.#underWay -= 1;
        cancel();
        resolve(answer);
      });
      const cancel = this.#options.clock.after(this.#timeoutMs, () => exchange.giveUp());
      this.#pool.dispatch({ path: this.#path, method: 'POST', headers, body }, exchange);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.close();
    return this.#closing;
  }

  #bodyOf({ text, variables }: LaneRequest): string | undefined {
    const written = writeVariables(variables);
    if (written === undefined) return undefined;
    let document = this.#documents.get(text);
    if (document === undefined) {
      document = `{"query":${JSON.stringify(text)}`;
      this.#documents.set(text, document);
    }
    return written === '' ? `${document}}` : `${document},"variables":${written}}`;
  }

  #headersOf({ viewer, traceparent }: LaneRequest): string[] {
    const authorization = this.#options.signer.sign(viewer);
    const headers = [
      ...['content-type', 'application/json'],
      ...['accept', 'application/json'],
      ...['authorization', authorization],
    ];
    if (traceparent !== undefined) headers.push('traceparent', traceparent);
    return headers;
  }
}

/** A proxy has no subgraph, or lost it: what ran is anybody's guess. */
const proxyStatuses: readonly number[] = [502, 503, 504];

/** One request and its answer. Calls back once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #settle: (answer: LaneAnswer) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  readonly #chunks: Buffer[] = [];

  constructor(settle: (answer: LaneAnswer) => void) {
    this.#settle = settle;
  }

  giveUp(): void {
    this.#end({ kind: 'unanswered', why: 'timeout' });
    this.#controller?.abort(new Error('The subgraph took too long.'));
  }

  /** From here on it may be written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isSettled) controller.abort(new Error('Nobody waits for it.'));
    else this.#controller = controller;
  }

  onResponseStart(_controller: unknown, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const isWhole = first !== undefined && this.#chunks.length === 1;
    const bytes = isWhole ? first : Buffer.concat(this.#chunks);
    const body = proxyStatuses.includes(this.#status) ? undefined : resultIn(bytes, this.#status);
    this.#end(body === undefined ? lost : { kind: 'answered', body });
  }

  onResponseError(): void {
    this.#end(this.#controller === undefined ? { kind: 'unsent' } : lost);
  }

  #end(answer: LaneAnswer): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#settle(answer);
  }
}

const lost: LaneAnswer = { kind: 'unanswered', why: 'lost' };

/** From here on a server says that it failed, whatever it had done by then. */
const failedFrom = 500;

/**
 * The result, if it is one; written anew if there is more than `data` in it: whoever reads it on looks at
 * its bytes. Of a server that failed, what has no `data` has some that is null: it may have run.
 */
function resultIn(bytes: Buffer, status: number): Buffer | string | undefined {
  const result = parsed(bytes);
  if (!isRecord(result)) return undefined;
  const { data, errors } = result;
  const isResult = typeof data === 'object' && !Array.isArray(data);
  if (!isResult && !(data === undefined && Array.isArray(errors))) return undefined;
  // Bytes that are no text are mended by now: a socket would end over them.
  if (isResult && Object.keys(result).length === 1) return isUtf8(bytes) ? bytes : bytes.toString();
  return JSON.stringify({ data: data === undefined && status >= failedFrom ? null : data, errors });
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
