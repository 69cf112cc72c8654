import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, graphql, parse } from 'graphql';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen } from '../../runtime/listen.ts';

const types = `
  type Review @key(fields: "id") { id: ID! words: String }
  type Score @key(fields: "title { id } kind") { title: Scored! kind: String! points: Int }
  type Scored { id: ID! }
  type Playable @key(fields: "id") @interfaceObject { id: ID! isReviewed: Boolean }
  type Query { newestReviews: [Review!] }
  type Mutation {
    countReviews: Int @tag(name: "idempotent")
    removeReviews(by: String!): Int
  }
  type Subscription { reviewWritten: Review }
`;
const link = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@interfaceObject", "@tag"]
)`;

const known = '1';
const resolvers = {
  Review: {
    __resolveReference: ({ id }: { id: string }) => (id === known ? { id, words: 'good' } : null),
  },
  Score: {
    __resolveReference: (key: { title: { id: string } }) => (key.title.id === known ? key : null),
  },
  Playable: { isReviewed: () => true },
  Query: { newestReviews: () => [] },
  Mutation: { countReviews: () => 1, removeReviews: () => 0 },
};

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a fault changes whatever it changes.
  data?: any;
  // biome-ignore lint/suspicious/noExplicitAny: a fault changes whatever it changes.
  errors?: any[];
}

/** One fault of a subgraph that otherwise keeps every rule. */
export interface SubgraphFault {
  /** More types in its SDL. */
  sdl?: string;
  admits?(headers: IncomingMessage['headers']): boolean;
  answered?(asked: { query: string; at: number }, answer: Answer): Answer;
  /** What its sockets do wrong. */
  live?: 'never ends' | 'goes on' | 'refuses without a code' | 'answers once';
}

/** A subgraph that keeps every rule, but for `fault`; whoever says `x-gateway: yes` is the gateway. */
export async function openPlantedSubgraph(fault: SubgraphFault) {
  const typeDefs = parse(link + types + (fault.sdl ?? ''));
  // biome-ignore lint/suspicious/noExplicitAny: its own map of resolvers is generic in the schema.
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as any }]);
  const admits = fault.admits ?? ((headers) => headers['x-gateway'] === 'yes');
  let at = 0;
  const server = createServer(async (request, response) => {
    const { query, variables } = JSON.parse(await text(request));
    if (request.headers.accept === 'text/event-stream' && fault.live !== 'answers once') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      return;
    }
    const isOpen = query.includes('_service') || admits(request.headers);
    const come = isOpen
      ? await graphql({ schema, source: query, variableValues: variables })
      : refused;
    at += 1;
    const answer = JSON.parse(JSON.stringify({ ...come, errors: come.errors?.map(coded) }));
    response.end(JSON.stringify(fault.answered?.({ query, at }, answer) ?? answer));
  });
  // As short as it can be: a busy machine composes for longer than most servers keep a connection.
  server.keepAliveTimeout = 1;
  const sockets = new WebSocketServer({ server, path: '/graphql/ws' });
  sockets.on('connection', (socket) => answerLive(socket, fault.live));
  const listening = await listen(server, { host: '127.0.0.1', port: 0 });
  return {
    url: `${listening.url}/graphql`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await listening.close();
    },
  };
}

const refused = {
  errors: [new GraphQLError('Who are you?', { extensions: { code: 'FORBIDDEN' } })],
};

function coded({ message, extensions }: GraphQLError) {
  return { message, extensions: { code: 'BAD_USER_INPUT', ...extensions } };
}

/** graphql-transport-ws, as far as a subscription that never has anything to tell goes. */
function answerLive(socket: WebSocket, fault: SubgraphFault['live']): void {
  const open = new Set<string>();
  const ended: string[] = [];
  const send = (message: object) => socket.send(JSON.stringify(message));
  const answers: Record<string, (id: string) => void> = {
    connection_init: () => send({ type: 'connection_ack' }),
    ping() {
      for (const id of ended) send({ type: 'next', id, payload: { data: null } });
      send({ type: 'pong' });
    },
    subscribe(id) {
      if (open.has(id)) socket.close(4409, `Subscriber for ${id} already exists`);
      open.add(id);
      if (fault !== 'refuses without a code') return;
      send({ type: 'error', id, payload: [{ message: 'No.' }] });
    },
    complete(id) {
      if (fault !== 'never ends') open.delete(id);
      if (fault === 'goes on') ended.push(id);
    },
  };
  socket.on('message', (message) => {
    const { type, id } = JSON.parse(String(message)) as { type: string; id: string };
    answers[type]?.(id);
  });
}
