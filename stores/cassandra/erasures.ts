import { types } from 'cassandra-driver';
import type { Erasure } from '../../domain/erasure.ts';
import type { Erasures } from '../erasures.ts';
import type { Connection } from './connection.ts';

const monthMs = 30 * 24 * 3_600_000;

const putRow = 'INSERT INTO erasure (month, receipt, packed) VALUES (?, ?, ?)';
const selectMonth = 'SELECT packed FROM erasure WHERE month = ?';

/** The list as a table in Cassandra. Cost: EACH_QUORUM to write, LOCAL_QUORUM a month to read. */
export function openCassandraErasures(options: {
  /** To the local data centre; stays open. */
  connection: Connection;
  clock: { nowMs(): number };
}): Erasures {
  const { connection: local, clock } = options;
  return {
    async put(erasure) {
      const row = [monthOf(erasure.begunAtMs), erasure.receipt, JSON.stringify(erasure)];
      await local.use('Keeping an erasure', (client) =>
        client.execute(putRow, row, { consistency: types.consistencies.eachQuorum }),
      );
    },
    async since(beginMs) {
      // A clock that is ahead may have begun the next one.
      const months = range(monthOf(beginMs), monthOf(clock.nowMs()) + 1);
      const pages = await local.use('Reading erasures', (client) =>
        Promise.all(months.map((month) => client.execute(selectMonth, [month]))),
      );
      return pages
        .flatMap(({ rows }) => rows.map(({ packed }) => JSON.parse(packed as string) as Erasure))
        .filter(({ begunAtMs }) => begunAtMs >= beginMs);
    },
    async close() {},
  };
}

function monthOf(timeMs: number): number {
  return Math.floor(timeMs / monthMs);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
