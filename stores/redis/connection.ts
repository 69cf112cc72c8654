import { randomInt } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { PlatformError } from '../../domain/errors.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../faults.ts';
import type { TlsOptions } from '../tls.ts';
import type { Script, Step } from './scripts.ts';
import { TlsConnector } from './tls-connector.ts';

/** Longest wait for a connection: a server in the same region answers in a few milliseconds. */
const connectTimeoutMs = 500;
/** And to one in another: three round trips round the world, and patience. */
const farConnectTimeoutMs = 2_000;
/** A connection that owes answers and is silent this long is cut: the other end may be gone. */
const socketTimeoutMs = 1_000;
/** A timer that is later by this was held up: a turn of a busy process takes a few milliseconds. */
const stillMs = 50;
/** Longest pause between attempts to connect: back on Redis within two seconds of its repair. */
const reconnectMsMax = 1_000;
/** Random part of that pause: processes must not come back all at once. */
const reconnectJitterMs = 100;
/** Opening waits this long for the first connection, then goes on without: Redis may come later. */
const firstConnectionMsMax = 2_000;
/** Whoever only looks has time: a slow Redis, or a Cluster of many nodes, is there all the same. */
const examinedConnectionMsMax = 8_000;
/** What a client is told to wait: the pace at which a lost Redis is looked for. */
const retryAfterMs = 1_000;

/**
 * One Redis by URL, or the nodes of a Redis Cluster, as `host:port` or URLs. `tls`: for `rediss://`; default:
 * verified as Node does.
 */
export type RedisAddress = ({ url: string } | { clusterNodes: readonly string[] }) & {
  tls?: TlsOptions | undefined;
};

export interface RedisConnectionOptions {
  address: RedisAddress;
  /** A command that takes longer has failed, and may still run. */
  commandTimeoutMs: number;
  clock: { after(delayMs: number, task: () => void): () => void };
}

/** Whether the server is in another region. */
interface Reach {
  isFar?: true;
}

export type RedisClient = Redis | Cluster;

/**
 * A connection that never keeps a caller waiting: for commands, and another for subscriptions.
 *
 * Errors: StoreUnreachable, at once while there is no connection, after `commandTimeoutMs` while
 * Redis hangs: what failed may have run all the same, and every script is safe to repeat.
 * StoreTakesNoWrites where Redis answers that it is full or read-only.
 */
export class RedisConnection {
  /** For listening: a connection that subscribes does nothing else. */
  readonly subscriber: RedisClient;
  readonly #commands: RedisClient;
  readonly #options: RedisConnectionOptions;
  /** Why there is no connection now. */
  #lost: Error | undefined;
  #isClosed = false;

  private constructor(options: RedisConnectionOptions & Reach) {
    this.#options = options;
    this.#commands = createClient(options);
    this.#commands.on('error', (error) => {
      this.#lost = error;
    });
    this.#commands.on('ready', () => {
      this.#lost = undefined;
    });
    this.subscriber = (options.isFar ? null : createSubscriber(options)) ?? this.#commands;
  }

  /**
   * Connects, or goes on trying in the background.
   *
   * Errors: PlatformError STATE_UNAVAILABLE when Redis would evict what nobody else has yet.
   */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    const isConnected = await connection.#connect(firstConnectionMsMax);
    try {
      if (isConnected) await connection.#checkEviction();
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  /**
   * As `open`, however that Redis is set up: to look at it, and for nothing else.
   *
   * Errors: StoreUnreachable with what the driver met, where it cannot connect within eight seconds.
   */
  static async toExamine(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    let met: unknown = new Error(`Not connected within ${examinedConnectionMsMax} ms.`);
    connection.#commands.on('error', (error: unknown) => {
      met = error;
    });
    if (await connection.#connect(examinedConnectionMsMax)) return connection;
    await connection.close();
    throw unavailable('connecting', met);
  }

  /**
   * As `open`, to a Redis of another region: how that is set up is not ours to say, and whoever only reads
   * needs no subscriptions.
   */
  static async toRead(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection({ ...options, isFar: true });
    await connection.#connect(firstConnectionMsMax);
    return connection;
  }

  /** Runs one atomic step. Cost: one round trip; two when Redis does not know the script yet. */
  run(script: Script, { keys, args }: Step): Promise<unknown> {
    return this.ask(script.name, async (client) => {
      try {
        return await client.evalsha(script.sha1, keys.length, ...keys, ...args);
      } catch (error) {
        // Scripts are gone after a restart or a failover, and come back with their first use.
        if (!isMessage(error, 'NOSCRIPT')) throw error;
        return client.eval(script.source, keys.length, ...keys, ...args);
      }
    });
  }

  /** Asks Redis something; translates whatever the driver throws, which never crosses a port. */
  async ask<Answer>(
    what: string,
    question: (client: RedisClient) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await this.#inTime(() => question(this.#commands));
    } catch (cause) {
      // The driver says that there is no connection, but not why: a certificate, a password, a port.
      if (cause instanceof Error) cause.cause ??= this.#lost;
      throw unavailable(what, cause);
    }
  }

  /** Resolves once messages of a sharded channel arrive. Errors: the driver's own. */
  async subscribe(channel: string): Promise<void> {
    await this.#inTime(() => this.subscriber.ssubscribe(channel));
  }

  /** Errors: the driver's own; a subscription that stays ends with the connection. */
  async unsubscribe(channel: string): Promise<void> {
    await this.#inTime(() => this.subscriber.sunsubscribe(channel));
  }

  /** Not by the driver, whose timeout begins when a command is sent: behind a hanging one, that is late. */
  async #inTime<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const cancel = this.#expire(reject);
    try {
      question().then(resolve, reject);
      return await promise;
    } finally {
      cancel();
    }
  }

  /**
   * A timer that comes late says that this process stood still, not that Redis did, which gets its time once
   * more; and timers come before what has arrived.
   */
  #expire(reject: (reason: Error) => void): () => void {
    const { clock, commandTimeoutMs } = this.#options;
    const giveUp = () => reject(new Error(`No answer within ${commandTimeoutMs} ms.`));
    const dueMs = performance.now() + commandTimeoutMs;
    let cancel = clock.after(commandTimeoutMs, () => {
      const hasStoodStill = performance.now() - dueMs > stillMs;
      if (hasStoodStill) cancel = clock.after(commandTimeoutMs, giveUp);
      else setImmediate(giveUp);
    });
    return () => cancel();
  }

  /** Idempotent; whatever is asked afterwards fails. */
  async close(): Promise<void> {
    // A second time, the driver would wait two seconds for the end of sockets that have ended.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#commands.disconnect();
    this.subscriber.disconnect();
  }

  async #connect(limitMs: number): Promise<boolean> {
    const clients = new Set([this.#commands, this.subscriber]);
    const attempts = [...clients].map((client) => client.connect());
    const late = Promise.withResolvers<never>();
    const cancel = this.#options.clock.after(limitMs, () =>
      late.reject(new Error('Not connected yet.')),
    );
    try {
      await Promise.race([Promise.all(attempts), late.promise]);
      return true;
    } catch {
      // Redis is down: every command says so until it is back, and nothing else is lost.
      return false;
    } finally {
      cancel();
      for (const attempt of attempts) attempt.catch(() => {});
    }
  }

  async #checkEviction(): Promise<void> {
    const memory = await this.ask('memory policy', (client) => client.info('memory'));
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
    if (policy?.startsWith('allkeys')) {
      throw unavailable(
        'start',
        new Error(`maxmemory-policy is ${policy}: set volatile-ttl, or playheads are lost.`),
      );
    }
  }
}

