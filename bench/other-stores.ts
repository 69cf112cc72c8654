import { type ServerProcess, startServer } from './child.ts';
import type { LaneCandidate, ServerName } from './lane-candidates.ts';
import { cpuUsOfAll } from './machine.ts';
import { openPostgres } from './postgres.ts';
import type { ReadTitles } from './state-check.ts';
import { openTiers } from './tiers.ts';

/** A store that is not Redis, with the server that writes there. */
export interface OtherStore {
  name: LaneCandidate['store'];
  peer: ServerName;
  start(): Promise<ServerProcess>;
  cpuUs(): number;
  /** What it holds, as registers. */
  reader(): Promise<{ read: ReadTitles; close(): Promise<void> }>;
  close(): Promise<void>;
}

export const openOtherStores: readonly {
  name: LaneCandidate['store'];
  open(): Promise<OtherStore>;
}[] = [
  { name: 'cassandra', open: openCassandra },
  { name: 'postgres', open: openPostgres },
];

async function openCassandra(): Promise<OtherStore> {
  const tiers = await openTiers({ dataCentres: ['eu'] });
  const { contactPoint, dataCentre, keyspace, cassandraPids, readNaive } = tiers;
  return {
    ...{ name: 'cassandra', peer: 'naive' },
    start: () =>
      startServer('bench/naive-server.ts', {
        argv: ['--contact', contactPoint, '--dc', dataCentre, '--keyspace', keyspace],
      }),
    cpuUs: () => cpuUsOfAll(cassandraPids),
    reader: async () => ({ read: readNaive, close: async () => {} }),
    close: () => tiers.close(),
  };
}
