import { type DeviceClock, withinMs } from './clock.ts';
import { type Operation, recordHeartbeatsMutation } from './operations.ts';

/** Something the server could not do, or that never reached it. */
export interface Fault {
  kind: 'fault';
  /** `extensions.code` of the server, or UNREACHABLE, or HTTP_<status>. */
  code: string;
  message: string;
  /** The same request may succeed later. */
  retryable: boolean;
  /** What the server asked to wait, ms; 0 when it said nothing. */
  retryAfterMs: number;
}

/** Data may hold nulls where parts failed: a null there means unknown. */
export type Answer<Data> = { kind: 'answered'; data: Data } | Fault;

/** How the SDK reaches its server. */
export interface Transport {
  /**
   * One operation over HTTP.
   *
   * Errors: none thrown; faults are answers. UNAUTHENTICATED is tried once more with a fresh token.
   * Cost: one round trip, at most `requestTimeoutMs`.
   */
  request<Data>(operation: Operation, variables: object): Promise<Answer<Data>>;
  /** Sends without waiting, from a page that ends now, with the last token; false if it cannot. */
  sendAtPageEnd(operation: Operation, variables: object): boolean;
  /** Headers of a subscription; may call for a fresh token. */
  authorization(): Promise<Record<string, string>>;
}

/** What the transport is made of. `onReachable` hears changes only. */
export interface TransportOptions {
  url: string;
  auth: () => string | Promise<string>;
  fetch: typeof fetch;
  clock: DeviceClock;
  onReachable(isReachable: boolean): void;
  /** Another page that sends for this one; undefined: none does. */
  relay(operation: Operation, variables: object): Promise<Answer<unknown>> | undefined;
}

/** Heartbeats go by way of the page that leads; what a viewer waits for does not. */
export function isRelayed(operation: Operation): boolean {
  return operation === recordHeartbeatsMutation;
}

/** A hung connection must not hold the heartbeats behind it: two of their intervals. */
export const requestTimeoutMs = 10_000;

/** Browsers give all keepalive requests of a page 64 KiB together; the rest is for other scripts. */
export const pageEndBodyBytesMax = 56 * 1_024;

/** Codes that a later try may cure when the server does not say so itself. */
const retryableCodes: ReadonlySet<string> = new Set([
  'RATE_LIMITED',
  'STATE_UNAVAILABLE',
  'TIMEOUT',
  'INTERNAL_SERVER_ERROR',
]);

