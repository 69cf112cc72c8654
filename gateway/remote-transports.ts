import type { Config } from '../runtime/config.ts';
import type { Connections } from './supergraph.ts';

type SubgraphUrls = Pick<Config, 'PLAYBACK_URL' | 'RECOMMENDATIONS_URL' | 'CATALOG_URL'>;

/**
 * Connects the gateway to subgraphs in processes of their own: HTTP for queries and mutations, one
 * shared graphql-ws socket to each for subscriptions. Identity travels with each operation, never with
 * the socket: a socket for each viewer would be as many as there are viewers.
 */
export function remoteTransports(urls: SubgraphUrls): Connections {
  return {
    transportEntries: {
      playback: entry(urls.PLAYBACK_URL),
      recommendations: entry(urls.RECOMMENDATIONS_URL),
      catalog: entry(urls.CATALOG_URL),
    },
  };
}

function entry(location: string) {
  const subscriptionPath = `${new URL(location).pathname}/ws`;
  return {
    kind: 'http',
    location,
    options: { subscriptions: { kind: 'ws', location: subscriptionPath } },
  };
}
