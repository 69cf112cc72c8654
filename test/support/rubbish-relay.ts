import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** A TCP relay on 127.0.0.1 that adds what is no TLS to the first that a server says on each link. */
export async function startRubbishRelay(target: {
  host: string;
  port: number;
}): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((incoming) => {
    const outgoing = connect(target.port, target.host);
    incoming.pipe(outgoing);
    outgoing.once('data', (flight) => {
      incoming.write(Buffer.concat([flight, Buffer.from('\x15\x03\x03\x00\x02\x02\x32rubbish')]));
    });
    for (const socket of [incoming, outgoing]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [incoming, outgoing].map((end) => end.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
