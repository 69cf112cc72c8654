import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import type { ClusterOptions } from '../../stores/cassandra/durable.ts';
import { migrate } from '../../stores/cassandra/migrate.ts';
import { type CassandraCluster, type CassandraNode, startCassandra } from './cassandra-server.ts';
import { FaultProxy } from './fault-proxy.ts';
import { freePort, type RedisServer, startRedis } from './redis-server.ts';
import { TestRegion } from './region.ts';
import { RegionLink } from './region-link.ts';
import { removeFolder } from './remove-folder.ts';
import { Turns } from './turns.ts';

/** Long enough that much is only hot when a fault comes, short enough to wait for at the end. */
const writeBehindMs = 2_000;
/** A busy machine must not look like a Redis that hangs. */
const commandTimeoutMs = 1_500;
/** A busy machine must not look like a Cassandra that hangs either. */
const patience = { connectMs: 10_000, answerMs: 10_000, operationMs: 30_000 };

/**
 * Hints reach a disk at once, are sent as fast as they go, and writes that nobody answered become hints
 * soon: what is left to wait for is Cassandra's own look at its hints, every 10 s.
 */
const cassandraSettings = `
hints_flush_period: 500ms
hinted_handoff_throttle: 102400KiB
max_hints_delivery_threads: 4
write_request_timeout: 2000ms
`;

export interface RegionsOptions {
  /** Default: eu and us. */
  names?: readonly [string, string];
  /** Processes of the playback subgraph alone, in each region. Default: one. */
  playbackLength?: number;
  /** One more process in each region: gateway, all subgraphs, and a demo that knows both. Default: none. */
  hasGateway?: boolean;
  /** Of every process, on top of ours. */
  env?: Record<string, string>;
  /** Of both Redis. */
  redis?: Parameters<typeof startRedis>[0];
  /** One way, between the regions. Default: none. */
  delayMs?: number;
  /** As `startCassandra` says. */
  isMeasured?: boolean;
}

/**
 * Two regions of real servers on this machine: a Redis each, a data centre each of one Cassandra cluster,
 * and processes of the product, which pass through fault proxies wherever they leave their region.
 */
export class Regions {
  readonly keyspace: string;
  readonly turns = new Turns();
  readonly #regions: readonly [TestRegion, TestRegion];
  readonly #links: readonly [RegionLink, RegionLink];
  readonly #dataDir: string;
  readonly #closing: (() => Promise<void>)[];

  constructor(parts: {
    keyspace: string;
    regions: readonly [TestRegion, TestRegion];
    links: readonly [RegionLink, RegionLink];
    dataDir: string;
    closing: (() => Promise<void>)[];
  }) {
    this.keyspace = parts.keyspace;
    this.#regions = parts.regions;
    this.#links = parts.links;
    this.#dataDir = parts.dataDir;
    this.#closing = parts.closing;
  }

  get all(): readonly [TestRegion, TestRegion] {
    return this.#regions;
  }