/** The fault that Redis, or one step in it, failed. */
export function unavailable(what: string, cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const message = `Redis failed: ${what}.`;
  return isRefusal(cause)
    ? new StoreTakesNoWrites(message, { cause, retryAfterMs })
    : new StoreUnreachable(message, { cause, retryAfterMs });
}

/** Full, its disk full, a replica, or short of replicas: answered at once, and nothing was written. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof Error && /^-?(OOM|MISCONF|READONLY|NOREPLICAS)\b/.test(cause.message);
}

function isMessage(error: unknown, start: string): boolean {
  return error instanceof Error && error.message.startsWith(start);
}

function createClient(options: RedisConnectionOptions & Reach): RedisClient {
  const { address } = options;
  if ('clusterNodes' in address) return createCluster(options, address.clusterNodes);
  const commands = { ...singleOptions(options), enableAutoPipelining: true };
  return silenced(new Redis(address.url, commands));
}

/** A Cluster's client keeps connections of its own for subscriptions, one a primary. */
function createSubscriber(options: RedisConnectionOptions): Redis | null {
  const { address } = options;
  if ('clusterNodes' in address) return null;
  // Channels are subscribed to again by whoever listens, who must know when that was.
  return silenced(new Redis(address.url, { ...singleOptions(options), autoResubscribe: false }));
}

function createCluster(options: RedisConnectionOptions & Reach, nodes: readonly string[]): Cluster {
  const { username, password, protocol } = nodeUrl(nodes[0] ?? '');
  const cluster = new Cluster(nodes.map(startupNode), {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectAfterMs,
    slotsRefreshTimeout: options.isFar ? farConnectTimeoutMs : connectTimeoutMs,
    shardedSubscribers: !options.isFar,
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: ['ssubscribe', 'sunsubscribe'],
    redisOptions: {
      ...nodeOptions(options),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? encrypted(options) : {}),
    },
  });
  return silenced(cluster);
}

/** Whoever asks learns of an error; without a listener the driver would print it as well. */
function silenced<Client extends RedisClient>(client: Client): Client {
  client.on('error', () => {});
  return client;
}

function singleOptions(options: RedisConnectionOptions & Reach) {
  const { address } = options;
  const isEncrypted = 'url' in address && address.url.startsWith('rediss:');
  return {
    ...nodeOptions(options),
    ...(isEncrypted ? encrypted(options) : {}),
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: reconnectAfterMs,
  };
}

function encrypted({ address }: RedisConnectionOptions) {
  const tls: TlsOptions = address.tls ?? { rejectUnauthorized: true };
  return { tls, Connector: TlsConnector };
}

/** Nothing waits in the driver, nothing is sent twice, and a silent connection is given up. */
function nodeOptions({ commandTimeoutMs, isFar }: RedisConnectionOptions & Reach) {
  return {
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: isFar ? farConnectTimeoutMs : connectTimeoutMs,
    socketTimeout: Math.max(socketTimeoutMs, 2 * commandTimeoutMs),
  };
}

/** 50, 100, … 1,000 ms, with jitter: at once after a short cut, and no storm after a long one. */
function reconnectAfterMs(attempts: number): number {
  return Math.min(25 * 2 ** Math.min(attempts, 6), reconnectMsMax) + randomInt(reconnectJitterMs);
}

/** Of a Cluster's node as it was configured. */
export function nodeUrl(node: string): URL {
  return new URL(node.includes('://') ? node : `redis://${node}`);
}

function startupNode(node: string): { host: string; port: number } {
  const { hostname, port } = nodeUrl(node);
  return { host: hostname, port: Number(port || 6379) };
}
