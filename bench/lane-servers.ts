import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { productionKeys } from '../test/support/production-keys.ts';
import { type ServerProcess, startServer } from './child.ts';
import { databases, type ServerName } from './lane-candidates.ts';
import { partitions } from './workload.ts';

/** Redis shares the machine with everything else: nothing here is about its timeouts. */
const redisTimeoutMs = '5000';
/** Counted for each heartbeat as anywhere, and never too much: a profile reports here as often as it can. */
const plentiful = '1000000:9999999';

export interface LaneServerOptions {
  /** Of the Redis that has all databases. */
  redisUrl: string;
  /** Of the keys that tokens are signed with. */
  dataDir: string;
  /** Of the servers that are not the product's. */
  peers: Partial<Record<ServerName, () => Promise<ServerProcess>>>;
  /** On top of what the playback process needs, such as where its durable store is. */
  playbackEnv?: Record<string, string>;
  /** Of node, for each server of the product. Default: nothing. */
  nodeArgvOf?: (name: ServerName) => readonly string[];
}

/** Starts these servers, and those that they need, all at once: what one does to the machine, it does to all. */
export async function startLaneServers(
  names: readonly ServerName[],
  options: LaneServerOptions,
): Promise<Map<ServerName, ServerProcess>> {
  const servers = new Map<ServerName, ServerProcess>();
  const keys = await productionKeys(options.dataDir);
  const start = async (name: ServerName) => {
    const peer = options.peers[name];
    const { file, ...how } = peer === undefined ? ours(name, { keys, options, servers }) : noFile;
    if (how.dataDir !== undefined) await mkdir(how.dataDir, { recursive: true });
    const nodeArgv = options.nodeArgvOf?.(name) ?? [];
    servers.set(name, await (peer?.() ?? startServer(file, { nodeArgv, ...how })));
  };
  // Gateways are told where it is.
  await start('playback');
  await Promise.all(names.filter((name) => name !== 'playback').map(start));
  return servers;
}

interface How {
  file: string;
  argv?: readonly string[];
  env?: Record<string, string>;
  dataDir?: string;
}

const noFile: How = { file: '' };

function ours(
  name: ServerName,
  of: {
    keys: Record<string, string>;
    options: LaneServerOptions;
    servers: ReadonlyMap<ServerName, ServerProcess>;
  },
): How {
  const { redisUrl, dataDir } = of.options;
  if (name === 'raw' || name === 'stock') {
    const redis = `${redisUrl}/${databases[name]}`;
    const argv = ['--redis', redis, '--partitions', String(partitions)];
    return { file: `bench/${name}-server.ts`, argv };
  }
  const own = join(dataDir, name);
  if (name === 'playback') {
    const where = { redisUrl: `${redisUrl}/${databases.product}`, dataDir: own };
    const env = { ...playbackEnv(of.keys, where), ...of.options.playbackEnv };
    return { file: playbackFile, env, dataDir: own };
  }
  const gateway = {
    ...{ ...commonEnv(of.keys, own), PORT: '0', LIVE_CONNECTIONS_PER_ADDRESS: '100000' },
    // What is measured asks for less than the SDK does.
    PERSISTED_DOCUMENTS: 'all',
    ...{ RATE_LIMIT_PROFILE: plentiful, RATE_LIMIT_ADDRESS: plentiful },
    ...laneOf(name),
  };
  if (name !== 'embedded' && name !== 'embedded-normal') {
    const PLAYBACK_URL = of.servers.get('playback')?.url ?? '';
    const argv = ['--only', 'gateway'];
    return { file: 'gateway/main.ts', argv, env: { ...gateway, PLAYBACK_URL }, dataDir: own };
  }
  const stores = storesOf(`${redisUrl}/${databases[name]}`);
  // With a Redis they are counted there, once for all processes; the others have none to count in.
  const uncounted = { RATE_LIMIT_PROFILE: 'off', RATE_LIMIT_ADDRESS: 'off' };
  return {
    file: 'gateway/main.ts',
    env: { ...gateway, ...stores, ...uncounted, RECOMMENDATIONS_LOG: 'off' },
    dataDir: own,
  };
}

export const playbackFile = 'subgraphs/playback/main.ts';

/** Of a playback process that also answers whoever asks past the gateway. */
export function playbackEnv(
  keys: Record<string, string>,
  of: { redisUrl: string; dataDir: string },
): Record<string, string> {
  const common = commonEnv(keys, of.dataDir);
  return { ...common, ...storesOf(of.redisUrl), PLAYBACK_PORT: '0', SUBGRAPH_TOKENS: 'accepted' };
}

function commonEnv(keys: Record<string, string>, dataDir: string): Record<string, string> {
  return {
    ...keys,
    ...{ HOST: '127.0.0.1', DATA_DIR: dataDir, LOG_LEVEL: 'error', METRICS_PORT: '0' },
    // Nobody else sends them anything, so nobody has to look elsewhere first.
    ...{ SHUTDOWN_DELAY_MS: '0', DRAIN_MS: '0' },
  };
}

/** Which way heartbeats take through a gateway. */
function laneOf(name: ServerName): Record<string, string> {
  if (name === 'http-lane') return { FAST_LANE: 'http' };
  return name.endsWith('normal') ? { FAST_LANE: 'off' } : {};
}

function storesOf(redisUrl: string): Record<string, string> {
  return {
    ...{ REDIS_URL: redisUrl, REDIS_COMMAND_TIMEOUT_MS: redisTimeoutMs },
    PLAYBACK_PARTITIONS: String(partitions),
    // Each device reports as often as it can here.
    RATE_LIMIT_DEVICE: 'off',
  };
}
