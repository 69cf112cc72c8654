import { parseArgs } from 'node:util';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { Client } from 'cassandra-driver';

/** What one would write first: a stock Apollo Server, and an insert for each heartbeat. */
const typeDefs = `#graphql
  type Query { up: Boolean! }
  type Mutation { recordHeartbeat(input: HeartbeatInput!): RecordedHeartbeat! }
  type RecordedHeartbeat { outcome: String! title: ID! positionMs: Int! }
  input HeartbeatInput {
    profileId: ID! title: ID! deviceId: ID! deviceKind: String! sessionId: ID!
    sequence: Int! event: String! elapsedMs: Float! positionMs: Int! durationMs: Int
    "Microseconds since the Unix epoch: more than an Int."
    activityAtUs: String!
  }
`;

export interface NaiveInput {
  profileId: string;
  title: string;
  deviceId: string;
  deviceKind: string;
  sessionId: string;
  event: string;
  positionMs: number;
  durationMs: number | null;
  activityAtUs: string;
}

const insert = `INSERT INTO naive_playhead
  (profile_id, title_id, device_id, device_kind, session_id, event, position_ms, duration_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      contact: { type: 'string' },
      dc: { type: 'string' },
      keyspace: { type: 'string' },
    },
  });
  const client = new Client({
    contactPoints: [values.contact as string],
    localDataCenter: values.dc as string,
    keyspace: values.keyspace as string,
    encoding: { useBigIntAsLong: true },
  });
  await client.connect();
  const recordHeartbeat = async (_root: unknown, { input }: { input: NaiveInput }) => {
    const { profileId, title, deviceId, deviceKind, sessionId, event } = input;
    const { positionMs, durationMs, activityAtUs } = input;
    const params = [
      ...[profileId, title, deviceId, deviceKind, sessionId, event],
      ...[positionMs, durationMs, BigInt(activityAtUs)],
    ];
    await client.execute(insert, params, { prepare: true });
    return { outcome: 'ACCEPTED', title, positionMs };
  };
  const server = new ApolloServer({
    typeDefs,
    resolvers: { Query: { up: () => true }, Mutation: { recordHeartbeat } },
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  process.stdout.write(`naive  ${url}graphql\n`);
}

await main();
