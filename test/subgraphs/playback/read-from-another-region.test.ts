import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../../domain/policy.ts';
import { readConfig } from '../../../runtime/config.ts';
import { createLog } from '../../../runtime/log.ts';
import { openPlaybackStores, type PlaybackStores } from '../../../stores/open.ts';
import { HotRestorer } from '../../../subgraphs/playback/hot-restore.ts';
import { type Need, ProfileReader } from '../../../subgraphs/playback/hydrate.ts';
import { playheadAt } from '../../contract/writes.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('a profile that another region answered for', () => {
  const clock = new ManualClock();
  let dataDir: string;
  let stores: PlaybackStores;
  let reader: ProfileReader;
  let isRemote: boolean;
  let reads: number;
  beforeEach(async () => {
    isRemote = true;
    reads = 0;
    dataDir = await mkdtemp(join(tmpdir(), 'playhead-remote-'));
    const config = readConfig({ NODE_ENV: 'test', DATA_DIR: dataDir });
    const log = createLog({ level: 'silent', part: 'test' });
    stores = await openPlaybackStores(config, { clock, policy: defaultPolicy, log });
    const durable = {
      ...stores.durable,
      async read(profileId: string) {
        reads += 1;
        return { ...(await stores.durable.read(profileId)), isRemote };
      },
    };
    const { hot } = stores;
    const restorer = new HotRestorer({ hot, clock, log });
    reader = new ProfileReader({ hot, durable, restorer, clock, log });
    await stores.durable.write({
      profileId: 'demo',
      titles: [{ title: 'sintel', playhead: playheadAt(1), visibility: null }],
      devices: [],
    });
  });
  afterEach(async () => {
    await reader.close();
    await stores.close();
    await rm(dataDir, { recursive: true });
  });

  const read = (need: Need) => reader.read({ profileId: 'demo', titles: null, need });

  it('is shown, as something that may be old', async () => {
    const state = await read('show');
    expect(state).toMatchObject({ isDegraded: true, isComplete: true });
    expect(state.titles.get('sintel')?.playhead).toEqual(playheadAt(1));
  });

  it('is asked for again each time, and trusted once its own region answers', async () => {
    await read('decide');
    await read('decide');
    expect(reads).toBe(2);
    isRemote = false;
    expect(await read('decide')).toMatchObject({ isDegraded: false });
    expect(await read('decide')).toMatchObject({ isDegraded: false });
    expect(reads).toBe(3);
  });
});
