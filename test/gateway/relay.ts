import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** A TCP relay in front of a server: counts WebSockets passing through, and cuts all links at will. */
export interface Relay {
  /** The target's address, with the relay's port. */
  readonly url: string;
  /** WebSocket upgrades seen so far. */
  readonly webSockets: number;
  /** What came to the server so far, as text; frames of a WebSocket are masked. */
  readonly received: string;
  cut(): void;
  close(): Promise<void>;
}

export async function openRelay(targetUrl: string): Promise<Relay> {
  const target = new URL(targetUrl);
  const links = new Set<Socket>();
  let webSockets = 0;
  let received = '';
  const server = createServer((incoming) => {
    const outgoing = createConnection(Number(target.port), target.hostname);
    incoming.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (/^upgrade: websocket/im.test(chunk.toString('latin1'))) webSockets += 1;
    });
    incoming.pipe(outgoing).pipe(incoming);
    for (const socket of [incoming, outgoing]) {
      links.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        links.delete(socket);
        incoming.destroy();
        outgoing.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const link of links) link.destroy();
  };
  return {
    url: Object.assign(new URL(targetUrl), { port: (server.address() as AddressInfo).port }).href,
    get webSockets() {
      return webSockets;
    },
    get received() {
      return received;
    },
    cut,
    async close() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
