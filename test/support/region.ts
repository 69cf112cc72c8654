import { Client, policies } from 'cassandra-driver';
import { Redis } from 'ioredis';
import { addressOf } from '../../stores/cassandra/connection.ts';
import type { CassandraNode } from './cassandra-server.ts';
import { type RunningPart, startPlayback, startWhole } from './product.ts';
import type { RedisServer } from './redis-server.ts';

/** Between attempts to reach a node that was killed; by itself the driver waits for as long as a minute. */
const reconnectMs = 500;
/** Where everything shares two cores, a statement takes a while. */
const readTimeoutMs = 30_000;

export interface RegionParts {
  name: string;
  keyspace: string;
  redis: RedisServer;
  cassandra: CassandraNode;
  /** Of every process of it, but for the ports that these listen on. */
  env: Record<string, string>;
  /** How many processes of the playback subgraph alone. */
  playbackLength: number;
  /** One process of everything, as `npm start`, with these arguments on this port; null: none. */
  whole: { port: number; argv: readonly string[] } | null;
}

interface Member {
  part: RunningPart;
  start(port: string): Promise<RunningPart>;
}

/** One region of a rig: its Redis, its Cassandra node, its processes. */
export class TestRegion {
  readonly name: string;
  readonly keyspace: string;
  readonly redis: RedisServer;
  readonly cassandra: CassandraNode;
  /** What its stores hold, past every proxy. */
  readonly redisClient: Redis;
  readonly cassandraClient: Client;
  readonly #parts: RegionParts;
  readonly #playback: Member[] = [];
  #whole: Member | null = null;

  constructor(parts: RegionParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.keyspace = parts.keyspace;
    this.redis = parts.redis;
    this.cassandra = parts.cassandra;
    // It fails at once while Redis is away: whatever breaks is broken on purpose.
    const impatient = { maxRetriesPerRequest: 0, enableOfflineQueue: false };
    this.redisClient = new Redis(parts.redis.url, { ...impatient, lazyConnect: true });
    this.redisClient.on('error', () => {});
    this.cassandraClient = new Client({
      ...addressOf(parts.cassandra.region),
      keyspace: parts.keyspace,
      socketOptions: { readTimeout: readTimeoutMs },
      policies: { reconnection: new policies.reconnection.ConstantReconnectionPolicy(reconnectMs) },
      monitorReporting: { enabled: false },
    });
  }

  /** Where its playback processes answer, each with /graphql at the end. */
  get playbackUrls(): string[] {
    return this.#playback.map(({ part }) => part.graphqlUrl);
  }

  /** Origin that clients of this region ask: its gateway, or else its first playback process. */
  get url(): string {
    const [first] = this.#whole === null ? this.#playback : [this.#whole];
    if (first === undefined) throw new Error(`Region ${this.name} was opened without processes.`);
    return new URL(first.part.graphqlUrl).origin;
  }

  /** What its processes wrote so far. */
  output(): string {
    return this.#members.map(({ part }) => part.output()).join('');
  }

  async open(): Promise<void> {
    const { env, playbackLength, whole } = this.#parts;
    await Promise.all([this.redisClient.connect(), this.cassandraClient.connect()]);
    const startOne = (port: string) => startPlayback({ ...env, PLAYBACK_PORT: port });
    for (let index = 0; index < playbackLength; index += 1) {
      this.#playback.push({ part: await startOne('0'), start: startOne });
    }
    if (whole === null) return;
    const start = (port: string) => startWhole({ ...env, PORT: port }, whole.argv);
    this.#whole = { part: await start(String(whole.port)), start };
  }

  /** SIGKILL for everything of it, as when its data centre loses power; files stay. */
  async kill(): Promise<void> {
    const processes = this.#members.map(({ part }) => part.kill9());
    await Promise.all([...processes, this.redis.kill(), this.cassandra.kill9()]);
  }

  /** SIGKILL for its playback processes alone. */
  async killPlayback(): Promise<void> {
    await Promise.all(this.#playback.map(({ part }) => part.kill9()));
  }

  /** After `killPlayback`, on the ports they had. */
  async restartPlayback(): Promise<void> {
    await restart(this.#playback);
  }

  /** After `kill`: all of it is back, on its ports and its files; or its Redis comes back empty. */
  async start(wanted: { redis: 'as it was' | 'empty' }): Promise<void> {
    if (wanted.redis === 'empty') await this.redis.removeFiles();
    await Promise.all([this.redis.start(), this.cassandra.start()]);
    await restart(this.#members);
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ part }) => part.kill9()));
    this.redisClient.disconnect();
    await this.cassandraClient.shutdown();
    await this.redis.close();
  }

  get #members(): Member[] {
    return this.#whole === null ? this.#playback : [...this.#playback, this.#whole];
  }
}

async function restart(members: readonly Member[]): Promise<void> {
  for (const member of members) {
    member.part = await member.start(new URL(member.part.graphqlUrl).port);
  }
}
