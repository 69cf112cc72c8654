import { createRequire } from 'node:module';

/** What of the driver's own is meant; it exports neither it nor a type for it. */
interface LinkPrototype {
  errorConnecting(this: { netClient: NodeJS.EventEmitter }, ...given: unknown[]): void;
}

const heard = new WeakSet<object>();

/**
 * Keeps the driver (4.10) from ending the process when a certificate is not believed: it listens to one
 * error of a link that it opens, and what the other end had already sent may be a second one.
 *
 * Errors: TypeError when the driver has become another: see whether this is still needed.
 */
export function hearEveryLinkError(): void {
  const link = createRequire(import.meta.url)('cassandra-driver/lib/connection.js') as {
    prototype?: LinkPrototype;
  };
  const { prototype } = link;
  if (typeof prototype?.errorConnecting !== 'function') {
    throw new TypeError('cassandra-driver has no errors of links that it opens.');
  }
  if (heard.has(prototype)) return;
  heard.add(prototype);
  const { errorConnecting } = prototype;
  prototype.errorConnecting = function (...given) {
    this.netClient.on('error', () => {});
    errorConnecting.apply(this, given);
  };
}
