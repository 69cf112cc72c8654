import { afterAll, beforeAll } from '@jest/globals';
import { type RedisServer, startRedis } from './redis-server.ts';

/** A Redis for each of two regions, while the cases of the surrounding `describe` run. */
export function shareRegionRedis(): () => { europe: RedisServer; america: RedisServer } {
  let servers: RedisServer[] = [];
  beforeAll(async () => {
    servers = await Promise.all([startRedis(), startRedis()]);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  return () => {
    const [europe, america] = servers;
    if (europe === undefined || america === undefined) throw new Error('No case is running.');
    return { europe, america };
  };
}