/** GraphQL over HTTP with `fetch`: POST, JSON, bearer token. */
export class HttpTransport implements Transport {
  readonly #options: TransportOptions;
  #lastToken: string | undefined;
  #isReachable = true;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async request<Data>(operation: Operation, variables: object): Promise<Answer<Data>> {
    const relayed = this.#options.relay(operation, variables);
    if (relayed === undefined) return this.send(operation, variables);
    const answer = await relayed;
    this.#noteReachable(isReached(answer));
    return answer as Answer<Data>;
  }

  /** Over this page's own connection. */
  async send<Data>(operation: Operation, variables: object): Promise<Answer<Data>> {
    const answer = await this.#try<Data>(operation, variables);
    if (answer.kind === 'answered' || answer.code !== 'UNAUTHENTICATED') return answer;
    return this.#try<Data>(operation, variables);
  }

  sendAtPageEnd(operation: Operation, variables: object): boolean {
    const body = bodyOf(operation, variables);
    if (new TextEncoder().encode(body).length >= pageEndBodyBytesMax) return false;
    const { fetch, url } = this.#options;
    const headers = { ...jsonHeaders, ...bearer(this.#lastToken) };
    try {
      // Nobody is left to hear how it went.
      fetch(url, { method: 'POST', headers, body, keepalive: true }).catch(() => undefined);
      return true;
    } catch {
      // Too much keepalive in flight, or no keepalive here: the next visit asks the server anyway.
      return false;
    }
  }

  async authorization(): Promise<Record<string, string>> {
    this.#lastToken = await this.#options.auth();
    return bearer(this.#lastToken);
  }

  async #try<Data>(operation: Operation, variables: object): Promise<Answer<Data>> {
    const limit = new AbortController();
    const exchanged = this.#exchange<Data>(bodyOf(operation, variables), limit.signal);
    const answered = await withinMs(this.#options.clock, requestTimeoutMs, exchanged);
    // What was answered is left alone: an app's own `fetch` may still read its copy.
    if (!answered) limit.abort();
    const answer = answered ?? unanswered;
    this.#noteReachable(isReached(answer));
    return answer;
  }

  async #exchange<Data>(body: string, signal: AbortSignal): Promise<Answer<Data>> {
    const { fetch, url } = this.#options;
    let headers: Record<string, string>;
    try {
      headers = { ...jsonHeaders, ...(await this.authorization()) };
    } catch (error) {
      return faultOf('UNAUTHENTICATED', { message: `auth() failed: ${error}`, retryable: true });
    }
    try {
      return await answerOf<Data>(await fetch(url, { method: 'POST', headers, body, signal }));
    } catch (error) {
      return faultOf('UNREACHABLE', { message: String(error), retryable: true });
    }
  }

  #noteReachable(isReachable: boolean): void {
    if (isReachable === this.#isReachable) return;
    this.#isReachable = isReachable;
    this.#options.onReachable(isReachable);
  }
}

function isReached(answer: Answer<unknown>): boolean {
  return answer.kind === 'answered' || answer.code !== 'UNREACHABLE';
}

const jsonHeaders = {
  'content-type': 'application/json',
  accept: 'application/graphql-response+json, application/json',
};

function bodyOf(operation: Operation, variables: object): string {
  return JSON.stringify({
    operationName: operation.name,
    query: operation.document,
    variables,
  });
}

function bearer(token: string | undefined): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

interface GraphQLResponse {
  data?: Record<string, unknown> | null;
  errors?: readonly GraphQLFailure[];
}

/** An entry of `errors`, as far as the SDK reads it. */
export interface GraphQLFailure {
  message: string;
  extensions?: { code?: string; retryable?: boolean; retryAfterMs?: number };
}

/** Errors beside data mean that a part is unknown; without data the request failed. */
async function answerOf<Data>(response: Response): Promise<Answer<Data>> {
  const body = await jsonOf(response);
  const data = body?.data;
  const isEmpty = !data || Object.values(data).every((field) => field === null);
  const [failure] = body?.errors ?? [];
  if (data && (!isEmpty || failure === undefined)) return { kind: 'answered', data: data as Data };
  return failure?.extensions?.code === undefined
    ? httpFault(response, failure?.message)
    : graphqlFault(failure);
}

async function jsonOf(response: Response): Promise<GraphQLResponse | undefined> {
  try {
    return (await response.json()) as GraphQLResponse;
  } catch {
    // A proxy's error page: the status says what there is to know.
    return undefined;
  }
}

/** The fault that an entry of `errors` tells of. */
export function graphqlFault(failure: GraphQLFailure): Fault {
  const { code = 'INTERNAL_SERVER_ERROR', retryable, retryAfterMs } = failure.extensions ?? {};
  return faultOf(code, {
    message: failure.message,
    retryable: retryable ?? retryableCodes.has(code),
    retryAfterMs: retryAfterMs ?? 0,
  });
}

function httpFault(response: Response, message = response.statusText): Fault {
  const { status } = response;
  if (response.ok) return unanswered;
  if (status === 401) return faultOf('UNAUTHENTICATED', { message, retryable: false });
  const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 0);
  return faultOf(`HTTP_${status}`, {
    message,
    retryable: status >= 500 || status === 429,
    retryAfterMs: Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1_000 : 0,
  });
}

/** Nothing came, or nothing that is an answer, such as a hotel's page to sign in: it ends some time. */
export const unanswered = faultOf('UNREACHABLE', { message: 'No answer.', retryable: true });

/** Of the client's own making. */
export function faultOf(
  code: string,
  about: { message: string; retryable: boolean; retryAfterMs?: number },
): Fault {
  return { kind: 'fault', code, retryAfterMs: 0, ...about };
}
