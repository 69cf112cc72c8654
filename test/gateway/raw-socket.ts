import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from '../support/until.ts';

/** The socket itself: what was said, what was heard, how it was closed. */
export class RawSocket extends WebSocket {
  readonly opened = once(this, 'open');
  readonly closed = new Promise<number>((resolve) => this.once('close', resolve));
  readonly #messages: unknown[] = [];

  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    this.on('message', (text) => this.#messages.push(JSON.parse(String(text))));
    this.on('error', () => {});
    // Of one that is refused, whoever waits for it is told.
    this.opened.catch(() => {});
  }

  say(message: object): void {
    this.send(JSON.stringify(message));
  }

  /** What nobody has asked for yet. */
  get unheard(): readonly unknown[] {
    return this.#messages;
  }

  async heard(): Promise<unknown> {
    await until(() => this.#messages.length > 0, { what: 'a message' });
    return this.#messages.shift();
  }
}
