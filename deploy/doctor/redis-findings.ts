import type { RedisExamined, RedisServerExamined } from '../../stores/examined.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Scripts and sharded channels of 7 are used. */
const oldestMajor = 7;
/** What a process accepted in the last 10 s it merges again; that must cover what a failover may lose. */
const replicaLagSecondsMax = 2;
/** Every slot of a Cluster. */
const clusterSlots = 16_384;
/** Tokens are taken 5 s late; from half a second on, ages and deadlines are visibly wrong. */
const skewMs = { warn: 500, fail: 5_000 };

interface Configured {
  isCluster: boolean;
}

/** What an operator should know of a Redis that answers. */
export function redisFindings(
  { servers, cluster }: RedisExamined,
  configured: Configured,
): Finding[] {
  const findings = servers.flatMap((server) => {
    const findingsOf = [version, eviction, memory, appendOnly, replicas, clockSkew];
    const suffix = servers.length > 1 ? ` ${server.address}` : '';
    const rest = [role(server, configured), kind(server, configured)];
    return [...findingsOf.map((look) => look(server)), ...rest].map((finding) => ({
      ...finding,
      name: `${finding.name}${suffix}`,
    }));
  });
  return cluster === null || !configured.isCluster ? findings : [...findings, slots(cluster)];
}

function version({ version: found }: RedisServerExamined): Finding {
  const name = 'redis version';
  return Number.parseInt(found, 10) >= oldestMajor
    ? ok(name, found)
    : fail(name, found, `Use Redis ${oldestMajor} or later.`);
}

/** A Cluster tells its clients which of its nodes are primaries. */
function role({ role: found }: RedisServerExamined, { isCluster }: Configured): Finding {
  const name = 'redis role';
  if (found === 'master') return ok(name, 'primary');
  const advice = 'Point REDIS_URL at the primary: a replica takes no writes.';
  return isCluster ? ok(name, 'replica') : fail(name, `a replica (${found})`, advice);
}

function eviction({ evictionPolicy }: RedisServerExamined): Finding {
  const name = 'redis eviction';
  const set = '`maxmemory-policy volatile-ttl`';
  if (evictionPolicy.startsWith('allkeys')) {
    const why = 'what is not durable yet would be evicted, and no process starts on it.';
    return fail(name, evictionPolicy, `Set ${set}: ${why}`);
  }
  if (evictionPolicy === 'noeviction') {
    const why = 'a full Redis refuses heartbeats although it holds much that is durable.';
    return warn(name, evictionPolicy, `Set ${set}: ${why}`);
  }
  return ok(name, evictionPolicy);
}

function memory({ maxMemoryBytes }: RedisServerExamined): Finding {
  const name = 'redis memory';
  return maxMemoryBytes > 0
    ? ok(name, `${Math.round(maxMemoryBytes / 2 ** 20)} MiB at most`)
    : warn(name, 'no limit', 'Set `maxmemory`: without it the system ends Redis when it is full.');
}

function appendOnly(server: RedisServerExamined): Finding {
  const name = 'redis persistence';
  const { isAppendOnly, isLastWriteSound, appendFsync } = server;
  if (!isAppendOnly) {
    const why = 'a restart loses every heartbeat that is not durable yet.';
    return warn(name, 'no append-only file', `Set \`appendonly yes\`: ${why}`);
  }
  if (!isLastWriteSound) {
    const advice = 'Make room on its disk: Redis takes no writes until then.';
    return fail(name, 'the last write to its file failed', advice);
  }
  if (appendFsync === null || appendFsync === 'everysec') {
    return ok(name, `append-only file, ${appendFsync ?? 'how often it is synced is not told'}`);
  }
  const why =
    appendFsync === 'no' ? 'a power cut loses half a minute' : 'each write waits for the disk';
  return warn(name, `append-only file, ${appendFsync}`, `Set \`appendfsync everysec\`: ${why}.`);
}

function replicas(server: RedisServerExamined): Finding {
  const name = 'redis replicas';
  const { replicas: count, minReplicasToWrite, minReplicasMaxLagSeconds } = server;
  const set = '`min-replicas-to-write 1` and `min-replicas-max-lag 2`';
  if (count < (minReplicasToWrite ?? 0)) {
    const found = `${count} of the ${minReplicasToWrite} that it waits for`;
    return fail(name, found, 'Start the missing replicas: Redis takes no writes until then.');
  }
  if (count === 0) return ok(name, 'none');
  if (minReplicasToWrite === 0) {
    const advice = `Set ${set}: else a failover may lose more.`;
    return warn(name, `${count}, and none is waited for`, advice);
  }
  if ((minReplicasMaxLagSeconds ?? 0) > replicaLagSecondsMax) {
    const found = `${count}, which may be ${minReplicasMaxLagSeconds} s behind`;
    return warn(name, found, `Set ${set}: a failover may lose what was written in that time.`);
  }
  return ok(name, `${count}`);
}

function clockSkew({ clockAheadMs }: RedisServerExamined): Finding {
  const name = 'redis clock';
  const apart = Math.abs(clockAheadMs);
  const found = `${apart} ms ${clockAheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
  const advice = 'Let both machines follow the same time (chrony, systemd-timesyncd).';
  if (apart >= skewMs.fail) return fail(name, found, advice);
  return apart >= skewMs.warn ? warn(name, found, advice) : ok(name, found);
}

function kind({ isClusterNode }: RedisServerExamined, { isCluster }: Configured): Finding {
  const name = 'redis kind';
  const found = isClusterNode ? 'a node of a Cluster' : 'one Redis';
  if (isClusterNode === isCluster) return ok(name, found);
  const advice = isCluster
    ? 'Name it in REDIS_URL, and unset REDIS_CLUSTER_NODES.'
    : 'Name some of its nodes in REDIS_CLUSTER_NODES, and unset REDIS_URL.';
  return fail(name, found, advice);
}

function slots({ state, assignedSlots }: NonNullable<RedisExamined['cluster']>): Finding {
  const name = 'redis slots';
  const found = `${assignedSlots} of ${clusterSlots} assigned, state ${state}`;
  return state === 'ok' && assignedSlots === clusterSlots
    ? ok(name, found)
    : fail(
        name,
        found,
        'Repair it with `redis-cli --cluster fix HOST:PORT`, and look at its nodes.',
      );
}
