import { type Client, types } from 'cassandra-driver';
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
  /** @default 1_000 */
  rowsAtATime?: number;
}): Erasures {
  const { connection: local, clock, rowsAtATime = 1_000 } = options;
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
      const erasures = await local.use('Reading erasures', async (client) =>
        (await Promise.all(months.map((month) => readMonth(client, month, rowsAtATime)))).flat(),
      );
      return erasures.filter(({ begunAtMs }) => begunAtMs >= beginMs);
    },
    async close() {},
  };
}

/** All of them: one that is overlooked is a profile that comes back. */
async function readMonth(client: Client, month: number, fetchSize: number): Promise<Erasure[]> {
  const found: Erasure[] = [];
  let pageState: string | undefined;
  do {
    const options = { fetchSize, ...(pageState !== undefined && { pageState }) };
    const page = await client.execute(selectMonth, [month], options);
    for (const { packed } of page.rows) found.push(JSON.parse(packed as string) as Erasure);
    pageState = page.pageState ?? undefined;
  } while (pageState !== undefined);
  return found;
}

function monthOf(timeMs: number): number {
  return Math.floor(timeMs / monthMs);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
