import type { IncomingMessage, Server } from 'node:http';
import type { ServerOptions } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Drain, endEach } from './drain.ts';
import { refuseUpgrade, takeUpgrades } from './upgrades.ts';

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

/** Stands before a socket that faces clients; gateways, which bring many viewers' messages, need none. */
export interface SocketGate {
  /** Status line to refuse an upgrade with, such as `403 Forbidden`; undefined lets it in. */
  refusal(request: IncomingMessage): string | undefined;
  /** Told of each socket before its first message. It answers pings: ws leaves them to it. */
  watch(client: WebSocket, request: IncomingMessage): void;
}

/**
 * Serves the graphql-ws protocol on one path of an HTTP server.
 *
 * `close()` says 1001 (clients reconnect elsewhere), then cuts what is left; idempotent.
 */
export function openSocketEndpoint(
  server: Server,
  path: string,
  {
    gate,
    ...protocol
  }: ServerOptions<Record<string, unknown> | undefined, Extra> & {
    gate?: SocketGate;
  },
): SocketEndpoint {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: socketMessageBytesMax,
    autoPong: gate === undefined,
  });
  let isDraining = false;
  const refusalOf = (request: IncomingMessage) => {
    if (isDraining) return '503 Service Unavailable';
    return gate?.refusal(request);
  };
  takeUpgrades(server, path, (request, socket, head) => {
    const refusal = refusalOf(request);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (client) => {
      sockets.emit('connection', client, request);
      gate?.watch(client, request);
      forgetUnsent(client);
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

/** What a client did not take before it was gone is no fault: the protocol would print each message. */
function forgetUnsent(client: WebSocket): void {
  const send: (text: string, sent: (error?: Error) => void) => void = client.send.bind(client);
  client.send = (text: unknown, sent?: unknown) => {
    send(text as string, (error) => {
      const isGone = client.readyState !== client.OPEN;
      (sent as (error?: Error) => void)(isGone ? undefined : error);
    });
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
