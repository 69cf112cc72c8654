import type { Client } from 'cassandra-driver';

/** What of the driver's own is meant; it exports no type for it. */
export interface ControlConnection {
  _refresh(hosts?: unknown): Promise<void>;
}

/** A refresh that failed for no reason of the cluster's is begun again after this. */
const againAfterMs = 1_000;

/**
 * Keeps the driver (4.10) from ending the process while its links come and go.
 *
 * When it has lost every node and finds one again, it listens to the new control connection twice; the
 * next loss then begins two refreshes, one takes the connection from under the other, and nobody
 * catches the TypeError. Here who comes second waits for the first, and a failure is tried again.
 *
 * Errors: TypeError when the driver has become another: see whether this is still needed.
 */
export function oneRefreshAtATime(client: Client): void {
  const { controlConnection } = client as unknown as { controlConnection?: ControlConnection };
  if (typeof controlConnection?._refresh !== 'function') {
    throw new TypeError('cassandra-driver has no refresh of its control connection.');
  }
  const refresh = controlConnection._refresh.bind(controlConnection);
  let running: Promise<void> | null = null;
  let isWantedAgain = false;
  const begin = (): Promise<void> => {
    if (running !== null) {
      // What the running one found may be lost already: once more, when it is done.
      isWantedAgain = true;
      return running;
    }
    running = refresh()
      .catch(() => {
        setTimeout(begin, againAfterMs).unref();
      })
      .finally(() => {
        running = null;
        if (isWantedAgain) void begin();
        isWantedAgain = false;
      });
    return running;
  };
  // With hosts it is the running one that goes on to the next of them.
  controlConnection._refresh = (hosts) => (hosts === undefined ? begin() : refresh(hosts));
}
