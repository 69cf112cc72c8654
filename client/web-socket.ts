import { createClient } from 'graphql-ws';
import type { StreamOptions, Subscribe } from './live.ts';

/**
 * Streams over one WebSocket instead of server-sent events: `createPlayhead({ …, streams: overWebSocket() })`. For
 * servers behind HTTP/1.1, where each stream of events holds one of six connections.
 *
 * Units: `url` is absolute, ws: or wss:; without it, the one of operations, whatever page that is relative to.
 */
export function overWebSocket(url?: string): (options: StreamOptions) => Subscribe {
  return (options) => {
    const client = createClient({
      url: url ?? socketUrlOf(options.url),
      connectionParams: options.authorization,
      // LiveSubscription decides when to come back: it knows the page and the network.
      retryAttempts: 0,
    });
    return (request, sink) =>
      client.subscribe(request, sink as Parameters<typeof client.subscribe>[1]);
  };
}

function socketUrlOf(url: string): string {
  const absolute = new URL(url, globalThis.location?.href);
  absolute.protocol = absolute.protocol === 'https:' ? 'wss:' : 'ws:';
  return absolute.href;
}
