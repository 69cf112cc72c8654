import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../support/until.ts';

/** TCP itself: what was heard, and whether the other side has ended it. */
export class RawConnection {
  readonly #socket: Socket;
  readonly ended: Promise<unknown>;
  heard = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text) => {
      this.heard += text;
    });
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** When the system has taken what was sent. */
  sent(): Promise<void> {
    return new Promise((resolve) => this.#socket.write('', () => resolve()));
  }

  /** The status of each answer, once there are so many. */
  async answers(count: number): Promise<number[]> {
    const statuses = () =>
      [...this.heard.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, code]) => Number(code));
    return until(() => statuses().length >= count && statuses(), { what: `${count} answers` });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Ends it without a word, as a machine that was switched off and on. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}
