import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { FrameUpstream } from '../../gateway/frame-upstream.ts';
import { laneRequest } from './framed-subgraph.ts';

const add = 'mutation { add(by: 1) }';

/** A crowd that asks without a pause. */
export function putLoad(upstream: FrameUpstream) {
  const kinds = { answered: 0, unsent: 0, unanswered: 0 };
  let isOver = false;
  const askOn = async () => {
    while (!isOver) {
      const { kind } = await upstream.ask(laneRequest(add));
      kinds[kind] += 1;
      // Others get a turn, when nothing is waited for.
      await turn();
    }
  };
  const asking = Array.from({ length: 8 }, askOn);
  return {
    async end() {
      isOver = true;
      await Promise.all(asking);
      return kinds;
    },
  };
}

/** New connections go where it says now; those that are there stay. */
export async function openBalancer(portNow: () => number) {
  const sockets = new Set<Socket>();
  const balancer = createServer((client) => {
    const server = connect(portNow(), '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(server).pipe(client);
  });
  balancer.listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  return {
    port: (balancer.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      balancer.close();
      await once(balancer, 'close');
    },
  };
}
