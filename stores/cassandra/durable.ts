import { type Client, types } from 'cassandra-driver';
import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import { floorOf } from '../../domain/erasure.ts';
import { PlatformError } from '../../domain/errors.ts';
import { type Device, floorTitle } from '../../domain/playhead.ts';
import { deviceHash, type Version } from '../../domain/version.ts';
import type { DurableProfile, DurableStore, ProfileBatch } from '../durable-store.ts';
import type { Erasing } from '../erasures.ts';
import { StoreUnreachable } from '../faults.ts';
import type { TitleWrite } from '../hot-store.ts';
import type { TlsOptions } from '../tls.ts';
import { type StoredRegister, UnreadableRows, unpackTitles } from '../unreadable-rows.ts';
import {
  type Connection,
  type Login,
  openConnection,
  type Patience,
  type Region,
  viewersPatience,
} from './connection.ts';
import { eachProfileOf } from './each-profile.ts';
import { LaterRelease, retryAfterMs, SchemaMismatch } from './faults.ts';
import { checkSchema } from './schema-version.ts';
import { createWindow } from './window.ts';

/** A keyspace and the data centres to reach it in. */
export interface ClusterOptions {
  keyspace: string;
  local: Region;
  /** Read when the local one does not answer. */
  remote: Region | null;
  login: Login | null;
  /** Default: the links are not encrypted. */
  tls?: TlsOptions | undefined;
  /** Default: what a viewer waits. */
  patience?: Patience;
  /** To the local one, which the store then closes with itself. Default: one of its own. */
  connection?: Connection;
  /** Default: nobody is told. */
  unreadable?: UnreadableRows;
  /** Default: nobody is told. */
  log?: { error(fields: object, message: string): void };
}

/**
 * Of the driver's 2,048 requests a connection takes (past that it refuses them all); throughput no
 * longer grows beyond 128. A few thousand may wait: a cluster that has just started writes 400 a second.
 */
const writeLimits = { inFlightMax: 128, waitingMax: 4_096, waitMsMax: 10_000 };
/** A window of their own: a drain that writes whatever is due must not keep a viewer waiting. */
const readLimits = { inFlightMax: 64, waitingMax: 4_096, waitMsMax: 10_000 };
/** Registers in one batch, which is one mutation: about 1 MB, of the server's 16 MB. */
const batchLengthMax = 5_000;
/** Rows a page: a profile of 300 titles in one round trip. */
const pageLength = 500;
/**
 * Rows of a profile that are read at all: 20 titles a day for as long as they are kept make 8,000.
 * More is no viewer, and half a profile would pass for a whole one.
 */
const rowsMax = 10_000;

const putRow = `UPDATE profile_state USING TIMESTAMP ? SET packed = ?
  WHERE profile_id = ? AND kind = ? AND id = ?`;
/** The floor covers rows that come after it, so it must outlive them all. */
const putFloor = putRow.replace('TIMESTAMP ?', 'TIMESTAMP ? AND TTL 0');
/** Of two names of a device the one that was written last stays, by the clocks of the writers. */
const putDevice = `UPDATE profile_state SET packed = ?
  WHERE profile_id = ? AND kind = 'device' AND id = ?`;
const deleteProfile = 'DELETE FROM profile_state USING TIMESTAMP ? WHERE profile_id = ?';
const selectProfiles = 'SELECT DISTINCT profile_id FROM profile_state';
const selectProfile = 'SELECT kind, id, packed FROM profile_state WHERE profile_id = ?';

/** Erasing is the one thing that waits for every data centre. */
const { eachQuorum } = types.consistencies;

interface Row {
  kind: string;
  id: string;
  packed: string;
}

interface Statement {
  query: string;
  params: unknown[];
}

/**
 * The durable store as a table in Cassandra 4.1 or later: a profile is a partition, each register one
 * cell whose write time is its version's, so the cluster itself keeps the newest in any order.
 *
 * Shape: two versions whose first 16 digits are equal are kept apart by their bytes, as `mergePlayhead`
 * does; only if such a pair (one in a thousand of the same millisecond) reaches the cluster in
 * different seconds does the later one stay, because expiry is compared first. The floor never expires.
 * Errors: SchemaMismatch when the keyspace lacks what this release needs, at once where the cluster
 * answers, with each use where it does not yet. A keyspace of a later release is logged, and then each
 * use fails until it is taken back: nothing is read from it or written to it, and the process lives.
 * Cost: LOCAL_QUORUM; a write is one round trip, a read one for each 500 rows.
 */
export async function openCassandraDurableStore(options: ClusterOptions): Promise<DurableStore> {
  const { keyspace, login, tls, patience = viewersPatience } = options;
  const inRegion = (region: Region) => ({ region, keyspace, login, tls, patience });
  const local = options.connection ?? openConnection(inRegion(options.local), checkSchema);
  const remote = options.remote === null ? null : openConnection(inRegion(options.remote));
  const unreadable = options.unreadable ?? new UnreadableRows();
  const store = createStore({ local, remote, unreadable });
  // Connected before it is needed: a remote data centre is asked when something is wrong already.
  const warmUps = [local, remote].map((connection) =>
    connection?.use('Connecting', async () => {}),
  );
  const [attempt] = await Promise.allSettled(warmUps);
  const problem: unknown = attempt?.status === 'rejected' ? attempt.reason : null;
  if (problem instanceof LaterRelease) {
    options.log?.error({ err: problem }, 'the durable store is not used: it is of a later release');
  } else if (problem instanceof SchemaMismatch) {
    await store.close();
    throw problem;
  }
  return store;
}

