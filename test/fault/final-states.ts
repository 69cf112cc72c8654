import { DatabaseSync } from 'node:sqlite';
import type { Client } from 'cassandra-driver';
import type { Redis } from 'ioredis';
import { partitionOf } from '../../domain/version.ts';
import { partitionKeys, profileKeys } from '../../stores/redis/keys.ts';
import { packState } from '../../stores/redis/merge-call.ts';
import { unpackState } from '../../stores/redis/packed-profile.ts';
import { until } from '../support/until.ts';
import type { Finals, Registers } from './history.ts';
import { answerOf, operations, post } from './load-client.ts';
import type { Target } from './players.ts';

/** A node that has just started again answers late. */
const reachableMsMax = 60_000;

/** As configured by default: the load's few profiles lie in some of them. */
export const partitions = 16;

/** What Redis owes the durable store, and what was set aside. */
export async function backlogOf(redis: Redis): Promise<{ dirty: number; quarantined: number }> {
  const counts = { dirty: 0, quarantined: 0 };
  for (let partition = 0; partition < partitions; partition += 1) {
    const keys = partitionKeys(partition);
    counts.dirty += await redis.zcard(keys.dirty);
    counts.quarantined += (await redis.zcard(keys.quarantine)) + (await redis.hlen(keys.aside));
  }
  return counts;
}

/** Leases that are held just now, with their fencing tokens. */
export async function leasesOf(redis: Redis): Promise<string[]> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const leases = await redis.mget(numbers.map((partition) => partitionKeys(partition).lease));
  return leases.flatMap((lease, partition) => (lease === null ? [] : [`${partition}: ${lease}`]));
}

/** What each process answers, every title of every profile, as a viewer would ask. */
export async function resumeOf(
  targets: readonly Target[],
  of: { tokens: ReadonlyMap<string, string>; titles: readonly string[] },
): Promise<Finals['resume']> {
  const resume: Finals['resume'] = {};
  const { titles } = of;
  for (const { name, url } of targets) {
    resume[name] = {};
    for (const [profileId, token] of of.tokens) {
      const asked = { query: operations.read, variables: { titles } };
      resume[name][profileId] = answerOf(await post({ url, token }, asked), titles).playheads;
    }
  }
  return resume;
}

/** Registers as they lie in Redis, by `profile|title`. */
export async function hotRegisters(
  redis: Redis,
  profileIds: Iterable<string>,
): Promise<Record<string, Registers>> {
  const found = new Map<string, Registers>();
  for (const profileId of profileIds) {
    const partition = partitionOf(profileId, partitions);
    const fields = await redis.hgetall(profileKeys({ partition, profileId }).profile);
    for (const title of titlesIn(fields)) {
      found.set(`${profileId}|${title}`, registersIn(fields, { profileId, title }));
    }
  }
  return Object.fromEntries(found);
}

function titlesIn(fields: Readonly<Record<string, string>>): Set<string> {
  const names = Object.keys(fields).filter((field) => /^[tv]:/.test(field));
  return new Set(names.map((name) => name.slice(2)));
}

/** Without what the hot store keeps beside them in the same field. */
function registersIn(
  fields: Readonly<Record<string, string>>,
  of: { profileId: string; title: string },
): Registers {
  const [playhead = null, visibility = null] = [fields[`t:${of.title}`], fields[`v:${of.title}`]];
  const packed = packState(unpackState({ ...of, playhead, visibility }));
  return { playhead: packed.playhead || null, visibility: packed.visibility || null };
}

/** Registers as they lie in Cassandra, by `profile|title`. */
export async function durableRegisters(
  of: { client: Client; keyspace: string },
  profileIds: Iterable<string>,
): Promise<Record<string, Registers>> {
  await until(() => isReachable(of.client), {
    what: 'the client that looks into Cassandra is connected again',
    deadlineMs: reachableMsMax,
  });
  const found = new Map<string, Registers>();
  const query = `SELECT kind, id, packed FROM ${of.keyspace}.profile_state WHERE profile_id = ?`;
  for (const profileId of profileIds) {
    const { rows } = await of.client.execute(query, [profileId], { prepare: true });
    for (const row of rows as unknown as Row[]) take(found, profileId, row);
  }
  return Object.fromEntries(found);
}

/** The same as they lie in the file of an embedded durable store. */
export function fileRegisters(
  path: string,
  profileIds: Iterable<string>,
): Record<string, Registers> {
  const file = new DatabaseSync(path, { readOnly: true });
  const query = file.prepare('SELECT kind, title AS id, packed FROM register WHERE profile_id = ?');
  const found = new Map<string, Registers>();
  for (const profileId of profileIds) {
    for (const row of query.all(profileId) as unknown as Row[]) take(found, profileId, row);
  }
  file.close();
  return Object.fromEntries(found);
}

function isReachable(client: Client): Promise<boolean> {
  return client.execute('SELECT key FROM system.local').then(
    () => true,
    () => false,
  );
}

interface Row {
  kind: string;
  id: string;
  packed: string;
}

/** Rows of other kinds are no registers of a title. */
function take(found: Map<string, Registers>, profileId: string, row: Row): void {
  if (row.kind !== 'playhead' && row.kind !== 'visibility') return;
  const key = `${profileId}|${row.id}`;
  const known = found.get(key) ?? { playhead: null, visibility: null };
  found.set(key, { ...known, [row.kind]: row.packed });
}
