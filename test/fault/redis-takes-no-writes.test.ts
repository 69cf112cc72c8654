import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, sharedCassandra } from '../support/cassandra.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { backlogOf } from './final-states.ts';
import { Run } from './run.ts';
import { World } from './world.ts';

const run = promisify(execFile);

/** A disk that a test can fill: Redis's append-only file takes some 100 kB of it. */
const diskMegabytes = 8;

const cassandra = (await hasRedisServer()) ? await sharedCassandra() : null;
const disk = cassandra === null ? null : await mountDisk();

// What breaks: Redis answers reads and takes no writes: full, a replica, short of replicas, disk full.
// How: `maxmemory` below what is used, all of it dirty; REPLICAOF; `min-replicas-to-write`; a tmpfs
// under its append-only file that somebody else fills.
// What must hold: nothing acknowledged is lost, nobody is served the older state without a flag, no
// answer is an error, and all is hot again soon after.
describeWith(cassandra, 'when Redis takes no writes under load', (region) => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({
      cassandra: region,
      redis: disk === null ? {} : { parentDir: disk },
    });
  });
  afterAll(async () => {
    await world.close();
    if (disk !== null) await unmountDisk(disk);
  });

  const setting = async (name: string, value: string) => {
    expect(await world.redis.ask('config', 'set', name, value)).toBe('OK');
  };
  const refuses = (code: string) =>
    until(async () => (await world.redis.ask('set', 'probe', '1')).startsWith(code), {
      what: `Redis answers ${code}`,
    });

  it('because it is full, and everything in it is dirty', async () => {
    const of = await Run.begin(world, 'full');
    await of.fault({
      troubles: ['hot', 'apart'],
      async begin() {
        await setting('maxmemory', '1mb');
        await refuses('OOM');
      },
      async end() {
        // Nothing of that is ever evicted: only who drains it makes room.
        const isDrained = async () => (await backlogOf(world.redisClient)).dirty === 0;
        await until(isDrained, { what: 'a full Redis is drained' });
        await setting('maxmemory', '0');
      },
    });
    expect(await of.verdict()).toEqual([]);
  });

  it('because it has become a replica', async () => {
    const of = await Run.begin(world, 'replica');
    await of.fault({
      troubles: ['hot', 'apart'],
      async begin() {
        // Of nobody: what it holds stays, and it waits for a primary that never comes.
        expect(await world.redis.ask('replicaof', '127.0.0.1', '1')).toBe('OK');
        await refuses('READONLY');
      },
      async end() {
        expect(await world.redis.ask('replicaof', 'no', 'one')).toBe('OK');
      },
    });
    expect(await of.verdict()).toEqual([]);
  });

  it('because too few replicas follow it', async () => {
    const of = await Run.begin(world, 'short');
    await of.fault({
      troubles: ['hot', 'apart'],
      async begin() {
        await setting('min-replicas-to-write', '1');
        await refuses('NOREPLICAS');
      },
      end: () => setting('min-replicas-to-write', '0'),
    });
    expect(await of.verdict()).toEqual([]);
  });

  (disk === null ? it.skip : it)('because its disk is full', async () => {
    const filler = join(disk!, 'filler');
    const of = await Run.begin(world, 'disk');
    await of.fault({
      troubles: ['hot', 'apart'],
      async begin() {
        await writeFile(filler, Buffer.alloc(diskMegabytes * 2 ** 20)).catch(
          (error: NodeJS.ErrnoException) => expect(error.code).toBe('ENOSPC'),
        );
        await refuses('MISCONF');
      },
      end: () => rm(filler),
    });
    expect(await of.verdict()).toEqual([]);
  });
});

/** A file system of its own, small; null where it cannot be made, which in CI is a failure. */
async function mountDisk(): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', folder]);
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true });
    if (process.env.CI) throw error;
    process.stderr.write(
      '\nNOT TESTED: a Redis whose disk is full; mounting a tmpfs needs root.\n\n',
    );
    return null;
  }
}

async function unmountDisk(folder: string): Promise<void> {
  await run('umount', [folder]);
  await rm(folder, { recursive: true });
}
