import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { HttpAnswer } from './connection.ts';

/**
 * One graphql-transport-ws socket with one operation under way.
 *
 * Errors: `ask` rejects when the socket ends, or when the server answers with `error`.
 */
export class SocketConnection {
  readonly #socket: WebSocket;
  #operation = 0;
  #result = '';
  #waiting: PromiseWithResolvers<HttpAnswer> | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer) => this.#take(bytes.toString()));
    socket.on('close', (code) => this.#fail(new Error(`The server closed the socket: ${code}.`)));
    socket.on('error', (error) => this.#fail(error));
  }

  /** Resolves once the server has acknowledged who this is. */
  static async open(at: { host: string; port: number; token: string }): Promise<SocketConnection> {
    const url = `ws://${at.host}:${at.port}/graphql`;
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
    await once(socket, 'open');
    const payload = { authorization: `Bearer ${at.token}` };
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    const [answer] = (await once(socket, 'message')) as [Buffer];
    const { type } = JSON.parse(answer.toString()) as { type: string };
    if (type !== 'connection_ack') throw new Error(`connection_init was answered with ${type}.`);
    return new SocketConnection(socket);
  }

  /** Sends an operation: its query and variables as JSON. Resolves once it is complete. */
  ask(payload: string): Promise<HttpAnswer> {
    this.#operation += 1;
    this.#result = '';
    this.#waiting = Promise.withResolvers<HttpAnswer>();
    this.#socket.send(`{"id":"${this.#operation}","type":"subscribe","payload":${payload}}`);
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.terminate();
  }

  #take(text: string): void {
    const { id, type, payload } = JSON.parse(text) as {
      id?: string;
      type: string;
      payload?: unknown;
    };
    if (type === 'ping') this.#socket.send('{"type":"pong"}');
    if (id !== String(this.#operation)) return;
    if (type === 'next') this.#result = JSON.stringify(payload);
    if (type === 'error') this.#fail(new Error(`An operation was answered with: ${text}`));
    if (type !== 'complete') return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status: 200, body: this.#result });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
