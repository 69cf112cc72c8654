import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { defaultPolicy } from '../../domain/policy.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import { openRedisAcceptedStream } from '../../stores/redis/accepted-stream.ts';
import type { RedisAddress } from '../../stores/redis/connection.ts';
import { openRedisHotStore } from '../../stores/redis/hot.ts';
import { openRedisLeases } from '../../stores/redis/lease.ts';
import { openRedisRateLimiter } from '../../stores/redis/rate-limiter.ts';
import { openRedisEventStream } from '../../stores/redis/stream.ts';
import { openRedisViewingStore } from '../../stores/redis/viewing.ts';
import type { ViewingStore } from '../../stores/viewing-store.ts';
import { hasRedisServer, startRedis, startRedisCluster } from '../support/redis-server.ts';
import type { EventStreamUnderTest } from './event-stream.ts';
import type { HotStoreUnderTest, RegionUnderTest } from './hot-subject.ts';
import type { LeasesUnderTest } from './leases.ts';
import { Lent } from './lent.ts';
import type { RateLimiterUnderTest } from './rate-limiter.ts';

export const partitions = 4;
/** Of playback's stores, of the row's view, and of rate limits. */
const ourKeys = ['ph:*', 'cw:*', 'rl:*'];
/** As Redis has them unless told otherwise. */
const databaseCount = 16;

/** Hangs are what other tests are about: a busy machine must not look like one here. */
const commandTimeoutMs = 10_000;

/** A Redis that a suite may empty: only what the stores of this product write is touched. */
export class RedisSubject {
  readonly address: RedisAddress;
  readonly #client: Redis | Cluster;
  readonly #stop: () => Promise<void>;
  readonly #hot = new Map<string, Lent<HotStoreUnderTest>>();
  readonly #viewings = new Lent(() => openRedisViewingStore(this.#options()));
  #isBorrowed = false;

  constructor(address: RedisAddress, stop: () => Promise<void> = async () => {}) {
    this.address = address;
    this.#stop = stop;
    this.#client = 'url' in address ? new Redis(address.url) : clusterOf(address.clusterNodes);
  }

  /** Resolves once a Cluster's primaries are known. */
  async ready(): Promise<this> {
    await this.#client.ping();
    return this;
  }

  /** An empty hot store with the streams that it feeds. */
  async openHot(region?: RegionUnderTest): Promise<HotStoreUnderTest> {
    await this.empty();
    const key = JSON.stringify(region ?? null);
    const lent = this.#hot.get(key) ?? new Lent(() => this.#connectHot(region));
    this.#hot.set(key, lent);
    return lent.take();
  }

  async #connectHot(region?: RegionUnderTest): Promise<HotStoreUnderTest> {
    const options = { ...this.#options(), policy: defaultPolicy };
    const [hot, events, accepted] = await Promise.all([
      openRedisHotStore({ ...options, ...(region && { region }) }),
      openRedisEventStream(options),
      region && openRedisAcceptedStream({ ...options, region: region.name }),
    ]);
    return {
      hot,
      events,
      // What may be evicted is what has a TTL: all of it goes.
      evict: () => this.#remove('ph:*:p:*', (ttlMs) => ttlMs >= 0),
      accepted() {
        if (accepted === undefined) throw new Error('This hot store was opened for no region.');
        return accepted;
      },
      async close() {
        await accepted?.close();
        await hot.close();
        await events.close();
      },
    };
  }

