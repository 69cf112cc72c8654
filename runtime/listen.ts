import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Closable } from './shutdown.ts';

export interface Address {
  host: string;
  /** 0 takes a free one. */
  port: number;
}

export interface Listening extends Closable {
  /** With the real port. */
  url: string;
  /** From now on each answer ends its connection, so that the next request goes elsewhere. */
  retire(): void;
  /** Stops accepting, lets requests under way finish for a moment, closes the rest. Idempotent. */
  close(): Promise<void>;
}

/** What a request under way may still take at shutdown; orchestrators kill after 10 s and more. */
const closeGraceMs = 2_000;

/**
 * How long a connection may be idle. Longer than a player is silent between two heartbeats: with Node's 5 s each
 * heartbeat would begin with a new connection. And longer than the 60 s after which load balancers close: whoever
 * asks closes first, and no request meets a connection that is just being closed.
 */
const keepAliveTimeoutMs = 75_000;

/**
 * Starts listening.
 *
 * Errors: rejects with the system's error (EADDRINUSE, EACCES) when the address is not to be had.
 */
export async function listen(server: Server, address: Address): Promise<Listening> {
  const connections = trackConnections(server);
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.listen(address.port, address.host);
  await once(server, 'listening');
  let closing: Promise<void> | undefined;
  return {
    url: `http://${displayedHost(address.host)}:${(server.address() as AddressInfo).port}`,
    retire: connections.endAfterAnswer,
    close() {
      closing ??= closeServer(server, connections);
      return closing;
    },
  };
}

async function closeServer(
  server: Server,
  connections: ReturnType<typeof trackConnections>,
): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  connections.endWhenIdle();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
}

/**
 * Which connections carry a request. Node's own `closeIdleConnections` leaves those alone that never
 * carried one, and browsers open some in advance: each shutdown would wait for them in vain.
 */
function trackConnections(server: Server) {
  const busy = new Map<Socket, boolean>();
  let isEnding = false;
  let isLastAnswer = false;
  // Before whatever answers: its head may be gone when this is told of the request.
  server.prependListener('request', (_request, response) => {
    if (isLastAnswer) response.setHeader('connection', 'close');
  });
  server.on('connection', (socket) => {
    busy.set(socket, false);
    socket.once('close', () => busy.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    busy.set(socket, true);
    response.on('close', () => {
      if (isEnding) socket.destroySoon();
      else if (busy.has(socket)) busy.set(socket, false);
    });
  });
  return {
    endAfterAnswer() {
      isLastAnswer = true;
    },
    endWhenIdle() {
      isEnding = true;
      for (const [socket, isBusy] of busy) if (!isBusy) socket.destroySoon();
    },
  };
}

/** A wildcard address is for listening; people open a host. */
function displayedHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
