import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** A TCP relay in front of a server: counts WebSockets passing through, and cuts all links at will. */
export interface Relay {
  /** The target's address, with the relay's port. */
  readonly url: string;
  /** WebSocket upgrades seen so far. */
  readonly webSockets: number;
  /** What the gateway sent to the target since the last call. */
  takeHeard(): string;
  cut(): void;
  close(): Promise<void>;
}

/** Of what was heard, the end: what a test looks for came just before. */
const heardLengthMax = 256 * 1024;

export async function openRelay(targetUrl: string): Promise<Relay> {
  const target = new URL(targetUrl);
  const links = new Set<Socket>();
  let webSockets = 0;
  let heard = '';
  const server = createServer((incoming) => {
    const outgoing = createConnection(Number(target.port), target.hostname);
    incoming.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      heard = (heard + text).slice(-heardLengthMax);
      if (/^upgrade: websocket/im.test(text)) webSockets += 1;
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
    takeHeard() {
      const text = heard;
      heard = '';
      return text;
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
