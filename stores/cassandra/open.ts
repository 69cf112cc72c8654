import type { DurableStore } from '../durable-store.ts';
import type { Erasures } from '../erasures.ts';
import type { WatchLog } from '../watch-log.ts';
import { openConnection, viewersPatience } from './connection.ts';
import { type ClusterOptions, openCassandraDurableStore } from './durable.ts';
import { openCassandraErasures } from './erasures.ts';
import { checkSchema } from './schema-version.ts';
import { openCassandraWatchLog } from './watch-log.ts';

/**
 * What lasts, as tables of one keyspace over one connection to it: close the others first.
 *
 * Errors: as `openCassandraDurableStore`.
 */
export async function openCassandraStores(
  options: ClusterOptions & { clock: { nowMs(): number }; region?: string | undefined },
): Promise<{ durable: DurableStore; watchLog: WatchLog; erasures: Erasures }> {
  const { keyspace, local, login, tls, patience = viewersPatience } = options;
  const connection = openConnection({ region: local, keyspace, login, tls, patience }, checkSchema);
  const durable = await openCassandraDurableStore({ ...options, connection });
  const { clock, region } = options;
  const erasures = openCassandraErasures({ connection, clock });
  return { durable, watchLog: openCassandraWatchLog({ connection, region }), erasures };
}
