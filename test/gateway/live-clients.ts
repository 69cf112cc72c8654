import type { ExecutionResult } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { ToyGateway } from './toy-gateway.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into results by hand, field after field.
export type LiveResult = ExecutionResult<any>;

/** One subscription of one client. */
export interface LiveStream {
  /** The next result; undefined when the stream has ended. Rejects after 10 s. */
  next(): Promise<LiveResult | undefined>;
  /** Unsubscribes as the protocol says, and closes the client. */
  leave(): Promise<void>;
  /** Breaks the connection, as a killed client. */
  vanish(): void;
}

export interface SubscribeOptions {
  /** With or without `Bearer `. */
  token?: string | undefined;
  connectionParams?: Record<string, unknown>;
  /** Of the operation; by socket only. */
  extensions?: Record<string, unknown>;
}

export type SubscribeWith = (
  gateway: Pick<ToyGateway, 'url' | 'webSocketUrl'>,
  query: string,
  options?: SubscribeOptions,
) => LiveStream;

const nextDeadlineMs = 10_000;

export const overWebSocket: SubscribeWith = (gateway, query, options = {}) => {
  const { token, connectionParams, extensions = null } = options;
  let socket: WebSocket | undefined;
  class Recorded extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      socket = this;
    }
  }
  const client = createSocketClient({
    url: gateway.webSocketUrl,
    webSocketImpl: Recorded,
    retryAttempts: 0,
    connectionParams: {
      ...(token === undefined ? {} : { authorization: token }),
      ...connectionParams,
    },
  });
  return streamOf(client.iterate({ query, extensions }) as AsyncIterableIterator<LiveResult>, {
    leave: async () => client.dispose(),
    vanish: () => socket?.terminate(),
  });
};

export const overSsePost: SubscribeWith = (gateway, query, { token } = {}) => {
  const breaking = new AbortController();
  const client = createSseClient({
    url: gateway.url,
    retryAttempts: 0,
    headers: headersOf(token),
    fetchFn: (url: string, init: RequestInit) =>
      fetch(url, {
        ...init,
        signal: AbortSignal.any([breaking.signal, ...(init.signal ? [init.signal] : [])]),
      }),
  });
  return streamOf(client.iterate({ query }) as AsyncIterableIterator<LiveResult>, {
    leave: async () => client.dispose(),
    vanish: () => breaking.abort(),
  });
};

/** As a browser's EventSource does it. */
export const overSseGet: SubscribeWith = (gateway, query, { token } = {}) => {
  const breaking = new AbortController();
  const url = `${gateway.url}?query=${encodeURIComponent(query)}`;
  const headers = { ...headersOf(token), accept: 'text/event-stream' };
  return streamOf(readEvents(fetch(url, { headers, signal: breaking.signal })), {
    leave: async () => breaking.abort(),
    vanish: () => breaking.abort(),
  });
};

export const clientKinds = { overWebSocket, overSsePost, overSseGet };

function headersOf(token: string | undefined): Record<string, string> {
  if (token === undefined) return {};
  return { authorization: token.startsWith('Bearer ') ? token : `Bearer ${token}` };
}

async function* readEvents(answering: Promise<Response>): AsyncIterableIterator<LiveResult> {
  const { body } = await answering;
  let text = '';
  for await (const chunk of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, json] = /^data: (\{.*)$/m.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (json !== undefined) yield JSON.parse(json);
    }
  }
}

function streamOf(
  results: AsyncIterableIterator<LiveResult>,
  endings: Pick<LiveStream, 'leave' | 'vanish'>,
): LiveStream {
  // Asked at once, so that the subscription is under way before anybody waits for its first result.
  let pending: Promise<IteratorResult<LiveResult>> | undefined = ask(results);
  return {
    async next() {
      const { value, done } = await within(pending ?? ask(results));
      pending = undefined;
      return done ? undefined : value;
    },
    async leave() {
      await endings.leave();
    },
    vanish: endings.vanish,
  };
}

function ask(results: AsyncIterableIterator<LiveResult>): Promise<IteratorResult<LiveResult>> {
  const step = results.next();
  // A stream that is broken off may fail with nobody waiting for it.
  step.catch(() => {});
  return step;
}

async function within<Value>(promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`No result within ${nextDeadlineMs} ms.`)),
      nextDeadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
