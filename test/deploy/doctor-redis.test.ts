import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { diagnose } from '../../deploy/doctor/diagnose.ts';
import { redisFindings } from '../../deploy/doctor/redis-findings.ts';
import { systemClock } from '../../runtime/clock.ts';
import { examineRedis } from '../../stores/open.ts';
import {
  hasRedisServer,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { doctorParts, named, sharePatient, worse } from './patient.ts';

const describeRedis = (await hasRedisServer()) ? describe : describe.skip;
const patient = sharePatient();

describeRedis('npm run doctor over a Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ args: ['--maxmemory', '64mb'] });
  });
  afterAll(() => redis.close());

  const look = async (settings: Record<string, string> = {}) =>
    (await patient.examine({ REDIS_URL: redis.url, ...settings })).filter(({ name }) =>
      name.startsWith('redis'),
    );
  /** What is found while a setting is another. */
  const lookWith = async (setting: string, value: string) => {
    const [, before = ''] = (await redis.ask('config', 'get', setting)).split('\n');
    await redis.ask('config', 'set', setting, value);
    const findings = await look();
    await redis.ask('config', 'set', setting, before);
    return findings;
  };

  it('finds nothing wrong with one that is set up as asked', async () => {
    const findings = await look();
    expect(worse(findings)).toEqual([]);
    const names = findings.map(({ name }) => name.replace('redis ', ''));
    const tiers = ['redis', 'version', 'eviction', 'memory', 'persistence', 'replicas'];
    expect(names).toEqual([...tiers, 'clock', 'role', 'kind']);
  });

  it.each([
    ['maxmemory-policy allkeys-lru', 'fail redis eviction: Set `maxmemory-policy volatile-ttl`'],
    ['maxmemory-policy noeviction', 'warn redis eviction: Set `maxmemory-policy volatile-ttl`'],
    ['maxmemory 0', 'warn redis memory: Set `maxmemory`'],
    ['appendonly no', 'warn redis persistence: Set `appendonly yes`'],
    ['appendfsync always', 'warn redis persistence: Set `appendfsync everysec`'],
    ['appendfsync no', 'warn redis persistence: Set `appendfsync everysec`'],
  ])('finds %s', async (line, expected) => {
    const [setting = '', value = ''] = line.split(' ');
    const findings = worse(await lookWith(setting, value));
    const told = findings.map(({ name, status, advice }) => `${status} ${name}: ${advice}`);
    expect(told).toEqual([expect.stringContaining(expected)]);
  });

  it('finds a password that is missing', async () => {
    await redis.ask('config', 'set', 'requirepass', 'secret');
    const findings = await look();
    const right = await look({ REDIS_URL: redis.url.replace('//', '//:secret@') });
    await redis.ask('-a', 'secret', 'config', 'set', 'requirepass', '');
    expect(worse(findings)).toEqual([
      {
        name: 'redis',
        status: 'fail',
        found: expect.stringContaining('NOAUTH'),
        advice: expect.stringContaining('correct REDIS_URL, its password'),
      },
    ]);
    expect(worse(right)).toEqual([]);
  });

  it('asks no more of an account than it may, and says what it was not told', async () => {
    await redis.ask('acl', 'setuser', 'spare', 'on', '>word', '~*', '&*', '+@all', '-config');
    const findings = await look({ REDIS_URL: redis.url.replace('//', '//spare:word@') });
    await redis.ask('acl', 'deluser', 'spare');
    expect(worse(findings)).toEqual([]);
    expect(named(findings, 'redis persistence').found).toContain('not told');
  });

  it.each([
    // Far more than an answer takes on a busy machine.
    [12_000, 'fail', 'behind'],
    [-3_000, 'warn', 'ahead of'],
  ])('finds clocks that are apart, ours %s ms ahead', async (aheadMs, status, word) => {
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
    const found = await diagnose(patient.env({ REDIS_URL: redis.url }), { ...doctorParts, clock });
    expect(named(found, 'redis clock')).toMatchObject({
      status,
      found: expect.stringContaining(word),
      advice: expect.stringContaining('follow the same time'),
    });
  });

  it('finds one that hangs, and one that is gone', async () => {
    redis.signal('SIGSTOP');
    const hung = await look({ REDIS_COMMAND_TIMEOUT_MS: '300' });
    redis.signal('SIGCONT');
    expect(worse(hung)).toEqual([expect.objectContaining({ name: 'redis', status: 'fail' })]);
    await redis.kill();
    const gone = await look();
    await redis.start();
    expect(gone).toEqual([
      {
        name: 'redis',
        status: 'fail',
        found: expect.stringContaining('Redis failed'),
        advice: expect.stringContaining('Start it, or correct REDIS_URL'),
      },
    ]);
  });

  it('finds a replica, and a primary that waits for none of its replicas, too long, or for more', async () => {
    const replica = await startRedis({
      args: ['--maxmemory', '64mb', '--replicaof', '127.0.0.1', String(redis.port)],
    });
    await expectReplica(redis);
    const ofReplica = await look({ REDIS_URL: replica.url });
    const ofPrimary = await look();
    await redis.ask('config', 'set', 'min-replicas-max-lag', '2');
    const waiting = await lookWith('min-replicas-to-write', '1');
    // As Redis has it by itself.
    await redis.ask('config', 'set', 'min-replicas-max-lag', '10');
    const patient = await lookWith('min-replicas-to-write', '1');
    const lacking = await lookWith('min-replicas-to-write', '2');
    await replica.close();
    expect(named(ofReplica, 'redis role')).toMatchObject({
      status: 'fail',
      advice: expect.stringContaining('Point REDIS_URL at the primary'),
    });
    expect(named(ofPrimary, 'redis replicas')).toMatchObject({
      status: 'warn',
      advice: expect.stringContaining('min-replicas-to-write 1'),
    });
    expect(named(waiting, 'redis replicas')).toMatchObject({ status: 'ok', found: '1' });
    expect(named(patient, 'redis replicas')).toMatchObject({
      status: 'warn',
      found: '1, which may be 10 s behind',
      advice: expect.stringContaining('min-replicas-max-lag 2'),
    });
    expect(named(lacking, 'redis replicas')).toMatchObject({
      status: 'fail',
      advice: expect.stringContaining('takes no writes'),
    });
  });

  it('knows what it cannot be shown here: an old one, and one whose disk is full', async () => {
    const config = { REDIS_URL: redis.url, DATA_DIR: patient.path(''), PLAYBACK_PARTITIONS: 16 };
    const timeout = { REDIS_COMMAND_TIMEOUT_MS: 8_000 };
    const examined = (await examineRedis({ ...config, ...timeout }, systemClock))!;
    const [server] = examined.servers;
    const planted = { ...server!, version: '6.2.14', isLastWriteSound: false };
    const findings = redisFindings({ ...examined, servers: [planted] }, { isCluster: false });
    expect(worse(findings).map(({ name, status }) => [name, status])).toEqual([
      ['redis version', 'fail'],
      ['redis persistence', 'fail'],
    ]);
  });

  it('looks at every primary of a Cluster, and finds one that has lost slots', async () => {
    const cluster = await startRedisCluster();
    try {
      const [first] = cluster.nodes;
      for (const node of cluster.nodes) {
        await until(() => isSettled(node), { what: `the node on port ${node.port} is settled` });
      }
      const settings = { REDIS_CLUSTER_NODES: cluster.addresses.join(',') };
      const lookAt = async () =>
        (await patient.examine(settings)).filter(({ name }) => name.startsWith('redis'));
      const findings = await lookAt();
      expect(worse(findings).map(({ name }) => name.split(' ')[1])).toEqual(
        // As the test starts them: no limit, and replicas that nobody waits for.
        ['memory', 'replicas', 'memory', 'replicas', 'memory', 'replicas'],
      );
      expect(named(findings, 'redis slots').status).toBe('ok');

      const alone = await patient.examine({ REDIS_URL: first!.url });
      expect(named(alone, 'redis kind')).toMatchObject({
        status: 'fail',
        advice: expect.stringContaining('in REDIS_CLUSTER_NODES'),
      });
      const none = await patient.examine({ REDIS_CLUSTER_NODES: `127.0.0.1:${redis.port}` });
      expect(named(none, 'redis kind')).toMatchObject({
        status: 'fail',
        advice: expect.stringContaining('in REDIS_URL'),
      });

      const own = (await first!.ask('cluster', 'myid')).trim();
      const line = (await first!.ask('cluster', 'nodes'))
        .split('\n')
        .find((it) => it.startsWith(own))!;
      const slot = /(\d+)-\d+$/.exec(line.trim())![1]!;
      await until(() => losesSlot(cluster.nodes, slot), { what: 'no node knows the slot' });
      expect(named(await lookAt(), 'redis slots')).toMatchObject({
        status: 'fail',
        advice: expect.stringContaining('redis-cli --cluster fix'),
      });
    } finally {
      await cluster.close();
    }
  });
});

async function expectReplica(redis: RedisServer): Promise<void> {
  await until(async () => (await redis.ask('info', 'replication')).includes('state=online'), {
    what: 'the replica follows',
  });
}

/** A primary whose replica follows, or a replica that does. */
async function isSettled(node: RedisServer): Promise<boolean> {
  const replication = await node.ask('info', 'replication');
  return /state=online|master_link_status:up/.test(replication);
}

/** What a node was told of the slot's owner just before may come after it was told to forget. */
async function losesSlot(nodes: readonly RedisServer[], slot: string): Promise<boolean> {
  for (const node of nodes) await node.ask('cluster', 'delslots', slot);
  const infos = await Promise.all(nodes.map((node) => node.ask('cluster', 'info')));
  return infos.every((info) => info.includes('cluster_slots_assigned:16383'));
}
