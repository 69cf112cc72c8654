import { join } from 'node:path';
import type { Config } from '../runtime/config.ts';
import { hotStoreRoute } from './hot-store-route.ts';
import { hasRedisServer, RedisChild } from './redis-child.ts';
import { readRegions, regionsRoute } from './regions-route.ts';
import { createDemoHandler, type DemoHandler } from './serve.ts';

/** What the demo adds to a server in development. */
export interface Demo {
  /** What the server is to run with. */
  config: Config;
  routes: readonly DemoHandler[];
  /** Ends what the demo started; the stores must be closed by then. */
  close(): Promise<void>;
}

/** A profile of one: nothing to protect the durable store from, and a crash may come at any moment. */
const writeBehindMs = 2_000;
/** A busy laptop is not an outage; and half of what a player waits for an answer, 800 ms. */
const commandTimeoutMs = 400;

/**
 * Opens the demo. With `wantsRedis` the hot store is a Redis that it starts for itself, and that
 * viewers may kill; what both stores keep is then in a folder of its own.
 *
 * Errors: rejects when there is a redis-server that does not start, or `regions` cannot be read.
 */
export async function openDemo(wanted: {
  config: Config;
  wantsRedis: boolean;
  /** As `--demo-regions` says. */
  regions?: string | undefined;
}): Promise<Demo> {
  const { config, wantsRedis } = wanted;
  const regions = readRegions(wanted.regions);
  const page = createDemoHandler(regions.elsewhere.map(({ url }) => url));
  const common = [regionsRoute(regions), page];
  const without = (words: string): Demo => ({
    config,
    routes: [hotStoreRoute(null, words), ...common],
    close: async () => {},
  });
  if (config.REDIS_URL !== undefined || config.REDIS_CLUSTER_NODES !== undefined) {
    return without('This Redis is not the demo’s. “npm run demo” starts one to kill.');
  }
  if (!wantsRedis) return without('Start it with “npm run demo”, which brings a Redis to kill.');
  if (!(await hasRedisServer())) {
    return without('There is no redis-server on the PATH. Install it, then “npm run demo”.');
  }
  const folder = join(config.DATA_DIR, 'demo');
  const redis = await RedisChild.open(join(folder, 'redis'));
  return {
    config: {
      ...config,
      DATA_DIR: folder,
      REDIS_URL: redis.url,
      REDIS_COMMAND_TIMEOUT_MS: commandTimeoutMs,
      PLAYBACK_WRITE_BEHIND_MS: writeBehindMs,
    },
    routes: [hotStoreRoute(redis, 'What is hot is in Redis; what lasts is on disk.'), ...common],
    close: () => redis.kill(),
  };
}