function createStore(parts: {
  local: Connection;
  remote: Connection | null;
  unreadable: UnreadableRows;
}): DurableStore {
  const { local, remote, unreadable } = parts;
  const writes = createWindow(writeLimits);
  const reads = createWindow(readLimits);

  return {
    write(batch) {
      return writes.run(() =>
        local.use('Writing a profile', async (client) => {
          const statements = statementsOf(batch);
          // Unlogged: within one partition a batch is one mutation, whole or not at all.
          if (statements.length > 0) await client.batch(statements, { logged: false });
        }),
      );
    },
    read(profileId) {
      return reads.run(async () => {
        const { rows, isRemote } = await readEither({ local, remote, profileId });
        if (rows.length > rowsMax) throw tooLong();
        return { ...profileOf({ profileId, rows, unreadable }), isRemote };
      });
    },
    erase(erasing) {
      return writes.run(() =>
        local.use('Erasing a profile', async (client) => {
          await client.batch(erasureStatements(erasing), {
            logged: false,
            consistency: eachQuorum,
          });
        }),
      );
    },
    eachProfile: (visit) => eachProfileOf(local, selectProfiles, visit),
    async close() {
      await Promise.all([writes.drained(), reads.drained()]);
      await Promise.all([local.close(), remote?.close()]);
    },
  };
}

function statementsOf({ profileId, titles, devices }: ProfileBatch): Statement[] {
  const statements = titles.flatMap((title) => registerStatements(profileId, title));
  for (const device of devices) {
    const params = [JSON.stringify(device), profileId, deviceHash(device.id)];
    statements.push({ query: putDevice, params });
  }
  if (statements.length > batchLengthMax) {
    throw new RangeError(`More than ${batchLengthMax} registers in one batch.`);
  }
  return statements;
}

function registerStatements(profileId: string, write: TitleWrite): Statement[] {
  const { title, playhead, visibility } = write;
  const statements: Statement[] = [];
  if (playhead !== null) {
    const value = [writeTimeUs(playhead.version), packPlayhead(playhead)];
    const query = title === floorTitle ? putFloor : putRow;
    statements.push({ query, params: [...value, profileId, 'playhead', title] });
  }
  if (visibility !== null) {
    const value = [writeTimeUs(visibility.version), packVisibility(visibility)];
    statements.push({ query: putRow, params: [...value, profileId, 'visibility', title] });
  }
  return statements;
}

/**
 * The floor, and below it a deletion of the whole partition: one mutation. What is written later with an
 * earlier write time falls under the deletion; so does a device whose writer had not heard of the fence,
 * because that lies ahead of every clock.
 */
function erasureStatements({ profileId, fence }: Erasing): Statement[] {
  const floor = { title: floorTitle, playhead: floorOf(fence), visibility: null };
  // Of equal write times the deletion would stay, and a fence is the first version of its millisecond.
  const params = [writeTimeUs(fence) - 1n, profileId];
  return [{ query: deleteProfile, params }, ...registerStatements(profileId, floor)];
}

/** The first 16 digits of a version are a time in microseconds: Cassandra's write timestamp. */
function writeTimeUs(version: Version): bigint {
  return BigInt(version.slice(0, 16));
}

/** Asks the local data centre; when it does not answer, the remote one, whose copy may be older. */
async function readEither(query: {
  local: Connection;
  remote: Connection | null;
  profileId: string;
}): Promise<{ rows: Row[]; isRemote: boolean }> {
  const read = (client: Client) => readRows(client, query.profileId);
  try {
    return { rows: await query.local.use('Reading a profile', read), isRemote: false };
  } catch (error) {
    if (query.remote === null || !(error instanceof StoreUnreachable)) throw error;
    const rows = await query.remote.use('Reading a profile remotely', read).catch((remoteError) => {
      throw new StoreUnreachable('No data centre of Cassandra answers.', {
        cause: new AggregateError([error, remoteError]),
        retryAfterMs,
      });
    });
    return { rows, isRemote: true };
  }
}

/** Page by page, and no further than one row more than a profile may have. */
async function readRows(client: Client, profileId: string): Promise<Row[]> {
  const rows: Row[] = [];
  let pageState: string | null = null;
  do {
    const paging: { pageState?: string } = pageState === null ? {} : { pageState };
    const options = { fetchSize: pageLength, ...paging };
    const page = await client.execute(selectProfile, [profileId], options);
    rows.push(...(page.rows as unknown as Row[]));
    pageState = page.pageState ?? null;
  } while (pageState !== null && rows.length <= rowsMax);
  return rows;
}

/** Rows of kinds that a later release adds are not ours to read. */
function profileOf(from: {
  profileId: string;
  rows: readonly Row[];
  unreadable: UnreadableRows;
}): Omit<DurableProfile, 'isRemote'> {
  const { profileId, unreadable } = from;
  const registers: StoredRegister[] = [];
  const devices: Device[] = [];
  for (const { kind, id, packed } of from.rows) {
    if (kind === 'playhead' || kind === 'visibility') registers.push({ title: id, kind, packed });
    if (kind !== 'device') continue;
    try {
      devices.push(JSON.parse(packed) as Device);
    } catch (cause) {
      unreadable.met({ profileId, kind, id, cause });
    }
  }
  return { ...unpackTitles({ profileId, registers, unreadable }), devices };
}

function tooLong(): PlatformError {
  return new PlatformError(`A profile has more than ${rowsMax} registers.`, {
    code: 'STATE_UNAVAILABLE',
    retryAfterMs,
  });
}