  async openEvents(): Promise<EventStreamUnderTest> {
    await this.empty();
    const opened: EventStream[] = [];
    const another = async () => {
      const events = await openRedisEventStream(this.#options());
      opened.push(events);
      return events;
    };
    return {
      events: await another(),
      another,
      nowMs: () => systemClock.nowMs(),
      pass: (ms) => delay(ms),
      async close() {
        await Promise.all(opened.map((events) => events.close()));
      },
    };
  }

  async openLeases(): Promise<LeasesUnderTest> {
    await this.empty();
    const leases = await openRedisLeases(this.#options());
    return { leases, pass: (ms) => delay(ms), close: () => leases.close() };
  }

  async openRates(): Promise<RateLimiterUnderTest> {
    await this.empty();
    const limiter = await openRedisRateLimiter({ ...this.#options(), secret: 'test' });
    return { limiter, pass: (ms) => this.#fill(ms), close: () => limiter.close() };
  }

  async openViewings(): Promise<ViewingStore> {
    await this.empty();
    return this.#viewings.take();
  }

  /** Every key that is there. */
  async keys(): Promise<string[]> {
    const found = await Promise.all(this.#primaries().map((primary) => primary.keys('*')));
    return found.flat();
  }

  /** How often this server ran a command, for whomever, since it started. */
  async calls(command: string): Promise<number> {
    const all = await Promise.all(this.#primaries().map((primary) => primary.info('commandstats')));
    const of = new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm');
    return all.reduce((sum, text) => sum + Number(of.exec(text)?.[1] ?? 0), 0);
  }

  async empty(): Promise<void> {
    for (const pattern of ourKeys) await this.#remove(pattern, () => true);
  }

  /** Somebody else's server, which goes on without our keys; null, and closed, when it has such keys. */
  async borrowed(): Promise<this | null> {
    for (const primary of this.#primaries()) {
      const found = await Promise.all(ourKeys.map((pattern) => primary.keys(pattern)));
      if (found.flat().length === 0) continue;
      await this.close();
      return null;
    }
    this.#isBorrowed = true;
    return this;
  }

  async close(): Promise<void> {
    if (this.#isBorrowed) await this.empty();
    for (const lent of [...this.#hot.values(), this.#viewings]) await lent.close();
    this.#client.disconnect();
    await this.#stop();
  }

  #options() {
    return { address: this.address, partitions, commandTimeoutMs, clock: systemClock };
  }

  /** Every bucket is full that much earlier. */
  async #fill(ms: number): Promise<void> {
    for (const primary of this.#primaries()) {
      for (const key of await primary.keys('rl:*')) {
        const [fullAtMs, leftMs] = [await primary.get(key), await primary.pttl(key)];
        if (leftMs <= ms) await primary.del(key);
        else await primary.set(key, Number(fullAtMs) - ms, 'PX', leftMs - ms);
      }
    }
  }

  async #remove(pattern: string, isMeant: (ttlMs: number) => boolean): Promise<void> {
    for (const primary of this.#primaries()) {
      const keys = await primary.keys(pattern);
      const ttls = await Promise.all(keys.map((key) => primary.pttl(key)));
      const meant = keys.filter((_, index) => isMeant(ttls[index] as number));
      await Promise.all(meant.map((key) => primary.del(key)));
    }
  }

  #primaries(): Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
  }
}

/** One Redis: that of `REDIS_URL`, or one of our own. Null: there is none, and nobody insists. */
export async function redisSubject(): Promise<RedisSubject | null> {
  const url = process.env.REDIS_URL;
  if (url !== undefined) return unusedDatabase(url);
  if (!(await hasRedisServer())) return null;
  const server = await startRedis();
  return new RedisSubject({ url: server.url }, () => server.close());
}

/** One of the sixteen databases of somebody's Redis: the first that holds nothing of ours. */
async function unusedDatabase(url: string): Promise<RedisSubject> {
  for (let database = 0; database < databaseCount; database += 1) {
    const address = new URL(url);
    address.pathname = `/${database}`;
    const subject = await new RedisSubject({ url: address.href }).borrowed();
    if (subject !== null) return subject;
  }
  throw new Error(
    'REDIS_URL: every database has keys ph:*, cw:* or rl:*, which the suites would remove.',
  );
}

/** A Redis Cluster: that of `REDIS_CLUSTER_NODES`, or six processes of our own. */
export async function redisClusterSubject(): Promise<RedisSubject | null> {
  const given = process.env.REDIS_CLUSTER_NODES;
  if (given !== undefined) {
    const subject = await new RedisSubject({ clusterNodes: given.split(',') }).ready();
    if ((await subject.borrowed()) !== null) return subject;
    throw new Error(
      'REDIS_CLUSTER_NODES: it has keys ph:*, cw:* or rl:*, which the suites would remove.',
    );
  }
  if (!(await hasRedisServer())) return null;
  const cluster = await startRedisCluster();
  const address = { clusterNodes: cluster.addresses };
  return new RedisSubject(address, () => cluster.close()).ready();
}

function clusterOf(nodes: readonly string[]): Cluster {
  return new Cluster(nodes.map((node) => `redis://${node}`));
}
