// What breaks: another region's Redis is away when a process starts.
// How: nobody listens at its address, until it is started there.
// What must still hold: the start waits for nothing, and what was accepted there is here once it is back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { createLog } from '../../runtime/log.ts';
import { StoreUnreachable } from '../../stores/faults.ts';
import { openPlaybackStores, type PlaybackStores } from '../../stores/open.ts';
import { put } from '../contract/hot-subject.ts';
import { playheadAt } from '../contract/writes.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { shareRegionRedis } from '../support/region-redis.ts';
import { until } from '../support/until.ts';

const describeRedis = (await hasRedisServer()) ? describe : describe.skip;
const partition = partitionOf('demo', 4);
const folder = mkdtempSync(join(tmpdir(), 'playhead-region-'));
afterAll(() => rmSync(folder, { recursive: true }));

function open(environment: Record<string, string>): Promise<PlaybackStores> {
  const config = readConfig({
    ...{ PLAYBACK_PARTITIONS: '4', REDIS_COMMAND_TIMEOUT_MS: '8000', ...environment },
    DATA_DIR: join(folder, environment.REGION as string),
  });
  return openPlaybackStores(config, {
    clock: systemClock,
    policy: defaultPolicy,
    log: createLog({ level: 'silent', part: 'test' }),
  });
}

describeRedis('a region that is away at the start', () => {
  const servers = shareRegionRedis();

  it('is read once it is there', async () => {
    const { europe, america } = servers();
    await america.kill();
    const here = await open({
      REDIS_URL: europe.url,
      REGION: 'eu',
      REGION_PEERS: `us=${america.url}`,
    });
    const [peer] = here.peers;
    const read = () => peer!.read({ partition, from: null, limit: 10 });
    await expect(read()).rejects.toBeInstanceOf(StoreUnreachable);
    await america.start();
    const there = await open({ REDIS_URL: america.url, REGION: 'us' });
    await put(there.hot, { playhead: playheadAt(1) });
    const { entries } = await until(() => read().catch(() => null), { what: 'America answers' });
    expect(entries).toMatchObject([{ change: { profileId: 'demo' } }]);
    await here.close();
    await there.close();
  });
});
