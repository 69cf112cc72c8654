import type { Server } from 'node:http';
import type { ServerOptions } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Drain, endEach } from './drain.ts';
import { pathOf } from './http-messages.ts';

/** A document and its variables; 64 kB holds any operation a client or a gateway sends by socket. */
export const socketMessageBytesMax = 64 * 1024;
/** A client that is gone without a word does not answer the close; it is cut off after this. */
const closeGraceMs = 1_000;
/** Going away: clients connect again, and elsewhere. */
const goingAwayCode = 1001;

export interface SocketEndpoint {
  /** Sockets that are open now. */
  readonly socketCount: number;
  /** Accepts no more, and says 1001 to each that is open in its turn. */
  drain(drain: Drain | undefined): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves the graphql-ws protocol on one path of an HTTP server; upgrades of other paths are refused.
 *
 * `close()` says 1001 (clients reconnect elsewhere), then cuts what is left; idempotent.
 */
export function openSocketEndpoint(
  server: Server,
  path: string,
  protocol: ServerOptions<Record<string, unknown> | undefined, Extra>,
): SocketEndpoint {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: socketMessageBytesMax });
  let isDraining = false;
  server.on('upgrade', (request, socket, head) => {
    if (pathOf(request) !== path || isDraining) {
      const status = isDraining ? '503 Service Unavailable' : '404 Not Found';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      sockets.emit('connection', client, request);
      // A broken frame, or one over the limit, is the sender's fault, and ws has closed the socket:
      // the protocol's own listener would write it to the console.
      client.removeAllListeners('error').on('error', () => {});
    });
  });
  const serving = useServer(protocol, sockets);
  let closing: Promise<void> | undefined;
  return {
    get socketCount() {
      return sockets.clients.size;
    },
    async drain(drain) {
      isDraining = true;
      const goAway = (client: WebSocket) => client.close(goingAwayCode, 'Going away');
      await endEach(sockets.clients, goAway, drain);
    },
    close() {
      closing ??= closeSockets(sockets, serving);
      return closing;
    },
  };
}

async function closeSockets(
  sockets: WebSocketServer,
  serving: ReturnType<typeof useServer>,
): Promise<void> {
  const timer = setTimeout(() => {
    for (const client of sockets.clients) client.terminate();
  }, closeGraceMs);
  await serving.dispose();
  clearTimeout(timer);
}
