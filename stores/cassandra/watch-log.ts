import { type Client, types } from 'cassandra-driver';
import { erasureTransition } from '../../domain/erasure.ts';
import { PlatformError } from '../../domain/errors.ts';
import type { Transition } from '../../domain/transition.ts';
import { activityTimeMs, type Version } from '../../domain/version.ts';
import {
  isForgetting,
  placeOf,
  type WatchLog,
  type WatchLogBatch,
  watchLogKeptMs,
  watchLogRowsMax,
} from '../watch-log.ts';
import type { Connection } from './connection.ts';
import { eachProfileOf } from './each-profile.ts';
import { retryAfterMs } from './faults.ts';
import { createWindow } from './window.ts';

/** Batches under way at a time: nobody waits for them, and drains and viewers go first. */
const writeLimits = { inFlightMax: 32, waitingMax: 20_000, waitMsMax: 60_000 };
const readLimits = { inFlightMax: 16, waitingMax: 1_024, waitMsMax: 10_000 };
/** Rows a page: most profiles' month in one round trip. */
const pageLength = 1_000;
const blockMs = 30 * 24 * 3_600_000;

const insertRow = `INSERT INTO watch_log (profile_id, block, title, session_id, slot, packed)
  VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`;
const eraseTitle =
  'DELETE FROM watch_log USING TIMESTAMP ? WHERE profile_id = ? AND block = ? AND title = ?';
const eraseProfile = 'DELETE FROM watch_log USING TIMESTAMP ? WHERE profile_id = ? AND block = ?';
const selectProfiles = 'SELECT DISTINCT profile_id, block FROM watch_log';
const selectBlock = 'SELECT packed FROM watch_log WHERE profile_id = ? AND block = ?';
const selectOffset = 'SELECT stream_offset FROM watch_log_offset WHERE stream_partition = ?';
const putOffset = 'UPDATE watch_log_offset SET stream_offset = ? WHERE stream_partition = ?';
const selectRegionOffset =
  'SELECT stream_offset FROM watch_log_region_offset WHERE stream_partition = ? AND region = ?';
const putRegionOffset =
  'UPDATE watch_log_region_offset SET stream_offset = ? WHERE stream_partition = ? AND region = ?';

interface Statement {
  query: string;
  params: unknown[];
}

/**
 * The watch log as a table in Cassandra: a profile's 30 days are a partition, each row's write time is its
 * version's, so the cluster itself keeps the newest and lets a late row fall under an earlier deletion.
 *
 * Cost: LOCAL_QUORUM; a read is four partitions side by side.
 */
export function openCassandraWatchLog(options: {
  /** To the local data centre; stays open. */
  connection: Connection;
  /** Of several, each of which reads an event stream of its own into this log. Default: there is one. */
  region?: string | undefined;
}): WatchLog {
  const { connection: local, region } = options;
  const offsets =
    region === undefined
      ? { select: selectOffset, put: putOffset, of: [] }
      : { select: selectRegionOffset, put: putRegionOffset, of: [region] };
  const writes = createWindow(writeLimits);
  const reads = createWindow(readLimits);

  return {
    async offset(partition) {
      const found = await local.use('Reading the offset', (client) =>
        client.execute(offsets.select, [partition, ...offsets.of]),
      );
      return (found.first()?.stream_offset as string | null | undefined) ?? null;
    },
    async keep(batch) {
      // All of them have settled before anything is said: the next try starts from nothing under way.
      const settled = await Promise.allSettled(
        batchesOf(batch).map((statements) => writes.run(() => write(local, statements))),
      );
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
      await local.use('Keeping the offset', (client) =>
        client.execute(offsets.put, [batch.offset, batch.partition, ...offsets.of]),
      );
    },
    read({ profileId, nowMs }) {
      return reads.run(async () => {
        const blocks = blocksBetween(nowMs - watchLogKeptMs, nowMs);
        const pages = await local.use('Reading the watch log', (client) =>
          Promise.all(blocks.map((block) => readBlock(client, { profileId, block }))),
        );
        const rows = pages.flat();
        if (rows.length > watchLogRowsMax) throw tooLong();
        return rows.filter(({ occurredAtMs }) => occurredAtMs >= nowMs - watchLogKeptMs);
      });
    },
    erase(erasing) {
      const statements = statementsOf(erasureTransition(erasing), 0);
      return writes.run(() =>
        local.use('Erasing a watch log', async (client) => {
          const consistency = types.consistencies.eachQuorum;
          await Promise.all(
            statements.map(([, { query, params }]) =>
              client.execute(query, params, { consistency }),
            ),
          );
        }),
      );
    },
    eachProfile: (visit) => eachProfileOf(local, selectProfiles, visit),
    async close() {
      await Promise.all([writes.drained(), reads.drained()]);
    },
  };
}

