import { type CassandraTlsConfig, type RedisTlsConfig, redisTls } from './open-tls.ts';

/** What choosing and opening stores needs of the configuration. */
export interface StoreConfig extends RedisTlsConfig {
  DATA_DIR: string;
  PLAYBACK_PARTITIONS: number;
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER_NODES?: readonly string[] | undefined;
  REDIS_COMMAND_TIMEOUT_MS: number;
  REGION?: string | undefined;
  REGION_PEERS?: readonly PeerConfig[] | undefined;
  REGION_OUT_LENGTH?: number | undefined;
}

/** Another region, and where its Redis is. */
interface PeerConfig {
  region: string;
  address: { url: string } | { clusterNodes: readonly string[] };
}

/** A Redis on another continent is asked for 256 entries at a time. */
const peerTimeoutMs = 1_000;

/** With contact points the durable store is a Cassandra; without, nothing else here counts. */
export interface CassandraConfig extends CassandraTlsConfig {
  CASSANDRA_CONTACT_POINTS?: readonly string[] | undefined;
  CASSANDRA_LOCAL_DC?: string | undefined;
  CASSANDRA_REMOTE_CONTACT_POINTS?: readonly string[] | undefined;
  CASSANDRA_REMOTE_DC?: string | undefined;
  CASSANDRA_KEYSPACE: string;
  CASSANDRA_REPLICATION?: Readonly<Record<string, number>> | undefined;
  CASSANDRA_USERNAME?: string | undefined;
  CASSANDRA_PASSWORD?: string | undefined;
}

export interface StoreClock {
  nowMs(): number;
  after(delayMs: number, task: () => void): () => void;
}

interface Region {
  dataCentre: string;
  contactPoints: readonly string[];
}

export function localRegion(config: CassandraConfig): Region | null {
  const { CASSANDRA_LOCAL_DC: dataCentre, CASSANDRA_CONTACT_POINTS: contactPoints } = config;
  return dataCentre === undefined || contactPoints === undefined
    ? null
    : { dataCentre, contactPoints };
}

export function remoteRegion(config: CassandraConfig): Region | null {
  const { CASSANDRA_REMOTE_DC: dataCentre, CASSANDRA_REMOTE_CONTACT_POINTS: contactPoints } =
    config;
  return dataCentre === undefined || contactPoints === undefined
    ? null
    : { dataCentre, contactPoints };
}

export function loginOf(config: CassandraConfig): { username: string; password: string } | null {
  const { CASSANDRA_USERNAME: username, CASSANDRA_PASSWORD: password } = config;
  return username === undefined || password === undefined ? null : { username, password };
}

/** What a hot store of this configuration keeps for other regions. */
export function regionOf(config: StoreConfig) {
  const { REGION: name, REGION_OUT_LENGTH: outLengthMax } = config;
  return name === undefined || outLengthMax === undefined ? {} : { region: { name, outLengthMax } };
}

/** How the Redis of each other region is reached. */
export function peerOptions(config: StoreConfig, clock: StoreClock) {
  const own = redisOptions(config, clock);
  if (own === null) return [];
  const commandTimeoutMs = Math.max(own.commandTimeoutMs, peerTimeoutMs);
  return (config.REGION_PEERS ?? []).map(({ region, address }) => ({
    ...{ ...own, commandTimeoutMs, region },
    address: { ...address, tls: own.address.tls },
  }));
}

/** Whether the hot tier is a Redis, which outlives the processes that use it. */
export function isRedisChosen(config: {
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER_NODES?: readonly string[] | undefined;
}): boolean {
  return config.REDIS_URL !== undefined || config.REDIS_CLUSTER_NODES !== undefined;
}

/** Null when no Redis is configured. */
export function redisOptions(config: StoreConfig, clock: StoreClock) {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: clusterNodes } = config;
  if (!isRedisChosen(config)) return null;
  return {
    address: {
      ...(clusterNodes === undefined ? { url: url as string } : { clusterNodes }),
      tls: redisTls(config),
    },
    commandTimeoutMs: config.REDIS_COMMAND_TIMEOUT_MS,
    partitions: config.PLAYBACK_PARTITIONS,
    clock,
  };
}
