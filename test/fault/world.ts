import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import type { Region } from '../../stores/cassandra/connection.ts';
import { type TestKeyspace, testKeyspace } from '../support/cassandra.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type RunningPart, startPlayback } from '../support/product.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { Turns } from '../support/turns.ts';
import type { Target } from './players.ts';

/** Long enough that much is only hot when a fault comes, short enough to wait for at the end. */
const writeBehindMs = 2_000;
/** A stopped Redis is what some tests are about; a busy machine must not look like one in the others. */
const commandTimeoutMs = 1_500;

export interface WorldOptions {
  /** A node that others may share; the keyspace is this world's own. */
  cassandra: Region;
  /** Default: two. */
  processes?: readonly string[];
  /** Between each process and its stores: to cut off one process, or for what no signal can break. */
  proxied?: readonly ('redis' | 'cassandra')[];
  redis?: Parameters<typeof startRedis>[0];
  /** Instead of one that is started here; closed with the world. */
  redisServer?: RedisServer;
  env?: Record<string, string>;
}

/** A playback process, and how it reaches its stores. */
export interface Member extends Target {
  part: RunningPart;
  redisProxy: FaultProxy | null;
  cassandraProxy: FaultProxy | null;
}

/** Playback processes over a Redis and a keyspace of their own; runs come one after the other. */
export class World {
  /** There is one. */
  static readonly region = 'home';
  readonly members: Member[] = [];
  readonly redis: RedisServer;
  readonly keyspace: TestKeyspace;
  readonly turns = new Turns();
  /** Past every proxy, to look at what a fault has left. */
  readonly redisClient: Redis;
  readonly #options: WorldOptions;
  readonly #dataDir: string;

  private constructor(
    options: WorldOptions,
    parts: { redis: RedisServer; keyspace: TestKeyspace; dataDir: string },
  ) {
    this.#options = options;
    this.redis = parts.redis;
    this.keyspace = parts.keyspace;
    this.#dataDir = parts.dataDir;
    // It fails at once while Redis is away: whatever breaks is broken on purpose.
    const impatient = { maxRetriesPerRequest: 0, enableOfflineQueue: false };
    this.redisClient = new Redis(parts.redis.url, { ...impatient, lazyConnect: true });
    this.redisClient.on('error', () => {});
  }

  static async open(options: WorldOptions): Promise<World> {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-fault-'));
    const redis = options.redisServer ?? (await startRedis(options.redis));
    const keyspace = await testKeyspace(options.cassandra);
    const world = new World(options, { redis, keyspace, dataDir });
    try {
      await world.redisClient.connect();
      await keyspace.migrate();
      await world.#startMembers(options.processes ?? ['a', 'b']);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  member(name: string): Member {
    const member = this.members.find((one) => one.name === name);
    if (member === undefined) throw new Error(`There is no process ${name}.`);
    return member;
  }

  /** One more playback process. */
  async startMember(name: string): Promise<Member> {
    const member = await this.#start(name);
    this.members.push(member);
    return member;
  }

  /** At the same time, in this order; if one does not start, all that did are there to be closed. */
  async #startMembers(names: readonly string[]): Promise<void> {
    const starts = await Promise.allSettled(names.map((name) => this.#start(name)));
    for (const start of starts) if (start.status === 'fulfilled') this.members.push(start.value);
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
  }

  async #start(name: string): Promise<Member> {
    const { proxied = [], cassandra } = this.#options;
    const [host = '', port] = (cassandra.contactPoints[0] ?? '').split(':');
    const redisProxy = proxied.includes('redis')
      ? await FaultProxy.open({ port: this.redis.port })
      : null;
    // The driver keeps the address by which it reached a node, so one node needs no translator.
    const cassandraProxy = proxied.includes('cassandra')
      ? await FaultProxy.open({ host, port: Number(port) })
      : null;
    const proxies = { redisProxy, cassandraProxy };
    const part = await startPlayback(this.#envOf(proxies, '0'), 'live');
    return { name, region: World.region, url: part.graphqlUrl, part, ...proxies };
  }

  /** Starts a process that has ended, on the port it had. */
  async restartMember(name: string): Promise<void> {
    const member = this.member(name);
    member.part = await startPlayback(this.#envOf(member, new URL(member.url).port), 'live');
  }

  async token(profileId: string): Promise<string> {
    const config = readConfig({ DATA_DIR: this.#dataDir });
    return mintDevelopmentToken(config, { profileId, nowMs: Date.now() });
  }

  async close(): Promise<void> {
    await this.turns.close();
    for (const { part, redisProxy, cassandraProxy } of this.members) {
      await part.kill9();
      await redisProxy?.close();
      await cassandraProxy?.close();
    }
    this.redisClient.disconnect();
    await this.redis.close();
    await this.keyspace.close();
    await removeFolder(this.#dataDir);
  }

  #envOf(via: Pick<Member, 'redisProxy' | 'cassandraProxy'>, port: string): Record<string, string> {
    const { cassandra, env } = this.#options;
    const redisPort = via.redisProxy?.port ?? this.redis.port;
    const contactPoints =
      via.cassandraProxy === null
        ? cassandra.contactPoints.join(',')
        : `127.0.0.1:${via.cassandraProxy.port}`;
    return {
      DATA_DIR: this.#dataDir,
      // A failed run tells what its processes met.
      LOG_LEVEL: 'debug',
      // Players are hurried here, so that a fault meets many requests.
      RATE_LIMIT_DEVICE: 'off',
      // The load goes past any gateway, with tokens of its own.
      SUBGRAPH_TOKENS: 'accepted',
      PLAYBACK_PORT: port,
      PLAYBACK_WRITE_BEHIND_MS: String(writeBehindMs),
      REDIS_COMMAND_TIMEOUT_MS: String(commandTimeoutMs),
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      CASSANDRA_CONTACT_POINTS: contactPoints,
      CASSANDRA_LOCAL_DC: cassandra.dataCentre,
      CASSANDRA_KEYSPACE: this.keyspace.name,
      ...env,
    };
  }
}
