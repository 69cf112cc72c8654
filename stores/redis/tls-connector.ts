import { connect } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import type { TlsOptions } from '../tls.ts';

interface LinkOptions {
  host: string;
  port: number;
  family?: number;
  disconnectTimeout: number;
  tls: TlsOptions;
}

/**
 * Encrypted links, as the driver (ioredis 6) opens them itself, but for one thing: it listens to one error
 * of each, and a second one would end the process. A certificate that is not believed is the first; what the
 * other end had already sent may be the second.
 */
export class TlsConnector extends AbstractConnector {
  readonly #options: LinkOptions;

  constructor(options: unknown) {
    const link = options as LinkOptions;
    super(link.disconnectTimeout);
    this.#options = link;
  }

  async connect() {
    const { host, port, family, tls } = this.#options;
    this.connecting = true;
    this.stream = connect({ host, port, ...(family === undefined ? {} : { family }), ...tls });
    this.stream.on('error', () => {});
    return this.stream;
  }
}
