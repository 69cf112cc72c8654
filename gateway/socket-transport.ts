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
import { UpstreamResults } from './upstream-results.ts';

/** Between the last subscription's end and the next one's begin: a viewer who turns a page. */
const idleSocketMs = 500;
/** How often the link is probed, and how long an answer may take: a host that vanished says nothing. */
const probeEveryMs = 10_000;
const probeAnswerMs = 5_000;
/** Waits before each new attempt: 20 s in all, a restart of the subgraph and more. */
const retryWaitsMs = [100, 200, 500, 1_000, 2_000, 4_000, 6_000, 6_000];

/**
 * Subscriptions over graphql-ws: one socket to each subgraph, for all viewers. A lost link is mended
 * and the subscriptions go on over the new one; what was missed meanwhile is in the snapshot with which
 * each begins again, as it is for a viewer who reads too slowly. The runtime's own transport gives up
 * when a subgraph is killed.
 *
 * Errors: a subscription fails when all attempts did.
 */
export function socketTransport(signer: StatementSigner): Transport {
  return createTransport(({ transportEntry }) => {
    const { location } = transportEntry;
    if (location === undefined) throw new Error('A subgraph has no address for subscriptions.');
    const client = openClient(location.replace(/^http/, 'ws'));
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

function headersOf({ context, extensions }: ExecutionRequest, signer: StatementSigner) {
  const traceparent = extensions?.headers?.traceparent;
  return {
    authorization: signer.sign(context?.currentUser ?? null),
    ...(traceparent !== undefined && { traceparent }),
  };
}

function openClient(url: string): Client {
  let overdue: NodeJS.Timeout | undefined;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    lazyCloseTimeout: idleSocketMs,
    keepAlive: probeEveryMs,
    retryAttempts: retryWaitsMs.length,
    // By default only a proper close is followed by a retry, and a killed process sends none.
    shouldRetry: () => true,
    retryWait: (retries) => delay(retryWaitsMs[retries] ?? 0, undefined, { ref: false }),
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
