import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type GivenResponse, gatewayClientTimeoutMs, type post } from './load-client.ts';

/** Asks by WebSocket as a player does: one socket for each token, opened again when it is next needed. */
export class SocketSender {
  /** Sockets opened so far, by token. */
  readonly openings = new Map<string, number>();
  readonly #clients = new Map<string, Client>();

  readonly send: typeof post = async ({ url, token }, operation) => {
    const client = this.#clients.get(token) ?? this.#open(url, token);
    const { query, variables } = operation;
    const asked = { query, variables: variables as Record<string, unknown> };
    const given = new AbortController();
    const answer = new Promise<GivenResponse | Error>((resolve) => {
      let last: GivenResponse | Error = new Error('completed without an answer');
      client.subscribe(asked, {
        next(result) {
          last = result as unknown as GivenResponse;
        },
        error: (error) => resolve(failureOf(error)),
        complete: () => resolve(last),
      });
    });
    const late = delay(gatewayClientTimeoutMs, new Error('no answer'), { signal: given.signal });
    try {
      return await Promise.race([answer, late]);
    } finally {
      given.abort();
      late.catch(() => {});
    }
  };

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.dispose()));
  }

  #open(url: string, token: string): Client {
    const client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
      lazyCloseTimeout: 600_000,
      onNonLazyError: () => {},
      on: { opened: () => this.openings.set(token, (this.openings.get(token) ?? 0) + 1) },
    });
    this.#clients.set(token, client);
    return client;
  }
}

function failureOf(error: unknown): Error | GivenResponse {
  if (Array.isArray(error)) return { data: null, errors: error as GivenResponse['errors'] & {} };
  const { code, reason } = error as { code?: number; reason?: string };
  return error instanceof Error ? error : new Error(`closed: ${code} ${reason}`);
}
