import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';

/** A viewer whose connection is open and who reads nothing. */
export interface StuckReader {
  /** Reads on, until something like this has come. Rejects when the connection ends. */
  readUntil(isWanted: (text: string) => boolean): Promise<void>;
  close(): void;
}

interface Subscription {
  /** The gateway's, with /graphql at its end. */
  url: string;
  token: string;
  query: string;
}

/** Over a WebSocket: reads up to the first result, then no more. */
export async function stuckOverSocket({ url, token, query }: Subscription): Promise<StuckReader> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws');
  socket.on('error', () => {});
  const first = Promise.withResolvers<void>();
  socket.on('message', (bytes) => {
    const { type } = JSON.parse(String(bytes)) as { type: string };
    if (type === 'connection_ack') {
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
    }
    if (type === 'next') first.resolve();
  });
  await once(socket, 'open');
  const authorization = `Bearer ${token}`;
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await first.promise;
  socket.pause();
  return {
    readUntil(isWanted) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      socket.on('message', (bytes) => {
        if (isWanted(String(bytes))) resolve();
      });
      socket.once('close', () => reject(new Error('The socket was closed.')));
      socket.resume();
      return promise;
    },
    close: () => socket.terminate(),
  };
}

/** Over server-sent events. */
export async function stuckOverEvents({ url, token, query }: Subscription): Promise<StuckReader> {
  const headers = {
    accept: 'text/event-stream',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  };
  const asking = request(url, { method: 'POST', headers, agent: false });
  asking.on('error', () => {});
  asking.end(JSON.stringify({ query }));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  const first = Promise.withResolvers<void>();
  let received = '';
  response.on('data', (chunk: Buffer) => {
    received += chunk.toString('utf8');
    if (/^data: \{/m.test(received)) first.resolve();
  });
  await first.promise;
  response.removeAllListeners('data');
  response.pause();
  return {
    readUntil(isWanted) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let last = '';
      response.on('data', (chunk: Buffer) => {
        // What is wanted may lie in two chunks.
        const text = last + chunk.toString('utf8');
        if (isWanted(text)) resolve();
        last = text.slice(-200);
      });
      response.once('close', () => reject(new Error('The stream was closed.')));
      response.resume();
      return promise;
    },
    close: () => response.destroy(),
  };
}
