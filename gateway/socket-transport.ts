import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { StatementSigner } from '../runtime/signed-identity.ts';
import {
  createTransport,
  type ExecutionRequest,
  type Executor,
  printed,
  type Transport,
} from './executor.ts';
import { pauseMs } from './pauses.ts';
import { UpstreamResults } from './upstream-results.ts';

/** Between the last subscription's end and the next one's begin: a viewer who turns a page. */
const idleSocketMs = 500;
/** How often the link is probed, and how long an answer may take: a host that vanished says nothing. */
const probeEveryMs = 10_000;
const probeAnswerMs = 5_000;
/** However many subscriptions wait for one, and begin anew when it was not to be had, there is one attempt at a time. */
const pauses = { firstMs: 100, maxMs: 2_000 };
/** Some 20 s in all, a restart of the subgraph and more. */
const retriesMax = 16;

/**
 * Subscriptions over graphql-ws: one socket to each subgraph, for all viewers. A lost link is mended
 * and the subscriptions go on over the new one; what was missed meanwhile is in the snapshot with which
 * each begins again, as it is for a viewer who reads too slowly. The runtime's own transport gives up
 * when a subgraph is killed.
 *
 * Errors: a subscription fails when all attempts did; each that begins while the subgraph is still away, with the
 * next one.
 */
export function socketTransport(
  signer: StatementSigner,
  retries: SocketRetries = { max: retriesMax, random: Math.random },
): Transport {
  return createTransport(({ transportEntry }) => {
    const { location } = transportEntry;
    if (location === undefined) throw new Error('A subgraph has no address for subscriptions.');
    const client = openClient(location.replace(/^http/, 'ws'), retries);
    const execute: Executor = async (asked) =>
      new UpstreamResults(client, {
        query: printed(asked.document),
        variables: asked.variables ?? null,
        operationName: asked.operationName ?? null,
        // Asked for whenever it is sent: after a lost link, what was signed at first would be too old.
        get extensions() {
          return { headers: headersOf(asked, signer) };
        },
      });
    return Object.assign(execute, { [Symbol.asyncDispose]: async () => client.dispose() });
  });
}

interface SocketRetries {
  max: number;
  /** From 0 to 1, 1 left out. */
  random: () => number;
}

function headersOf({ context, extensions }: ExecutionRequest, signer: StatementSigner) {
  const traceparent = extensions?.headers?.traceparent;
  return {
    authorization: signer.sign(context?.currentUser ?? null),
    ...(traceparent !== undefined && { traceparent }),
  };
}

function openClient(url: string, { max, random }: SocketRetries): Client {
  let overdue: NodeJS.Timeout | undefined;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    lazyCloseTimeout: idleSocketMs,
    keepAlive: probeEveryMs,
    retryAttempts: max,
    // By default only a proper close is followed by a retry, and a killed process sends none.
    shouldRetry: () => true,
    // It counts on until there is a connection.
    retryWait: (retries) => delay(pauseMs(retries + 1, pauses, random), undefined, { ref: false }),
    on: {
      ping(isFromServer) {
        if (!isFromServer) overdue = setTimeout(() => client.terminate(), probeAnswerMs);
      },
      pong(isFromServer) {
        if (isFromServer) clearTimeout(overdue);
      },
      closed: () => clearTimeout(overdue),
    },
  });
  return client;
}