async function write(local: Connection, statements: readonly Statement[]): Promise<void> {
  // Unlogged: within one partition a batch is one mutation.
  await local.use('Keeping transitions', (client) =>
    client.batch([...statements], { logged: false }),
  );
}

/** Statements of one partition of the table each. */
function batchesOf({ transitions, nowMs }: WatchLogBatch): Statement[][] {
  const batches = new Map<string, Statement[]>();
  for (const transition of transitions) {
    for (const [block, statement] of statementsOf(transition, nowMs)) {
      const key = `${transition.profileId}|${block}`;
      const batch = batches.get(key) ?? [];
      batches.set(key, batch);
      batch.push(statement);
    }
  }
  return [...batches.values()];
}

function statementsOf(transition: Transition, nowMs: number): [block: number, Statement][] {
  const { profileId, title, version, occurredAtMs } = transition;
  if (isForgetting(transition)) {
    const untilMs = activityTimeMs(version);
    return blocksBetween(untilMs - watchLogKeptMs, untilMs).map((block) => {
      const params = [writeTimeUs(version), profileId, block];
      return transition.kind === 'FORGET'
        ? [block, { query: eraseTitle, params: [...params, title] }]
        : [block, { query: eraseProfile, params }];
    });
  }
  const ttlS = Math.ceil((occurredAtMs + watchLogKeptMs - nowMs) / 1_000);
  if (ttlS <= 0) return [];
  const block = Math.floor(occurredAtMs / blockMs);
  const { sessionId, slot } = placeOf(transition);
  const place = [profileId, block, title, sessionId, slot];
  const params = [...place, JSON.stringify(transition), writeTimeUs(version), ttlS];
  return [[block, { query: insertRow, params }]];
}

/** The first 16 digits of a version are a time in microseconds: Cassandra's write timestamp. */
function writeTimeUs(version: Version): bigint {
  return BigInt(version.slice(0, 16));
}

function blocksBetween(fromMs: number, untilMs: number): number[] {
  const first = Math.floor(fromMs / blockMs);
  const last = Math.floor(untilMs / blockMs);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Page by page, and no further than one page more than a profile may have. */
async function readBlock(
  client: Client,
  of: { profileId: string; block: number },
): Promise<Transition[]> {
  const rows: Transition[] = [];
  let pageState: string | null = null;
  do {
    const paging: { pageState?: string } = pageState === null ? {} : { pageState };
    const options = { fetchSize: pageLength, ...paging };
    const page = await client.execute(selectBlock, [of.profileId, of.block], options);
    for (const { packed } of page.rows) rows.push(JSON.parse(packed as string) as Transition);
    pageState = page.pageState ?? null;
  } while (pageState !== null && rows.length <= watchLogRowsMax);
  return rows;
}

function tooLong(): PlatformError {
  return new PlatformError(`A watch log has more than ${watchLogRowsMax} rows.`, {
    code: 'STATE_UNAVAILABLE',
    retryAfterMs,
  });
}
