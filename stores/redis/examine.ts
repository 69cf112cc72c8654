import { Cluster, type Redis } from 'ioredis';
import type { RedisExamined, RedisServerExamined } from '../examined.ts';
import {
  nodeUrl,
  type RedisClient,
  RedisConnection,
  type RedisConnectionOptions,
} from './connection.ts';

export interface ExamineOptions extends RedisConnectionOptions {
  clock: RedisConnectionOptions['clock'] & { nowMs(): number };
}

/**
 * Asks a Redis, or every primary of a Cluster, how it is set up. Of a Cluster that serves nobody, the
 * first of the given nodes that answers. Nothing is written.
 *
 * Errors: StoreUnreachable where it does not answer, or does not let anybody in.
 */
export async function examine(options: ExamineOptions): Promise<RedisExamined> {
  const { address, clock } = options;
  if (!('clusterNodes' in address)) return look(options, (client) => examineAlone(client, clock));
  try {
    return await look(options, async (client) => {
      const nodes = client instanceof Cluster ? client.nodes('master') : [];
      const servers = await Promise.all(nodes.map((node) => examineOne(node, clock)));
      return { servers, cluster: clusterOf(await client.cluster('INFO')) };
    });
  } catch (error) {
    for (const node of address.clusterNodes) {
      const alone = { ...options, address: { url: nodeUrl(node).href, tls: address.tls } };
      const found = await look(alone, (client) => examineAlone(client, clock)).catch(() => null);
      if (found !== null) return found;
    }
    throw error;
  }
}

async function look(
  options: ExamineOptions,
  question: (client: RedisClient) => Promise<RedisExamined>,
): Promise<RedisExamined> {
  const connection = await RedisConnection.toExamine(options);
  try {
    return await connection.ask('looking at it', question);
  } finally {
    await connection.close();
  }
}

async function examineAlone(
  client: RedisClient,
  clock: ExamineOptions['clock'],
): Promise<RedisExamined> {
  const server = await examineOne(client as Redis, clock);
  const cluster = server.isClusterNode ? clusterOf(await client.cluster('INFO')) : null;
  return { servers: [server], cluster };
}

async function examineOne(
  node: Redis,
  clock: ExamineOptions['clock'],
): Promise<RedisServerExamined> {
  const info = fieldsOf(await node.info());
  const [appendFsync, minReplicas, maxLag] = await Promise.all([
    settingOf(node, 'appendfsync'),
    settingOf(node, 'min-replicas-to-write'),
    settingOf(node, 'min-replicas-max-lag'),
  ]);
  const { host = '', port = 0 } = node.options;
  return {
    address: `${host}:${port}`,
    version: info.get('redis_version') ?? '',
    role: info.get('role') ?? '',
    isClusterNode: info.get('cluster_enabled') === '1',
    maxMemoryBytes: Number(info.get('maxmemory')),
    evictionPolicy: info.get('maxmemory_policy') ?? '',
    isAppendOnly: info.get('aof_enabled') === '1',
    isLastWriteSound: info.get('aof_last_write_status') !== 'err',
    replicas: Number(info.get('connected_slaves')),
    clockAheadMs: await clockAheadOf(node, clock),
    appendFsync,
    minReplicasToWrite: minReplicas === null ? null : Number(minReplicas),
    minReplicasMaxLagSeconds: maxLag === null ? null : Number(maxLag),
  };
}

/** The answer was made between the two looks: what of the difference a slow answer explains is none. */
async function clockAheadOf(node: Redis, clock: ExamineOptions['clock']): Promise<number> {
  const askedMs = clock.nowMs();
  const [seconds, microseconds] = await node.time();
  const answeredMs = clock.nowMs();
  const theirMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  return Math.round(Math.max(theirMs - answeredMs, 0) + Math.min(theirMs - askedMs, 0));
}

/** Whoever may read and write need not be allowed to ask for settings. */
async function settingOf(node: Redis, name: string): Promise<string | null> {
  try {
    const answer: unknown = await node.config('GET', name);
    const [, value] = Array.isArray(answer) ? answer : Object.entries(answer as object).flat();
    return value === undefined ? null : String(value);
  } catch (error) {
    if (/^-?(NOPERM|ERR unknown command)/.test((error as Error).message)) return null;
    throw error;
  }
}

function clusterOf(text: unknown): NonNullable<RedisExamined['cluster']> {
  const info = fieldsOf(String(text));
  return {
    state: info.get('cluster_state') ?? '',
    assignedSlots: Number(info.get('cluster_slots_assigned')),
  };
}

function fieldsOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^([a-z_0-9]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}
