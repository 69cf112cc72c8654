import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { WebSocket } from 'ws';
import type { Clock } from '../runtime/clock.ts';
import { codedError } from '../runtime/graphql-errors.ts';
import type { Viewer } from '../runtime/identity.ts';
import type { SocketGate } from '../runtime/socket-endpoint.ts';
import { TokenBucket } from '../runtime/token-bucket.ts';
import { type ConnectionLimits, placeRetryAfterMs } from './connection-limits.ts';
import type { LiveConnections } from './live-connections.ts';
import type { OriginPolicy } from './origins.ts';

/** "Policy violation": graphql-ws clients report it and stay away, as they would only flood again. */
export const floodCode = 1008;
/** "Try again later": graphql-ws clients do, after a wait; another socket may be gone by then. */
export const tooManySocketsCode = 1013;
/** For the answer to a close; whoever floods may not send one. */
const closeGraceMs = 1_000;

/**
 * What each client's socket may do, and how many there may be. Too many operations cost the client that
 * operation; messages or pings beyond their rate cost it the socket.
 *
 * Cost: O(1) for each message and ping, and a timer only for a socket that is closed.
 */
export class SocketLimits implements SocketGate {
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  readonly #origins: OriginPolicy;
  readonly #live: LiveConnections;
  readonly #pings = new WeakMap<WebSocket, TokenBucket>();

  constructor(parts: {
    limits: ConnectionLimits;
    clock: Clock;
    origins: OriginPolicy;
    live: LiveConnections;
  }) {
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#origins = parts.origins;
    this.#live = parts.live;
  }

  get initTimeoutMs(): number {
    return this.#limits.initTimeoutMs;
  }

  refusal(request: IncomingMessage): string | undefined {
    if (!this.#origins.allows(request)) return '403 Forbidden';
    return this.#live.isAddressFull(request) ? '429 Too Many Requests' : undefined;
  }

  watch(client: WebSocket, request: IncomingMessage): void {
    const release = this.#live.takeOfAddress(request);
    client.once('close', () => release?.());
    this.#pings.set(client, new TokenBucket(this.#limits.pings));
    client.on('ping', (said) => {
      if (this.admitPing(client)) client.pong(said);
    });
    // One that nobody asked for costs the same.
    client.on('pong', () => void this.admitPing(client));
    this.#sift(client);
  }

  /** Whether a ping, of either kind, is within the budget; the socket is closed otherwise. */
  admitPing(client: WebSocket): boolean {
    if (this.#pings.get(client)?.take(this.#clock.nowMs()) ?? true) return true;
    this.#close(client, { code: floodCode, reason: 'Too many pings' });
    return false;
  }

  /** Whether this viewer may have one more; the socket is closed otherwise. */
  admitViewer(client: WebSocket, viewer: Viewer): boolean {
    // Closed while the token was verified: nothing would give the place back.
    if (client.readyState !== client.OPEN) return false;
    const release = this.#live.takeOfViewer(viewer);
    if (release === undefined) {
      this.#close(client, { code: tooManySocketsCode, reason: 'Too many sockets of this viewer' });
      return false;
    }
    client.once('close', release);
    return true;
  }

  /** Whether one operation more would be one too many. */
  isFull({ subscriptions }: { subscriptions: Record<string, unknown> }): boolean {
    return Object.keys(subscriptions).length >= this.#limits.operationsPerSocketMax;
  }

  /** Why not, if there are as many as may be; the one that is asked about is among them. */
  refuseOperation(socket: { subscriptions: Record<string, unknown> }): GraphQLError[] | undefined {
    const { operationsPerSocketMax } = this.#limits;
    if (Object.keys(socket.subscriptions).length <= operationsPerSocketMax) return undefined;
    const message = `A socket has at most ${operationsPerSocketMax} operations at a time.`;
    return [
      codedError('RATE_LIMITED', message, { extensions: { retryAfterMs: placeRetryAfterMs } }),
    ];
  }

  /** Lets the protocol hear only what is within the rate, and nothing of a socket that is closing. */
  #sift(client: WebSocket): void {
    const bucket = new TokenBucket(this.#limits.messages);
    const listeners = client.listeners('message') as ((...message: unknown[]) => void)[];
    client.removeAllListeners('message');
    client.on('message', (...message) => {
      if (client.readyState !== client.OPEN) return;
      if (!bucket.take(this.#clock.nowMs())) {
        this.#close(client, { code: floodCode, reason: 'Too many messages' });
      } else if (client.bufferedAmount > this.#limits.untakenBytesMax) {
        // It would not take a close frame either.
        client.terminate();
      } else {
        for (const listener of listeners) listener.apply(client, message);
      }
    });
  }

  #close(client: WebSocket, { code, reason }: { code: number; reason: string }): void {
    if (client.readyState !== client.OPEN) return;
    client.close(code, reason);
    client.once(
      'close',
      this.#clock.after(closeGraceMs, () => client.terminate()),
    );
  }
}