  region(name: string): TestRegion {
    return named(this.#regions, name);
  }

  /** Both ways. */
  get links(): readonly [RegionLink, RegionLink] {
    return this.#links;
  }

  /** What the first region has to tell the second. */
  link(from: string, to: string): RegionLink {
    const link = this.#links.find((one) => one.from === from && one.to === to);
    if (link === undefined) throw new Error(`There is no link from ${from} to ${to}.`);
    return link;
  }

  /** Both ways. Default: connections are refused; `hold`: they stay, and nothing passes. */
  async partition(how: 'cut' | 'hold' = 'cut'): Promise<void> {
    for (const link of this.#links) await link[how]();
  }

  async heal(): Promise<void> {
    for (const link of this.#links) await link.heal();
  }

  /** To open a durable store on a region's data centre, one that waits for a busy machine. */
  cluster(name: string): ClusterOptions {
    const { region } = this.region(name).cassandra;
    return { keyspace: this.keyspace, local: region, remote: null, login: null, patience };
  }

  /** An access token, valid in both regions. */
  token(profileId: string): Promise<string> {
    const config = readConfig({ DATA_DIR: this.#dataDir });
    return mintDevelopmentToken(config, { profileId, nowMs: Date.now() });
  }

  async close(): Promise<void> {
    await this.turns.close();
    await closeAll(this.#closing);
  }
}

/** Errors: throws, and leaves nothing running, where a server is missing or does not start. */
export async function openRegions(options: RegionsOptions = {}): Promise<Regions> {
  const { names = ['eu', 'us'] } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'playhead-regions-'));
    closing.unshift(() => removeFolder(dataDir));
    const stores = await openStores(names, { options, closing });
    const peers = await openPeers(stores, closing);
    const links = linksOf(stores, { peers, delayMs: options.delayMs ?? 0 });
    const keyspace = await makeKeyspace(stores);
    const wholes = options.hasGateway === true ? await wholesOf(names) : [];
    const regions = stores.map((store, index) => {
      const other = stores[1 - index]!;
      const env = { ...envOf({ store, other, peer: peers[index]!, keyspace, dataDir }) };
      const { playbackLength = 1 } = options;
      const whole = wholes[index] ?? null;
      const processes = { playbackLength, whole };
      return new TestRegion({ ...store, ...processes, keyspace, env: { ...env, ...options.env } });
    }) as [TestRegion, TestRegion];
    for (const region of regions) closing.unshift(() => region.close());
    await allSettled(regions.map((region) => region.open()));
    return new Regions({ keyspace, regions, links, dataDir, closing });
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

interface Store {
  name: string;
  redis: RedisServer;
  cassandra: CassandraNode;
}

async function openStores(
  names: readonly [string, string],
  with_: { options: RegionsOptions; closing: (() => Promise<void>)[] },
): Promise<[Store, Store]> {
  const { redis: redisOptions, isMeasured = false } = with_.options;
  const { nodes, stop }: CassandraCluster = await startCassandra({
    dataCentres: names,
    isProxied: true,
    // A data centre of one node has one copy: what only others held of a killed one would not come back.
    isSyncedAtOnce: true,
    settings: cassandraSettings,
    isMeasured,
  });
  with_.closing.unshift(stop);
  const stores: Store[] = [];
  for (const [index, name] of names.entries()) {
    const redis = await startRedis(redisOptions);
    with_.closing.unshift(() => redis.close());
    stores.push({ name, redis, cassandra: nodes[index]! });
  }
  return stores as [Store, Store];
}

/** How each region reaches the other one's Redis. */
async function openPeers(
  stores: readonly [Store, Store],
  closing: (() => Promise<void>)[],
): Promise<[FaultProxy, FaultProxy]> {
  const [first, second] = stores;
  const open = async ({ redis }: Store) => {
    const proxy = await FaultProxy.open({ port: redis.port });
    closing.unshift(() => proxy.close());
    return proxy;
  };
  return [await open(second), await open(first)];
}

function linksOf(
  stores: readonly [Store, Store],
  via: { peers: readonly [FaultProxy, FaultProxy]; delayMs: number },
): [RegionLink, RegionLink] {
  const link = (fromIndex: 0 | 1, toIndex: 0 | 1) => {
    const [from, to] = [stores[fromIndex], stores[toIndex]];
    return new RegionLink(
      { from: from.name, to: to.name, delayMs: via.delayMs },
      {
        redis: via.peers[toIndex],
        nodes: to.cassandra.links!.nodes,
        clients: from.cassandra.links!.clients,
      },
    );
  };
  return [link(0, 1), link(1, 0)];
}

/** Each demo is told its own region first, and then where the other one's gateway is. */
async function wholesOf(names: readonly [string, string]) {
  const places: { name: string; port: number }[] = [];
  for (const name of names) places.push({ name, port: await freePort() });
  return places.map((own) => {
    const others = places.filter((place) => place !== own);
    const told = [own, ...others].map(({ name, port }) => `${name}=http://127.0.0.1:${port}`);
    return { port: own.port, argv: ['--demo-regions', told.join(',')] };
  });
}

async function makeKeyspace([first, second]: readonly [Store, Store]): Promise<string> {
  const keyspace = `regions_${randomUUID().replaceAll('-', '')}`;
  await migrate({
    keyspace,
    region: first.cassandra.region,
    login: null,
    replication: { [first.name]: 1, [second.name]: 1 },
    isDryRun: false,
    print: () => {},
  });
  return keyspace;
}

function envOf(of: {
  store: Store;
  other: Store;
  peer: FaultProxy;
  keyspace: string;
  dataDir: string;
}): Record<string, string> {
  const { store, other, peer, keyspace, dataDir } = of;
  return {
    // Tokens and sessions are valid in every region.
    DATA_DIR: dataDir,
    // A failed run tells what its processes met.
    LOG_LEVEL: 'debug',
    // Players may be hurried here, so that a fault meets many requests.
    RATE_LIMIT_DEVICE: 'off',
    RATE_LIMIT_PROFILE: 'off',
    RATE_LIMIT_ADDRESS: 'off',
    // Both regions have one folder, and two processes must not write one log.
    RECOMMENDATIONS_LOG: 'off',
    // A load goes past any gateway, with tokens of its own.
    SUBGRAPH_TOKENS: 'accepted',
    PLAYBACK_WRITE_BEHIND_MS: String(writeBehindMs),
    REDIS_COMMAND_TIMEOUT_MS: String(commandTimeoutMs),
    REDIS_URL: store.redis.url,
    REGION: store.name,
    REGION_PEERS: `${other.name}=redis://127.0.0.1:${peer.port}`,
    CASSANDRA_CONTACT_POINTS: store.cassandra.region.contactPoints.join(','),
    CASSANDRA_LOCAL_DC: store.name,
    CASSANDRA_REMOTE_CONTACT_POINTS: other.cassandra.links!.contactPoint,
    CASSANDRA_REMOTE_DC: other.name,
    CASSANDRA_KEYSPACE: keyspace,
  };
}

/** As `Promise.all`, but nothing is still being opened when it throws. */
async function allSettled(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}

async function closeAll(closing: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of closing) await close();
}

function named(regions: readonly TestRegion[], name: string): TestRegion {
  const region = regions.find((one) => one.name === name);
  if (region === undefined) throw new Error(`There is no region ${name}.`);
  return region;
}
