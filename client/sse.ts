import { createClient } from 'graphql-sse';
import type { StreamOptions, Subscribe } from './live.ts';

/** Opens GraphQL streams as server-sent events, one connection each, on the endpoint of queries. */
export function sseSubscribe(options: StreamOptions): Subscribe {
  const client = createClient({
    url: options.url,
    headers: options.authorization,
    fetchFn: options.fetch,
    // LiveSubscription decides when to come back: it knows the page and the network.
    retryAttempts: 0,
  });
  return (request, sink) =>
    client.subscribe(request, sink as Parameters<typeof client.subscribe>[1]);
}
