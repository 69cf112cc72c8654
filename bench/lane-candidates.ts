import type { Dialect } from './requests.ts';
import type { Part } from './turns.ts';

/** Whose heartbeats are measured, and what is said of it under the table. */
export interface LaneCandidate {
  what: string;
  dialect: Dialect;
  /** The servers that take part, as `startServers` names them. */
  servers: Partial<Record<Extract<Part, 'gateway' | 'server'>, ServerName>>;
  /** Of Redis: the database with its profiles; of another store, its name. */
  store: number | 'cassandra' | 'postgres';
  /** @default 1 */
  batch?: number;
  onSocket?: { everyMs: number };
  /** Left out of the quick mode: it needs what not every machine has, or says nothing in half a minute. */
  isWholeOnly?: boolean;
}

export type ServerName =
  | 'raw'
  | 'playback'
  | 'lane'
  | 'http-lane'
  | 'normal'
  | 'embedded'
  | 'embedded-normal'
  | 'stock'
  | 'naive'
  | 'postgraphile';

/** One product's processes share a database; whoever has stores of its own has one for itself. */
export const databases = { product: 0, raw: 1, embedded: 2, 'embedded-normal': 3, stock: 4 };

/** A socket may send 50 messages a second (gateway/connection-limits.ts): many of them, each below that. */
const everyMs = 25;

export const laneCandidates = {
  raw: {
    what: 'node:http, JSON, the same merge by the same adapter of Redis, nothing checked',
    ...{ dialect: 'raw', servers: { server: 'raw' }, store: databases.raw },
  },
  direct: {
    what: 'the playback subgraph as a process of its own, past any gateway',
    ...{ dialect: 'plain', servers: { server: 'playback' }, store: databases.product },
  },
  'direct, batches of 10': {
    what: 'the same, ten heartbeats of a session in a request, as an outbox sends them',
    ...{ dialect: 'plain', servers: { server: 'playback' }, store: databases.product },
    batch: 10,
  },
  'lane, frames': {
    what: 'the gateway as it is by default: fast lane, frames to the subgraph',
    dialect: 'plain',
    ...{ servers: { gateway: 'lane', server: 'playback' }, store: databases.product },
  },
  'lane, frames, WebSocket': {
    what: `the same gateway by graphql-transport-ws sockets that each send at most one heartbeat in ${everyMs} ms`,
    dialect: 'plain',
    ...{ servers: { gateway: 'lane', server: 'playback' }, store: databases.product },
    onSocket: { everyMs },
  },
  'lane, frames, batches of 10': {
    what: 'the same gateway, ten heartbeats of a session in a request',
    dialect: 'plain',
    ...{ servers: { gateway: 'lane', server: 'playback' }, store: databases.product },
    ...{ batch: 10, isWholeOnly: true },
  },
  'lane, HTTP': {
    what: 'the gateway with `FAST_LANE=http`, which is how it asks subgraphs of other teams',
    dialect: 'plain',
    ...{ servers: { gateway: 'http-lane', server: 'playback' }, store: databases.product },
    isWholeOnly: true,
  },
  'normal lane': {
    what: 'the gateway with `FAST_LANE=off`: Hive gateway with its planner in Rust, and all our plugins',
    dialect: 'plain',
    ...{ servers: { gateway: 'normal', server: 'playback' }, store: databases.product },
  },
  'embedded, lane': {
    what: 'everything in one process, the Continue Watching consumer included',
    ...{ dialect: 'plain', servers: { server: 'embedded' }, store: databases.embedded },
    isWholeOnly: true,
  },
  'embedded, normal lane': {
    what: 'the same with `FAST_LANE=off`',
    ...{ dialect: 'plain', servers: { server: 'embedded-normal' } },
    ...{ store: databases['embedded-normal'], isWholeOnly: true },
  },
  'stock Apollo': {
    what: 'Apollo Server as its guide starts it, over the same merge by the same adapter, nothing checked',
    ...{ dialect: 'stock', servers: { server: 'stock' }, store: databases.stock },
  },
  'Apollo to Cassandra': {
    what: 'Apollo Server as its guide starts it, one INSERT in Cassandra for each heartbeat',
    ...{ dialect: 'naive', servers: { server: 'naive' }, store: 'cassandra', isWholeOnly: true },
  },
  PostGraphile: {
    what: 'PostGraphile 5 as its guide starts it, over PostgreSQL 15 with its own settings and a function that keeps the newest; it acknowledges what is on disk, where the others have it in memory and in a file that is synced once a second',
    ...{ dialect: 'postgraphile', servers: { server: 'postgraphile' } },
    ...{ store: 'postgres', isWholeOnly: true },
  },
} as const satisfies Record<string, LaneCandidate>;

export type LaneName = keyof typeof laneCandidates;

export function laneCandidate(name: LaneName): LaneCandidate {
  return laneCandidates[name];
}

export function laneNames(isQuick: boolean): LaneName[] {
  const all = Object.keys(laneCandidates) as LaneName[];
  return all.filter((name) => !isQuick || laneCandidate(name).isWholeOnly !== true);
}
