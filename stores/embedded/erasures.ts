import type { Erasure } from '../../domain/erasure.ts';
import type { Erasures } from '../erasures.ts';
import { openDatabase, translated } from './sqlite.ts';

const migrations = [
  `CREATE TABLE erasure (
     receipt TEXT PRIMARY KEY,
     begun_at_ms INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX erasure_by_beginning ON erasure (begun_at_ms);`,
];

/** The list as an SQLite file of its own: a backup of the others is put back without it. */
export function openEmbeddedErasures(options: { path: string }): Erasures {
  const database = openDatabase({ ...options, synchronous: 'FULL', migrations });
  const put = database.prepare(
    `INSERT INTO erasure (receipt, begun_at_ms, body) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body`,
  );
  const select = database.prepare('SELECT body FROM erasure WHERE begun_at_ms >= ?');
  return {
    async put(erasure) {
      translated('Keeping an erasure', () =>
        put.run(erasure.receipt, erasure.begunAtMs, JSON.stringify(erasure)),
      );
    },
    async since(beginMs) {
      return translated('Reading erasures', () =>
        select.all(beginMs).map(({ body }) => JSON.parse(body as string) as Erasure),
      );
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}
