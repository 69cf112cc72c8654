import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { createHandler as createEventStreams } from 'graphql-sse/lib/use/http';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { listen } from '../../runtime/listen.ts';
import type { SubgraphSource } from '../../schema/subgraph-source.ts';

const typeDefs = parse(`
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@key", "@interfaceObject"]
  )
  type Playable @key(fields: "id") @interfaceObject { id: ID! stars: Float }
  type RatingChange { playable: Playable! by: String! }
  type Query { bestRated: [Playable!]! }
  type Subscription { ratingChanged: RatingChange! }
`);

const change = { playable: { id: 'mov_1' }, by: 'someone' };

const resolvers = {
  Playable: { stars: ({ id }: { id: string }) => (id === 'mov_1' ? 4.5 : null) },
  Query: { bestRated: () => [{ id: 'mov_1' }, { id: 'epi_1' }] },
  Subscription: {
    ratingChanged: {
      async *subscribe() {
        yield { ratingChanged: change };
      },
    },
  },
};

/** Another team's subgraph, with libraries that are none of ours: HTTP, graphql-ws and event streams. */
export interface RatingsSubgraph {
  /** With an address in it at which nothing is. */
  readonly source: SubgraphSource;
  readonly url: string;
  /** Kinds of requests in the order in which they came. */
  readonly received: ('http' | 'sse' | 'ws')[];
  /** Its `authorization`, of the last request by HTTP. */
  readonly authorization: string | undefined;
  close(): Promise<void>;
}

export async function openRatings(): Promise<RatingsSubgraph> {
  // biome-ignore lint/suspicious/noExplicitAny: its own map of resolvers is generic in the schema.
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as any }]);
  const received: RatingsSubgraph['received'] = [];
  const once = createHandler({ schema });
  const streamed = createEventStreams({ schema });
  let authorization: string | undefined;
  const server = createServer((request, response) => {
    authorization = request.headers.authorization;
    const isStream = request.headers.accept?.includes('text/event-stream') ?? false;
    const wantsStream = isStream && !request.headers.accept?.includes('json');
    received.push(wantsStream ? 'sse' : 'http');
    void (wantsStream ? streamed(request, response) : once(request, response));
  });
  const sockets = new WebSocketServer({ server, path: '/live' });
  const onSubscribe = () => void received.push('ws');
  const served = useServer({ schema, onSubscribe }, sockets);
  const listening = await listen(server, { host: '127.0.0.1', port: 0 });
  return {
    source: { name: 'ratings', url: 'http://127.0.0.1:9/graphql', typeDefs },
    url: `${listening.url}/graphql`,
    received,
    get authorization() {
      return authorization;
    },
    async close() {
      await served.dispose();
      server.closeAllConnections();
      await listening.close();
    },
  };
}
