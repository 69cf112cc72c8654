import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Drain, endEach } from '../runtime/drain.ts';
import { sendRefusal } from '../runtime/http-messages.ts';
import type { TokenVerifier } from '../runtime/identity.ts';
import { placeRetryAfterMs } from './connection-limits.ts';
import type { LiveConnections } from './live-connections.ts';

/** The answers that may be event streams: counted with the sockets, and ended when the server closes. */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #live: LiveConnections;
  readonly #verifier: TokenVerifier;

  constructor(live: LiveConnections, verifier: TokenVerifier) {
    this.#live = live;
    this.#verifier = verifier;
  }

  get length(): number {
    return this.#open.size;
  }

  /** Whether the request may go on; with `false` it is answered. */
  async admit(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (!request.headers.accept?.includes('text/event-stream')) return true;
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    const ofAddress = this.#live.takeOfAddress(request);
    if (ofAddress === undefined) return refuse(response);
    response.once('close', ofAddress);
    const { authorization } = request.headers;
    // A bad token is not refused here: the operation is, with a code that says why.
    const viewer = await this.#verifier.verify(authorization).catch(() => null);
    if (response.destroyed) return false;
    if (viewer === null) return true;
    const ofViewer = this.#live.takeOfViewer(viewer);
    if (ofViewer === undefined) return refuse(response);
    response.once('close', ofViewer);
    return true;
  }

  /** They never end by themselves, so closing the server has to, each in its turn. */
  drain(drain: Drain | undefined): Promise<void> {
    return endEach(this.#open, endStream, drain);
  }
}

function refuse(response: ServerResponse): false {
  const message = 'Too many live connections at a time.';
  sendRefusal(response, {
    status: 429,
    code: 'RATE_LIMITED',
    message,
    retryAfterMs: placeRetryAfterMs,
  });
  return false;
}

/** One without a head is an answer that is still being made, and ends by itself. */
function endStream(stream: ServerResponse): void {
  if (stream.headersSent) stream.end();
}
