import http from '@graphql-mesh/transport-http';
import type { Config } from '../runtime/config.ts';
import type { StatementSigner } from '../runtime/signed-identity.ts';
import { forwardStatement } from './identity.ts';
import { socketTransport } from './socket-transport.ts';
import type { Connections } from './supergraph.ts';

type SubgraphUrls = Pick<Config, 'PLAYBACK_URL' | 'RECOMMENDATIONS_URL' | 'CATALOG_URL'>;

/**
 * Connects the gateway to subgraphs in processes of their own: HTTP for queries and mutations, one
 * shared graphql-ws socket to each for subscriptions. Identity travels signed with each operation, never
 * with the socket: a socket for each viewer would be as many as there are viewers.
 */
export function remoteTransports(urls: SubgraphUrls, signer: StatementSigner): Connections {
  return {
    propagateHeaders: forwardStatement(signer),
    // Given here, they are ready at once. Loaded on first use, as is the default, every subscription
    // that comes before the load is done opens a socket of its own: 577 of them for the first 1,000.
    transports: { http, ws: socketTransport(signer) },
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
