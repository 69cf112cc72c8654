import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  status: number;
  body: string;
}

interface Server {
  host: string;
  port: number;
}

const headEnd = '\r\n\r\n';

/**
 * One keep-alive connection with one request under way: as little work as a load client can do, since
 * it shares the machine with what it measures. When an answer says that it is the connection's last, the
 * next request opens another.
 *
 * Errors: `ask` rejects when the connection ends unannounced, or an answer names no content-length.
 */
export class HttpConnection {
  readonly #at: Server;
  #socket: Socket;
  #isLast = false;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<HttpAnswer> | undefined;

  private constructor(at: Server, socket: Socket) {
    this.#at = at;
    this.#socket = this.#follow(socket);
  }

  static async open(at: Server): Promise<HttpConnection> {
    return new HttpConnection(at, await openSocket(at));
  }

  /** Sends a whole request, head and body. */
  ask(request: string): Promise<HttpAnswer> {
    if (this.#isLast) return this.#reopen().then(() => this.ask(request));
    // Nothing more would be heard of it.
    if (this.#socket.destroyed)
      return Promise.reject(new Error('The server closed the connection.'));
    this.#waiting = Promise.withResolvers<HttpAnswer>();
    this.#socket.write(request, 'latin1');
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #follow(socket: Socket): Socket {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
    return socket;
  }

  async #reopen(): Promise<void> {
    this.#socket.removeAllListeners('close').destroy();
    this.#socket = this.#follow(await openSocket(this.#at));
    this.#isLast = false;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(headEnd);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#fail(new Error(`No content-length in:\n${head}`));
      return;
    }
    this.#isLast = /\r\nconnection: *close/i.test(head);
    const bodyAt = end + headEnd.length;
    const bodyEnd = bodyAt + Number(length);
    if (this.#received.length < bodyEnd) return;
    const body = this.#received.toString('utf8', bodyAt, bodyEnd);
    this.#received = this.#received.subarray(bodyEnd);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

async function openSocket(at: Server): Promise<Socket> {
  const socket = connect(at);
  await once(socket, 'connect');
  return socket;
}
