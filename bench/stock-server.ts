import { parseArgs } from 'node:util';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { openRawMerge, type RawHeartbeat } from './raw-merge.ts';

/**
 * What one would write who knows the merge: Apollo Server as its guide starts it, over the same script in the same
 * Redis as the product, by the same adapter. No token, no check.
 */
const typeDefs = `#graphql
  type Query { up: Boolean! }
  type Mutation { recordHeartbeat(input: HeartbeatInput!): RecordedHeartbeat! }
  type RecordedHeartbeat { outcome: String! durability: String! nextHeartbeatInMs: Int! }
  input DeviceInput { id: ID! kind: String! name: String }
  input HeartbeatInput {
    profileId: ID! title: ID! device: DeviceInput! sessionId: ID! anchorMs: Float! durationMs: Int
    sequence: Int! event: String! elapsedMs: Float! positionMs: Int!
  }
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { redis: { type: 'string' }, partitions: { type: 'string' } },
  });
  const merge = await openRawMerge(values.redis as string, Number(values.partitions));
  const recordHeartbeat = async (_root: unknown, { input }: { input: RawHeartbeat }) => {
    const outcome = await merge(input);
    return { outcome, durability: 'HOT', nextHeartbeatInMs: 5_000 };
  };
  const server = new ApolloServer({
    typeDefs,
    resolvers: { Query: { up: () => true }, Mutation: { recordHeartbeat } },
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  process.stdout.write(`stock  ${url}graphql\n`);
}

await main();
