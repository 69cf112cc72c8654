import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Address {
  host: string;
  /** 0 takes a free one. */
  port: number;
}

export interface Listening {
  /** With the real port. */
  url: string;
  /** Stops accepting, lets requests under way finish for a moment, closes the rest. Idempotent. */
  close(): Promise<void>;
}

/** What a request under way may still take at shutdown; orchestrators kill after 10 s and more. */
const closeGraceMs = 2_000;

/**
 * Starts listening.
 *
 * Errors: rejects with the system's error (EADDRINUSE, EACCES) when the address is not to be had.
 */
export async function listen(server: Server, address: Address): Promise<Listening> {
  server.listen(address.port, address.host);
  await once(server, 'listening');
  let closing: Promise<void> | undefined;
  return {
    url: `http://${displayedHost(address.host)}:${(server.address() as AddressInfo).port}`,
    close() {
      closing ??= closeServer(server);
      return closing;
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
}

/** A wildcard address is for listening; people open a host. */
function displayedHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
