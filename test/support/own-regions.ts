import { orSkip } from './cassandra.ts';
import { hasRedisServer } from './redis-server.ts';
import { openRegions, type Regions, type RegionsOptions } from './regions.ts';

/** Two regions for a file of tests, which closes them; null where a server for them is missing, but never in CI. */
export async function ownRegions(options: RegionsOptions = {}): Promise<Regions | null> {
  return (await hasRedisServer()) ? orSkip(() => openRegions(options)) : null;
}
